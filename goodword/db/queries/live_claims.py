"""Live claims: which of them tonight can mean anything for, and the facts to review those by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, text

from goodword.rules.live_claims import RegistrationFacts, WonDeal

# A claim that names a deal is about that deal, and wins by it unless another was credited for it.
# Any other is about the deals of its account that no other claim is credited for or protects by
# name, and that the CRM does not say to be another division's.
_IS_FREE = """
    NOT EXISTS (SELECT FROM registrations n
                WHERE n.opportunity_crm_id = o.crm_id AND n.state = 'won' AND n.id <> r.id)
"""
NAMED = f"o.crm_id = r.opportunity_crm_id AND {_IS_FREE}"
UNNAMED = """
    r.opportunity_crm_id IS NULL AND o.account_crm_id = r.account_crm_id
    AND ('' IN (r.division, COALESCE(o.division, '')) OR lower(o.division) = lower(r.division))
    AND NOT EXISTS (
        SELECT FROM registrations n WHERE n.opportunity_crm_id = o.crm_id
          AND n.state IN ('approved', 'extended', 'won'))
"""
"""How a live claim `r` may win by a deal `o`, wherever that is asked."""


def seen_through(tx: Connection, today: date) -> date:
    """Return the last night before tonight that reviewed every live claim; `date.min`: none did."""
    seen: date | None = tx.execute(_SEEN_THROUGH, {"today": today}).scalar_one()
    return seen or date.min


_SEEN = """
SELECT max(s.business_date) FROM stage_runs s
WHERE s.stage = 'review' AND s.failures = '[]' AND s.business_date < :today
"""

_SEEN_THROUGH = text(_SEEN)


def ended(tx: Connection, today: date) -> list[int]:
    """Return the live claims whose last day is over, by id."""
    statement = text(
        "SELECT id FROM registrations"
        " WHERE state IN ('approved', 'extended') AND expires_on < :today ORDER BY id"
    )
    return list(tx.execute(statement, {"today": today}).scalars())


def to_review(tx: Connection, today: date, warn_before_days: Collection[int]) -> list[int]:
    """Return the live claims that the rules may change or warn of tonight, by id.

    The rules decide; these are all that they can decide anything about but to keep it in silence:
    on its last day or past it; with a warning that came due since the last night that looked, or
    decided since then; or with a deal that is closed. Warnings that were due before the program
    was changed are due anew: its days may be others.

    Args:
        tx: an open transaction.
        today: the business date.
        warn_before_days: on how many days before the end any partner is warned.
    """
    warned = tx.execute(_WARNED_THROUGH, {"today": today}).scalar_one() or date.min
    given = {
        "today": today,
        "warned": warned,
        "ends": sorted(
            {
                today + timedelta(days=left)
                for days in warn_before_days
                for left in range(1, days + 1)
                if today + timedelta(days=left - days) > warned
            }
        ),
        "horizon": today + timedelta(days=max(warn_before_days, default=0)),
    }
    return list(tx.execute(_TO_REVIEW, given).scalars().all())


_WARNED_THROUGH = text(f"""
WITH program AS (
    SELECT max(published_at) AS published_at, max(effective_on) AS effective_on
    FROM program_versions WHERE effective_on <= :today
)
{_SEEN}
  AND s.started_at > (SELECT published_at FROM program)
  AND s.business_date >= (SELECT effective_on FROM program)
""")

# One scan of the claims, and one of the deals for each way that they are reached.
_TO_REVIEW = text("""
SELECT r.id
FROM registrations r LEFT JOIN (
    SELECT account_crm_id, max(won_at) AS won_at FROM opportunities
    WHERE is_closed AND won_at IS NOT NULL AND NOT is_deleted GROUP BY account_crm_id
) last ON last.account_crm_id = r.account_crm_id
WHERE r.state IN ('approved', 'extended') AND (
    r.expires_on <= :today
    OR r.expires_on = ANY(:ends)
    OR r.expires_on <= :horizon AND r.decided_on >= :warned
    OR r.opportunity_crm_id IN (
        SELECT crm_id FROM opportunities WHERE is_closed AND NOT is_deleted)
    OR r.opportunity_crm_id IS NULL AND last.won_at >= r.submitted_at)
ORDER BY r.id
""")


class LiveClaim(NamedTuple):
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
    found = [_claim(row) for row in tx.execute(_LIVE_FACTS, {"ids": list(ids), **given}).all()]
    contested = [claim.facts.registration_id for claim in found if claim.wins]
    if not contested:
        return found
    others = set(tx.execute(_OTHERS, {"ids": contested}).scalars()).difference(ids)
    if others:
        found += [_claim(row) for row in tx.execute(_LIVE_FACTS, {"ids": list(others), **given})]
    return sorted(found, key=lambda claim: claim.facts.registration_id)


def _claim(row: Row[Any]) -> LiveClaim:
    values: tuple[Any, ...] = tuple(row)  # looked up by name they cost as much as all the rest
    number, participant_id, kind, company, division, submitted_at, submitted_on = values[:7]
    expires_on, extensions_used, won, lost_on, moved_on, confirmed_on, active_on, seen = values[7:]
    wins = tuple(_won(division, deal) for deal in won) if won else ()
    facts = RegistrationFacts(
        registration_id=number,
        submitted_on=submitted_on,
        expires_on=expires_on,
        extensions_used=extensions_used,
        won_on=wins[0].won_on if wins else None,
        lost_on=lost_on,
        moved_forward_on=tuple(moved_on or ()),
        confirmed_on=tuple(confirmed_on or ()),
        active_on=tuple(active_on or ()),
        seen_through=seen,
    )
    return LiveClaim(facts, participant_id, kind, company, submitted_at, wins)


def _won(division: str, deal: Mapping[str, Any]) -> WonDeal:
    return WonDeal(
        deal["crm_id"],
        date.fromisoformat(deal["won_on"]),
        is_named=deal["is_named"],
        claimed=division,
        name=deal["name"],
        division=deal["division"],
    )


_OTHERS = text("""
SELECT other.id
FROM registrations r JOIN registrations other ON other.claim_key = r.claim_key
WHERE r.id = ANY(:ids) AND r.opportunity_crm_id IS NULL AND other.opportunity_crm_id IS NULL
  AND other.state IN ('approved', 'extended')
UNION
SELECT other.id
FROM registrations r JOIN registrations other USING (opportunity_crm_id)
WHERE r.id = ANY(:ids) AND other.state IN ('approved', 'extended')
""")

_OF_DEALS = """
    r.submitted_at, r.expires_on <= :today AS may_be_extended, r.expected_amount_minor,
    r.currency AS expected_currency, o.crm_id, o.name, o.division, o.stage, o.close_on,
    o.is_closed, o.is_won, o.won_at, o.last_activity_on
"""

# Progress counts from the last day of the window on: before, only how a deal ended is asked for.
# Deals are looked up claim by claim (OFFSET 0 sees to that): a scan of all costs more than what a
# chunk asks for, and there are two of them for each connection.
_LIVE_FACTS = text(f"""
WITH asked AS MATERIALIZED (
    SELECT r.id, r.participant_id, p.kind, r.company, r.division, r.account_crm_id,
           r.opportunity_crm_id, r.submitted_at, r.expires_on, r.extensions_used,
           r.expected_amount_minor, r.currency
    FROM registrations r JOIN participants p ON p.id = r.participant_id
    WHERE r.id = ANY(:ids) AND r.state IN ('approved', 'extended')
), deals AS MATERIALIZED (
    SELECT r.id, TRUE AS is_named, {_OF_DEALS}
    FROM asked r CROSS JOIN LATERAL (
        SELECT * FROM opportunities WHERE crm_id = r.opportunity_crm_id OFFSET 0
    ) o
    WHERE NOT o.is_deleted AND (o.is_closed OR r.expires_on <= :today)
    UNION ALL
    SELECT r.id, FALSE, {_OF_DEALS}
    FROM asked r CROSS JOIN LATERAL (
        SELECT * FROM opportunities WHERE account_crm_id = r.account_crm_id OFFSET 0
    ) o
    WHERE {UNNAMED} AND NOT o.is_deleted AND (o.is_closed OR r.expires_on <= :today)
), wins AS (
    SELECT o.id, jsonb_agg(
        jsonb_build_object('crm_id', o.crm_id, 'won_on', (o.won_at AT TIME ZONE :zone)::date,
            'name', o.name, 'division', o.division, 'is_named', o.is_named)
        ORDER BY o.won_at, o.crm_id) AS wins
    FROM deals o JOIN asked r USING (id)
    WHERE o.won_at >= o.submitted_at AND (o.won_at AT TIME ZONE :zone)::date <= :today
      AND {_IS_FREE}
    GROUP BY o.id
), changes AS (
    SELECT d.id, s.changed_on, s.rank > s.rank_before AS moves_forward,
           s.amount_minor >= d.expected_amount_minor AND s.currency = d.expected_currency
               AND (s.amount_minor, s.currency)
                   IS DISTINCT FROM (s.amount_before, s.currency_before) AS confirms
    FROM deals d CROSS JOIN LATERAL (
        SELECT (changed_at AT TIME ZONE :zone)::date AS changed_on, amount_minor, currency,
               array_position(CAST(:stages AS text[]), stage) AS rank,
               lag(array_position(CAST(:stages AS text[]), stage)) OVER history AS rank_before,
               lag(amount_minor) OVER history AS amount_before,
               lag(currency) OVER history AS currency_before
        FROM stage_changes WHERE opportunity_crm_id = d.crm_id AND NOT is_deleted
        WINDOW history AS (ORDER BY changed_at, crm_id)
    ) s
    WHERE d.may_be_extended AND NOT (d.is_closed AND NOT d.is_won)
), moves AS (
    SELECT id, array_agg(DISTINCT changed_on) FILTER (WHERE moves_forward) AS moved_on,
           array_agg(DISTINCT changed_on) FILTER (WHERE confirms) AS confirmed_on
    FROM changes WHERE changed_on <= :today GROUP BY id
), activity AS (
    SELECT id, array_agg(DISTINCT last_activity_on) AS active_on
    FROM deals WHERE may_be_extended AND last_activity_on <= :today GROUP BY id
), losses AS (
    SELECT o.id, COALESCE(
        (SELECT max((s.changed_at AT TIME ZONE :zone)::date) FROM stage_changes s
         WHERE s.opportunity_crm_id = o.crm_id AND s.stage = o.stage AND NOT s.is_deleted),
        o.close_on) AS lost_on
    FROM deals o WHERE o.is_named AND o.is_closed AND NOT o.is_won
)
SELECT a.id, a.participant_id, a.kind, a.company, a.division, a.submitted_at,
       (a.submitted_at AT TIME ZONE :zone)::date AS submitted_on,
       a.expires_on, a.extensions_used, w.wins, l.lost_on, m.moved_on, m.confirmed_on, v.active_on,
       CAST(:seen AS date) AS seen
FROM asked a
LEFT JOIN wins w ON w.id = a.id
LEFT JOIN losses l ON l.id = a.id
LEFT JOIN moves m ON m.id = a.id
LEFT JOIN activity v ON v.id = a.id
ORDER BY a.id
""")
