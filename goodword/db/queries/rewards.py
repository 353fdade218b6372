"""Rewards: what is to be computed and approved; and what people look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries import suspicions
from goodword.db.queries.programs import version_on
from goodword.money import Money
from goodword.rules.books import CapBook, Won
from goodword.rules.earnings import Earning
from goodword.rules.outcomes import DealFacts, Outcome, OutcomeFacts
from goodword.rules.suspicions import USUAL, Introduction, Standing, SuspicionPolicy

ABOUT = """LEFT JOIN conversions v ON v.id = r.conversion_id
LEFT JOIN referrals f ON f.id = r.referral_id
LEFT JOIN opportunities o ON o.crm_id = COALESCE(v.opportunity_crm_id, f.qualified_by)
LEFT JOIN accounts a ON a.crm_id = o.account_crm_id
"""
"""What a reward `r` is about: its conversion `v` or referral `f`, the deal `o`, the account `a`."""

COMPANY = "COALESCE(a.name, o.name, f.company)"
"""The company of what `ABOUT` joins, as people know it."""


def unrewarded_conversions(tx: Connection) -> list[int]:
    """Return the active conversions whose rewards are not computed, earliest win first."""
    return list(
        tx.execute(
            text(
                "SELECT id FROM conversions WHERE rewarded_on IS NULL AND state = 'active'"
                " ORDER BY won_on, id"
            )
        ).scalars()
    )


def unrewarded_referrals(tx: Connection) -> list[int]:
    """Return the qualified referrals whose rewards are not computed, earliest first."""
    return list(
        tx.execute(
            text(
                "SELECT id FROM referrals WHERE rewarded_on IS NULL AND qualified_on IS NOT NULL"
                " ORDER BY qualified_on, id"
            )
        ).scalars()
    )


def converted_earnings(tx: Connection, conversion_ids: Sequence[int]) -> list[Earning]:
    """Return what each participant is credited of each conversion, earliest win first.

    Several claims of one participant are one credit, by the version of the earliest of them.
    """
    rows = tx.execute(_CONVERTED, {"ids": list(conversion_ids)})
    return [_converted(row) for row in rows]


def _converted(row: Row[Any]) -> Earning:
    outcome = Outcome.RENEWED if row.renews_crm_id else Outcome.CONVERTED
    earning = earning_of(row, outcome, row.won_on, conversion_id=row.conversion_id)
    return replace(earning, renews_id=row.renews_id) if row.renews_id else earning


DEAL = """
       o.quantity AS seats, o.type, o.lead_source, o.product, a.country, a.industry, NOT EXISTS (
           SELECT FROM opportunities e WHERE e.account_crm_id = o.account_crm_id
             AND e.crm_id <> o.crm_id AND (e.won_at, e.crm_id) < (COALESCE(o.won_at, 'infinity'),
                                                                 o.crm_id)) AS is_first
"""
"""What conditions ask of a deal `o` with its account `a`; its first deal: none was won before."""

# What is asked of a deal is looked up once, however many share it.
_CONVERTED = text(f"""
WITH deal AS MATERIALIZED (
    SELECT v.id AS conversion_id, v.won_on, v.value_minor AS deal_minor, v.currency,
           v.account_crm_id AS customer, v.renews_crm_id, f.id AS renews_id, {DEAL}
    FROM conversions v
    LEFT JOIN conversions f ON f.opportunity_crm_id = v.renews_crm_id AND f.state = 'active'
    LEFT JOIN opportunities o ON o.crm_id = v.opportunity_crm_id
    LEFT JOIN accounts a ON a.crm_id = o.account_crm_id
    WHERE v.id = ANY(:ids)
), credited AS (
    SELECT s.conversion_id, s.participant_id, sum(s.value_minor)::bigint AS credited_minor,
           (sum(sum(s.value_minor)) OVER (PARTITION BY s.conversion_id ORDER BY s.participant_id)
               - sum(s.value_minor))::bigint AS credited_before_minor, min(s.at) AS claimed_at,
           (array_agg(s.program_version_id ORDER BY s.at, s.position))[1] AS version
    FROM shares s
    WHERE s.conversion_id = ANY(:ids) AND s.participant_id IS NOT NULL
    GROUP BY s.conversion_id, s.participant_id
    HAVING sum(s.weight) > 0
)
SELECT d.*, c.participant_id, c.credited_minor, c.credited_before_minor, c.claimed_at, c.version,
       p.key, p.kind, p.tier, p.prefers
FROM credited c
JOIN deal d USING (conversion_id)
JOIN participants p ON p.id = c.participant_id
ORDER BY d.won_on, d.conversion_id, c.participant_id
""")


def qualified_earnings(tx: Connection, referral_ids: Sequence[int], zone: str) -> list[Earning]:
    """Return each qualified referral with the size of its deal (0 while it has no amount)."""
    rows = tx.execute(_QUALIFIED, {"ids": list(referral_ids), "zone": zone})
    return [
        earning_of(row, Outcome.QUALIFIED, row.qualified_on, referral_id=row.referral_id)
        for row in rows
    ]


_QUALIFIED = text(f"""
SELECT r.id AS referral_id, r.qualified_on, COALESCE(o.amount_minor, 0) AS deal_minor,
       COALESCE(o.amount_minor, 0) AS credited_minor, 0 AS credited_before_minor, o.currency,
       r.participant_id, p.key, p.kind, p.tier, p.prefers, r.submitted_at AS claimed_at,
       o.account_crm_id AS customer, {DEAL},
       {version_on("(r.submitted_at AT TIME ZONE :zone)::date")} AS version
FROM referrals r
JOIN opportunities o ON o.crm_id = r.qualified_by
LEFT JOIN accounts a ON a.crm_id = o.account_crm_id
JOIN participants p ON p.id = r.participant_id
WHERE r.id = ANY(:ids)
ORDER BY r.qualified_on, r.id
""")


def deal_facts(row: Row[Any]) -> DealFacts:
    """Return what `DEAL` says of a deal."""
    return DealFacts(
        row.seats,
        row.type,
        row.lead_source,
        row.country,
        row.industry,
        row.is_first,
        product=row.product,
    )


def earning_of(
    row: Row[Any],
    outcome: Outcome,
    on: date,
    conversion_id: int | None = None,
    referral_id: int | None = None,
) -> Earning:
    """Return what a row says of an outcome of a participant on a day, with its deal."""
    facts = OutcomeFacts(
        outcome,
        row.kind,
        row.tier,
        row.deal_minor,
        row.credited_minor,
        row.currency,
        row.credited_before_minor,
        deal_facts(row),
        prefers=row.prefers,
    )
    return Earning(
        row.participant_id,
        facts,
        on,
        row.version,
        participant_key=row.key,
        claimed_at=row.claimed_at,
        customer=row.customer,
        conversion_id=conversion_id,
        referral_id=referral_id,
    )


def cap_book(tx: Connection, participant_ids: Sequence[int]) -> CapBook:
    """Return what these participants got so far and kept any of, as caps count it."""
    book = CapBook()
    rows = tx.execute(
        text(
            "SELECT participant_id, incentive, outcome_on, amount_minor, currency FROM rewards r"
            " WHERE participant_id = ANY(:ids) AND reverses_id IS NULL"
            " AND state NOT IN ('void', 'rejected') AND NOT EXISTS ("
            "  SELECT FROM rewards b WHERE b.reverses_id = r.id"
            "  HAVING -sum(b.amount_minor) = r.amount_minor)"
            " ORDER BY outcome_on, id"
        ),
        {"ids": list(participant_ids)},
    )
    for row in rows:
        money = Money(row.amount_minor, row.currency)
        book.add(row.participant_id, row.incentive, row.outcome_on, money)
    return book


def add_billed(tx: Connection, book: CapBook, participant_ids: Sequence[int]) -> None:
    """Note in a book what these participants were billed themselves, as customers."""
    for row in tx.execute(_BILLED, {"ids": list(participant_ids)}):
        billed = row.paid_on, Money(row.billed_minor, row.currency)
        book.billed.setdefault(row.id, []).append(billed)


_BILLED = text("""
SELECT p.id, i.paid_on, i.billed_minor, i.currency
FROM participants p JOIN paid_invoices i ON i.customer = p.stripe_customer
WHERE p.id = ANY(:ids) ORDER BY i.paid_on, i.id
""")


def add_won(tx: Connection, book: CapBook, participant_ids: Sequence[int]) -> None:
    """Note in a book every deal, of those that stand, that these participants brought."""
    for row in tx.execute(_WON, {"ids": list(participant_ids)}):
        credited = Money(row.credited_minor, row.currency)
        won = Won(row.won_on, row.id, credited, row.account_crm_id or f"deal {row.id}")
        book.bring(row.participant_id, won)


_WON = text("""
SELECT v.id, v.won_on, v.currency, v.account_crm_id, s.participant_id,
       sum(s.value_minor)::bigint AS credited_minor
FROM shares s JOIN conversions v ON v.id = s.conversion_id
WHERE s.participant_id = ANY(:ids) AND v.state = 'active' AND v.renews_crm_id IS NULL
GROUP BY v.id, s.participant_id HAVING sum(s.weight) > 0
""")


@dataclass(frozen=True, slots=True)
class Computed:
    """A reward that nobody has decided on, and the sum that its approval goes by."""

    reward_id: int
    participant_id: int
    participant_status: str
    amount: Money
    total: Money
    introduction: Introduction


def computed(tx: Connection, policy: SuspicionPolicy = USUAL) -> list[Computed]:
    """Return rewards to be approved, each with the sum per participant and conversion.

    A reward for a qualified lead counts with those of the conversion the lead became; each paid
    invoice is for itself. The policy says what a burst of referrals is. Who introduced whom is told
    of who brought the deal, also where the reward is the customer's or the company's.
    """
    rows = tx.execute(_COMPUTED).all()
    referrals = {number for row in rows for number in row.referrals}
    known = suspicions.introduced(tx, policy, referrals) if referrals else {}
    standings = suspicions.standings(tx, {row.earner for row in rows}) if rows else {}
    return [
        Computed(
            row.id,
            row.participant_id,
            row.status,
            Money(row.amount_minor, row.currency),
            Money(int(row.total), row.currency),
            Introduction(
                row.email,
                suspicions.domains(row.company_domain, row.email),
                tuple(known[number] for number in row.referrals),
                standings.get(row.earner, Standing()),
                row.came_back,
                row.is_as_such,
            ),
        )
        for row in rows
    ]


_COMPUTED = text("""
WITH cases AS (
    SELECT r.*, COALESCE(r.invoice_id, COALESCE(
               r.conversion_id, f.conversion_id, -r.referral_id)::text) AS case_id
    FROM rewards r LEFT JOIN referrals f ON f.id = r.referral_id
    WHERE r.state NOT IN ('void', 'rejected')
      AND r.participant_id IN (SELECT participant_id FROM rewards WHERE state = 'computed')
), summed AS (
    SELECT *, sum(amount_minor) FILTER (WHERE amount_minor > 0)
        OVER (PARTITION BY participant_id, case_id, currency) AS total
    FROM cases
), rests_on AS (
    SELECT c.id AS reward_id, c.referral_id FROM cases c
    WHERE c.state = 'computed' AND c.referral_id IS NOT NULL
    UNION
    SELECT c.id, s.claim_id FROM cases c
    JOIN shares s ON s.conversion_id = c.conversion_id
        AND s.participant_id = COALESCE(c.earner_id, c.participant_id)
    WHERE c.state = 'computed' AND s.claim = 'referral'
), introduced AS (
    SELECT reward_id, array_agg(referral_id ORDER BY referral_id) AS referrals
    FROM rests_on GROUP BY reward_id
)
SELECT r.id, r.participant_id, r.amount_minor, r.currency, p.status, e.id AS earner,
       e.email, e.company_domain, COALESCE(i.referrals, '{}') AS referrals,
       r.returned_payout_id IS NOT NULL AS came_back, r.outcome = 'referred' AS is_as_such,
       CASE WHEN r.amount_minor < 0 THEN r.amount_minor ELSE r.total END AS total
FROM summed r
JOIN participants p ON p.id = r.participant_id
JOIN participants e ON e.id = COALESCE(r.earner_id, r.participant_id)
LEFT JOIN introduced i ON i.reward_id = r.id
WHERE r.state = 'computed'
ORDER BY r.id
""")
