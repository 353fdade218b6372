"""A night of claims, by the tasks that the flow calls, and the same night once more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from goodword.actions import registrations
from goodword.wiring import close, wiring
from tests import factories as make
from tests.factories import NOW, TODAY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from goodword.db.session import Database


@pytest.fixture
def joined(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Database]:
    """Point the program at the test's database."""
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("GOODWORD_DATABASE_URL", url)
    monkeypatch.setenv("GOODWORD_HOME", str(tmp_path))
    wiring.cache_clear()
    yield database
    close()


def night(today: date) -> None:
    """Review and decide, as flows/review_registrations.py does."""
    from tasks import registrations as tasks  # noqa: PLC0415 - Prefect

    decide, review = (cast("Any", task).fn for task in (tasks.decide, tasks.review))
    if ids := tasks.ended(today):
        review(ids, today)
    if ids := tasks.submitted(today):
        decide(ids, today)
    if ids := tasks.to_review(today):
        review(ids, today)


def test_a_claim_made_the_day_after_another_one_expired_is_approved_that_night(
    joined: Database,
) -> None:
    """Before, it waited for staff once, and the same night run again approved it."""
    with joined.transaction() as tx:
        make.program(tx)
        account = make.account(tx)
        over = make.registration(tx, make.participant(tx), account_crm_id=account)
        registrations.apply(tx, [make.approval_of(over, 1)], TODAY)
        last_day = make.value(tx, "SELECT expires_on FROM registrations WHERE id = :n", n=over)
        later = last_day - TODAY + timedelta(days=1, hours=12)
        new = make.registration(
            tx, make.participant(tx), account_crm_id=account, submitted_at=NOW + later
        )
    night(last_day + timedelta(days=1))
    with joined.transaction() as tx:
        once = make.everything(tx)
        assert make.state(tx, "registrations", over) == "expired"
        assert make.state(tx, "registrations", new) == "approved"
        assert make.told(tx, "registration", new) == ["approved"]
    night(last_day + timedelta(days=1))
    with joined.transaction() as tx:
        assert make.everything(tx) == once
