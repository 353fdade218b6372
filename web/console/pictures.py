"""Pictures of figures: rows of bars, large on their own page and small at home."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import Connection

from goodword.db.queries import pictures as queries
from goodword.money import Money

AGES = ("up to a day", "2 to 3 days", "4 to 7 days", "8 to 14 days", "longer")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it stands for, how long it is, and what it says."""

    label: str
    value: int
    said: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A row of bars.

    Attributes:
        title: what they show.
        brief: the same where there is little room.
        now: the number that stands for all of them, or for the last.
        what: the head of the labels' column.
        counted: the head of the values' column.
        bars: from left to right.
    """

    title: str
    brief: str
    now: str
    what: str
    counted: str
    bars: tuple[Bar, ...]

    @property
    def anchor(self) -> str:
        """Its name in an address."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    @property
    def longest(self) -> Bar:
        """The longest of the bars, where there are any; what is below nothing has no length."""
        return max(self.bars, key=lambda bar: bar.value)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be seen."""
        return not any(bar.value for bar in self.bars)

    @property
    def told(self) -> str:
        """Say what is to be seen: the first bar, the longest and the last."""
        seen = dict.fromkeys((self.bars[0], self.longest, self.bars[-1]))
        return f"{self.title}: " + "; ".join(f"{bar.label} {bar.said}" for bar in seen)


def ageing(tx: Connection, today: date) -> Picture:
    """Show how long rewards have waited for people."""
    found = {row.bucket: row.rewards for row in queries.ageing(tx, today)}
    bars = _counted((age, found.get(number, 0)) for number, age in enumerate(AGES))
    return Picture(
        "Rewards that wait for a person, by how long",
        "Rewards to approve",
        f"{sum(found.values()):,}",
        "Waiting for",
        "Rewards",
        bars,
    )


def speed(tx: Connection, until: date) -> Picture:
    """Show the median time to a paid reward as nights published it."""
    bars = _counted((str(row.business_date), row.days) for row in queries.medians(tx, until))
    now = f"{bars[-1].said} days" if bars else ""
    title = "Median days from won to paid, by the last nights"
    return Picture(title, "Won to paid, median", now, "Night", "Days", bars)


def days(tx: Connection, until: date) -> Picture:
    """Show how many of the rewards paid lately took how many days."""
    found = {row.days: row.rewards for row in queries.days_to_reward(tx, until)}
    last = queries.LONGEST_DAYS
    shown = [(str(day), found.get(day, 0)) for day in range(last)]
    bars = _counted([*shown, (f"{last} or more", found.get(last, 0))] if found else [])
    title = f"Days from earned to paid, last {queries.LATELY_DAYS} days"
    return Picture(title, "Earned to paid", f"{sum(found.values()):,}", "Days", "Rewards", bars)


def nights(tx: Connection) -> list[Picture]:
    """Show what the last nights computed and paid."""
    rows = queries.nights(tx)
    computed = _counted((str(row.business_date), row.computed) for row in rows)
    paid = _counted((str(row.business_date), row.paid) for row in rows)
    return [
        Picture(
            "Rewards computed by the last nights",
            "Rewards computed",
            computed[-1].said if computed else "",
            "Night",
            "Rewards",
            computed,
        ),
        Picture(
            "Payouts paid by the last nights",
            "Payouts paid",
            paid[-1].said if paid else "",
            "Night",
            "Payouts",
            paid,
        ),
    ]


def money(tx: Connection, until: date) -> dict[str, list[Picture]]:
    """Show by currency what was owed at the end of each month, and paid in it."""
    drawn = {}
    for currency, rows in groupby(queries.money_by_month(tx, until), lambda row: str(row.currency)):
        months = list(rows)
        drawn[currency] = [
            _of_money(
                f"Owed at the end of the month, {currency}",
                "Owed",
                [(f"{row.month:%Y-%m}", Money(int(row.owed), currency)) for row in months],
            ),
            _of_money(
                f"Paid in the month, {currency}",
                f"Paid in {months[-1].month:%Y-%m}",
                [(f"{row.month:%Y-%m}", Money(int(row.paid), currency)) for row in months],
            ),
        ]
    return drawn


def _counted(bars: Iterable[tuple[str, int]]) -> tuple[Bar, ...]:
    return tuple(Bar(label, count, f"{count:,}") for label, count in bars)


def _of_money(title: str, brief: str, amounts: Iterable[tuple[str, Money]]) -> Picture:
    bars = tuple(Bar(month, amount.minor, str(amount)) for month, amount in amounts)
    return Picture(title, brief, bars[-1].said, "Month", "Amount", bars)
