"""Live claims: which of them tonight can mean anything for, and the facts to review those by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.rules import divisions
from goodword.rules.live_claims import RegistrationFacts, WonDeal

# A claim that names a deal is about that deal, until another claim has been credited for it. Any
# other is about the deals of its account that no other claim is credited for or protects by name,
# and that the CRM does not say to be another division's.
NAMED = """
    o.crm_id = r.opportunity_crm_id AND NOT EXISTS (
        SELECT FROM registrations n
        WHERE n.opportunity_crm_id = o.crm_id AND n.state = 'won' AND n.id <> r.id)
"""
UNNAMED = """
    r.opportunity_crm_id IS NULL AND o.account_crm_id = r.account_crm_id
    AND ('' IN (r.division, COALESCE(o.division, '')) OR lower(o.division) = lower(r.division))
    AND NOT EXISTS (
        SELECT FROM registrations n WHERE n.opportunity_crm_id = o.crm_id
          AND n.state IN ('approved', 'extended', 'won'))
"""
"""How the deals `o` of a live claim `r` are found, wherever that is asked."""


def seen_through(tx: Connection, today: date) -> date:
    """Return the last night before tonight that reviewed every live claim, by today's program.

    `date.min` when there is none: then whatever could have come due before is looked at again.
    """
    seen: date | None = tx.execute(_SEEN_THROUGH, {"today": today}).scalar_one()
    return seen or date.min


_SEEN_THROUGH = text("""
SELECT max(s.business_date) FROM stage_runs s
WHERE s.stage = 'review' AND s.failures = '[]' AND s.business_date < :today
""")


@dataclass(frozen=True, slots=True)
class Warnings:
    """How many days before the end partners are warned, and those of `own` kinds of them."""

    days: Sequence[int]
    own: Mapping[str, Sequence[int]] = field(default_factory=dict)


def to_review(tx: Connection, today: date, warnings: Warnings) -> list[int]:
    """Return the live claims that the rules may change or warn of tonight, by id.

    The rules decide; these are all that they can decide anything about but to keep it in silence:
    on its last day or past it; with a warning that came due since the last night that looked, or
    decided since then; or with a deal that is won or lost.

    A warning that was due before the program was changed is due anew: its days may be others.
    """
    everyone: Mapping[str, Sequence[int]] = {"": warnings.days, **warnings.own}
    pairs = [(kind, left) for kind, days in everyone.items() for left in days]
    given = {
        "today": today,
        "own": list(warnings.own),
        "kinds": [kind for kind, _ in pairs],
        "days": [left for _, left in pairs],
    }
    return list(tx.execute(_TO_REVIEW, given).scalars())


_TO_REVIEW = text(f"""
WITH seen AS MATERIALIZED (
    SELECT COALESCE(max(s.business_date), '-infinity') AS day FROM stage_runs s
    WHERE s.stage = 'review' AND s.failures = '[]' AND s.business_date < :today
      AND s.started_at > (SELECT max(v.published_at) FROM program_versions v
                          WHERE v.effective_on <= :today)
      AND s.business_date >= (SELECT max(v.effective_on) FROM program_versions v
                              WHERE v.effective_on <= :today)
), warned AS (
    SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:days AS int[])) AS w (kind, days)
), due AS (
    SELECT r.id FROM registrations r
    WHERE r.state IN ('approved', 'extended') AND r.expires_on <= :today
    UNION
    SELECT r.id
    FROM registrations r JOIN participants p ON p.id = r.participant_id
    JOIN warned w ON w.kind = CASE WHEN p.kind = ANY(:own) THEN p.kind ELSE '' END CROSS JOIN seen
    WHERE r.state IN ('approved', 'extended') AND r.expires_on - w.days <= :today
      AND (r.expires_on - w.days > seen.day OR r.decided_on >= seen.day)
    UNION
    SELECT r.id FROM registrations r JOIN opportunities o ON {NAMED}
    WHERE r.state IN ('approved', 'extended') AND o.is_closed AND NOT o.is_deleted
    UNION
    SELECT r.id FROM registrations r JOIN opportunities o ON {UNNAMED}
    WHERE r.state IN ('approved', 'extended') AND NOT o.is_deleted AND o.won_at >= r.submitted_at
)
SELECT id FROM due ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class LiveClaim:
    """A live claim: the facts, whose it is, and the deals that it may be credited for, in order."""

    facts: RegistrationFacts
    participant_id: int
    kind: str
    company: str
    submitted_at: datetime
    wins: tuple[WonDeal, ...]

    @property
    def won_by(self) -> str | None:
        """The first deal that it may be credited for."""
        return self.wins[0].crm_id if self.wins else None


def live_facts(
    tx: Connection, ids: Sequence[int], today: date, zone: str, stages: tuple[str, ...]
) -> list[LiveClaim]:
    """Return what is known of live claims up to today, by id.

    With them come the other claims that one of their won deals may be credited to instead, so that
    `rules.live_claims.courses` sees all of them whatever chunk it is given.
    """
    given = {"today": today, "zone": zone, "stages": list(stages), "seen": seen_through(tx, today)}
    found = [_claim(row) for row in tx.execute(_LIVE_FACTS, {"ids": list(ids), **given})]
    contested = [claim.facts.registration_id for claim in found if claim.wins]
    if not contested:
        return found
    others = list(tx.execute(_OTHERS, {"ids": contested, "asked": list(ids)}).scalars())
    if others:
        found += [_claim(row) for row in tx.execute(_LIVE_FACTS, {"ids": others, **given})]
    return sorted(found, key=lambda claim: claim.facts.registration_id)


def _claim(row: Row[Any]) -> LiveClaim:
    wins = tuple(_won(row.division, deal) for deal in row.wins or ())
    facts = RegistrationFacts(
        registration_id=row.id,
        submitted_on=row.submitted_on,
        expires_on=row.expires_on,
        extensions_used=row.extensions_used,
        won_on=wins[0].won_on if wins else None,
        lost_on=row.lost_on,
        moved_forward_on=tuple(row.moved_on or ()),
        confirmed_on=tuple(row.confirmed_on or ()),
        active_on=tuple(row.active_on or ()),
        seen_through=row.seen,
    )
    return LiveClaim(facts, row.participant_id, row.kind, row.company, row.submitted_at, wins)


def _won(division: str, deal: Mapping[str, Any]) -> WonDeal:
    clearness = divisions.clearness(division, deal["name"], deal["division"])
    certain = divisions.CERTAIN if deal["is_named"] else clearness
    return WonDeal(deal["crm_id"], date.fromisoformat(deal["won_on"]), certain)


_OTHERS = text("""
SELECT DISTINCT other.id
FROM registrations r JOIN registrations other
    ON other.claim_key = r.claim_key OR other.opportunity_crm_id = r.opportunity_crm_id
WHERE r.id = ANY(:ids) AND other.id <> ALL(:asked) AND other.state IN ('approved', 'extended')
""")

_LIVE_FACTS = text(f"""
WITH asked AS MATERIALIZED (
    SELECT r.*, (r.submitted_at AT TIME ZONE :zone)::date AS submitted_on, p.kind
    FROM registrations r JOIN participants p ON p.id = r.participant_id
    WHERE r.id = ANY(:ids) AND r.state IN ('approved', 'extended')
), deals AS MATERIALIZED (
    SELECT r.id, r.submitted_at, r.division AS asked, r.expected_amount_minor,
           r.currency AS expected_currency, TRUE AS is_named, o.*
    FROM asked r JOIN opportunities o ON {NAMED}
    WHERE NOT o.is_deleted
    UNION ALL
    SELECT r.id, r.submitted_at, r.division, r.expected_amount_minor, r.currency, FALSE, o.*
    FROM asked r JOIN opportunities o ON {UNNAMED}
    WHERE NOT o.is_deleted
), wins AS (
    SELECT id, jsonb_agg(
        jsonb_build_object('crm_id', crm_id, 'won_on', (won_at AT TIME ZONE :zone)::date,
            'name', name, 'division', division, 'is_named', is_named)
        ORDER BY won_at, crm_id) AS wins
    FROM deals
    WHERE won_at >= submitted_at AND (won_at AT TIME ZONE :zone)::date <= :today
    GROUP BY id
), changes AS (
    SELECT d.id, d.crm_id, (s.changed_at AT TIME ZONE :zone)::date AS changed_on,
           array_position(CAST(:stages AS text[]), s.stage) AS rank,
           lag(array_position(CAST(:stages AS text[]), s.stage)) OVER history AS rank_before,
           s.amount_minor >= d.expected_amount_minor AND s.currency = d.expected_currency
               AND (lag(s.amount_minor) OVER history, lag(s.currency) OVER history)
                   IS DISTINCT FROM (s.amount_minor, s.currency) AS confirms
    FROM deals d JOIN stage_changes s ON s.opportunity_crm_id = d.crm_id AND NOT s.is_deleted
    WHERE NOT (d.is_closed AND NOT d.is_won)
    WINDOW history AS (PARTITION BY d.id, d.crm_id ORDER BY s.changed_at, s.crm_id)
), moves AS (
    SELECT id, array_agg(DISTINCT changed_on) FILTER (WHERE rank > rank_before) AS moved_on,
           array_agg(DISTINCT changed_on) FILTER (WHERE confirms) AS confirmed_on
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
SELECT a.id, a.participant_id, a.kind, a.company, a.division, a.submitted_at, a.submitted_on,
       a.expires_on, a.extensions_used, w.wins, l.lost_on, m.moved_on, m.confirmed_on, v.active_on,
       CAST(:seen AS date) AS seen
FROM asked a
LEFT JOIN wins w ON w.id = a.id
LEFT JOIN losses l ON l.id = a.id
LEFT JOIN moves m ON m.id = a.id
LEFT JOIN activity v ON v.id = a.id
ORDER BY a.id
""")
