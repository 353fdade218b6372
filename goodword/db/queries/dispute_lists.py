"""Disputes as people look at them: the list, and one with all that was said and ruled."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from goodword.db.queries.disputes import IS_PENDING


def listed(
    tx: Connection, *, only_pending: bool, most: int, after: int | None = None
) -> list[dict[str, Any]]:
    """Return disputes: those that are not closed, or all, the first due first, after one."""
    where = f"AND d.{IS_PENDING}" if only_pending else ""
    statement = text(f"{_DISPUTES} {_AFTER} {where} ORDER BY d.decide_by, d.id LIMIT :most")
    return [dict(row) for row in tx.execute(statement, {"most": most, "after": after}).mappings()]


_AFTER = """
WHERE (CAST(:after AS bigint) IS NULL OR (d.decide_by, d.id) >
       ((SELECT a.decide_by FROM disputes a WHERE a.id = :after), :after))
"""


def one(tx: Connection, dispute_id: int) -> dict[str, Any] | None:
    """Return a dispute with its `statements` and `rulings`, oldest first; None: no such."""
    given = {"id": dispute_id}
    row = tx.execute(text(f"{_DISPUTES} WHERE d.id = :id"), given).mappings().one_or_none()
    if row is None:
        return None
    return {
        **row,
        "statements": [dict(each) for each in tx.execute(_STATEMENTS, given).mappings()],
        "rulings": [dict(each) for each in tx.execute(_RULED, given).mappings()],
    }


_DISPUTES = """
SELECT d.id, d.state, r.company, d.registration_id, holder.name AS partner,
       NULLIF(d.rival_id, d.registration_id) AS rival_id, rival.name AS rival,
       d.rival_id IS NOT DISTINCT FROM d.registration_id AS is_about_a_refusal,
       d.opened_by, d.opened_on, d.ground, d.decide_by, NULLIF(d.decider, '') AS decider,
       d.escalated_on, d.appealed_by, d.appealed_on, d.appeal_ground, d.closed_on
FROM disputes d
JOIN registrations r ON r.id = d.registration_id
JOIN participants holder ON holder.id = r.participant_id
LEFT JOIN registrations r2 ON r2.id = d.rival_id AND d.rival_id <> d.registration_id
LEFT JOIN participants rival ON rival.id = r2.participant_id
"""

_STATEMENTS = text(
    "SELECT said_on, said_by, participant_id, statement FROM dispute_statements"
    " WHERE dispute_id = :id ORDER BY id"
)

_RULED = text(
    "SELECT instance, ruled_on, ruled_by, outcome, share_bps, reason FROM dispute_rulings"
    " WHERE dispute_id = :id ORDER BY instance"
)
