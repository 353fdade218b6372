"""Corrections: what becomes of a conversion when the CRM changes its deal's amount after the win.

A conversion and its rewards are frozen, so that a corrected one takes the place of the old: the
same claims in the same journey, divided by the same model of the same version, for the amount that
the deal has now. What the old one earned is void or taken back, and the rules earn anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from goodword.money import Money
from goodword.phrases import because
from goodword.rules.attribution import AttributionPolicy
from goodword.rules.conversions import Claim, Convert, Credited, WonDeal, credit


@dataclass(frozen=True, slots=True)
class Changed:
    """A conversion that stands, of a deal that stands won for another amount by now.

    Attributes:
        value: what the deal was won for.
        now: what the CRM says.
        won_on: the day of the win, in the program's time zone.
        changed_on: the day on which the deal was last changed in the CRM.
        is_rejected: a person rejected a reward for it.
        is_given: a payout has one of its rewards in kind: a free month, a discount, a perk.
        is_returned: the provider took back a payout with one of its rewards.
    """

    value: Money
    now: Money
    won_on: date
    changed_on: date
    is_rejected: bool = False
    is_given: bool = False
    is_returned: bool = False


@dataclass(frozen=True, slots=True)
class Correct:
    """The conversion is replaced by one for what the CRM says."""

    reason: str


@dataclass(frozen=True, slots=True)
class ForPerson:
    """The conversion stays as it is; a person has to see to it."""

    reason: str


@dataclass(frozen=True, slots=True)
class TooLate:
    """The conversion stays as it is: nothing is taken back of its rewards any more."""

    reason: str


def judge(changed: Changed, clawback_days: Sequence[int]) -> Correct | ForPerson | TooLate:
    """Decide whether a conversion is corrected.

    Args:
        changed: the conversion, and what the CRM says of its deal.
        clawback_days: how many days after the win rewards may be taken back, by the conversion's
            program version and by those of its rewards: all of them must allow it.
    """
    said = because(
        "the deal's amount was changed from {before} to {now} in the CRM on {on}",
        before=changed.value,
        now=changed.now,
        on=changed.changed_on,
    )
    days = min(clawback_days)
    last = changed.won_on + timedelta(days=days)
    if changed.changed_on > last:
        over = because("the {days} days to take rewards back ended on {on}", days=days, on=last)
        return TooLate(f"{said}; {over}")
    obstacle = _obstacle(changed)
    return ForPerson(f"{said}; {obstacle}") if obstacle else Correct(said)


def _obstacle(changed: Changed) -> str | None:
    if changed.value.currency != changed.now.currency:
        return because("what it is worth in the other currency is for a person to say")
    if changed.is_rejected:
        return because("a person rejected a reward for it, and the rules would compute it anew")
    if changed.is_given:
        return because("what was given in kind would be given a second time")
    if changed.is_returned:
        return because("the provider took a payout for it back")
    return None


def divide(
    deal: WonDeal,
    shared: Sequence[Claim],
    policy: AttributionPolicy,
) -> tuple[Credited, ...]:
    """Divide what a deal is worth now among the claims that share it already.

    Args:
        deal: the deal as it was won, with the rulings that grant something of it.
        shared: the claims that have a share, in their order; those that rulings grant included.
        policy: the attribution of the conversion's program version, with its own model.
    """
    ids = {(claim.kind, claim.claim_id) for claim in shared}
    grants = tuple(g for g in deal.grants if (g.claim.kind, g.claim.claim_id) in ids)
    granted = {(grant.claim.kind, grant.claim.claim_id) for grant in grants}
    journey = tuple(claim for claim in shared if (claim.kind, claim.claim_id) not in granted)
    return credit(replace(deal, grants=grants), Convert(journey), policy)
