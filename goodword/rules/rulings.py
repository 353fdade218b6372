"""Rulings in disputes: what one may say, and what it changes of claims and credit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from goodword.money import in_percent
from goodword.rules.disputes import (
    CONTESTING,
    HEARD,
    STANDING,
    DisputePolicy,
    DisputeRefused,
    DisputeState,
    Hearing,
    Outcome,
    Ruling,
    Side,
    named,
    why_not_decider,
)
from goodword.rules.registrations import (
    RegistrationPolicy,
    RegistrationState,
    name_in,
    window_end,
)


def check_ruling(hearing: Hearing, ruling: Ruling, reason: str, policy: DisputePolicy) -> None:
    """Refuse a ruling that this person may not make, or that may not be made.

    Raises:
        DisputeRefused: none is to be made now, the person is a party or no decider, there is no
            reason or it names a party, or the share is more than the program allows.
    """
    if hearing.state not in HEARD:
        until = (
            f", and who lost may appeal through {hearing.decide_by}"
            if hearing.state is DisputeState.DECIDED
            else ""
        )
        raise DisputeRefused(f"{named(hearing)}{until}: no ruling is to be made in it")
    if bar := why_not_decider(ruling.ruled_by, hearing, policy):
        raise DisputeRefused(bar)
    if not reason.strip():
        raise DisputeRefused("a ruling needs its reason: both partners read it")
    if name := name_in(reason, {name for side in hearing.sides for name in side.names}):
        raise DisputeRefused(
            f"both partners read the reason, and it names {name}: write “one partner” and “the "
            "other partner”"
        )
    _check_share(hearing, ruling, policy)
    _check_won(hearing, ruling)
    _check_given_up(hearing, ruling)


def _check_share(hearing: Hearing, ruling: Ruling, policy: DisputePolicy) -> None:
    if not ruling.share_bps:
        return
    winner, loser = hearing.parted(ruling.outcome)
    if winner is None or loser is None:
        raise DisputeRefused("a share needs two claims, one that wins and one that loses")
    before = dict(hearing.granted).get(winner.registration_id, 0)
    most = policy.most_share_bps - before
    if not 0 < ruling.share_bps <= most:
        beside = f", and other rulings granted {in_percent(before)}" if before else ""
        raise DisputeRefused(
            f"a share of {in_percent(ruling.share_bps)} is not allowed: the program grants at most "
            f"{in_percent(policy.most_share_bps)} of a claim to those that lose{beside}"
        )
    if hearing.won_at and loser.submitted_at > hearing.won_at:
        raise DisputeRefused(
            f"registration {loser.registration_id} came after the deal was won: it has no share"
        )


def _check_won(hearing: Hearing, ruling: Ruling) -> None:
    """Refuse to credit a deal to a claim that cannot have won it."""
    winner, loser = hearing.parted(ruling.outcome)
    if winner is None or loser is None or loser.state is not RegistrationState.WON:
        return
    name = f"registration {winner.registration_id}"
    if hearing.won_at and winner.submitted_at > hearing.won_at:
        raise DisputeRefused(f"{name} came after the deal was won: it cannot be credited with it")
    if winner.deal is not None and winner.deal != loser.deal:
        raise DisputeRefused(
            f"{name} is about the deal {winner.deal}, and the one that was won is {loser.deal}: it "
            "cannot be credited with it"
        )


def _check_given_up(hearing: Hearing, ruling: Ruling) -> None:
    """Refuse to put in the place a claim whose partner wants it no more."""
    challenger = hearing.challenger
    if ruling.outcome is not Outcome.TRANSFERRED or challenger is None:
        return
    if challenger.state is RegistrationState.WITHDRAWN and move(hearing, ruling.outcome):
        raise DisputeRefused(
            f"registration {challenger.registration_id} was withdrawn since the dispute was opened:"
            " it cannot take the place; uphold the other claim"
        )


_PUTTABLE = (*CONTESTING, RegistrationState.WITHDRAWN)
"""A claim that a ruling may put in the place: one that never held it, or was ruled out of it."""


@dataclass(frozen=True, slots=True)
class Move:
    """What a ruling changes of the claims: `end` gives the place up, `put` takes it."""

    end: Side | None
    put: Side | None

    @property
    def is_won(self) -> bool:
        """Tell whether the claim goes with the deal that it was won by: it protects nothing."""
        return self.end is not None and self.end.state is RegistrationState.WON


def move(hearing: Hearing, outcome: Outcome) -> Move | None:
    """Return what changes of the claims; None: the place stays as it is.

    The first ruling is compared with how things were, the one on appeal with the first: what that
    one moved is moved back. A claim that ended by itself meanwhile is neither ended again nor put
    back.
    """
    before = hearing.rulings[-1].outcome if hearing.rulings else Outcome.UPHELD
    if outcome is before:
        return None
    winner, loser = hearing.parted(outcome)
    end = loser if loser and loser.state in STANDING else None
    put = winner if winner and winner.state in _PUTTABLE else None
    return Move(end, put)


def put_until(
    put: Side, submitted_on: date, policy: RegistrationPolicy, today: date, *, is_restored: bool
) -> date:
    """Return the last protected day of a claim that a ruling puts into its place.

    A claim that is put back has its own last day, or today when that is over: the night then
    extends or ends it. Any other has its window as the program counts it, from the day of the
    ruling when that would be over: who was right loses no days by the dispute.
    """
    if is_restored and put.expires_on:
        return max(put.expires_on, today)
    until = policy.last_day(submitted_on, today)
    return until if until >= today else window_end(today, policy.window_days)


def changes_credit(hearing: Hearing, ruling: Ruling) -> bool:
    """Tell whether a ruling divides a deal that was won otherwise than it is divided now."""
    share = hearing.rulings[-1].share_bps if hearing.rulings else 0
    was_won = any(side.state is RegistrationState.WON for side in hearing.sides)
    return was_won and (move(hearing, ruling.outcome) is not None or ruling.share_bps != share)
