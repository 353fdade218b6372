"""Approvals: which rewards a person must look at, and who may decide.

The threshold is applied to the sum per participant and conversion, so that splitting one outcome
into small amounts does not avoid review.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from goodword.money import Money
from goodword.phrases import because


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """Thresholds in minor units by currency; a currency without one is always looked at.

    What waits for more than `escalate_after_days` is told to `escalate_to` (an e-mail address;
    empty: to nobody more than the staff that is reminded of everything).
    """

    auto_below: Mapping[str, int]
    two_approvers_from: Mapping[str, int]
    escalate_after_days: int = 3
    escalate_to: str = ""


@dataclass(frozen=True, slots=True)
class Needed:
    """How many different people must approve (0: the policy does), and why."""

    approvers: int
    reason: str


class ApprovalRefused(Exception):  # noqa: N818 - the refusal is the point, not an error
    """Somebody may not decide on this reward; the sentence says why and what to do."""


def needed(
    total: Money,
    policy: ApprovalPolicy,
    status: str = "active",
    suspicions: tuple[str, ...] = (),
) -> Needed:
    """Say how many people must approve rewards that sum to `total`; negative sums need none.

    Args:
        total: the sum of one participant's rewards for one conversion.
        policy: the program's thresholds.
        status: the participant's; a person looks at every reward of one who is not active.
        suspicions: reasons for a person to look whatever the size (rules/suspicions.py).
    """
    by_size = _by_size(total, policy)
    doubts = suspicions if status == "active" else (_is_not_active(status), *suspicions)
    if total.minor < 0 or not doubts:
        return by_size
    sized = (by_size.reason,) if by_size.approvers else ()
    return Needed(max(1, by_size.approvers), "; ".join((*sized, *doubts)))


def _is_not_active(status: str) -> str:
    return because("the participant is {status}", status=status)


def _by_size(total: Money, policy: ApprovalPolicy) -> Needed:
    auto, two = (
        policy.auto_below.get(total.currency),
        policy.two_approvers_from.get(total.currency),
    )
    if total.minor < 0:
        return Needed(0, because("{amount} is taken back by rule", amount=total))
    if auto is None or two is None:
        said = because("the program sets no threshold in {currency}", currency=total.currency)
        return Needed(1, said)
    if total.minor < auto:
        least = Money(auto, total.currency)
        return Needed(0, because("{amount} is below {least}", amount=total, least=least))
    if total.minor < two:
        least = Money(auto, total.currency)
        return Needed(1, because("{amount} is {least} or more", amount=total, least=least))
    most = Money(two, total.currency)
    return Needed(2, because("{amount} is {least} or more: two people", amount=total, least=most))


@dataclass(frozen=True, slots=True)
class WaitingReward:
    """A reward that waits for people: who benefits, who introduced it, who approved so far."""

    reward_id: int
    state: str
    amount: Money
    approvers_needed: int
    approved_by: frozenset[str]
    beneficiaries: frozenset[str]


def check_decision(reward: WaitingReward, actor: str, seen: Money) -> None:
    """Refuse a decision that this person may not take on this reward.

    Raises:
        ApprovalRefused: the reward does not wait, the amount is not the one seen, or the person
            benefits from it or has approved it already.
    """
    name = f"reward {reward.reward_id}"
    if reward.state != "waiting":
        raise ApprovalRefused(f"{name} is {reward.state}: only a waiting reward can be decided")
    if seen != reward.amount:
        raise ApprovalRefused(f"{name} is {reward.amount}, not {seen}: look at it again")
    if actor.casefold() in _folded(reward.beneficiaries):
        raise ApprovalRefused(f"{actor} benefits from {name}: somebody else must decide")
    if actor.casefold() in _folded(reward.approved_by):
        raise ApprovalRefused(f"{actor} approved {name} already: a different person must be second")


def is_complete(reward: WaitingReward, actor: str) -> bool:
    """Tell whether `actor`'s approval is the last one needed; ANN and ann are one person."""
    return len(_folded(reward.approved_by | {actor})) >= reward.approvers_needed


def _folded(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)
