"""How a program's sentences write lists, days and amounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from goodword.money import Money
from goodword.rules.counts import counted


def listed(words: Iterable[str], link: str = "and") -> str:
    """Write words as a sentence does: `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} {link} {last}" if first else last


def in_days(number: int) -> str:
    """Write a number of days: `1 day`, `30 days`."""
    return counted(number, "day")


def each_of(by_currency: Mapping[str, int]) -> str:
    """Write one amount for each currency: `20.00 USD or 18.00 EUR`."""
    return listed((str(Money(minor, code)) for code, minor in by_currency.items()), "or")
