"""How an explanation writes amounts, dates and lists, the same on every page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from goodword.money import Money, decimals
from goodword.rules.benefits import Benefit, in_words

_FINER = 4
"""Decimals that a basis point adds to an amount."""


def amount(minor: int, currency: str) -> str:
    """Write an amount with its thousands: (240000, "USD") is "2,400.00 USD"."""
    return str(Money(minor, currency))


def given(minor: int, currency: str, benefit: Benefit | None) -> str:
    """Write what a reward gives: "49.00 USD", or "one free month (worth 49.00 USD)"."""
    worth = amount(minor, currency)
    return f"{in_words(benefit)} (worth {worth})" if benefit else worth


def part_in_full(minor: int, bps: int, currency: str) -> str:
    """Write basis points of an amount (zero or more) unrounded: 2.9% of 5.00 USD is "0.145 USD"."""
    places = decimals(currency)
    whole, finer = divmod(minor * bps, 10 ** (places + _FINER))
    digits = f"{finer:0{places + _FINER}}"
    shown = digits[:places] + digits[places:].rstrip("0")
    return f"{whole:,}{'.' if shown else ''}{shown} {currency}"


def percent(bps: int) -> str:
    """Write basis points: 2000 is "20%", 290 is "2.9%"."""
    return f"{Decimal(bps) / 100:f}%"


def weight(part: Decimal | Fraction) -> str:
    """Write a part of a whole: 0.4 is "40.00%"."""
    return f"{float(part):.2%}"


def a(noun: str) -> str:
    """Write a noun with its article: "a reseller", "an employee"."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def listed(words: Iterable[str]) -> str:
    """Write words as a sentence does: "a, b and c"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def count(number: int, noun: str) -> str:
    """Write a number of things: "1 day", "3 days"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def instant(at: datetime) -> str:
    """Write an instant: "2026-04-06 06:00 UTC"."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def evidence(pieces: Sequence[Mapping[str, str | None]]) -> str:
    """Write what a claim rests on: "meeting of 2026-03-10 and budget", or "no evidence"."""
    if not pieces:
        return "no evidence"
    return listed(_piece(piece) for piece in pieces)


def _piece(piece: Mapping[str, str | None]) -> str:
    words = str(piece["kind"]).replace("_", " ")
    return f"{words} of {piece['on']}" if piece.get("on") else words


def sentence(*parts: str | None) -> str:
    """Join what is known of one thing with semicolons, and end it with a full stop."""
    text = "; ".join(part for part in parts if part)
    return text if text.endswith((".", "?", "!")) else f"{text}."
