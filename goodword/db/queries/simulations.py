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
from goodword.db.queries.referrals import QUALIFYING
from goodword.db.queries.refunds import PLACED, TAKES, refund
from goodword.db.queries.rewards import deal_facts
from goodword.rules.conversions import Claim, ClaimKind, Grant, WonDeal
from goodword.rules.histories import Days, PastDeal, PastInvoice, PastLead, Person
from goodword.rules.outcomes import DealFacts, recalled
from goodword.rules.programs import StagePolicy
from goodword.rules.refunds import Cancelled, Refund, losses
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
"""What a reward `r` is for, as goodword/rules/histories.py has it."""

_KEPT = text(f"""
SELECT DISTINCT ON (1) {SUBJECT} AS subject, e.id AS moment, r.facts
FROM rewards r
JOIN audit_events e ON e.subject = 'reward' AND e.subject_id = r.id AND e.action = 'computed'
WHERE r.reverses_id IS NULL AND r.outcome <> 'referred'
  AND r.outcome_on BETWEEN :since AND :until
ORDER BY 1, e.id
""")

# Of a deal `o`, its account `a` and the first deal that it won, `w`.
_FACTS = """
o.quantity AS seats, o.type, o.lead_source, o.product, a.country, a.industry,
w.crm_id IS NULL OR (w.won_at, w.crm_id) >= (COALESCE(o.won_at, 'infinity'), o.crm_id) AS is_first
"""

_FIRST_WON = """
SELECT DISTINCT ON (account_crm_id) account_crm_id, won_at, crm_id FROM opportunities
WHERE won_at IS NOT NULL AND account_crm_id IS NOT NULL ORDER BY account_crm_id, won_at, crm_id
"""


def _facts(row: Row[Any], known: Kept | None) -> DealFacts:
    """Return what was kept of a deal, else what the CRM says now."""
    if known is not None and known.facts is not None:
        return known.facts
    return deal_facts(row)


# Leads ------------------------------------------------------------------------------------------


def leads(tx: Connection, days: Days, known: Mapping[str, Kept]) -> list[PastLead]:
    """Return the leads that were qualified in these days, as they were recorded.

    The deal's amount then is kept with what the lead earned; of one that earned nothing it is the
    amount as it is now.
    """
    given = {"since": days.first, "until": days.last}
    return _leads(tx, tx.execute(_RECORDED, given).all(), known)


_RECORDED = text("""
SELECT id, qualified_by AS deal, qualified_on FROM referrals
WHERE qualified_on BETWEEN :since AND :until
""")


def leads_by(
    tx: Connection, days: Days, zone: str, stages: StagePolicy, known: Mapping[str, Kept]
) -> list[PastLead]:
    """Return the leads that other stages would have qualified in these days, likewise."""
    given = {
        "today": days.last,
        "zone": zone,
        "stages": list(stages.order[stages.order.index(stages.qualified_from) :]),
    }
    found = tx.execute(text(QUALIFYING.format(which="true")), given)
    return _leads(tx, [row for row in found if days.have(row.qualified_on)], known)


def _leads(tx: Connection, found: Sequence[Row[Any]], known: Mapping[str, Kept]) -> list[PastLead]:
    given = {
        "ids": [row.id for row in found],
        "deals": [row.deal for row in found],
        "days": [row.qualified_on for row in found],
    }
    return [
        PastLead(
            row.id,
            row.participant_id,
            row.submitted_at,
            row.qualified_on,
            row.deal_minor,
            row.currency,
            row.computed_on,
            row.account_crm_id,
            _facts(row, known.get(f"referral {row.id}")),
            _moment(known.get(f"referral {row.id}")),
        )
        for row in tx.execute(_LEADS, given)
    ]


def _moment(known: Kept | None) -> int | None:
    return known.moment if known else None


_LEADS = text(f"""
SELECT r.id, r.participant_id, r.submitted_at, q.qualified_on, o.currency, o.account_crm_id,
       COALESCE(k.base_minor, o.amount_minor, 0) AS deal_minor,
       COALESCE(CASE WHEN q.qualified_on = r.qualified_on THEN r.rewarded_on END, q.qualified_on)
           AS computed_on, {_FACTS}
FROM unnest(CAST(:ids AS bigint[]), CAST(:deals AS text[]), CAST(:days AS date[]))
    AS q (id, deal, qualified_on)
JOIN referrals r ON r.id = q.id
JOIN opportunities o ON o.crm_id = q.deal
LEFT JOIN accounts a ON a.crm_id = o.account_crm_id
LEFT JOIN ({_FIRST_WON}) w ON w.account_crm_id = o.account_crm_id
LEFT JOIN (SELECT referral_id, max(base_minor) AS base_minor FROM rewards
           WHERE referral_id IS NOT NULL AND reverses_id IS NULL GROUP BY 1) k
    ON k.referral_id = r.id AND q.deal = r.qualified_by AND q.qualified_on = r.qualified_on
ORDER BY q.qualified_on, r.id
""")


# Deals ------------------------------------------------------------------------------------------


Invoices = Mapping[tuple[str, int | None], Sequence[PastInvoice]]
"""Paid invoices by the deal and the conversion that each belongs to."""


def deals(
    tx: Connection, days: Days, zone: str, known: Mapping[str, Kept], invoices: Invoices
) -> Iterator[PastDeal]:
    """Return the deals that a participant claims, earliest win first.

    They are those won in these days, and those of which one of the invoices was paid. One that
    converted comes with the claims that were credited, and the others that reach it now; one that
    was cancelled and won again comes for each time.
    """
    paid = [deal for deal, _ in invoices]
    given = {"since": days.first, "until": days.last, "zone": zone, "paid": paid}
    for found in _read(tx, _DEALS, given, known):
        own = invoices.get((found.deal.opportunity_crm_id, found.conversion_id))
        yield replace(found, invoices=tuple(own)) if own else found


def detected(tx: Connection, on: date, zone: str) -> Iterator[PastDeal]:
    """Return the deals whose conversions a night detected, likewise."""
    return _read(tx, _DETECTED, {"on": on, "zone": zone}, {})


def _read(
    tx: Connection, statement: TextClause, given: Mapping[str, Any], known: Mapping[str, Kept]
) -> Iterator[PastDeal]:
    refunds: dict[int, list[Refund]] = {}
    for row in tx.execute(_REFUNDED):
        refunds.setdefault(row.conversion_id, []).append(refund(row))
    ruled = grants(tx, list(tx.execute(_RULED).scalars()), given["zone"])
    rows = tx.execute(statement, given, execution_options={"yield_per": _PAGE})
    for _, group in groupby(rows, key=lambda row: (row.won_at, row.crm_id, row.conversion_id)):
        claims = list(group)
        first = claims[0]
        if all(row.participant_id is None for row in claims):
            continue
        found = _deal(claims, tuple(ruled.get(first.crm_id, ())))
        lost = losses(refunds.get(first.conversion_id, ()), first.currency, _cancelled(first))
        own = known.get(found.subject)
        yield replace(found, lost=tuple(lost), facts=_facts(first, own), moment=_moment(own))


def _deal(rows: Sequence[Row[Any]], ruled: tuple[Grant, ...]) -> PastDeal:
    first = rows[0]
    granted = {grant.claim.claim_id for grant in ruled}
    claims, journey = [], []
    for row in rows:
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
    )


def _cancelled(row: Row[Any]) -> Cancelled | None:
    return Cancelled(row.cancelled_on, row.cancel_reason) if row.cancelled_on else None


_REFUNDED = text(f"SELECT * FROM ({PLACED}) f WHERE {TAKES} AND conversion_id IS NOT NULL")

_RULED = text(f"""
SELECT DISTINCT r.opportunity_crm_id FROM ({GRANTS}) g
JOIN registrations r ON r.id = g.winner_id WHERE r.opportunity_crm_id IS NOT NULL
""")

# A referral that converted is a claim on the deal it converted by, and on no other.
_CLAIMED = f"""
WITH settled AS (
    SELECT v.id AS conversion_id, v.opportunity_crm_id AS crm_id,
           COALESCE(o.account_crm_id, v.account_crm_id) AS account_crm_id,
           v.value_minor AS amount_minor, v.currency, v.won_at, v.program_version_id AS version,
           COALESCE(v.rewarded_on, v.detected_on) AS computed_on, v.cancelled_on, v.cancel_reason
    FROM conversions v LEFT JOIN opportunities o ON o.crm_id = v.opportunity_crm_id
    WHERE v.renews_crm_id IS NULL AND ({{settled}})
), won AS (
    SELECT * FROM settled
    UNION ALL
    SELECT NULL, o.crm_id, o.account_crm_id, COALESCE(o.amount_minor, 0), o.currency, o.won_at,
           NULL, (o.won_at AT TIME ZONE :zone)::date, NULL, NULL
    FROM opportunities o
    WHERE {{others}}
), free AS (
    SELECT * FROM referrals WHERE conversion_id IS NULL
), {CLAIMS}, known AS (
    SELECT w.*, true AS is_recorded, s.claim AS kind, s.claim_id, s.at, s.source, s.participant_id
    FROM settled w JOIN shares s ON s.conversion_id = w.conversion_id
    UNION ALL
    SELECT w.*, false, c.kind, c.id, c.at, c.source, c.participant_id
    FROM won w JOIN claims c ON (c.crm_id, c.won_at) = (w.crm_id, w.won_at)
    WHERE NOT EXISTS (SELECT FROM shares s WHERE s.conversion_id = w.conversion_id
                      AND s.claim = c.kind AND s.claim_id = c.id)
)
SELECT k.*, (k.won_at AT TIME ZONE :zone)::date AS won_on,
       (k.at AT TIME ZONE :zone)::date AS on, {_FACTS}
FROM known k
LEFT JOIN opportunities o ON o.crm_id = k.crm_id
LEFT JOIN accounts a ON a.crm_id = o.account_crm_id
LEFT JOIN ({_FIRST_WON}) w ON w.account_crm_id = o.account_crm_id
ORDER BY k.won_at, k.crm_id, k.conversion_id
"""

_DEALS = text(
    _CLAIMED.format(
        settled="(v.won_at AT TIME ZONE :zone)::date BETWEEN :since AND :until"
        " OR v.opportunity_crm_id = ANY(:paid)",
        others="o.won_at IS NOT NULL"
        " AND ((o.won_at AT TIME ZONE :zone)::date BETWEEN :since AND :until"
        " OR o.crm_id = ANY(:paid))"
        " AND NOT EXISTS (SELECT FROM conversions c WHERE c.opportunity_crm_id = o.crm_id)",
    )
)

_DETECTED = text(_CLAIMED.format(settled="v.detected_on = :on", others="false"))


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
