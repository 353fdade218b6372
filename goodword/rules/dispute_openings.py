"""Opening a dispute: who may contest which claim, and whose claim stands against whose."""

from __future__ import annotations

from dataclasses import dataclass

from goodword.rules.disputes import CONTESTING, REFUSED, STANDING, DisputeRefused, Person, Side
from goodword.rules.registrations import LIVE, RegistrationState


@dataclass(frozen=True, slots=True)
class Opening:
    """What somebody wants to contest.

    `others` are the other claims on the place, newest first; `pending` are the disputes that are
    not closed, by the claims that they are about. `rival_id` names the claim that contests.
    """

    asked: Side
    others: tuple[Side, ...]
    opener: Person
    ground: str
    rival_id: int | None = None
    pending: tuple[tuple[int, int], ...] = ()


def sides(opening: Opening) -> tuple[Side | None, Side | None]:
    """Return the holder and the challenger of a dispute that is to be opened.

    Raises:
        DisputeRefused: there is no ground, this person has no claim on the place, the claim cannot
            be contested (by that rival), or a dispute about one of the two is not closed.
    """
    if not opening.ground.strip():
        raise DisputeRefused("a dispute needs its ground: say why the claim is contested")
    holder, challenger = _refusal(opening) if opening.asked.state in REFUSED else _standing(opening)
    about = {side.registration_id for side in (holder, challenger) if side}
    for registration_id, dispute_id in opening.pending:
        if registration_id in about:
            raise DisputeRefused(
                f"dispute {dispute_id} about registration {registration_id} is not closed: one at "
                "a time"
            )
    return holder, challenger


def _standing(opening: Opening) -> tuple[Side, Side | None]:
    """Contest a claim that holds its account."""
    asked, opener = opening.asked, opening.opener
    name = f"registration {asked.registration_id}"
    if asked.state not in STANDING:
        listed = ", ".join((*STANDING, *REFUSED))
        raise DisputeRefused(f"{name} is {asked.state}; only {listed} can be contested")
    if asked.is_of(opener):
        raise DisputeRefused(f"{name} is {opener.name}'s own and stands: it has no need to contest")
    if opener.participant_id is not None:
        return asked, _own(opening)
    if opening.rival_id is None:
        return asked, None
    rivals = [side for side in opening.others if side.registration_id == opening.rival_id]
    return asked, _contesting(asked, rivals, f"registration {opening.rival_id}")


def _own(opening: Opening) -> Side:
    """Return the claim by which a partner contests another one's: its own."""
    opener = opening.opener
    own = [side for side in opening.others if side.is_of(opener)]
    if opening.rival_id is not None:
        own = [side for side in own if side.registration_id == opening.rival_id]
    able = [side for side in own if side.state in CONTESTING]
    return _contesting(opening.asked, able or own, f"a claim of {opener.name}")


def _contesting(asked: Side, rivals: list[Side], name: str) -> Side:
    if not rivals:
        raise DisputeRefused(
            f"there is no {name.removeprefix('a ')} on the account of registration "
            f"{asked.registration_id}: who contests it needs a claim on that account"
        )
    rival = rivals[0]
    if rival.participant_id == asked.participant_id:
        raise DisputeRefused(
            f"registrations {asked.registration_id} and {rival.registration_id} are one partner's"
        )
    if rival.state not in CONTESTING:
        raise DisputeRefused(
            f"registration {rival.registration_id} is {rival.state}; a claim contests another one "
            f"while it is {', '.join(CONTESTING)}: after that the partner registers anew"
        )
    return rival


def _refusal(opening: Opening) -> tuple[Side | None, Side]:
    """Contest the refusal of a claim: against the one that stands in its place, if one does."""
    asked, opener = opening.asked, opening.opener
    name = f"registration {asked.registration_id}"
    if opener.participant_id is not None and not asked.is_of(opener):
        raise DisputeRefused(f"{name} is not {opener.name}'s: its partner contests its refusal")
    if opening.rival_id is not None:
        raise DisputeRefused(
            f"{name} is {asked.state}: who is refused contests, and needs no rival to be named"
        )
    standing = [
        side
        for side in opening.others
        if side.state in LIVE
        or (side.state is RegistrationState.WON and side.registration_id == asked.conflicts_with_id)
    ]
    # Of several divisions' claims, the one that it lost against.
    standing.sort(key=lambda side: side.registration_id != asked.conflicts_with_id)
    holder = next(iter(standing), None)
    if holder and holder.participant_id == asked.participant_id:
        raise DisputeRefused(
            f"registration {holder.registration_id} of the same partner holds the account"
        )
    return holder, asked
