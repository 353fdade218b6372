"""Windows of days over which a program counts: calendar periods, rolling days, or for ever."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from goodword.phrases import because


class Period(StrEnum):
    """A calendar period of the program's time zone."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS_OF = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


def period_start(on: date, period: Period) -> date:
    """Return the first day of the month, quarter or year that `on` lies in."""
    months = _MONTHS_OF[period]
    return date(on.year, (on.month - 1) // months * months + 1, 1)


def one_before(on: date, period: Period) -> date:
    """Return the same day of the month, quarter or year before, or the last one that month has."""
    years, month = divmod(on.year * 12 + on.month - 1 - _MONTHS_OF[period], 12)
    return date(years, month + 1, min(on.day, monthrange(years, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Window:
    """The days up to a day: of its calendar period, so many of them, or (neither) all there were.

    A rolling window of 365 days that ends on 31 December begins on 1 January.
    """

    period: Period | None = None
    days: int | None = None

    def start(self, on: date) -> date:
        """Return the first day of the window that ends on `on`."""
        if self.period is not None:
            return period_start(on, self.period)
        if self.days is not None:
            return on - timedelta(days=min(self.days - 1, (on - date.min).days))
        return date.min

    def __str__(self) -> str:
        if self.period is not None:
            return self.period.value
        if self.days is None:
            return because("ever")
        return because("rolling {days} days", days=self.days)


EVER = Window()
