"""Rewards: what is to be computed, taken back, approved; and what people look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries.programs import IN_FORCE
from goodword.db.queries.refunds import PLACED, TAKES, refund
from goodword.money import Money
from goodword.rules.approvals import WaitingReward
from goodword.rules.books import CapBook, Won
from goodword.rules.earnings import Earning
from goodword.rules.outcomes import DealFacts, Outcome, OutcomeFacts
from goodword.rules.refunds import Cancelled, Loss, Refund, losses
from goodword.rules.rewards import EarnedReward
from goodword.rules.suspicions import Introduction

ABOUT = """LEFT JOIN conversions v ON v.id = r.conversion_id
LEFT JOIN referrals f ON f.id = r.referral_id
LEFT JOIN opportunities o ON o.crm_id = COALESCE(v.opportunity_crm_id, f.qualified_by)
LEFT JOIN accounts a ON a.crm_id = o.account_crm_id
"""
"""What a reward `r` is about: its conversion `v` or referral `f`, the deal `o`, the account `a`."""

COMPANY = "COALESCE(a.name, o.name)"
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
    return [
        _earning(row, Outcome.CONVERTED, row.won_on, conversion_id=row.conversion_id)
        for row in rows
    ]


# What conditions ask of a deal `o` with its account `a`. Its first deal: none was won before it.
_DEAL = """
       o.quantity AS seats, o.type, o.lead_source, a.country, a.industry, NOT EXISTS (
           SELECT FROM opportunities e WHERE e.account_crm_id = o.account_crm_id
             AND e.crm_id <> o.crm_id AND (e.won_at, e.crm_id) < (COALESCE(o.won_at, 'infinity'),
                                                                 o.crm_id)) AS is_first
"""

_CONVERTED = text(f"""
WITH credited AS (
    SELECT v.id AS conversion_id, v.opportunity_crm_id, v.won_on, v.value_minor AS deal_minor,
           v.currency, v.account_crm_id AS customer, s.participant_id,
           sum(s.value_minor)::bigint AS credited_minor,
           (sum(sum(s.value_minor)) OVER (PARTITION BY v.id ORDER BY s.participant_id)
               - sum(s.value_minor))::bigint AS credited_before_minor, min(s.at) AS claimed_at,
           (array_agg(s.program_version_id ORDER BY s.at, s.position))[1] AS version
    FROM conversions v JOIN shares s ON s.conversion_id = v.id
    WHERE v.id = ANY(:ids) AND s.participant_id IS NOT NULL
    GROUP BY v.id, s.participant_id
    HAVING sum(s.weight) > 0
)
SELECT c.*, p.key, p.kind, p.tier, {_DEAL}
FROM credited c
JOIN participants p ON p.id = c.participant_id
LEFT JOIN opportunities o ON o.crm_id = c.opportunity_crm_id
LEFT JOIN accounts a ON a.crm_id = o.account_crm_id
ORDER BY c.won_on, c.conversion_id, c.participant_id
""")


def qualified_earnings(tx: Connection, referral_ids: Sequence[int], zone: str) -> list[Earning]:
    """Return each qualified referral with the size of its deal (0 while it has no amount)."""
    rows = tx.execute(_QUALIFIED, {"ids": list(referral_ids), "zone": zone})
    return [
        _earning(row, Outcome.QUALIFIED, row.qualified_on, referral_id=row.referral_id)
        for row in rows
    ]


_QUALIFIED = text(f"""
SELECT r.id AS referral_id, r.qualified_on, COALESCE(o.amount_minor, 0) AS deal_minor,
       COALESCE(o.amount_minor, 0) AS credited_minor, 0 AS credited_before_minor, o.currency,
       r.participant_id, p.key, p.kind, p.tier, r.submitted_at AS claimed_at,
       o.account_crm_id AS customer, {_DEAL},
       {IN_FORCE.format(on="(r.submitted_at AT TIME ZONE :zone)::date")} AS version
FROM referrals r
JOIN opportunities o ON o.crm_id = r.qualified_by
LEFT JOIN accounts a ON a.crm_id = o.account_crm_id
JOIN participants p ON p.id = r.participant_id
WHERE r.id = ANY(:ids)
ORDER BY r.qualified_on, r.id
""")


def _earning(row: Row[Any], outcome: Outcome, on: date, **subject: int) -> Earning:
    facts = OutcomeFacts(
        outcome,
        row.kind,
        row.tier,
        row.deal_minor,
        row.credited_minor,
        row.currency,
        row.credited_before_minor,
        DealFacts(row.seats, row.type, row.lead_source, row.country, row.industry, row.is_first),
    )
    return Earning(
        row.participant_id,
        facts,
        on,
        row.version,
        participant_key=row.key,
        claimed_at=row.claimed_at,
        customer=row.customer,
        **subject,
    )


def cap_book(tx: Connection, participant_ids: Sequence[int]) -> CapBook:
    """Return what these participants got so far, as caps count it (not what is void)."""
    book = CapBook()
    rows = tx.execute(
        text(
            "SELECT participant_id, incentive, outcome_on, amount_minor, currency FROM rewards"
            " WHERE participant_id = ANY(:ids) AND reverses_id IS NULL"
            " AND state NOT IN ('void', 'rejected') ORDER BY outcome_on, id"
        ),
        {"ids": list(participant_ids)},
    )
    for row in rows:
        money = Money(row.amount_minor, row.currency)
        book.add(row.participant_id, row.incentive, row.outcome_on, money)
    return book


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
WHERE s.participant_id = ANY(:ids) AND v.state = 'active'
GROUP BY v.id, s.participant_id HAVING sum(s.weight) > 0
""")


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A reward of a conversion of which not everything stayed, with what a clawback would need.

    `lost` is everything that did not stay, oldest first; `value_minor` what the deal was won for.
    """

    reward_id: int
    participant_id: int
    currency: str
    earned: EarnedReward
    value_minor: int
    lost: tuple[Loss, ...]
    program_version_id: int


def doubtful(tx: Connection) -> list[Doubtful]:
    """Return the rewards, still giving something, of cancelled, refunded or lost conversions."""
    refunded: dict[int, list[Refund]] = {}
    for row in tx.execute(_REFUNDED):
        refunded.setdefault(row.conversion_id, []).append(refund(row))
    rows = tx.execute(_DOUBTFUL, {"refunded": list(refunded)})
    return [_doubtful(row, refunded.get(row.conversion_id, [])) for row in rows]


def _doubtful(row: Row[Any], refunds: Sequence[Refund]) -> Doubtful:
    cancelled = Cancelled(row.cancelled_on, row.cancel_reason) if row.cancelled_on else None
    return Doubtful(
        row.id,
        row.participant_id,
        row.currency,
        EarnedReward(
            row.amount_minor,
            row.taken_back,
            row.state in {"reserved", "paid"},
            row.outcome_on,
            row.state in {"approved", "reserved", "paid"},
        ),
        row.value_minor,
        tuple(losses(refunds, row.currency, cancelled)),
        row.program_version_id,
    )


_REFUNDED = text(f"SELECT * FROM ({PLACED}) f WHERE {TAKES} AND conversion_id IS NOT NULL")

# Of a payout that came back whole, and that nobody has said is paid again, nothing is left to take.
_DOUBTFUL = text("""
SELECT r.id, r.participant_id, r.conversion_id, r.currency, r.state, r.amount_minor, r.outcome_on,
       r.program_version_id, v.value_minor, v.cancelled_on, v.cancel_reason,
       COALESCE(-t.taken, 0)::bigint AS taken_back
FROM conversions v
JOIN rewards r ON r.conversion_id = v.id AND r.reverses_id IS NULL
LEFT JOIN LATERAL (
    SELECT sum(amount_minor) AS taken FROM rewards b WHERE b.reverses_id = r.id) t ON true
WHERE (v.state = 'cancelled' OR v.id = ANY(:refunded))
  AND r.state NOT IN ('void', 'rejected') AND r.returned_payout_id IS NULL
  AND COALESCE(-t.taken, 0) < r.amount_minor
  AND NOT EXISTS (
    SELECT FROM payout_rewards x JOIN payouts y ON y.id = x.payout_id
    WHERE x.reward_id = r.id AND x.is_live AND y.state = 'reversed' AND NOT EXISTS (
        SELECT FROM rewards again WHERE again.returned_payout_id = y.id
          AND again.state IN ('approved', 'reserved', 'paid')))
ORDER BY r.id
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


def computed(tx: Connection) -> list[Computed]:
    """Return rewards to be approved, each with the sum per participant and conversion.

    A reward for a qualified lead counts with those of the conversion the lead became.
    """
    return [
        Computed(
            row.id,
            row.participant_id,
            row.status,
            Money(row.amount_minor, row.currency),
            Money(int(row.total), row.currency),
            Introduction(
                row.email,
                row.company_domain,
                tuple(row.contact_emails or ()),
                tuple(row.company_domains or ()),
                bool(row.had_bought_before),
                row.came_back,
            ),
        )
        for row in tx.execute(_COMPUTED)
    ]


_COMPUTED = text("""
WITH cases AS (
    SELECT r.*, COALESCE(r.conversion_id, f.conversion_id, -r.referral_id) AS case_id
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
    JOIN shares s ON s.conversion_id = c.conversion_id AND s.participant_id = c.participant_id
    WHERE c.state = 'computed' AND s.claim = 'referral'
), introduced AS (
    SELECT x.reward_id, array_agg(f.contact_email) FILTER (WHERE f.contact_email IS NOT NULL)
               AS contact_emails,
           array_agg(COALESCE(f.domain, a.domain))
               FILTER (WHERE COALESCE(f.domain, a.domain) IS NOT NULL) AS company_domains,
           bool_or(b.first_won_at < f.submitted_at) AS had_bought_before
    FROM rests_on x
    JOIN referrals f ON f.id = x.referral_id
    LEFT JOIN accounts a ON a.crm_id = f.account_crm_id
    LEFT JOIN LATERAL (SELECT min(won_at) AS first_won_at FROM opportunities o
                       WHERE o.account_crm_id = f.account_crm_id) b ON true
    GROUP BY x.reward_id
)
SELECT r.id, r.participant_id, r.amount_minor, r.currency, p.status,
       p.email, p.company_domain, i.contact_emails, i.company_domains, i.had_bought_before,
       r.returned_payout_id IS NOT NULL AS came_back,
       CASE WHEN r.amount_minor < 0 THEN r.amount_minor ELSE r.total END AS total
FROM summed r
JOIN participants p ON p.id = r.participant_id
LEFT JOIN introduced i ON i.reward_id = r.id
WHERE r.state = 'computed'
ORDER BY r.id
""")


def waiting_for_decision(tx: Connection, reward_id: int) -> tuple[WaitingReward, int] | None:
    """Return one reward as an approver must see it, locked, and its participant; None: no such."""
    # Locked first: a statement that waits for the lock sees approvals as they were before it.
    tx.execute(text("SELECT FROM rewards WHERE id = :id FOR UPDATE"), {"id": reward_id})
    row = tx.execute(_WAITING, {"id": reward_id}).one_or_none()
    if row is None:
        return None
    waiting = WaitingReward(
        row.id,
        row.state,
        Money(row.amount_minor, row.currency),
        row.approvals_needed or 1,
        frozenset(row.approved_by),
        frozenset({row.key, row.email}),
    )
    return waiting, row.participant_id


_WAITING = text("""
SELECT r.*, p.key, p.email, ARRAY(
    SELECT a.decided_by FROM approvals a
    WHERE a.reward_id = r.id AND a.decision = 'approve') AS approved_by
FROM rewards r JOIN participants p ON p.id = r.participant_id
WHERE r.id = :id
""")


def queue(tx: Connection) -> list[Row[Any]]:
    """Return the approval queue, oldest first: id, who, for what, how much, since when, by whom."""
    return list(tx.execute(_QUEUE))


_QUEUE = text(f"""
SELECT r.id, r.asked_on, p.key AS participant, p.name, r.incentive, r.outcome, r.amount_minor,
       r.currency, r.approvals_needed, r.reason, {COMPANY} AS company,
       ARRAY(SELECT x.decided_by FROM approvals x
             WHERE x.reward_id = r.id ORDER BY x.id) AS approved_by
FROM rewards r
JOIN participants p ON p.id = r.participant_id
{ABOUT}WHERE r.state = 'waiting'
ORDER BY r.asked_on, r.id
""")
