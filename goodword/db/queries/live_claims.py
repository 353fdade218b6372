"""Live claims: the facts that they are reviewed by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.rules.live_claims import RegistrationFacts


def live(tx: Connection) -> list[int]:
    """Return every live claim, by id."""
    return list(
        tx.execute(
            text("SELECT id FROM registrations WHERE state IN ('approved', 'extended') ORDER BY id")
        ).scalars()
    )


@dataclass(frozen=True, slots=True)
class LiveClaim:
    """A live claim: the facts, whose it is, and the deal that won it, if one did."""

    facts: RegistrationFacts
    participant_id: int
    company: str
    won_by: str | None


def live_facts(
    tx: Connection, ids: list[int], today: date, zone: str, stages: tuple[str, ...]
) -> list[LiveClaim]:
    """Return what is known of live claims up to today."""
    given = {"ids": ids, "today": today, "zone": zone, "stages": list(stages)}
    return [
        LiveClaim(
            RegistrationFacts(
                registration_id=row.id,
                submitted_on=row.submitted_on,
                expires_on=row.expires_on,
                extensions_used=row.extensions_used,
                won_on=row.won_on,
                lost_on=row.lost_on,
                moved_forward_on=tuple(row.moved_on or ()),
                active_on=tuple(row.active_on or ()),
            ),
            row.participant_id,
            row.company,
            row.won_by,
        )
        for row in tx.execute(_LIVE_FACTS, given)
    ]


# A claim that names a deal is about that deal; any other is about the deals of its account that no
# other claim is credited for or protects by name.
_LIVE_FACTS = text("""
WITH asked AS (
    SELECT r.*, (r.submitted_at AT TIME ZONE :zone)::date AS submitted_on
    FROM registrations r WHERE r.id = ANY(:ids) AND r.state IN ('approved', 'extended')
), deals AS (
    SELECT a.id, a.submitted_at, o.*
    FROM asked a JOIN opportunities o ON NOT o.is_deleted AND (
        o.crm_id = a.opportunity_crm_id
        OR a.opportunity_crm_id IS NULL AND o.account_crm_id = a.account_crm_id
           AND NOT EXISTS (
               SELECT FROM registrations n WHERE n.opportunity_crm_id = o.crm_id
                 AND n.state IN ('approved', 'extended', 'won')))
), wins AS (
    SELECT DISTINCT ON (id) id, crm_id AS won_by, (won_at AT TIME ZONE :zone)::date AS won_on
    FROM deals
    WHERE won_at >= submitted_at AND (won_at AT TIME ZONE :zone)::date <= :today
    ORDER BY id, won_at, crm_id
), changes AS (
    SELECT d.id, d.crm_id, (s.changed_at AT TIME ZONE :zone)::date AS changed_on,
           array_position(CAST(:stages AS text[]), s.stage) AS rank,
           lag(array_position(CAST(:stages AS text[]), s.stage))
               OVER (PARTITION BY d.id, d.crm_id ORDER BY s.changed_at, s.crm_id) AS rank_before
    FROM deals d JOIN stage_changes s ON s.opportunity_crm_id = d.crm_id AND NOT s.is_deleted
    WHERE NOT (d.is_closed AND NOT d.is_won)
), moves AS (
    SELECT id, array_agg(DISTINCT changed_on) FILTER (WHERE rank > rank_before) AS moved_on
    FROM changes WHERE changed_on <= :today GROUP BY id
), activity AS (
    SELECT id, array_agg(DISTINCT last_activity_on) AS active_on
    FROM deals WHERE last_activity_on <= :today GROUP BY id
), losses AS (
    SELECT a.id, COALESCE(
        (SELECT max((s.changed_at AT TIME ZONE :zone)::date) FROM stage_changes s
         WHERE s.opportunity_crm_id = o.crm_id AND s.stage = o.stage AND NOT s.is_deleted),
        o.close_on) AS lost_on
    FROM asked a JOIN opportunities o ON o.crm_id = a.opportunity_crm_id
    WHERE o.is_closed AND NOT o.is_won AND NOT o.is_deleted
)
SELECT a.id, a.participant_id, a.company, a.submitted_on, a.expires_on, a.extensions_used,
       w.won_on, w.won_by, l.lost_on,
       m.moved_on, v.active_on
FROM asked a
LEFT JOIN wins w ON w.id = a.id
LEFT JOIN losses l ON l.id = a.id
LEFT JOIN moves m ON m.id = a.id
LEFT JOIN activity v ON v.id = a.id
ORDER BY a.id
""")
