"""Measure: the figures that the program is steered by, from what the night left behind."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from goodword.actions import figures
from goodword.db.queries import figures as queries
from goodword.rules.figures import (
    REWARD_TARGET,
    Figure,
    concentration,
    is_concentrated,
    months_of_cost,
    rate,
    roi,
    rounded,
)
from goodword.rules.programs import Program
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import effect


@effect
def measure(today: date) -> Counter[str]:
    """Work out the program's figures as of a date, and publish those that changed."""
    program = nights.program(today)
    with wiring().database.transaction() as tx:
        measured = [
            _referral_rate(tx, today, program),
            *_quality(tx, today, program),
            *_sizes(tx, today, program),
            *_funnel(tx, today, program),
            *_speed(tx, today),
            *_people(tx, today, program),
            *_money(tx, today, program),
        ]
        changed = figures.publish(tx, measured, today)
    return +Counter({"figures": len(measured), "changed": changed})


def _referral_rate(tx: Connection, today: date, program: Program) -> Figure:
    customers, referred = queries.customers(tx, today, program.time_zone)
    detail = {"customers": customers, "customers who referred": referred}
    return Figure("referral rate", rounded(rate(referred, customers)), "%", detail)


def _quality(tx: Connection, today: date, program: Program) -> list[Figure]:
    measured = []
    for row in queries.deals(tx, today, program.time_zone):
        whose = "referred" if row.is_claimed else "other"
        detail = {"won": row.won, "closed": row.closed}
        win_rate = rounded(rate(row.won, row.closed))
        measured.append(Figure(f"win rate, {whose} deals", win_rate, "%", detail))
        measured.append(Figure(f"sales cycle, {whose} deals", row.cycle_days, "days", detail))
    return measured


def _sizes(tx: Connection, today: date, program: Program) -> list[Figure]:
    return [
        Figure(
            f"mean size of {'referred' if row.is_claimed else 'other'} deals in {row.currency}",
            Decimal(row.mean_minor),
            row.currency,
            {"won": row.won},
        )
        for row in queries.deal_sizes(tx, today, program.time_zone)
        if row.mean_minor is not None
    ]


def _funnel(tx: Connection, today: date, program: Program) -> list[Figure]:
    row = queries.funnel(tx, today, program.time_zone)
    steps = ("received", "qualified", "converted", "paid")
    counts = [getattr(row, step) for step in steps]
    detail = dict(zip(steps, counts, strict=True))
    return [
        Figure(f"referrals {step}", rounded(rate(count, counts[0])), "%", detail)
        for step, count in zip(steps[1:], counts[1:], strict=True)
    ]


def _speed(tx: Connection, today: date) -> list[Figure]:
    row = queries.days_to_reward(tx, today)
    target = f"within {REWARD_TARGET.days} days"
    return [
        Figure("won to paid, median", _decimal(row.from_won), "days", {"paid": row.paid}),
        Figure("referral to paid, median", _decimal(row.from_claim), "days", {"paid": row.paid}),
        Figure(f"paid {target} of won", rounded(rate(row.within_7, row.paid)), "%"),
    ]


def _people(tx: Connection, today: date, program: Program) -> list[Figure]:
    within = program.figures.active_within_days
    rows = queries.referrers(tx, today, program.time_zone, within)
    counts = [row.referrals for row in rows]
    kinds: Counter[str] = Counter()
    for row in rows:
        kinds[row.kind] += row.referrals
    active = sum(row.is_active for row in rows)
    alert = {"alert": "80% or more come from 5% of them"} if is_concentrated(counts) else {}
    return [
        Figure(f"active referrers in {within} days", Decimal(active), "count"),
        Figure("share of the top 10%", rounded(concentration(counts, 10)), "%", alert),
        *(
            Figure(f"claims from {kind}", rounded(rate(count, kinds.total())), "%")
            for kind, count in sorted(kinds.items())
        ),
    ]


def _money(tx: Connection, today: date, program: Program) -> list[Figure]:
    measured = []
    for row in queries.money(tx):
        months = months_of_cost(row.since, today) if row.since else 0
        other_costs = program.figures.monthly_cost.get(row.currency, 0) * months
        cost = row.owed + row.on_its_way + row.paid + other_costs
        name, detail = row.currency, {"months of other costs": months}
        measured += [
            Figure(f"revenue from conversions in {name}", Decimal(row.revenue), name),
            Figure(f"owed in {name}", Decimal(row.owed + row.on_its_way), name),
            Figure(f"paid in {name}", Decimal(row.paid), name),
            Figure(f"return on cost in {name}", rounded(roi(row.revenue, cost)), "%", detail),
        ]
    return measured


def _decimal(days: int | None) -> Decimal | None:
    return None if days is None else Decimal(days)
