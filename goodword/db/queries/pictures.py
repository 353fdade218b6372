"""What the console draws: how long rewards take, what nights did, money by month, what waits.

Each is a few rows, however large the company: days and months are what is counted.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

LATELY_DAYS, LONGEST_DAYS = 90, 15
NIGHTS = 30
MONTHS = 12


def days_to_reward(tx: Connection, today: date) -> list[Row[Any]]:
    """Return rewards paid in the last 90 days by how many days after they were earned.

    Returns:
        Rows of days (0 to 14, and 15 for all that took longer), rewards. A reward that was taken
        back, or whose money came back, is in none.
    """
    given = {"today": today, "lately": LATELY_DAYS, "longest": LONGEST_DAYS}
    return list(tx.execute(_DAYS_TO_REWARD, given))


_DAYS_TO_REWARD = text("""
SELECT least(greatest(p.paid_on - r.outcome_on, 0), CAST(:longest AS int)) AS days,
       count(*) AS rewards
FROM payouts p
JOIN payout_rewards x ON x.payout_id = p.id AND x.is_live
JOIN rewards r ON r.id = x.reward_id
WHERE p.paid_on > CAST(:today AS date) - CAST(:lately AS int) AND p.paid_on <= :today
  AND p.state = 'paid' AND r.reverses_id IS NULL AND r.returned_payout_id IS NULL
GROUP BY 1 ORDER BY 1
""")


def nights(tx: Connection) -> list[Row[Any]]:
    """Return what the last 30 nights did, oldest first.

    Returns:
        Rows of business_date, computed (rewards), paid (payouts).
    """
    return list(tx.execute(_NIGHTS, {"nights": NIGHTS}))


_NIGHTS = text("""
SELECT n.business_date,
       COALESCE(sum((s.outcomes ->> 'computed')::int) FILTER (WHERE s.stage = 'compute'), 0)::int
           AS computed,
       COALESCE(sum((s.outcomes ->> 'paid')::int) FILTER (WHERE s.stage = 'pay'), 0)::int AS paid
FROM (SELECT id, business_date FROM nights ORDER BY id DESC LIMIT :nights) n
LEFT JOIN stage_runs s ON s.night_id = n.id
GROUP BY n.id, n.business_date ORDER BY n.id
""")


def medians(tx: Connection, today: date) -> list[Row[Any]]:
    """Return the median days from won to paid as each of the last 30 nights published it.

    Returns:
        Rows of business_date, days, oldest first; a night before anything was paid is in none.
    """
    return list(tx.execute(_MEDIANS, {"today": today, "nights": NIGHTS}))


_MEDIANS = text("""
SELECT * FROM (
    SELECT business_date, round(value)::int AS days FROM figures
    WHERE name = 'won to paid, median' AND value IS NOT NULL AND business_date <= :today
    ORDER BY business_date DESC LIMIT :nights
) lately ORDER BY business_date
""")


def money_by_month(tx: Connection, today: date) -> list[Row[Any]]:
    """Return what was owed at the end of each of the last twelve months, and paid within it.

    They are the figures that nights published: of each month its last one.

    Returns:
        Rows of currency, month (its first day), owed, paid (minor units), oldest first.
    """
    return list(tx.execute(_MONEY_BY_MONTH, {"today": today, "months": MONTHS}))


_MONEY_BY_MONTH = text("""
WITH published AS (
    SELECT DISTINCT ON (unit, month, what)
           unit AS currency, date_trunc('month', business_date)::date AS month,
           split_part(name, ' ', 1) AS what, value::bigint AS minor
    FROM figures
    WHERE name IN ('owed in ' || unit, 'paid in ' || unit)
      AND business_date >= date_trunc('month', CAST(:today AS date)) - :months * interval '1 month'
      AND business_date <= :today
    ORDER BY unit, month, what, business_date DESC
), months AS (
    SELECT currency, month, COALESCE(max(minor) FILTER (WHERE what = 'owed'), 0) AS owed,
           COALESCE(max(minor) FILTER (WHERE what = 'paid'), 0) AS paid_ever
    FROM published GROUP BY currency, month
), paid AS (
    SELECT currency, month, owed,
           paid_ever - COALESCE(lag(paid_ever) OVER (PARTITION BY currency ORDER BY month), 0)
               AS paid
    FROM months
)
SELECT * FROM paid
WHERE month > date_trunc('month', CAST(:today AS date)) - :months * interval '1 month'
ORDER BY currency, month
""")


def ageing(tx: Connection, today: date) -> list[Row[Any]]:
    """Return how many rewards wait for people, by how many days they were asked about.

    Returns:
        Rows of bucket (0: up to a day, 1: up to 3, 2: up to 7, 3: up to 14, 4: longer), rewards.
    """
    return list(tx.execute(_AGEING, {"today": today}))


_AGEING = text("""
SELECT width_bucket(CAST(:today AS date) - COALESCE(asked_on, :today), '{2,4,8,15}'::int[])
           AS bucket, count(*) AS rewards
FROM rewards WHERE state = 'waiting' GROUP BY 1 ORDER BY 1
""")
