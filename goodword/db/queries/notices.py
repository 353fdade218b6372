"""Notices to a chat tool, as lists show them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text


def listed(tx: Connection, most: int, before: int | None = None) -> list[dict[str, Any]]:
    """Return the newest notices: id, fact, title, state, attempts, reason, queued_at, sent_at.

    Args:
        tx: the transaction.
        most: so many rows.
        before: only older ones than this number.
    """
    rows = tx.execute(_LISTED, {"most": most, "before": before}).mappings()
    return [dict(row) for row in rows]


_LISTED = text("""
SELECT id, fact, body ->> 'title' AS title, state, attempts, reason, queued_at, sent_at
FROM notices WHERE CAST(:before AS bigint) IS NULL OR id < :before
ORDER BY id DESC LIMIT :most
""")
