"""Simulations: a company's past, as another program is tried on it; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, TextClause, text

from goodword.db.queries import suspicions
from goodword.db.queries.conversions import CLAIMS, grants
from goodword.db.queries.disputes import GRANTS
from goodword.db.queries.programs import version_on
from goodword.db.queries.refunds import cancelled, of_conversions
from goodword.db.queries.rewards import deal_facts
from goodword.rules.conversions import Claim, ClaimKind, Grant, WonDeal
from goodword.rules.histories import AS_SUCH, Days, PastDeal, PastInvoice, Person
from goodword.rules.outcomes import DealFacts, recalled
from goodword.rules.refunds import losses
from goodword.rules.suspicions import Standing

_PAGE = 5000
_NO_VERSION = 0
_KINDS = {kind.value: kind for kind in ClaimKind}


def read_only(tx: Connection) -> None:
    """Let the transaction, before its first statement, see one state and change nothing.

    The rows of a cursor are all wanted: the plan is not to be one for the first of them.
    """
    tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
    tx.execute(text("SET LOCAL cursor_tuple_fraction = 1"))


# People -----------------------------------------------------------------------------------------


def people(tx: Connection) -> dict[int, Person]:
    """Return every participant, by number, with what they were before."""
    changes: dict[int, list[tuple[int, Mapping[str, Any]]]] = {}
    for row in tx.execute(_CHANGES):
        before = {name: row.facts[name]["before"] for name in _RANK if name in row.facts}
        changes.setdefault(row.subject_id, []).append((row.id, before))
    standings = suspicions.standings(tx)
    return {
        row.id: Person(
            row.id,
            row.key,
            row.name,
            row.kind,
            row.tier,
            row.status,
            row.email,
            suspicions.domains(row.company_domain, row.email),
            tuple(changes.get(row.id, ())),
            standings.get(row.id, Standing()),
            row.prefers,
        )
        for row in tx.execute(text("SELECT * FROM participants"))
    }


_RANK = ("kind", "tier", "status", "prefers")

_CHANGES = text("""
SELECT id, subject_id, facts FROM audit_events
WHERE subject = 'participant' AND action = 'changed'
  AND (facts -> 'kind' IS NOT NULL OR facts -> 'tier' IS NOT NULL
       OR facts -> 'status' IS NOT NULL OR facts -> 'prefers' IS NOT NULL)
ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written down when the rewards of an outcome were computed.

    `moment` is the number of the audit event, `facts` what the CRM said of the deal; None where
    nothing was kept.
    """

    moment: int
    facts: DealFacts | None


def kept(tx: Connection, days: Days) -> dict[str, Kept]:
    """Return what was written down with the rewards of outcomes in these days, by subject."""
    rows = tx.execute(_KEPT, {"since": days.first, "until": days.last})
    return {
        row.subject: Kept(row.moment, None if row.facts is None else recalled(row.facts)[0])
        for row in rows
    }


SUBJECT = """
CASE WHEN r.invoice_id IS NOT NULL THEN 'invoice ' || r.invoice_id
     WHEN r.conversion_id IS NULL THEN 'referral ' || r.referral_id
     ELSE 'conversion ' || r.conversion_id END
"""
"""What a reward `r` is for, in words."""

TOLD = f"(({SUBJECT}) || CASE r.outcome WHEN 'referred' THEN '{AS_SUCH}' ELSE '' END)"
"""The same as goodword/rules/histories.py has it: referrals as such apart from their leads."""

_KEPT = text(f"""
SELECT DISTINCT ON (1) {TOLD} AS subject, e.id AS moment, r.facts
FROM rewards r
JOIN audit_events e ON e.subject = 'reward' AND e.subject_id = r.id AND e.action = 'computed'
WHERE r.reverses_id IS NULL AND r.outcome_on BETWEEN :since AND :until
ORDER BY 1, e.id
""")

FACTS = """
o.quantity AS seats, o.type, o.lead_source, o.product, a.country, a.industry,
w.crm_id IS NULL OR (w.won_at, w.crm_id) >= (COALESCE(o.won_at, 'infinity'), o.crm_id) AS is_first
"""
"""What is asked of a deal `o`, its account `a` and the first deal that it won, `w`."""

FIRST_WON = """
SELECT DISTINCT ON (account_crm_id) account_crm_id, won_at, crm_id FROM opportunities
WHERE won_at IS NOT NULL AND account_crm_id IS NOT NULL ORDER BY account_crm_id, won_at, crm_id
"""
"""The first deal that each account won."""


def facts_then(row: Row[Any], known: Kept | None) -> DealFacts:
    """Return what was kept of a deal, else what the CRM says now."""
    if known is not None and known.facts is not None:
        return known.facts
    return deal_facts(row)


def moment_of(known: Kept | None) -> int | None:
    """Return when something was written down; None where nothing was."""
    return known.moment if known else None


# Deals ------------------------------------------------------------------------------------------


Invoices = Mapping[tuple[str, int | None], Sequence[PastInvoice]]
"""Paid invoices by the deal and the conversion that each belongs to."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The days that are simulated, in a time zone, and the deal types by which customers stay."""

    days: Days
    zone: str
    types: Sequence[str] = ()


def deals(
    tx: Connection, asked: Asked, known: Mapping[str, Kept], invoices: Invoices
) -> Iterator[PastDeal]:
    """Return the deals that a participant claims, earliest win first.

    They are those won in these days, those of which one of the invoices was paid, and those that
    may have won the customers who stayed by any of these. One that converted comes with the claims
    that were credited, and the others that reach it now; one that was cancelled and won again comes
    for each time. What may renew comes whoever claims it, with the claims on it.
    """
    paid, types = [deal for deal, _ in invoices], [name.lower() for name in asked.types]
    given = {
        "since": asked.days.first,
        "until": asked.days.last,
        "zone": asked.zone,
        "types": types,
        "paid": paid,
    }
    won_before = tx.execute(_BEGINNINGS, given).scalars() if types else ()
    given["beside"] = [*paid, *won_before]
    for found in _read(tx, _DEALS, given, known):
        own = invoices.get((found.deal.opportunity_crm_id, found.conversion_id))
        yield replace(found, invoices=tuple(own)) if own else found


def detected(tx: Connection, on: date, zone: str) -> Iterator[PastDeal]:
    """Return the deals whose conversions a night detected, likewise."""
    return _read(tx, _DETECTED, {"on": on, "zone": zone, "types": []}, {})


def _read(
    tx: Connection, statement: TextClause, given: Mapping[str, Any], known: Mapping[str, Kept]
) -> Iterator[PastDeal]:
    refunds = of_conversions(tx)
    ruled = grants(tx, list(tx.execute(_RULED).scalars()), given["zone"])
    rows = tx.execute(statement, given, execution_options={"yield_per": _PAGE})
    for _, group in groupby(rows, key=lambda row: (row.won_at, row.crm_id, row.conversion_id)):
        claims = list(group)
        first = claims[0]
        if not any(row.participant_id or row.kind is None for row in claims):
            continue
        found = _deal(claims, tuple(ruled.get(first.crm_id, ())))
        lost = losses(refunds.get(first.conversion_id, ()), first.currency, cancelled(first))
        own = known.get(found.subject)
        yield replace(found, lost=tuple(lost), facts=facts_then(first, own), moment=moment_of(own))


def _deal(rows: Sequence[Row[Any]], ruled: tuple[Grant, ...]) -> PastDeal:
    first = rows[0]
    granted = {grant.claim.claim_id for grant in ruled}
    claims, journey = [], []
    for row in rows:
        if row.kind is None:
            continue
        kind, number = _KINDS[row.kind], row.claim_id
        if kind is ClaimKind.REGISTRATION and number in granted:
            continue
        who = row.participant_id
        claims.append(Claim(kind, number, row.at, row.on, row.source, who, _NO_VERSION))
        if row.is_recorded:
            journey.append((kind, number))
    return PastDeal(
        WonDeal(first.crm_id, first.amount_minor, first.won_at, first.won_on, tuple(claims), ruled),
        first.account_crm_id,
        first.currency,
        first.computed_on,
        conversion_id=first.conversion_id,
        journey=frozenset(journey),
        version=first.version,
        renews=first.renews_crm_id,
        cancelled_on=first.cancelled_on,
    )


_RULED = text(f"""
SELECT DISTINCT r.opportunity_crm_id FROM ({GRANTS}) g
JOIN registrations r ON r.id = g.winner_id WHERE r.opportunity_crm_id IS NOT NULL
""")

# A referral that converted is a claim on the deal it converted by, and on no other. A renewal has
# the claims that are its own in place of those that it was credited to, by the version that was in
# force for them. What may renew has a row without a claim.
_CLAIMED = f"""
WITH settled AS (
    SELECT v.id AS conversion_id, v.opportunity_crm_id AS crm_id,
           COALESCE(o.account_crm_id, v.account_crm_id) AS account_crm_id,
           v.value_minor AS amount_minor, v.currency, v.won_at, v.renews_crm_id,
           CASE WHEN v.renews_crm_id IS NULL THEN v.program_version_id
                ELSE {version_on("won_on")} END AS version,
           COALESCE(v.rewarded_on, v.detected_on) AS computed_on, v.cancelled_on, v.cancel_reason,
           v.renews_crm_id IS NOT NULL OR lower(o.type) = ANY(:types) AS may_renew
    FROM conversions v LEFT JOIN opportunities o ON o.crm_id = v.opportunity_crm_id
    WHERE {{settled}}
), past AS (
    SELECT * FROM settled
    UNION ALL
    SELECT NULL, o.crm_id, o.account_crm_id, COALESCE(o.amount_minor, 0), o.currency, o.won_at,
           NULL, NULL, (o.won_at AT TIME ZONE :zone)::date, NULL, NULL, lower(o.type) = ANY(:types)
    FROM opportunities o
    WHERE {{others}}
), won AS (
    SELECT DISTINCT crm_id, account_crm_id, won_at FROM past
), free AS (
    SELECT * FROM referrals WHERE conversion_id IS NULL
), {CLAIMS}, known AS (
    SELECT w.*, true AS is_recorded, s.claim AS kind, s.claim_id, s.at, s.source, s.participant_id
    FROM settled w JOIN shares s ON s.conversion_id = w.conversion_id AND w.renews_crm_id IS NULL
    UNION ALL
    SELECT w.*, false, c.kind, c.id, c.at, c.source, c.participant_id
    FROM past w JOIN claims c ON (c.crm_id, c.won_at) = (w.crm_id, w.won_at)
    WHERE NOT EXISTS (SELECT FROM shares s WHERE s.conversion_id = w.conversion_id
                      AND s.claim = c.kind AND s.claim_id = c.id AND w.renews_crm_id IS NULL)
    UNION ALL
    SELECT w.*, false, NULL, NULL, NULL, NULL, NULL FROM past w WHERE may_renew
)
SELECT k.*, (k.won_at AT TIME ZONE :zone)::date AS won_on,
       (k.at AT TIME ZONE :zone)::date AS on, {FACTS}
FROM known k
LEFT JOIN opportunities o ON o.crm_id = k.crm_id
LEFT JOIN accounts a ON a.crm_id = o.account_crm_id
LEFT JOIN ({FIRST_WON}) w ON w.account_crm_id = o.account_crm_id
ORDER BY k.won_at, k.crm_id, k.conversion_id
"""

_DEALS = text(
    _CLAIMED.format(
        settled="(v.won_at AT TIME ZONE :zone)::date BETWEEN :since AND :until"
        " OR v.opportunity_crm_id = ANY(:beside)",
        others="o.won_at IS NOT NULL"
        " AND ((o.won_at AT TIME ZONE :zone)::date BETWEEN :since AND :until"
        " OR o.crm_id = ANY(:beside))"
        " AND NOT EXISTS (SELECT FROM conversions c WHERE c.opportunity_crm_id = o.crm_id)",
    )
)

_DETECTED = text(
    _CLAIMED.format(settled="v.detected_on = :on AND v.renews_crm_id IS NULL", others="false")
)

# The deals won before these days, of other types, of whoever stayed in them or paid for staying.
_BEGINNINGS = text("""
WITH staying AS (
    SELECT o.account_crm_id
    FROM opportunities o LEFT JOIN conversions v ON v.opportunity_crm_id = o.crm_id
    WHERE lower(o.type) = ANY(:types) AND (
        (COALESCE(v.won_at, o.won_at) AT TIME ZONE :zone)::date BETWEEN :since AND :until
        OR o.crm_id = ANY(:paid))
)
SELECT DISTINCT o.crm_id
FROM opportunities o LEFT JOIN conversions v ON v.opportunity_crm_id = o.crm_id
WHERE o.account_crm_id IN (SELECT account_crm_id FROM staying)
  AND lower(COALESCE(o.type, '')) <> ALL(:types)
  AND (COALESCE(v.won_at, o.won_at) AT TIME ZONE :zone)::date < :since
""")


def lifetimes(tx: Connection, customers: Sequence[str]) -> dict[str, int]:
    """Return what these customers brought by all their won deals so far, in all, by currency."""
    rows = tx.execute(_LIFETIMES, {"customers": list(customers)})
    return {row.currency: row.minor for row in rows}


_LIFETIMES = text("""
SELECT o.currency, sum(o.amount_minor)::bigint AS minor
FROM unnest(CAST(:customers AS text[])) AS c (customer)
JOIN opportunities o ON COALESCE(o.account_crm_id, o.crm_id) = c.customer
WHERE o.won_at IS NOT NULL GROUP BY 1
""")
