"""The tasks of a night from detecting to approving, by a program of a test's own."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import text

from goodword.actions import programs
from goodword.db.queries import explanations as queries
from goodword.rules import explanations
from goodword.rules.explanations import Kind, Version
from goodword.wiring import wiring
from tests.factories import TODAY

if TYPE_CHECKING:
    from goodword.db.session import Database

_SAMPLE = Path(__file__).parents[2] / "config" / "program.toml"
_HEAD = _SAMPLE.read_text(encoding="utf-8").partition("[[incentives]]")[0]
SINCE = date(2020, 1, 1)


def source(rules: str, **edited: str) -> str:
    """Return a program file: the sample's, with these rules.

    Of its other keys those named here have another value, as TOML writes it.
    """
    written = _HEAD
    for key, value in {"effective_on": f"{SINCE}", **edited}.items():
        written, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", written)
        assert found == 1, key
    return written + rules


def publish(database: Database, rules: str, **edited: str) -> None:
    """Put such a program in force for all there is."""
    written = source(rules, **edited)
    with database.transaction() as tx:
        digest = hashlib.sha256(written.encode()).hexdigest()
        programs.publish(tx, written, digest, SINCE, "tests")


def _run(task: Any, *given: object) -> Counter[str]:
    return cast("Counter[str]", task.fn(*given))


def night(today: date = TODAY) -> dict[str, int]:
    """Detect, correct, compute and approve, as a night does; returns what was counted."""
    from tasks import approvals, conversions, corrections, rewards  # noqa: PLC0415 - Prefect

    counts = _run(conversions.qualify, today)
    counts += _run(conversions.detect, conversions.waiting(today), today)
    counts += _run(conversions.renew, conversions.waiting_renewals(today), today)
    counts += _run(conversions.cancel, today)
    counts += _run(corrections.correct, today)
    counts += _run(rewards.compute_referred, rewards.unrewarded_referred(today), today)
    counts += _run(rewards.compute_referrals, rewards.unrewarded_referrals(), today)
    counts += _run(rewards.compute_conversions, rewards.unrewarded_conversions(), today)
    counts += _run(rewards.compute_invoices, rewards.unrewarded_invoices(today), today)
    counts += _run(rewards.take_back, today)
    return dict(+(counts + _run(approvals.approve, today)))


def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    """Return what a query finds."""
    with database.transaction() as tx:
        return [tuple(row) for row in tx.execute(text(statement))]


def story(number: int, kind: Kind = Kind.REWARD) -> str:
    """Return what `goodword explain` says."""
    from tasks import nights  # noqa: PLC0415 - Prefect

    versions = {
        each: Version(each, program.effective_on, program)
        for each, program in nights.programs_by_version().items()
    }
    with wiring().database.transaction() as tx:
        case = queries.read(tx, kind, number)
    told = explanations.tell(case, versions)
    return "\n".join(said for section in told.sections for said in section.sentences)
