"""Referrals: which became qualified leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.db.queries.programs import version_on
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


def qualifying(which: str) -> str:
    """Return SQL for the first step by which each referral `r` became a qualified lead.

    Args:
        which: SQL: of which referrals.
    """
    # The CRM's history also has rows for a new amount or date: only a step from another stage
    # reaches one, so that editing a deal which was there already qualifies nobody.
    return f"""
WITH leads AS (
    SELECT r.id, o.crm_id AS deal, o.amount_minor, o.currency
    FROM referrals r
    JOIN opportunities o ON NOT o.is_deleted AND (
        o.crm_id = r.opportunity_crm_id
        OR r.opportunity_crm_id IS NULL AND o.account_crm_id = r.account_crm_id)
    WHERE {which}
), steps AS MATERIALIZED (
    SELECT s.opportunity_crm_id AS deal, s.stage, s.changed_at,
           lag(s.stage) OVER (
               PARTITION BY s.opportunity_crm_id ORDER BY s.changed_at, s.crm_id) AS before
    FROM stage_changes s
    WHERE NOT s.is_deleted AND s.opportunity_crm_id IN (SELECT deal FROM leads)
)
SELECT DISTINCT ON (r.id) r.id, r.participant_id, p.kind, p.tier, r.company, l.deal,
       (s.changed_at AT TIME ZONE :zone)::date AS qualified_on, l.amount_minor, l.currency,
       {version_on("(r.submitted_at AT TIME ZONE :zone)::date")} AS version
FROM referrals r
JOIN participants p ON p.id = r.participant_id
JOIN leads l ON l.id = r.id
JOIN steps s ON s.deal = l.deal AND s.stage = ANY(:stages) AND s.changed_at >= r.submitted_at
    AND NOT COALESCE(s.before = ANY(:stages), false)
    AND (s.changed_at AT TIME ZONE :zone)::date <= :today
WHERE s.stage NOT IN (SELECT stage FROM opportunities WHERE is_closed AND NOT is_won)
ORDER BY r.id, s.changed_at, l.deal
"""


_NEWLY_QUALIFIED = text(qualifying("r.qualified_on IS NULL"))
