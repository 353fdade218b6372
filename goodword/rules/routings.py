"""Routing: whose a new lead or deal of a protected account is, and who is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from goodword.phrases import because
from goodword.rules.crm_policy import RouteTo
from goodword.rules.divisions import is_said, meant


@dataclass(frozen=True, slots=True)
class Protector:
    """A live claim on an account, or on one division of it; '' is the whole account.

    `may_have` is False when this record is older than the claim, when it was routed under this
    claim before, and when the partner declined it. `crm_user` is who can own records for them.
    """

    registration_id: int
    participant_id: int
    division: str
    may_have: bool = True
    crm_user: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """An open lead or deal of a protected account that nobody has been given yet.

    Attributes:
        name: what the CRM calls it; a division may stand in it as a word.
        owner: the CRM user who owns it.
        owned_by: the participant whose CRM user that is; None: nobody's, so direct sales has it.
        division: what the CRM's own field says; None where there is no such field, or it is empty.
        is_taken: its partner field is filled in already: by a person, as it was never routed.
    """

    name: str
    owner: str | None
    owned_by: int | None = None
    division: str | None = None
    is_taken: bool = False


@dataclass(frozen=True, slots=True)
class Theirs:
    """It belongs to one claim; the reason says how that is known."""

    protector: Protector
    reason: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody knows which division it is of, and these claims protect divisions."""

    protectors: tuple[Protector, ...]


def whose(arrival: Arrival, protectors: Sequence[Protector]) -> Theirs | Unclear | None:
    """Tell whose a lead or deal is; None: it is of a division that nobody protects.

    Of claims on divisions it is the one that it is about (rules/divisions.py). A claim on the whole
    account takes in every division. Nothing is guessed.
    """
    divisions = [one for one in protectors if one.division]
    about = meant([one.division for one in divisions], arrival.name, arrival.division)
    found = [one for one in divisions if one.division in about]
    if len(found) == 1:
        name = found[0].division
        how = because("its name says {name}", name=name)
        if is_said(arrival.division):
            how = because("its division is {name}", name=name)
        return Theirs(found[0], how)
    whole = next((one for one in protectors if not one.division), None)
    if whole:
        return Theirs(whole, because("the whole account is protected"))
    is_other_division = is_said(arrival.division) and not found
    return None if is_other_division or not divisions else Unclear(tuple(divisions))


# What follows ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Route:
    """It is given to the partner; `owner` becomes its owner, None leaves the one it has."""

    protector: Protector
    owner: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Tell:
    """It stays where it is. Its owner hears who protects the account; staff too where `ask`."""

    protectors: tuple[Protector, ...]
    ask: bool


def decide(
    arrival: Arrival, protectors: Sequence[Protector], route_to: RouteTo
) -> Route | Tell | None:
    """Decide what becomes of an open lead or deal of a protected account; None: nothing.

    What a person gave to somebody, by the partner field or by the owner, stays there.
    """
    if arrival.is_taken:
        return None
    found = whose(arrival, protectors)
    if found is None:
        return None
    if isinstance(found, Unclear):
        if arrival.owned_by is not None:
            return None
        partners = {one.participant_id for one in found.protectors}
        is_new = any(one.may_have for one in found.protectors)
        return Tell(found.protectors, ask=is_new and len(partners) > 1)
    theirs = found.protector
    if arrival.owned_by not in {None, theirs.participant_id}:
        return None
    if theirs.may_have:
        changes = route_to is RouteTo.OWNER and theirs.crm_user != arrival.owner
        return Route(theirs, theirs.crm_user if changes else None, found.reason)
    return None if arrival.owned_by is not None else Tell((theirs,), ask=False)
