"""Conversions: which won deals somebody may claim, and which no longer stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries import programs
from goodword.db.queries.disputes import GRANTS, IS_PENDING
from goodword.db.queries.live_claims import NAMED, UNNAMED
from goodword.db.queries.programs import version_on
from goodword.rules.conversions import STAFF_DAYS, Claim, ClaimKind, Grant, WonDeal


@dataclass(frozen=True, slots=True)
class Candidate:
    """A won deal with its claims, and what a conversion of it would keep.

    `renews_crm_id`: the deal that won the customer, of one that is credited as its renewal.
    """

    deal: WonDeal
    account_crm_id: str | None
    currency: str
    program_version_id: int
    renews_crm_id: str | None = None


def waiting(tx: Connection, today: date, zone: str, renewal_types: Sequence[str] = ()) -> list[str]:
    """Return the won deals, by id, that somebody may claim and of which no conversion stands.

    One whose claim waits for staff is left for later, for up to STAFF_DAYS after the win; one whose
    refused claim is in dispute, until that is closed.

    Args:
        tx: an open transaction.
        today: the business date.
        zone: the program's time zone.
        renewal_types: types of deals, in lower case, that `waiting_renewals` returns instead where
            the customer had bought before.
    """
    given = {"today": today, "zone": zone, "staff_days": STAFF_DAYS, "types": list(renewal_types)}
    return list(tx.execute(_WAITING, given).scalars())


def waiting_renewals(tx: Connection, today: date, zone: str, types: Sequence[str]) -> list[str]:
    """Return the deals of these types that customers won before have bought since, likewise.

    They are those that somebody may claim, and those of customers whose first deal is credited.
    """
    if not types:
        return []
    given = {"today": today, "zone": zone, "staff_days": STAFF_DAYS, "types": list(types)}
    return list(tx.execute(_WAITING_RENEWALS, given).scalars())


# Conversions of which nothing stands any more: their deals may convert again when they are won
# again, and their referrals are free. Where a reward was let stand, both have had what they earn.
_GIVEN_BACK = """
given_back AS MATERIALIZED (
    SELECT v.id FROM conversions v
    WHERE v.state = 'cancelled' AND NOT EXISTS (
        SELECT FROM rewards r
        WHERE r.conversion_id = v.id AND r.reverses_id IS NULL
          AND r.state NOT IN ('void', 'rejected') AND r.amount_minor > (
              SELECT COALESCE(-sum(b.amount_minor), 0) FROM rewards b WHERE b.reverses_id = r.id))
)
"""

_FREE = """
free AS (
    SELECT * FROM referrals
    WHERE state <> 'converted' OR conversion_id IN (SELECT id FROM given_back)
)
"""

CLAIMS = """
claims AS (
    SELECT w.crm_id, w.won_at, 'registration' AS kind, r.id, r.submitted_at AS at,
           'partner' AS source, r.participant_id
    FROM won w JOIN registrations r ON r.opportunity_crm_id = w.crm_id AND r.state = 'won'
    UNION ALL
    SELECT w.crm_id, w.won_at, 'referral', r.id, r.submitted_at, 'referral', r.participant_id
    FROM won w JOIN free r ON r.opportunity_crm_id = w.crm_id
    UNION ALL
    SELECT w.crm_id, w.won_at, 'referral', r.id, r.submitted_at, 'referral', r.participant_id
    FROM won w JOIN free r ON r.account_crm_id = w.account_crm_id
    WHERE r.opportunity_crm_id IS NULL AND NOT EXISTS (
        SELECT FROM opportunities e WHERE e.account_crm_id = w.account_crm_id
          AND e.won_at >= r.submitted_at
          AND (e.won_at, e.crm_id) < (w.won_at, w.crm_id))
    UNION ALL
    SELECT w.crm_id, w.won_at, 'touch', t.id, t.at, t.source, t.participant_id
    FROM won w JOIN touches t ON t.opportunity_crm_id = w.crm_id
    UNION ALL
    SELECT w.crm_id, w.won_at, 'touch', t.id, t.at, t.source, t.participant_id
    FROM won w JOIN accounts a ON a.crm_id = w.account_crm_id
    JOIN touches t ON t.domain = a.domain
    WHERE t.opportunity_crm_id IS NULL
)
"""
"""Every way a claim reaches one of the deals `won`, of the referrals that are `free`.

A referral without a deal means the first one that its account wins after it; a touch without a deal
belongs to every deal of its company.
"""

# A deal that a live registration may have won waits for the review of that one, and one that a new
# or contested registration may have won for staff's decision or the ruling: converted before it, as
# when the review failed, it would go to other claims for good.
_WON = f"""
{_GIVEN_BACK}, undecided AS (
    SELECT *, state = 'submitted' AS is_with_staff FROM registrations
    WHERE state = 'submitted' OR state IN ('conflicting', 'rejected') AND id IN (
        SELECT unnest(ARRAY[registration_id, rival_id]) FROM disputes WHERE {IS_PENDING})
), unreviewed AS (
    SELECT o.crm_id FROM registrations r JOIN opportunities o ON {NAMED}
    WHERE r.state IN ('approved', 'extended') AND o.won_at >= r.submitted_at
    UNION ALL
    SELECT o.crm_id FROM registrations r JOIN opportunities o ON {UNNAMED}
    WHERE r.state IN ('approved', 'extended') AND o.won_at >= r.submitted_at
    UNION ALL
    SELECT o.crm_id FROM undecided r JOIN opportunities o ON {NAMED}
    WHERE o.won_at >= r.submitted_at AND NOT (
        r.is_with_staff AND (o.won_at AT TIME ZONE :zone)::date + :staff_days < :today)
    UNION ALL
    SELECT o.crm_id FROM undecided r JOIN opportunities o ON {UNNAMED}
    WHERE o.won_at >= r.submitted_at AND NOT (
        r.is_with_staff AND (o.won_at AT TIME ZONE :zone)::date + :staff_days < :today)
), won AS (
    SELECT o.crm_id, o.account_crm_id, o.won_at FROM opportunities o
    WHERE o.won_at IS NOT NULL AND (o.won_at AT TIME ZONE :zone)::date <= :today
      AND NOT EXISTS (SELECT FROM conversions c WHERE c.opportunity_crm_id = o.crm_id
                      AND c.id NOT IN (SELECT id FROM given_back))
      AND NOT EXISTS (SELECT FROM unreviewed u WHERE u.crm_id = o.crm_id)
      AND {{which}}
)
"""

# Of a deal `o`: it is of one of the types, and its customer had bought before.
_IS_RENEWAL = """
(lower(COALESCE(o.type, '')) = ANY(:types) AND EXISTS (
    SELECT FROM opportunities e WHERE e.account_crm_id = o.account_crm_id
      AND (e.won_at, e.crm_id) < (o.won_at, o.crm_id)))
"""

_WAITING = text(f"""
WITH {_WON.format(which=f"NOT {_IS_RENEWAL}")}, {_FREE}, {CLAIMS}
SELECT crm_id FROM claims WHERE at <= won_at AND participant_id IS NOT NULL
GROUP BY crm_id, won_at ORDER BY won_at, crm_id
""")

FIRST = """
SELECT DISTINCT ON (w.crm_id) w.crm_id, f.id AS conversion_id
FROM won w
JOIN opportunities e ON e.account_crm_id = w.account_crm_id
    AND (e.won_at, e.crm_id) < (w.won_at, w.crm_id)
    AND lower(COALESCE(e.type, '')) <> ALL(:types)
JOIN conversions f ON f.opportunity_crm_id = e.crm_id AND f.state = 'active'
WHERE f.renews_crm_id IS NULL
ORDER BY w.crm_id, e.won_at, e.crm_id
"""
"""Of each deal `won` the conversion that stands of the deal which won its customer, where there is
one; what is itself of a renewal's type won nobody.
"""

_WAITING_RENEWALS = text(f"""
WITH {_WON.format(which=_IS_RENEWAL)}, {_FREE}, {CLAIMS}, first AS ({FIRST}), found AS (
    SELECT crm_id FROM claims WHERE at <= won_at AND participant_id IS NOT NULL
    UNION SELECT crm_id FROM first
)
SELECT crm_id FROM won JOIN found USING (crm_id) ORDER BY won_at, crm_id
""")


_KINDS = {kind.value: kind for kind in ClaimKind}


def candidates(tx: Connection, ids: Sequence[str], zone: str) -> list[Candidate]:
    """Return won deals with every claim that reaches them, earliest win first."""
    found: dict[str, tuple[Row[Any], list[Claim]]] = {}
    version = programs.numbers(tx)
    for row in tx.execute(_CANDIDATES, {"ids": list(ids), "zone": zone}).all():
        deal, kind, number, at, on, source, participant, *_ = row
        _, claims = found.setdefault(deal, (row, []))
        claims.append(Claim(_KINDS[kind], number, at, on, source, participant, version(on)))
    ruled = grants(tx, ids, zone)
    return [
        _candidate(row, tuple(claims), tuple(ruled.get(row.crm_id, ())), version(row.won_on))
        for row, claims in found.values()
    ]


def _candidate(
    row: Row[Any], claims: tuple[Claim, ...], grants: tuple[Grant, ...], version: int
) -> Candidate:
    deal = WonDeal(row.crm_id, row.amount_minor, row.won_at, row.won_on, claims, grants)
    return Candidate(deal, row.account_crm_id, row.currency, version)


_CANDIDATES = text(f"""
WITH {_GIVEN_BACK}, won AS (
    SELECT o.*, (o.won_at AT TIME ZONE :zone)::date AS won_on FROM opportunities o
    WHERE o.crm_id = ANY(:ids) AND o.won_at IS NOT NULL
), {_FREE}, {CLAIMS}
SELECT w.crm_id, c.kind, c.id AS claim_id, c.at, (c.at AT TIME ZONE :zone)::date AS on, c.source,
       c.participant_id, w.account_crm_id, w.amount_minor, w.currency, w.won_at, w.won_on
FROM won w JOIN claims c USING (crm_id)
ORDER BY w.won_at, w.crm_id, c.at, c.kind, c.id
""")


def grants(tx: Connection, ids: Sequence[str], zone: str) -> dict[str, list[Grant]]:
    """Return what rulings give of the registrations that won these deals, by deal."""
    found: dict[str, list[Grant]] = {}
    for row in tx.execute(_GRANTED, {"ids": list(ids), "zone": zone}):
        kind, whose = ClaimKind.REGISTRATION, row.participant_id
        claim = Claim(kind, row.loser_id, row.at, row.on, "partner", whose, row.claim_version)
        grant = Grant(claim, row.winner_id, row.share_bps, row.dispute_id)
        found.setdefault(row.crm_id, []).append(grant)
    return found


_GRANTED = text(f"""
SELECT won.opportunity_crm_id AS crm_id, g.dispute_id, g.share_bps, g.winner_id, g.loser_id,
       lost.submitted_at AS at, (lost.submitted_at AT TIME ZONE :zone)::date AS on,
       lost.participant_id,
       {version_on("(lost.submitted_at AT TIME ZONE :zone)::date")} AS claim_version
FROM ({GRANTS}) g
JOIN registrations won ON won.id = g.winner_id AND won.state = 'won'
JOIN registrations lost ON lost.id = g.loser_id
WHERE won.opportunity_crm_id = ANY(:ids) ORDER BY g.dispute_id
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """An active conversion and how its deal stands in the CRM now."""

    conversion_id: int
    is_won: bool
    is_deleted: bool
    stage: str
    changed_on: date


def doubtful(tx: Connection, today: date, zone: str) -> list[Standing]:
    """Return the active conversions whose deal is deleted or no longer won."""
    return [
        Standing(row.id, row.is_won, row.is_deleted, row.stage, min(row.changed_on, today))
        for row in tx.execute(_DOUBTFUL, {"zone": zone})
    ]


_DOUBTFUL = text("""
SELECT c.id, o.is_won, o.is_deleted, o.stage,
       (CASE WHEN o.is_deleted THEN o.modified_at
             ELSE COALESCE(max(s.changed_at), o.modified_at) END AT TIME ZONE :zone)::date
           AS changed_on
FROM conversions c
JOIN opportunities o ON o.crm_id = c.opportunity_crm_id
LEFT JOIN stage_changes s ON s.opportunity_crm_id = o.crm_id AND s.stage = o.stage
    AND NOT s.is_deleted
WHERE c.state = 'active' AND (o.is_deleted OR NOT o.is_won)
GROUP BY c.id, o.crm_id ORDER BY c.id
""")
