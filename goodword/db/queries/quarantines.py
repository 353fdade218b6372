"""Quarantine: the records that were set aside, looked through and one by one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, text


def page(tx: Connection, source: str, after: int | None, most: int) -> list[Row[Any]]:
    """Return so many open records after one, oldest first; of one source, or of all ("").

    Returns:
        id, source, external_id, reason, first_seen_at.
    """
    return list(tx.execute(_PAGE, {"source": source, "after": after, "most": most}))


_PAGE = text("""
SELECT id, source, external_id, reason, first_seen_at FROM quarantine
WHERE resolved_at IS NULL AND (:source = '' OR source = :source)
  AND (CAST(:after AS bigint) IS NULL OR id > :after)
ORDER BY id LIMIT :most
""")


def sources(tx: Connection) -> list[str]:
    """Return the sources that open records have."""
    statement = text("SELECT DISTINCT source FROM quarantine WHERE resolved_at IS NULL ORDER BY 1")
    return list(tx.execute(statement).scalars())


def open_record(tx: Connection, number: int) -> Row[Any] | None:
    """Return a record that is in quarantine, locked; None: there is none of this number.

    Returns:
        id, source, external_id, reason, record, first_seen_at, digest (of the record).
    """
    return tx.execute(_OPEN, {"id": number}).one_or_none()


_OPEN = text("""
SELECT id, source, external_id, reason, record, first_seen_at, md5(record::text) AS digest
FROM quarantine WHERE id = :id AND resolved_at IS NULL FOR UPDATE
""")


def state_of(tx: Connection, number: int) -> Row[Any]:
    """Return the reason of a record, and when it left quarantine: reason, resolved_at."""
    statement = text("SELECT reason, resolved_at FROM quarantine WHERE id = :id")
    return tx.execute(statement, {"id": number}).one()
