"""Figures as pictures: where people would rather look than read; each is a table as well."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from fastapi import Response

from goodword.db.queries import pictures, status
from goodword.money import Money
from web.console.page import Page
from web.visits import Reader, Visit

PAGE = Page("/figures", "Figures")

AGES = ("up to a day", "2 to 3 days", "4 to 7 days", "8 to 14 days", "longer")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it stands for, how long it is, and what it says."""

    label: str
    value: int
    said: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A row of bars; `what` is the head of the labels' column, `counted` that of the values'."""

    title: str
    what: str
    counted: str
    bars: tuple[Bar, ...]

    @property
    def most(self) -> int:
        """The longest bar, and 1 where all are empty."""
        return max((abs(bar.value) for bar in self.bars), default=0) or 1

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be seen."""
        return not any(bar.value for bar in self.bars)


@PAGE.router.get("")
def show(visit: Reader) -> Response:
    """Show every picture: what waits as of today, what nights did as of the last one."""
    with visit.transaction() as tx:
        until = status.newest_date(tx) or visit.today
        speed = pictures.days_to_reward(tx, until)
        nights = pictures.nights(tx)
        money = pictures.money_by_month(tx, until)
    drawn = [
        ageing(visit),
        _counted(
            f"Days from earned to paid, last {pictures.LATELY_DAYS} days",
            ("Days", "Rewards"),
            _every_day({row.days: row.rewards for row in speed}),
        ),
        _counted(
            "Rewards computed by the last nights",
            ("Night", "Rewards"),
            ((night.business_date.isoformat(), night.computed) for night in nights),
        ),
        _counted(
            "Payouts paid by the last nights",
            ("Night", "Payouts"),
            ((night.business_date.isoformat(), night.paid) for night in nights),
        ),
    ]
    for currency, rows in groupby(money, lambda row: str(row.currency)):
        months = list(rows)
        owed = [(f"{row.month:%Y-%m}", int(row.owed)) for row in months]
        paid = [(f"{row.month:%Y-%m}", int(row.paid)) for row in months]
        drawn.append(_of_money(f"Owed at the end of the month, {currency}", owed, currency))
        drawn.append(_of_money(f"Paid in the month, {currency}", paid, currency))
    return visit.page("figures", drawn=drawn)


def ageing(visit: Visit) -> Picture:
    """Return how long rewards have waited for people."""
    with visit.transaction() as tx:
        found = {row.bucket: row.rewards for row in pictures.ageing(tx, visit.today)}
    bars = [(age, found.get(number, 0)) for number, age in enumerate(AGES)]
    return _counted("Rewards that wait for a person, by how long", ("Waiting for", "Rewards"), bars)


def _every_day(found: dict[int, int]) -> list[tuple[str, int]]:
    if not found:
        return []
    last = pictures.LONGEST_DAYS
    shown = [(str(day), found.get(day, 0)) for day in range(last)]
    return [*shown, (f"{last} or more", found.get(last, 0))]


def _counted(title: str, heads: tuple[str, str], bars: Iterable[tuple[str, int]]) -> Picture:
    drawn = tuple(Bar(label, count, f"{count:,}") for label, count in bars)
    return Picture(title, *heads, drawn)


def _of_money(title: str, bars: Iterable[tuple[str, int]], currency: str) -> Picture:
    drawn = tuple(Bar(label, minor, str(Money(minor, currency))) for label, minor in bars)
    return Picture(title, "Month", "Amount", drawn)
