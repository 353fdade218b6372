"""Referrals: which became qualified leads."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, Row, text


def newly_qualified(
    tx: Connection, today: date, zone: str, stages: tuple[str, ...], qualified_from: str
) -> list[Row[tuple[int, int, str, str, date]]]:
    """Return referrals with the first of their deals that reached the qualifying stage since.

    A referral that names a deal is about that one, any other about every deal of its account. A
    lost deal that got there has qualified as well.

    Returns:
        Rows of id, participant_id, company, deal and qualified_on (date in the program's zone).
    """
    given = {
        "today": today,
        "zone": zone,
        "stages": list(stages[stages.index(qualified_from) :]),
    }
    return list(tx.execute(_NEWLY_QUALIFIED, given))


_NEWLY_QUALIFIED = text("""
SELECT DISTINCT ON (r.id) r.id, r.participant_id, r.company, o.crm_id AS deal,
       (s.changed_at AT TIME ZONE :zone)::date AS qualified_on
FROM referrals r
JOIN opportunities o ON NOT o.is_deleted AND (
    o.crm_id = r.opportunity_crm_id
    OR r.opportunity_crm_id IS NULL AND o.account_crm_id = r.account_crm_id)
JOIN stage_changes s ON s.opportunity_crm_id = o.crm_id AND NOT s.is_deleted
    AND s.stage = ANY(:stages) AND s.changed_at >= r.submitted_at
    AND (s.changed_at AT TIME ZONE :zone)::date <= :today
WHERE r.qualified_on IS NULL AND NOT (s.stage = o.stage AND o.is_closed AND NOT o.is_won)
ORDER BY r.id, s.changed_at, o.crm_id
""")
