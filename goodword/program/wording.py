"""How a program's sentences write lists, numbers of things and amounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from goodword.money import Money


def listed(words: Iterable[str], link: str = "and") -> str:
    """Write words as a sentence does: `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} {link} {last}" if first else last


def counted(number: int, noun: str) -> str:
    """Write a number of things: `1 hour`, `48 hours`."""
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def in_days(number: int) -> str:
    """Write a number of days: `1 day`, `30 days`."""
    return counted(number, "day")


def each_of(by_currency: Mapping[str, int]) -> str:
    """Write one amount for each currency: `20.00 USD or 18.00 EUR`."""
    return listed((str(Money(minor, code)) for code, minor in by_currency.items()), "or")
