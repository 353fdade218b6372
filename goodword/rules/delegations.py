"""Delegations: who may decide in whose place, and from when until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from goodword.rules.approvals import person_key

LONGEST = timedelta(days=366)
"""Who is away for longer needs a successor."""


class DelegationRefused(Exception):
    """Nobody can stand in like this; the sentence says why and what is allowed."""


@dataclass(frozen=True, slots=True)
class Delegation:
    """`delegate` may decide in the place of `delegator`, from one day through another.

    It gives what the delegator may do in their own name, so it cannot be handed on.
    """

    delegator: str
    delegate: str
    since: date
    until: date


def check_delegation(delegation: Delegation, today: date) -> None:
    """Refuse one to oneself, to or of nobody, over already, or for longer than a year.

    Raises:
        DelegationRefused: so it is.
    """
    people = person_key(delegation.delegator), person_key(delegation.delegate)
    if not all(people):
        raise DelegationRefused("a delegation needs both names: who is away and who stands in")
    if people[0] == people[1]:
        raise DelegationRefused(f"{delegation.delegator} cannot stand in for themselves")
    if delegation.until < delegation.since:
        raise DelegationRefused(f"it would end on {delegation.until}, before {delegation.since}")
    if delegation.until < today:
        raise DelegationRefused(f"{delegation.until} is over: today is {today}")
    if delegation.until - delegation.since > LONGEST:
        raise DelegationRefused(
            f"from {delegation.since} through {delegation.until} is longer than a year"
        )


def stands_in_for(given: Sequence[str], asked: str, actor: str) -> str:
    """Say whom a person stands in for who may not decide in their own name.

    Args:
        given: who lets them decide today.
        asked: whom they say; "": nobody.
        actor: the person.

    Returns:
        The delegator's name; "" where there is nobody to stand in for.

    Raises:
        DelegationRefused: it is not the one whom they say, or one of several must be said.
    """
    if asked:
        named = [one for one in given if person_key(one) == person_key(asked)]
        if not named:
            raise DelegationRefused(
                f"{actor} does not stand in for {asked} today: `goodword approvals delegations` "
                "shows who does"
            )
        return named[0]
    people = {person_key(one): one for one in given}
    if len(people) > 1:
        raise DelegationRefused(
            f"{actor} stands in for {' and '.join(sorted(people.values()))}: say for whom"
        )
    return next(iter(people.values()), "")
