"""Figures: the counts and sums that the program's numbers are made from, as of one date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.money import CURRENCIES, Money


def customers(tx: Connection, today: date, zone: str) -> tuple[int, int]:
    """Return how many companies are customers, and how many customers referred somebody."""
    row = tx.execute(_CUSTOMERS, {"today": today, "zone": zone}).one()
    return row.customers, row.referred


_CUSTOMERS = text("""
SELECT (SELECT count(DISTINCT account_crm_id) FROM opportunities
        WHERE (won_at AT TIME ZONE :zone)::date <= :today) AS customers,
       (SELECT count(DISTINCT participant_id) FROM referrals r
        JOIN participants p ON p.id = r.participant_id AND p.kind = 'customer'
        WHERE (r.submitted_at AT TIME ZONE :zone)::date <= :today) AS referred
""")


def deals(tx: Connection, today: date, zone: str) -> list[Row[Any]]:
    """Return closed deals by whether somebody claims them.

    Returns:
        Rows of is_claimed, won, closed and cycle_days (the mean from opened to won, or None).
    """
    return list(tx.execute(_DEALS, {"today": today, "zone": zone}))


_DEALS = text("""
WITH claimed AS (
    SELECT opportunity_crm_id AS crm_id FROM conversions
    UNION SELECT opportunity_crm_id FROM referrals
    UNION SELECT qualified_by FROM referrals
    UNION SELECT opportunity_crm_id FROM registrations
    UNION SELECT opportunity_crm_id FROM touches WHERE participant_id IS NOT NULL
)
SELECT c.crm_id IS NOT NULL AS is_claimed,
       count(*) FILTER (WHERE o.won_at IS NOT NULL) AS won, count(*) AS closed,
       round(avg(EXTRACT(epoch FROM o.won_at - o.created_at) / 86400)
             FILTER (WHERE o.won_at IS NOT NULL), 1) AS cycle_days
FROM opportunities o LEFT JOIN claimed c USING (crm_id)
WHERE o.is_closed AND NOT o.is_deleted
  AND COALESCE((o.won_at AT TIME ZONE :zone)::date, o.close_on) <= :today
GROUP BY 1
""")


def deal_sizes(tx: Connection, today: date, zone: str) -> list[Row[Any]]:
    """Return the mean size of won deals: rows of currency, is_claimed, won and mean_minor."""
    return list(tx.execute(_DEAL_SIZES, {"today": today, "zone": zone}))


_DEAL_SIZES = text("""
SELECT o.currency, v.id IS NOT NULL AS is_claimed, count(*) AS won,
       round(avg(o.amount_minor))::bigint AS mean_minor
FROM opportunities o
LEFT JOIN conversions v ON v.opportunity_crm_id = o.crm_id AND v.state = 'active'
WHERE (o.won_at AT TIME ZONE :zone)::date <= :today
GROUP BY 1, 2 ORDER BY 1, 2
""")


def funnel(tx: Connection, today: date, zone: str) -> Row[Any]:
    """Return how many referrals got how far: received, qualified, converted, paid."""
    return tx.execute(_FUNNEL, {"today": today, "zone": zone}).one()


_FUNNEL = text("""
SELECT count(*) AS received,
       count(*) FILTER (WHERE qualified_on <= :today OR conversion_id IS NOT NULL) AS qualified,
       count(*) FILTER (WHERE conversion_id IS NOT NULL) AS converted,
       count(*) FILTER (WHERE EXISTS (
           SELECT FROM rewards w WHERE w.conversion_id = r.conversion_id
             AND w.participant_id = r.participant_id AND w.state = 'paid')) AS paid
FROM referrals r WHERE (submitted_at AT TIME ZONE :zone)::date <= :today
""")


def days_to_reward(tx: Connection, today: date) -> Row[Any]:
    """Return the median days to a paid reward, from won and from the claim, and how many.

    Returns:
        A row of paid, within_7, from_won and from_claim (days, None when nothing is paid).
    """
    return tx.execute(_DAYS_TO_REWARD, {"today": today}).one()


_DAYS_TO_REWARD = text("""
WITH paid AS (
    SELECT p.paid_on - r.outcome_on AS from_won,
           p.paid_on - COALESCE(
               (SELECT min(s.at)::date FROM shares s WHERE s.conversion_id = r.conversion_id
                  AND s.participant_id = r.participant_id),
               (SELECT f.submitted_at::date FROM referrals f WHERE f.id = r.referral_id)
           ) AS from_claim
    FROM rewards r
    JOIN payout_rewards x ON x.reward_id = r.id AND x.is_live
    JOIN payouts p ON p.id = x.payout_id AND p.state = 'paid'
    WHERE r.reverses_id IS NULL AND r.returned_payout_id IS NULL AND p.paid_on <= :today
)
SELECT count(*) AS paid, count(*) FILTER (WHERE from_won <= 7) AS within_7,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY from_won) AS from_won,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY from_claim) AS from_claim
FROM paid
""")


def referrers(tx: Connection, today: date, zone: str, within_days: int) -> list[Row[Any]]:
    """Return who brought conversions or referrals: rows of kind, referrals, is_active."""
    given = {"today": today, "zone": zone, "days": within_days}
    return list(tx.execute(_REFERRERS, given))


_REFERRERS = text("""
SELECT p.kind, count(*) AS referrals,
       bool_or((c.at AT TIME ZONE :zone)::date > :today - CAST(:days AS int)) AS is_active
FROM (SELECT participant_id, submitted_at AS at FROM referrals
      UNION ALL SELECT participant_id, submitted_at FROM registrations) c
JOIN participants p ON p.id = c.participant_id
WHERE (c.at AT TIME ZONE :zone)::date <= :today
GROUP BY p.id ORDER BY p.id
""")


def money(tx: Connection) -> list[Row[Any]]:
    """Return by currency what conversions brought, and what is owed, on its way and paid."""
    return list(tx.execute(_MONEY))


_MONEY = text("""
WITH books AS (
    SELECT currency,
           -sum(amount_minor) FILTER (WHERE account = 'owed') AS owed,
           -sum(amount_minor) FILTER (WHERE account IN ('reserved', 'in_flight')) AS on_its_way,
           -sum(amount_minor) FILTER (WHERE account IN ('at_provider', 'credit_given')) AS paid
    FROM entries GROUP BY currency
), brought AS (
    SELECT currency, sum(value_minor) AS revenue, min(won_on) AS since
    FROM conversions WHERE state = 'active' GROUP BY currency
)
SELECT currency, COALESCE(revenue, 0)::bigint AS revenue, since,
       COALESCE(owed, 0)::bigint AS owed, COALESCE(on_its_way, 0)::bigint AS on_its_way,
       COALESCE(paid, 0)::bigint AS paid
FROM brought FULL JOIN books USING (currency) ORDER BY currency
""")


@dataclass(frozen=True, slots=True)
class Published:
    """One published figure as people read it."""

    name: str
    text: str
    made_from: str


def newest_date(tx: Connection) -> date | None:
    """Return the newest date that figures were published for, or None."""
    newest: date | None = tx.execute(text("SELECT max(business_date) FROM figures")).scalar_one()
    return newest


def published(tx: Connection, today: date) -> list[Published]:
    """Return the figures of a date, by name."""
    rows = tx.execute(
        text("SELECT * FROM figures WHERE business_date = :today ORDER BY name"), {"today": today}
    )
    return [
        Published(
            row.name,
            _written(row.value, row.unit),
            ", ".join(f"{name} {value}" for name, value in row.detail.items()),
        )
        for row in rows
    ]


def _written(value: Decimal | None, unit: str) -> str:
    if value is None:
        return "nothing to measure yet"
    if unit in CURRENCIES:
        return str(Money(int(value), unit))
    return f"{value}{unit}" if unit == "%" else f"{value} {unit}".removesuffix(" count")
