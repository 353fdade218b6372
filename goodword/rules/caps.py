"""Caps: how much of a computed reward is left, given what the period has already seen."""

from __future__ import annotations

from dataclasses import dataclass

from goodword.money import Money
from goodword.phrases import because
from goodword.rules.incentives import Cap


@dataclass(frozen=True, slots=True)
class Used:
    """What one participant already got by one incentive in the period, in one currency."""

    count: int = 0
    minor: int = 0


@dataclass(frozen=True, slots=True)
class Capped:
    """What is left of a reward, and why something was cut (empty: nothing was)."""

    minor: int
    reason: str = ""


def apply_cap(money: Money, cap: Cap | None, used: Used) -> Capped:
    """Cut a reward to what its cap leaves; never increases it, nor touches one of nothing."""
    if cap is None or money.minor <= 0:
        return Capped(money.minor)
    if cap.count is not None and used.count >= cap.count:
        most_of = {"count": cap.count, "period": cap.per.value}
        return Capped(0, because("capped: {count} rewards a {period} are reached", **most_of))
    limit = cap.amount.get(money.currency)
    if limit is None or used.minor + money.minor <= limit:
        return Capped(money.minor)
    most = Money(limit, money.currency)
    reason = because("capped at {amount} a {period}", amount=most, period=cap.per.value)
    return Capped(max(0, limit - used.minor), reason)
