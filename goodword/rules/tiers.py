"""Tiers: participants move between basic, premium and top by what they brought of late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from goodword.money import Money
from goodword.phrases import because, in_a_row
from goodword.rules.amounts import By

TIERS = ("basic", "premium", "top")
"""The tiers, from the lowest."""


class Applies(StrEnum):
    """Which day's tier a reward goes by."""

    AT_CLAIM = "at_claim"
    AT_WIN = "at_win"


@dataclass(frozen=True, slots=True)
class TierPolicy:
    """Whose tier moves, and by what; of other kinds it stays as a person set it.

    Attributes:
        kinds: the kinds of participants; none: nobody's tier moves.
        by: deals won, or their credited value.
        window_days: how many days count, up to and with yesterday.
        premium_from: so many deals, or so much (minor units by currency), make premium.
        top_from: as much makes top.
        may_fall: whether a tier is lost again when the window holds less.
        applies: which day's tier a reward goes by.
    """

    kinds: frozenset[str] = frozenset()
    by: By = By.COUNT
    window_days: int = 365
    premium_from: int | Mapping[str, int] = 5
    top_from: int | Mapping[str, int] = 20
    may_fall: bool = True
    applies: Applies = Applies.AT_CLAIM


FIXED = TierPolicy()
"""Tiers that nobody but a person moves."""


@dataclass(frozen=True, slots=True)
class Results:
    """What a participant brought in the window: deals, and their credited value by currency."""

    count: int = 0
    minor: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TierChange:
    """A tier that was another until the day before `on`."""

    on: date
    before: str
    after: str
    reason: str


def move(tier: str, results: Results, policy: TierPolicy, today: date) -> TierChange | None:
    """Return the change that results make, in force from today; None: the tier stays."""
    reached, reason = _reached(results, policy)
    falls = _rank(reached) < _rank(tier)
    if reached == tier or (falls and not policy.may_fall):
        return None
    days = policy.window_days
    return TierChange(
        today,
        tier,
        reached,
        because("{reason} in the last {days} days", reason=reason, days=days),
    )


def _reached(results: Results, policy: TierPolicy) -> tuple[str, str]:
    """Return the highest tier whose step is reached, and why."""
    for tier, step in (("top", policy.top_from), ("premium", policy.premium_from)):
        if isinstance(step, int):
            if results.count >= step:
                deals = _deals(results.count)
                return tier, because("{deals}, {least} or more", deals=deals, least=step)
            continue
        for currency, minor in step.items():
            if results.minor.get(currency, 0) >= minor:
                return tier, because(
                    "{amount} brought, {least} or more",
                    amount=Money(results.minor.get(currency, 0), currency),
                    least=Money(minor, currency),
                )
    less = because("less than premium asks for: {brought}", brought=_brought(results, policy))
    return "basic", less


def _brought(results: Results, policy: TierPolicy) -> str:
    if policy.by is By.COUNT:
        return _deals(results.count)
    sums = [str(Money(minor, code)) for code, minor in sorted(results.minor.items()) if minor]
    return in_a_row(sums) if sums else because("nothing brought")


def _deals(count: int) -> str:
    return because("1 deal won") if count == 1 else because("{number} deals won", number=count)


def _rank(tier: str) -> int:
    return TIERS.index(tier) if tier in TIERS else 0


def tier_on(day: date, changes: Sequence[TierChange], tier: str) -> str:
    """Return the tier of a day: what the first later change found; none: the tier given."""
    later = (change for change in changes if change.on > day)
    first = min(later, key=lambda change: change.on, default=None)
    return first.before if first else tier
