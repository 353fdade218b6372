"""Figures: what the program's numbers mean, and when one is an alert.

Every ratio is exact; where there is nothing to divide by there is no figure, not a zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from goodword.money import round_half_away

REWARD_TARGET = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FigurePolicy:
    """Monthly cost of running the program beside its rewards, in minor units by currency."""

    monthly_cost: Mapping[str, int] = field(default_factory=dict)
    active_within_days: int = 90


@dataclass(frozen=True, slots=True)
class Figure:
    """One published figure. `value` is None where there is nothing to measure yet.

    `unit` is "%", "days", "count", or a currency (then the value is in minor units). `detail`
    says what it was made from.
    """

    name: str
    value: Decimal | None
    unit: str
    detail: Mapping[str, object] = field(default_factory=dict)


def rounded(value: Fraction | None) -> Decimal | None:
    """Return a figure to one decimal, half away from zero, as it is published."""
    return None if value is None else Decimal(round_half_away(value * 10)) / 10


def rate(part: int, whole: int) -> Fraction | None:
    """Return part of whole in percent: 15 of 100 is 15. None when there is no whole."""
    return Fraction(100 * part, whole) if whole else None


def roi(revenue_minor: int, cost_minor: int) -> Fraction | None:
    """Return (revenue - cost) / cost in percent; revenue 50,000 at cost 10,000 is 400."""
    return Fraction(100 * (revenue_minor - cost_minor), cost_minor) if cost_minor else None


def months_of_cost(since: date, until: date) -> int:
    """Return how many months' running costs count from one day to another, a begun one whole."""
    return 1 + (until - since).days // 30


def ltv_to_cac(lifetime_minor: int, cost_minor: int) -> Fraction | None:
    """Return lifetime value over cost of acquisition, as 4 for 4:1; healthy from 4 on.

    Both are of the same customers, so that it does not matter how many there are.
    """
    return Fraction(lifetime_minor, cost_minor) if cost_minor else None


def concentration(counts: Sequence[int], top_percent: int) -> Fraction | None:
    """Return what part in percent the top so many percent of referrers bring (at least one)."""
    total = sum(counts)
    if not total:
        return None
    top = max(1, len(counts) * top_percent // 100)
    return Fraction(100 * sum(sorted(counts, reverse=True)[:top]), total)


def is_concentrated(counts: Sequence[int]) -> bool:
    """Tell whether 80% or more come from 5% of the referrers: an alert."""
    share = concentration(counts, 5)
    return share is not None and share >= 80 and len(counts) > 1  # noqa: PLR2004 - the alert's own number
