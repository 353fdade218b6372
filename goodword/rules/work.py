"""Work: what waits for people, and whose it is by their rights."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from goodword.rules import rights
from goodword.rules.approvals import ApprovalRefused, Voice, WaitingReward, check_decision
from goodword.rules.rights import Action, Role

TO_APPROVE = "rewards to approve"

WORK: dict[str, Action] = {
    "claims to decide": Action.DECIDE_CLAIMS,
    "won deals that wait for a claim to be decided": Action.DECIDE_CLAIMS,
    "claims whose account is not clear": Action.DECIDE_CLAIMS,
    "conflicting claims": Action.DECIDE_CLAIMS,
    "leads and deals routed that the CRM does not show as it": Action.DECIDE_CLAIMS,
    "requests for more days": Action.DECIDE_CLAIMS,
    "disputes to rule on": Action.RULE_DISPUTES,
    TO_APPROVE: Action.DECIDE_REWARDS,
    "rewards that are due and cannot be paid": Action.RERUN_PAYOUTS,
    "payouts refused, held or unknown": Action.RERUN_PAYOUTS,
    "payouts that wait for the balance at the provider": Action.RERUN_PAYOUTS,
    "perks to give, bank lines to confirm": Action.SETTLE_PAYOUTS,
    "differences with the provider": Action.SETTLE_PAYOUTS,
    "refunds that a person must place": Action.PLACE_REFUNDS,
    "events of the provider that failed": Action.PLACE_REFUNDS,
    "messages failed or unconfirmed": Action.RESEND_MESSAGES,
    "notices to the chat tool that failed": Action.RESEND_MESSAGES,
    "records in quarantine": Action.CORRECT_RECORDS,
}
"""What waits, as `goodword status` names it, and the right that it takes."""


def is_for(what: str, roles: Collection[Role]) -> bool:
    """Tell whether somebody with these roles does this work; what is not placed is operators'."""
    return rights.may(roles, WORK.get(what, Action.RUN_NIGHTS))


@dataclass(frozen=True, slots=True)
class Queue:
    """Of the rewards that wait, those that one person may decide on: numbers, oldest first.

    `seconds` are those of them that somebody else approved already.
    """

    reward_ids: tuple[int, ...]
    seconds: int


def queue_of(voices: Iterable[Voice], rewards: Iterable[WaitingReward]) -> Queue:
    """Return what somebody may decide on, in their own name or in another's place."""
    in_turn = tuple(voices)
    mine = [one for one in rewards if any(_may(voice, one) for voice in in_turn)]
    ids = tuple(one.reward_id for one in mine)
    return Queue(ids, sum(bool(one.approved_by) for one in mine))


def _may(voice: Voice, reward: WaitingReward) -> bool:
    try:
        check_decision(reward, voice, reward.amount)
    except ApprovalRefused:
        return False
    return True
