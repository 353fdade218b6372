"""Adoptions: a movement that the ledger does not know, explained by rewards that a person names.

It happens when an old copy of the database was restored: money left after the copy was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from goodword.money import Money
from goodword.rules.benefits import Benefit, in_words
from goodword.rules.destinations import rail_to
from goodword.rules.payout_plans import Planned
from goodword.rules.payouts import Rail


class AdoptionRefused(Exception):
    """These rewards do not explain this movement; the sentence says why."""


@dataclass(frozen=True, slots=True)
class FoundMovement:
    """A movement that reconciliation could not explain. `payout_id`: whose reference it carries."""

    external_id: str
    reference: str
    destination: str
    money: Money
    payout_id: int | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reward that a person says was paid by the movement. `benefit`: what it gives in kind."""

    reward_id: int
    participant_id: int
    state: str
    money: Money
    benefit: Benefit | None = None


def adopt_movement(found: FoundMovement, rewards: Sequence[Candidate], actor: str) -> Planned:
    """Return the payout that the movement was: its rewards, all of them open, and their exact sum.

    A coupon on a subscription gave one reward in kind; a transfer or credit gave money.

    Raises:
        AdoptionRefused: a reward is not open or not of this kind, they belong to several
            participants, or their sum is not what moved.
    """
    if not rewards:
        raise AdoptionRefused("name the rewards that this movement paid: --rewards 12,13")
    rail = _rail_of(found)
    _check_open(rewards)
    if rail is Rail.STRIPE_COUPON:
        _check_coupon(found, rewards)
    else:
        _check_money(found, rewards)
    total = _total(found, rewards)
    # A reference that a payout has already names that one.
    taken = found.payout_id is not None
    reference = f"{found.reference}/{found.external_id}" if taken else found.reference
    return Planned(
        rewards[0].participant_id,
        total,
        rail,
        found.destination,
        tuple(sorted(reward.reward_id for reward in rewards)),
        rewards[0].benefit if rail is Rail.STRIPE_COUPON else None,
        asked_by=actor,
        reference=reference,
    )


def _rail_of(found: FoundMovement) -> Rail:
    rail = rail_to(found.destination)
    if rail is None or rail is Rail.STRIPE_REVERSAL:
        raise AdoptionRefused(f"{found.destination} is no account, customer or subscription")
    return rail


def _check_open(rewards: Sequence[Candidate]) -> None:
    for reward in rewards:
        if reward.state != "approved":
            raise AdoptionRefused(
                f"reward {reward.reward_id} is {reward.state}; only an approved one that no payout "
                "covers can have been paid by it"
            )
    if len({reward.participant_id for reward in rewards}) > 1:
        raise AdoptionRefused("these rewards belong to several participants; one movement pays one")


def _check_coupon(found: FoundMovement, rewards: Sequence[Candidate]) -> None:
    if len(rewards) > 1:
        raise AdoptionRefused(
            f"{found.destination} got one coupon, and one coupon gives one reward: name that one"
        )
    (reward,) = rewards
    if reward.benefit is None or "perk" in reward.benefit:
        gives = in_words(reward.benefit) if reward.benefit else "money"
        raise AdoptionRefused(
            f"{found.destination} got a coupon, and reward {reward.reward_id} gives {gives}; name "
            "the reward of free months or of a renewal discount that the coupon gave"
        )


def _check_money(found: FoundMovement, rewards: Sequence[Candidate]) -> None:
    """Refuse rewards in kind. What takes one back is money: it nets against what is paid."""
    for reward in rewards:
        if reward.benefit is not None and reward.money.minor > 0:
            raise AdoptionRefused(
                f"{found.destination} got money, and reward {reward.reward_id} is given in kind "
                f"({in_words(reward.benefit)}); name the rewards that pay money"
            )


def _total(found: FoundMovement, rewards: Sequence[Candidate]) -> Money:
    if {reward.money.currency for reward in rewards} != {found.money.currency}:
        raise AdoptionRefused(f"the movement is in {found.money.currency}, and not all rewards are")
    total = Money(sum(reward.money.minor for reward in rewards), found.money.currency)
    if total != found.money:
        raise AdoptionRefused(f"{found.money} moved, and these rewards are {total} together")
    return total
