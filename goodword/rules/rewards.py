"""Rewards: when one may be paid, and how much is taken back when the outcome does not stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from goodword.money import round_half_away
from goodword.phrases import because


@dataclass(frozen=True, slots=True)
class RewardPolicy:
    """`hold_days` after the outcome until a reward may be paid; `clawback_days` to take it back."""

    hold_days: int = 3
    clawback_days: int = 90


@dataclass(frozen=True, slots=True)
class EarnedReward:
    """A reward whose outcome was refunded or cancelled. Amounts in minor units of one currency.

    `taken_back` is what earlier clawbacks of it already took (zero or more). `is_paid` is true from
    the moment a payout reserves it: money that may be moving cannot be unsaid, only taken back.
    `is_owed` is false until it is approved.
    """

    amount_minor: int
    taken_back: int
    is_paid: bool
    outcome_on: date
    is_owed: bool = True


@dataclass(frozen=True, slots=True)
class Void:
    """Nothing was paid and nothing taken back yet: the reward is void."""

    reason: str


@dataclass(frozen=True, slots=True)
class TakeBack:
    """A negative reward of `minor` (positive here) nets against later payouts."""

    minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class LetStand:
    """The reward stays as it is."""

    reason: str


def payable_on(outcome_on: date, hold_days: int) -> date:
    """Return the first day on which a reward may be paid."""
    return outcome_on + timedelta(days=hold_days)


def claw_back(
    reward: EarnedReward,
    refunded: Fraction,
    policy: RewardPolicy,
    cancelled_on: date,
) -> Void | TakeBack | LetStand:
    """Decide what happens to a reward when part of its outcome is refunded, or all is cancelled.

    Args:
        reward: what was earned and what has been taken back of it so far.
        refunded: the refunded part of the value so far, cumulative; what is over 1 (a refund that
            covers tax or shipping too) takes back no more than everything.
        policy: the program's clawback window.
        cancelled_on: the day of the cancel or refund.

    The part taken back is rounded on the cumulative amount, so that 79 refunded by 40% and then
    wholly takes back 32 and 47: never more than was earned. A reward that was taken back in part is
    not voided afterwards, since its clawbacks stand: the rest of it is taken back as well. One that
    is not approved yet is not taken back in part: were it rejected, the clawback would stand alone.
    """
    last = reward.outcome_on + timedelta(days=policy.clawback_days)
    if cancelled_on > last:
        days = policy.clawback_days
        over = because("the {days} days to take it back ended on {on}", days=days, on=last)
        return LetStand(over)
    part = min(max(refunded, Fraction(0)), Fraction(1))
    due = round_half_away(reward.amount_minor * part)
    if part == 1 and not reward.is_paid and not reward.taken_back:
        return Void(because("the outcome was cancelled before the reward was paid"))
    if due <= reward.taken_back:
        return LetStand(because("nothing more is to be taken back"))
    if not reward.is_owed:
        return LetStand(because("a part of it is taken back as soon as it is approved"))
    said = because("{part} of the outcome was taken back", part=f"{float(part):.2%}")
    return TakeBack(due - reward.taken_back, said)
