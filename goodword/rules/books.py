"""What participants got and brought so far: what caps and tiers count. It grows with each outcome.

Deals that were brought count in the order of the wins, whatever the order in which they are noted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from goodword.money import Money
from goodword.rules.caps import Used
from goodword.rules.incentives import Incentive
from goodword.rules.outcomes import Brought
from goodword.rules.windows import Period, Window, one_before, period_start


@dataclass(frozen=True, slots=True)
class Won:
    """A deal won by what a participant brought: `credited` is their part of its value.

    `customer` is the account it was won from, or the deal itself where it has none.
    """

    on: date
    conversion_id: int
    credited: Money
    customer: str


@dataclass(slots=True)
class _Summed:
    """What one participant got by one incentive, summed by the first days of periods.

    `seen` is how much of what was noted is in the sums.
    """

    seen: int = 0
    count: Counter[date] = field(default_factory=Counter)
    minor: Counter[tuple[date, str]] = field(default_factory=Counter)


@dataclass(slots=True)
class CapBook:
    """What participants already got by each incentive, and the deals that they brought."""

    given: dict[tuple[int | str, str], list[tuple[date, Money]]] = field(default_factory=dict)
    won: dict[int, dict[int, Won]] = field(default_factory=dict)
    billed: dict[int, list[tuple[date, Money]]] = field(default_factory=dict)
    _summed: dict[tuple[int | str, str, Period], _Summed] = field(default_factory=dict)

    def add(self, participant_id: int | str, incentive: str, on: date, money: Money) -> None:
        """Note one reward."""
        self.given.setdefault((participant_id, incentive), []).append((on, money))

    def used(
        self, participant_id: int | str, incentive: Incentive, on: date, currency: str
    ) -> Used:
        """Return what counts against the incentive's cap in the period of `on`."""
        if incentive.cap is None:
            return Used()
        per = incentive.cap.per
        summed = self._summed.setdefault((participant_id, incentive.name, per), _Summed())
        given = self.given.get((participant_id, incentive.name), [])
        for day, money in given[summed.seen :]:
            start = period_start(day, per)
            summed.count[start] += bool(money.minor)
            summed.minor[start, money.currency] += money.minor
        summed.seen = len(given)
        start = period_start(on, per)
        bill = 0
        if incentive.cap.own_bill_bps is not None and isinstance(participant_id, int):
            bill = self._bill(participant_id, Window(days=(on - one_before(on, per)).days), on)[
                currency
            ]
        return Used(summed.count[start], summed.minor[start, currency], bill)

    def _bill(self, participant_id: int, window: Window, on: date) -> Counter[str]:
        """Return what a participant was billed in a window that ends on a day, by currency."""
        bill = Counter[str]()
        for day, money in self.billed.get(participant_id, ()):
            if window.start(on) <= day <= on:
                bill[money.currency] += money.minor
        return bill

    def __ior__(self, other: CapBook) -> Self:
        """Note what another book has of participants that this one has nothing of."""
        self.given |= other.given
        self.won |= other.won
        self.billed |= other.billed
        return self

    def bring(self, participant_id: int, won: Won) -> None:
        """Note a deal that a participant brought; noted again, it is the same deal."""
        self.won.setdefault(participant_id, {})[won.conversion_id] = won

    def brought(
        self, participant_id: int, now: Won, windows: Iterable[Window]
    ) -> dict[Window, Brought]:
        """Return what a participant brought before a deal, in each window that ends on its day.

        Of a paid invoice that is every other deal up to the day of its payment (`now.on`).
        """
        place = (now.on, now.conversion_id)
        earlier = [
            won
            for won in self.won.get(participant_id, {}).values()
            if (won.on, won.conversion_id) < place and won.conversion_id != now.conversion_id
        ]
        return {window: _in(earlier, window.start(now.on), now) for window in windows}


def _in(earlier: Iterable[Won], start: date, now: Won) -> Brought:
    inside = [won for won in earlier if won.on >= start]
    same = (won.credited.minor for won in inside if won.credited.currency == now.credited.currency)
    return Brought(len(inside), sum(same), len({won.customer for won in (*inside, now)}))
