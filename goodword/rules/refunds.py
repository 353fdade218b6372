"""Refunds: which part of a won deal did not stay, and what that takes back of its rewards.

Each refund, lost dispute and cancellation counts by its own day. What fell inside the window of a
reward is taken back of it and stays taken; what comes after is let stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from goodword.money import Money
from goodword.phrases import because
from goodword.rules.crm_values import Impossible
from goodword.rules.import_values import whole_id
from goodword.rules.rewards import (
    EarnedReward,
    LetStand,
    RewardPolicy,
    TakeBack,
    Void,
    claw_back,
)

OPEN, WON, LOST = "open", "won", "lost"
"""How a dispute stands: the customer's bank has not decided, decided for us, or against us."""


@dataclass(frozen=True, slots=True)
class Refund:
    """One thing by which a customer gets money of a won deal back, as last read from its source.

    Attributes:
        id: the provider's name of the refund, dispute or subscription, or `manual:…`.
        refunded_minor: given back, in minor units of `currency`; zero when the refund failed.
        refunded_on: the day it was made, or the subscription cancelled, in the program's zone.
        disputed_minor: what the customer disputes.
        disputed_on: the day the dispute was opened.
        dispute: OPEN, WON or LOST; None for what is no dispute.
        is_whole: a subscription that was cancelled: nothing of the deal stays.
    """

    id: str
    currency: str
    refunded_minor: int = 0
    refunded_on: date | None = None
    disputed_minor: int = 0
    disputed_on: date | None = None
    dispute: str | None = None
    is_whole: bool = False
    reason: str = ""


def deal_named(written: str | None) -> str | None:
    """Return the deal that somebody wrote down, as the CRM's 18 characters; None: it is no id."""
    try:
        return whole_id((written or "").strip(), "deal")
    except Impossible:
        return None


@dataclass(frozen=True, slots=True)
class Loss:
    """What of a deal's value did not stay, from one day on. `minor` None: all of it."""

    on: date
    minor: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A deal that the CRM does not have as won any more."""

    on: date
    reason: str


def losses(
    refunds: Iterable[Refund], currency: str, cancelled: Cancelled | None = None
) -> list[Loss]:
    """Return what was taken away from a deal in `currency`, oldest first.

    A refund in another currency takes nothing: what it is worth is for a person to say.
    """
    found = [loss for refund in refunds if (loss := _loss(refund, currency))]
    if cancelled:
        found.append(Loss(cancelled.on, None, cancelled.reason))
    return sorted(found, key=lambda loss: loss.on)


def _loss(refund: Refund, currency: str) -> Loss | None:
    if refund.is_whole and refund.refunded_on:
        return Loss(refund.refunded_on, None, refund.reason)
    if refund.currency != currency:
        return None
    if refund.refunded_minor and refund.refunded_on:
        back = Money(refund.refunded_minor, currency)
        said = because(
            "{amount} was refunded on {on} ({refund})",
            amount=back,
            on=refund.refunded_on,
            refund=refund.id,
        )
        return Loss(refund.refunded_on, back.minor, said)
    if refund.dispute == LOST and refund.disputed_on:
        back = Money(refund.disputed_minor, currency)
        said = because(
            "the dispute of {on} over {amount} was lost ({refund})",
            on=refund.disputed_on,
            amount=back,
            refund=refund.id,
        )
        return Loss(refund.disputed_on, back.minor, said)
    return None


def part_of(lost: Iterable[Loss], value_minor: int) -> Fraction:
    """Return the part of a deal's value that did not stay, from 0 to 1."""
    total = 0
    for loss in lost:
        if loss.minor is None:
            return Fraction(1)
        total += loss.minor
    if not value_minor:
        return Fraction(bool(total))
    return min(Fraction(total, value_minor), Fraction(1))


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be done about one reward, by reason of what, and on which day that happened."""

    verdict: Void | TakeBack | LetStand
    on: date | None
    because: str


def judge(
    reward: EarnedReward,
    lost: Sequence[Loss],
    value_minor: int,
    policy: RewardPolicy,
) -> Judged:
    """Decide what happens to a reward of a deal of which not everything stayed.

    Args:
        reward: what was earned and what has been taken back of it so far.
        lost: everything that did not stay, oldest first, whatever the window.
        value_minor: the deal's value when it was won.
        policy: the clawback window of the program version that the reward goes by.
    """
    last = reward.outcome_on + timedelta(days=policy.clawback_days)
    inside = [loss for loss in lost if loss.on <= last]
    counted = inside or list(lost)
    if not counted:
        return Judged(LetStand(because("nothing of the outcome was taken back")), None, "")
    newest = _newest(counted, value_minor)
    verdict = claw_back(reward, part_of(counted, value_minor), policy, newest.on)
    return Judged(verdict, newest.on, newest.reason)


def _newest(lost: Sequence[Loss], value_minor: int) -> Loss:
    """Return the last loss that made the part larger: what comes after a whole one adds nothing."""
    newest, part = lost[0], part_of(lost[:1], value_minor)
    for place in range(1, len(lost)):
        larger = part_of(lost[: place + 1], value_minor)
        if larger > part:
            newest, part = lost[place], larger
    return newest
