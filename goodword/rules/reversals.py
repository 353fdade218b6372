"""Reversals: a transfer taken back at an operator's command, for what was clawed back of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from goodword.money import Money
from goodword.rules.payout_plans import Planned
from goodword.rules.payouts import PayoutState, Rail


class ReversalRefused(Exception):
    """This payout cannot be taken back; the sentence says why."""


@dataclass(frozen=True, slots=True)
class PaidPayout:
    """A payout that an operator wants back. `came_back`: what of it was reversed, by anybody."""

    payout_id: int
    participant_id: int
    state: PayoutState
    rail: Rail
    money: Money
    external_id: str | None
    came_back: Money


@dataclass(frozen=True, slots=True)
class OpenClawback:
    """A negative reward that is due and in no payout; it takes back a reward of the payout."""

    reward_id: int
    money: Money


def reverse(payout: PaidPayout, clawbacks: Sequence[OpenClawback], actor: str) -> Planned:
    """Plan the reversal of a transfer: as much as was clawed back of its rewards, and no more.

    Money is only ever taken back for a clawback, and each clawback once: it is covered whole by
    the reversal, or stays to be netted against later payouts.

    Raises:
        ReversalRefused: it is no paid transfer, nothing of it was clawed back, or less of it is
            left at the provider than each clawback takes.
    """
    name = f"payout {payout.payout_id}"
    if payout.rail is not Rail.STRIPE_TRANSFER:
        raise ReversalRefused(f"{name} went by {payout.rail.value}; only a transfer can come back")
    if payout.state is not PayoutState.PAID or payout.external_id is None:
        raise ReversalRefused(f"{name} is {payout.state.value}; only a paid one can come back")
    if not clawbacks:
        raise ReversalRefused(
            f"no reward of {name} has an open clawback: `goodword rewards list --state approved` "
            "shows those that wait to be netted; without one the money is the participant's"
        )
    left = payout.money - payout.came_back
    covered: list[OpenClawback] = []
    total = Money(0, payout.money.currency)
    for clawback in sorted(clawbacks, key=lambda one: one.reward_id):
        if total - clawback.money <= left:
            covered.append(clawback)
            total -= clawback.money
    if not covered:
        raise ReversalRefused(
            f"{left} of {name} is left at the provider, less than any open clawback takes; they "
            "are netted against later payouts"
        )
    ids = tuple(clawback.reward_id for clawback in covered)
    rail, transfer = Rail.STRIPE_REVERSAL, payout.external_id
    return Planned(payout.participant_id, -total, rail, transfer, ids, asked_by=actor)
