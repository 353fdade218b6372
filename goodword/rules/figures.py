"""Figures: what the program's numbers mean, and when one is an alert.

Every ratio is exact; where there is nothing to divide by there is no figure, not a zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction

REWARD_TARGET = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FigurePolicy:
    """Monthly cost of running the program beside its rewards, in minor units by currency."""

    monthly_cost: Mapping[str, int] = field(default_factory=dict)
    active_within_days: int = 90


def rate(part: int, whole: int) -> Fraction | None:
    """Return part of whole in percent: 15 of 100 is 15. None when there is no whole."""
    return Fraction(100 * part, whole) if whole else None


def roi(revenue_minor: int, cost_minor: int) -> Fraction | None:
    """Return (revenue - cost) / cost in percent; revenue 50,000 at cost 10,000 is 400."""
    return Fraction(100 * (revenue_minor - cost_minor), cost_minor) if cost_minor else None


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
