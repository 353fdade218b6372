"""Paid invoices of a deal that was won: whose part each is, and in which month after the win."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from goodword.money import split


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds which part of a deal's conversion; nobody's part (None) is direct or marketing."""

    participant_id: int | None
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Part:
    """The part of an invoice that is one holder's, and that of the holders before, minor units."""

    holder: Holder
    credited_minor: int
    before_minor: int


def parts(paid_minor: int, holders: Sequence[Holder]) -> list[Part]:
    """Divide what was paid as the deal is divided; the parts sum to it exactly."""
    minors = split(paid_minor, [holder.weight for holder in holders])
    return [
        Part(holder, minor, sum(minors[:place]))
        for place, (holder, minor) in enumerate(zip(holders, minors, strict=True))
    ]


def months_since(won_on: date, paid_on: date) -> int:
    """Count the whole months from the win to a payment: 31 January to 28 February is none yet.

    What is paid before the win is of its first month.
    """
    months = (paid_on.year - won_on.year) * 12 + paid_on.month - won_on.month
    return max(0, months - (paid_on.day < won_on.day))
