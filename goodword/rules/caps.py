"""Caps: how much of a computed reward is left, given what the period has already seen."""

from __future__ import annotations

from dataclasses import dataclass

from goodword.money import LARGEST_MINOR, Money, in_percent, percent
from goodword.phrases import because
from goodword.rules.incentives import Cap


@dataclass(frozen=True, slots=True)
class Used:
    """What one participant already got by one incentive in the period, in one currency.

    `bill` is what they were billed themselves, where the cap goes by it.
    """

    count: int = 0
    minor: int = 0
    bill: int = 0


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
    left, why = _least(money.currency, cap, used)
    return Capped(left, why) if left < money.minor else Capped(money.minor)


def _least(currency: str, cap: Cap, used: Used) -> tuple[int, str]:
    """Return what the narrower of the cap's limits in money leaves, and which it is."""
    limits: list[tuple[int, str]] = []
    if (most := cap.amount.get(currency)) is not None:
        amount = Money(most, currency)
        why = because("capped at {amount} a {period}", amount=amount, period=cap.per.value)
        limits.append((most, why))
    if cap.own_bill_bps is not None:
        part, bill = in_percent(cap.own_bill_bps), Money(used.bill, currency)
        why = because(
            "capped at {percent} of their own bill of {bill} in a {period}",
            percent=part,
            bill=bill,
            period=cap.per.value,
        )
        limits.append((percent(used.bill, cap.own_bill_bps), why))
    most, why = min(limits, default=(LARGEST_MINOR, ""))
    return max(0, most - used.minor), why
