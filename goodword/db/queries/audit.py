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

    @property
    def is_empty(self) -> bool:
        """Whether every event is asked for."""
        return self == Filter()


COLUMNS = "id at actor action subject subject_id reason facts previous_hash hash".split()
_CHOSEN = """
SELECT id, at, actor, action, subject, subject_id, reason, facts::text AS facts,
       previous_hash, hash
FROM audit_events
WHERE (:actor = '' OR actor = :actor) AND (:action = '' OR action = :action)
  AND (:subject = '' OR subject = :subject)
  AND (CAST(:subject_id AS bigint) IS NULL OR subject_id = :subject_id)
  AND (CAST(:since AS date) IS NULL OR at >= CAST(:since AS date))
  AND (CAST(:until AS date) IS NULL OR at < CAST(:until AS date) + 1)
"""
_PAGE = text(
    f"{_CHOSEN} AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :most"
)
_ALL = text(f"{_CHOSEN} ORDER BY id")


def page(tx: Connection, chosen: Filter, before: int | None, most: int) -> list[Row[Any]]:
    """Return the newest events before one, each with COLUMNS; `facts` is their JSON text."""
    return list(tx.execute(_PAGE, {**asdict(chosen), "before": before, "most": most}))


def everything(tx: Connection, chosen: Filter) -> Iterator[Row[Any]]:
    """Yield the events in their order, some thousand at a time."""
    options = {"yield_per": _CHUNK}
    with tx.execute(_ALL, asdict(chosen), execution_options=options) as rows:
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
