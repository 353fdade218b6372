"""The audit trail, read: a page of it, newest first, or all of it in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events: those of which everything given is true. Days are the database's (UTC)."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    subject_id: int | None = None
    since: date | None = None
    until: date | None = None


COLUMNS = "id at actor action subject subject_id reason facts previous_hash hash".split()
_SELECT = """
SELECT id, at, actor, action, subject, subject_id, reason, facts::text AS facts,
       previous_hash, hash
FROM audit_events WHERE true"""
_CONDITIONS = {
    "actor": "actor = :actor",
    "action": "action = :action",
    "subject": "subject = :subject",
    "subject_id": "subject_id = :subject_id",
    "since": "at >= CAST(:since AS date)",
    "until": "at < CAST(:until AS date) + 1",
    "before": "id < :before",
}


def _given(chosen: Filter, before: int | None = None) -> tuple[str, dict[str, object]]:
    """Return the statement with the conditions that are asked for, so that each has its index."""
    asked = {**asdict(chosen), "before": before}
    given = {name: value for name, value in asked.items() if value not in {"", None}}
    return _SELECT + "".join(f" AND {_CONDITIONS[name]}" for name in given), given


def page(tx: Connection, chosen: Filter, before: int | None, most: int) -> list[Row[Any]]:
    """Return the newest events before one, each with COLUMNS; `facts` is their JSON text."""
    statement, given = _given(chosen, before)
    newest = text(f"{statement} ORDER BY id DESC LIMIT :most")
    return list(tx.execute(newest, {**given, "most": most}))


def everything(tx: Connection, chosen: Filter) -> Iterator[Row[Any]]:
    """Yield the events in their order, some thousand at a time."""
    statement, given = _given(chosen)
    options = {"yield_per": _CHUNK}
    with tx.execute(text(f"{statement} ORDER BY id"), given, execution_options=options) as rows:
        yield from rows


def subjects(tx: Connection) -> list[str]:
    """Return what there are events about, by name, found by steps through the index."""
    return list(tx.execute(_SUBJECTS).scalars())


_SUBJECTS = text("""
WITH RECURSIVE found AS (
    (SELECT subject FROM audit_events ORDER BY subject LIMIT 1)
    UNION ALL
    SELECT (SELECT e.subject FROM audit_events e WHERE e.subject > f.subject
            ORDER BY e.subject LIMIT 1)
    FROM found f WHERE f.subject IS NOT NULL
)
SELECT subject FROM found WHERE subject IS NOT NULL
""")
