"""Approvals: which rewards a person must look at, and who may decide.

The threshold is applied to the sum per participant and conversion, so that splitting one outcome
into small amounts does not avoid review.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from goodword.money import Money
from goodword.phrases import because
from goodword.rules.suspicions import same_mailbox

LONGEST_REASON = 2_000
"""Characters of a reason or a note."""


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """Thresholds in minor units by currency; a currency without one is always looked at.

    What waits for more than `escalate_after_days` is told to `escalate_to` (an e-mail address;
    empty: to nobody more than the staff that is reminded of everything). The first of two
    approvals lapses when the second has not come `second_within_days` after it.
    """

    auto_below: Mapping[str, int]
    two_approvers_from: Mapping[str, int]
    escalate_after_days: int = 3
    escalate_to: str = ""
    second_within_days: int = 14

    def lapsed_since(self, today: date) -> date:
        """Return the day on or before which a first approval must be to have lapsed by today."""
        return today - timedelta(days=self.second_within_days)


@dataclass(frozen=True, slots=True)
class Needed:
    """How many different people must approve (0: the policy does), and why."""

    approvers: int
    reason: str


class ApprovalRefused(Exception):
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


# Who may decide ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Voice:
    """Who decides, in their own name or in that of somebody who let them (`acting_for`).

    `known_as` is what else either goes by: the names and addresses of their staff accounts.
    """

    actor: str
    acting_for: str = ""
    known_as: frozenset[str] = frozenset()

    def among(self, people: Iterable[str]) -> str:
        """Return which of the two is one of these people, as a sentence names them; "": neither."""
        others = {person_key(one) for one in people} - {""}
        if person_key(self.acting_for) in others:
            return self.acting_for
        own = {person_key(one) for one in (self.actor, *self.known_as)}
        return self.actor if own & others else ""


def person_key(name: str) -> str:
    """Return a name or an address as people are compared: no case, a+b@ as a@; "": nobody."""
    plain = name.strip().casefold()
    return same_mailbox(plain) if "@" in plain else plain


@dataclass(frozen=True, slots=True)
class WaitingReward:
    """A reward that waits for people, as whoever decides must see it.

    Attributes:
        reward_id: its number.
        state: where it stands; only `waiting` can be decided.
        amount: what is decided on.
        approvers_needed: how many different people must approve it.
        approved_by: who approved it and whom they stood in for, of the approvals that stand.
        beneficiaries: every name and address of the participant.
        submitted_by: who brought in the claims that it is for.
    """

    reward_id: int
    state: str
    amount: Money
    approvers_needed: int
    approved_by: tuple[frozenset[str], ...]
    beneficiaries: frozenset[str]
    submitted_by: frozenset[str] = frozenset()


def check_decision(reward: WaitingReward, voice: Voice, seen: Money) -> None:
    """Refuse a decision that this person may not take on this reward.

    Who stands in for somebody may do neither what they nor what the other may not do.

    Raises:
        ApprovalRefused: the reward does not wait, the amount is not the one seen, or the person
            benefits from it, brought in its claim or has approved it already.
    """
    name = f"reward {reward.reward_id}"
    if not voice.actor.strip():
        raise ApprovalRefused("a decision needs the name of who takes it")
    if reward.state != "waiting":
        raise ApprovalRefused(f"{name} is {reward.state}: only a waiting reward can be decided")
    if seen != reward.amount:
        raise ApprovalRefused(f"{name} is {reward.amount}, not {seen}: look at it again")
    if who := voice.among(reward.beneficiaries):
        raise ApprovalRefused(f"{who} benefits from {name}: somebody else must decide")
    if who := voice.among(reward.submitted_by):
        raise ApprovalRefused(
            f"{who} brought in the claim that {name} is for: somebody else must decide"
        )
    if who := voice.among(one for pair in reward.approved_by for one in pair):
        raise ApprovalRefused(f"{who} approved {name} already: a different person must be second")


def check_reason(reason: str, *, approve: bool) -> None:
    """Refuse a refusal without a reason, and what is too long to be read.

    Raises:
        ApprovalRefused: so it is.
    """
    if not approve and not reason.strip():
        raise ApprovalRefused("a refusal needs a reason that the participant may read")
    if len(reason) > LONGEST_REASON:
        raise ApprovalRefused(
            f"the reason has {len(reason):,} characters: {LONGEST_REASON:,} are enough"
        )


def is_complete(reward: WaitingReward) -> bool:
    """Tell whether one more approval is the last one needed."""
    return len(reward.approved_by) + 1 >= reward.approvers_needed


# Taken back --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TakenDecision:
    """A decision that stands, and what has come of it since.

    Attributes:
        reward_id: of which reward.
        state: where that stands now.
        amount: of the reward.
        approve: what was decided.
        is_taken_from: a negative reward takes a part of it back already.
        is_acted_on: a stage of a night has run since.
    """

    reward_id: int
    state: str
    amount: Money
    approve: bool
    is_taken_from: bool
    is_acted_on: bool


def check_withdrawal(taken: TakenDecision) -> None:
    """Refuse to take back what others have acted on: a payout, a clawback, a night.

    An approval can be taken back until its payout is planned. A refusal only until a stage has run:
    what is refused uses no cap, and the participant hears of it.

    Raises:
        ApprovalRefused: so it is.
    """
    name = f"reward {taken.reward_id}"
    if taken.approve:
        if taken.state not in {"waiting", "approved"}:
            raise ApprovalRefused(
                f"{name} is {taken.state}: an approval is taken back before its payout is planned"
            )
        if taken.amount.minor < 0:
            raise ApprovalRefused(f"{name} takes money back, which its outcome asks for: it stands")
        if taken.is_taken_from:
            raise ApprovalRefused(f"a part of {name} was taken back already: its approval stands")
    elif taken.state != "rejected":
        raise ApprovalRefused(f"{name} is {taken.state}: there is no refusal to take back")
    elif taken.is_acted_on:
        raise ApprovalRefused(
            f"a night or a stage has run since {name} was refused: the refusal stands. What is "
            "owed all the same is settled with the participant outside the program"
        )
