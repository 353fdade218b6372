"""Referrals: which became qualified leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.db.queries.programs import IN_FORCE
from goodword.money import Money


@dataclass(frozen=True, slots=True)
class NewlyQualified:
    """A referral, the deal that qualified it and when; `worth` is the deal's amount, if known."""

    id: int
    participant_id: int
    kind: str
    tier: str
    company: str
    deal: str
    qualified_on: date
    worth: Money | None
    version: int


def newly_qualified(
    tx: Connection, today: date, zone: str, stages: tuple[str, ...], qualified_from: str
) -> list[NewlyQualified]:
    """Return referrals with the first of their deals that reached the qualifying stage since.

    A referral that names a deal is about that one, any other about every deal of its account. A
    deal that got there and was lost has qualified its referral as well.
    """
    given = {
        "today": today,
        "zone": zone,
        "stages": list(stages[stages.index(qualified_from) :]),
    }
    return [
        NewlyQualified(
            row.id,
            row.participant_id,
            row.kind,
            row.tier,
            row.company,
            row.deal,
            row.qualified_on,
            None if row.amount_minor is None else Money(row.amount_minor, row.currency),
            row.version,
        )
        for row in tx.execute(_NEWLY_QUALIFIED, given)
    ]


_NEWLY_QUALIFIED = text(f"""
SELECT DISTINCT ON (r.id) r.id, r.participant_id, p.kind, p.tier, r.company, o.crm_id AS deal,
       (s.changed_at AT TIME ZONE :zone)::date AS qualified_on, o.amount_minor, o.currency,
       {IN_FORCE.format(on="(r.submitted_at AT TIME ZONE :zone)::date")} AS version
FROM referrals r
JOIN participants p ON p.id = r.participant_id
JOIN opportunities o ON NOT o.is_deleted AND (
    o.crm_id = r.opportunity_crm_id
    OR r.opportunity_crm_id IS NULL AND o.account_crm_id = r.account_crm_id)
JOIN stage_changes s ON s.opportunity_crm_id = o.crm_id AND NOT s.is_deleted
    AND s.stage = ANY(:stages) AND s.changed_at >= r.submitted_at
    AND (s.changed_at AT TIME ZONE :zone)::date <= :today
WHERE r.qualified_on IS NULL AND NOT (s.stage = o.stage AND o.is_closed AND NOT o.is_won)
ORDER BY r.id, s.changed_at, o.crm_id
""")
