"""Bulk decisions: one decision on a filtered list, shown with its total before it is taken.

What was shown is confirmed by its digest. A list that has changed since, by one reward, amount or
approval, is shown again: nobody decides on what they have not seen.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from goodword.actions import approvals, deciders, voices
from goodword.actions.approvals import Outcome, Ruling
from goodword.db.queries import approval_queue
from goodword.db.queries import approvals as queries
from goodword.money import Money, totals
from goodword.rules.approval_filters import Filter
from goodword.rules.approvals import Voice, WaitingReward, check_reason, is_complete
from goodword.rules.counts import counted

_DIGEST_CHARACTERS = 16


class ListChanged(Exception):
    """What waits is not what was shown."""

    def __init__(self, count: int, digest: str) -> None:
        super().__init__(
            "what waits has changed since it was shown: it is "
            f"{counted(count, 'reward')} now ({digest}). Look at the list again, and confirm that"
        )


MOST = 1_000
"""Rewards that one decision covers: nobody has looked at more of them, the rows are locked for
moments only, and so many are decided in under two seconds."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """One decision on what a filter finds, the oldest MOST; the others are as in a Ruling."""

    which: Filter
    actor: str
    approve: bool
    reason: str = ""
    note: str = ""
    acting_for: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a bulk decision would decide.

    Attributes:
        rewards: those that this person may decide on, oldest first.
        left_out: those among them that they may not decide on, by number, and why.
        found: how many the filter finds.
        totals: of the rewards, one for each currency.
        completes: how many of the rewards are approved by this; the rest wait for a second person.
        digest: of all that; confirms it.
    """

    rewards: tuple[WaitingReward, ...]
    left_out: dict[int, str]
    found: int
    totals: tuple[Money, ...]
    completes: int
    digest: str

    @property
    def numbers(self) -> list[int]:
        """The rewards by their numbers."""
        return [one.reward_id for one in self.rewards]

    @property
    def later(self) -> int:
        """How many come after the last of the rewards, where these are as many as may be."""
        return self.found - len(self.rewards) - len(self.left_out)

    @property
    def bound(self) -> str:
        """Say that the list is not all that was asked for; "": it is."""
        if not self.later:
            return ""
        return (
            f"These are the first {len(self.rewards):,} of {self.found:,}, oldest first: one "
            "decision covers no more. The others come with the next list."
        )


def preview(tx: Connection, bulk: Bulk, today: date) -> Preview:
    """Show what a bulk decision would decide; nothing is changed, and no reason asked for yet.

    Raises:
        DelegationRefused: they do not stand in for whom they say.
        NotAllowed: they are of staff and may not decide on rewards.
    """
    voice = voices.Voices(tx, today).of(bulk.actor, bulk.acting_for)
    found = approval_queue.numbers(tx, bulk.which)
    rewards, left_out = _first(tx, found, voice)
    completes = sum(not bulk.approve or is_complete(one) for one in rewards)
    digest = _digest(bulk, rewards)
    sums = tuple(totals(one.amount for one in rewards))
    return Preview(tuple(rewards), left_out, len(found), sums, completes, digest)


def _first(
    tx: Connection, numbers: Sequence[int], voice: Voice
) -> tuple[list[WaitingReward], dict[int, str]]:
    """Return the first MOST that this person may decide on, and those before that they may not."""
    rewards: list[WaitingReward] = []
    left_out: dict[int, str] = {}
    for begin in range(0, len(numbers), MOST):
        batch = numbers[begin : begin + MOST]
        held = queries.waiting(tx, batch, lock=False)
        for number in batch:
            reward = held[number].reward
            if why := deciders.why_not(reward, voice, reward.amount):
                left_out[number] = why
            else:
                rewards.append(reward)
            if len(rewards) == MOST:
                return rewards, left_out
    return rewards, left_out


def _digest(bulk: Bulk, rewards: Sequence[WaitingReward]) -> str:
    said = [
        [one.reward_id, one.amount.minor, one.amount.currency, len(one.approved_by)]
        for one in sorted(rewards, key=lambda each: each.reward_id)
    ]
    whole = json.dumps([bulk.approve, bulk.actor, bulk.acting_for, said])
    return hashlib.sha256(whole.encode()).hexdigest()[:_DIGEST_CHARACTERS]


def decide(tx: Connection, bulk: Bulk, confirmed: str, today: date) -> list[Outcome]:
    """Decide on the list that was shown, all of it in one transaction; returns what came of each.

    Args:
        tx: the transaction.
        bulk: the same as was previewed.
        confirmed: the preview's digest.
        today: the business date.

    Raises:
        ListChanged: the list is another one now.
        ApprovalRefused: a reason is missing or too long.
        DelegationRefused: they do not stand in for whom they say.
        NotAllowed: they are of staff and may not decide on rewards.
    """
    check_reason(bulk.reason, approve=bulk.approve)
    voice = voices.Voices(tx, today).of(bulk.actor, bulk.acting_for)
    shown, _ = _first(tx, approval_queue.numbers(tx, bulk.which), voice)
    # Locked, these alone, and read again: what is confirmed is what is decided.
    held = queries.waiting(tx, [one.reward_id for one in shown])
    again = [held[one.reward_id].reward for one in shown]
    rewards = [one for one in again if not deciders.why_not(one, voice, one.amount)]
    digest = _digest(bulk, rewards)
    if digest != confirmed.strip().lower():
        raise ListChanged(len(rewards), digest)
    rulings = [
        Ruling(
            one.reward_id,
            bulk.actor,
            bulk.approve,
            one.amount,
            bulk.reason,
            bulk.note,
            bulk.acting_for,
        )
        for one in rewards
    ]
    return approvals.decide_all(tx, rulings, today)


def said(outcomes: Sequence[Outcome]) -> str:
    """Say what came of a list: "Decided: 998 approved, 2 wait for a second person."."""
    states = Counter(one.state for one in outcomes)
    told = [f"{count:,} {_in_words(state, count)}" for state, count in states.items()]
    return f"Decided: {', '.join(told) or 'nothing'}."


def _in_words(state: str, count: int) -> str:
    if state == "waiting":
        return f"{'waits' if count == 1 else 'wait'} for a second person"
    return state
