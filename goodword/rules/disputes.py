"""Disputes: who may contest a claim, speak, appeal and withdraw, now; each refusal in a sentence.

`open -> decided -> (appealed) -> closed`, or `open -> withdrawn`. The claim that holds the account
is the holder, the claim that wants it the challenger. A refused claim that nobody else's stands
against contests its own refusal: it is the challenger, and there is no holder. Direct sales and
staff contest without a claim: then there is no challenger.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from goodword.rules.registrations import LIVE, RegistrationState

STANDING = (*LIVE, RegistrationState.WON)
"""A claim that holds its account, or was credited with its deal."""
REFUSED = (RegistrationState.CONFLICTING, RegistrationState.REJECTED)
CONTESTING = (RegistrationState.SUBMITTED, *REFUSED)
"""A claim by which its partner may contest another one: it never held the account."""


@dataclass(frozen=True, slots=True)
class DisputePolicy:
    """What the program says about disputes.

    `most_share_bps` is the largest part of the partner's share of a deal that rulings may grant to
    claims that lose (0: none). `escalate_to` is told of what is late; where it is empty, who
    approvals escalate to. `deciders` may rule; where it is empty, anyone of staff. Never a party.
    """

    decide_within_days: int = 5
    appeal_within_days: int = 7
    most_share_bps: int = 5_000
    escalate_to: str = ""
    deciders: tuple[str, ...] = ()


class DisputeState(StrEnum):
    """Where a dispute stands; until it is closed or withdrawn, nothing of its deal is paid."""

    OPEN = "open"
    DECIDED = "decided"
    APPEALED = "appealed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


PENDING = (DisputeState.OPEN, DisputeState.DECIDED, DisputeState.APPEALED)
HEARD = (DisputeState.OPEN, DisputeState.APPEALED)
"""A ruling is to be made."""


class Outcome(StrEnum):
    """What a ruling says: everything stays as it was decided, or the challenger gets the place."""

    UPHELD = "upheld"
    TRANSFERRED = "transferred"


class DisputeRefused(Exception):
    """This person may not do this now; the sentence says why, and what is allowed."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts: a participant by key, or a name of staff or of direct sales."""

    name: str
    participant_id: int | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two claims: how it stands, and whose it is by every name that they go by.

    `deal` is the CRM's id of the deal that it names or was won by.
    """

    registration_id: int
    participant_id: int
    names: frozenset[str]
    state: RegistrationState
    submitted_at: datetime
    expires_on: date | None = None
    deal: str | None = None
    conflicts_with_id: int | None = None

    def is_of(self, person: Person) -> bool:
        """Tell whether this is the claim of a participant."""
        return self.participant_id == person.participant_id


@dataclass(frozen=True, slots=True)
class Ruling:
    """A ruling that was made; `share_bps` of the partner's share is the losing claim's."""

    outcome: Outcome
    share_bps: int
    ruled_by: str


@dataclass(frozen=True, slots=True)
class Hearing:
    """A dispute as whoever acts in it must see it.

    Attributes:
        dispute_id: its number.
        state: where it stands.
        decide_by: the last day of the term that runs: for the ruling, or for an appeal against it.
        holder: the claim that is contested; None: a refusal is contested.
        challenger: the claim that contests; None: it is contested without a claim.
        opened_by: who opened it.
        appealed_by: who appealed, if anybody did.
        decided_before: who of staff decided about one of the claims.
        rulings: first the first.
        won_at: when the deal of a claim that was won was won.
        granted: basis points that rulings in other disputes grant out of each claim.
    """

    dispute_id: int
    state: DisputeState
    decide_by: date
    holder: Side | None
    challenger: Side | None
    opened_by: Person
    appealed_by: str | None = None
    decided_before: frozenset[str] = frozenset()
    rulings: tuple[Ruling, ...] = ()
    won_at: datetime | None = None
    granted: tuple[tuple[int, int], ...] = ()

    @property
    def sides(self) -> tuple[Side, ...]:
        """The claims of the dispute: one or two."""
        return tuple(side for side in (self.holder, self.challenger) if side)

    def parted(self, outcome: Outcome) -> tuple[Side | None, Side | None]:
        """Return the claim that wins by an outcome, and the one that loses."""
        if outcome is Outcome.UPHELD:
            return self.holder, self.challenger
        return self.challenger, self.holder


class NoShare(ValueError):
    """A text is no share of a partner's share."""

    def __init__(self, given: str) -> None:
        super().__init__(f'{given!r} is no share: write a percentage no finer than 0.01%, as "20%"')


def read_share(given: str) -> int:
    """Read "20%" or "2.5%" as basis points.

    Raises:
        NoShare: it is none.
    """
    written = _SHARE.fullmatch(given.strip())
    bps = int(Decimal(written[1]) * 100) if written else -1
    if not 0 <= bps <= _WHOLE_BPS:
        raise NoShare(given)
    return bps


_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,2})?) ?%?", re.ASCII)
_WHOLE_BPS = 10_000

# Deciders ---------------------------------------------------------------------------------------


def normal(name: str) -> str:
    """Return a name as names are compared: no case, no space around it."""
    return name.strip().casefold()


def why_not_decider(name: str, hearing: Hearing, policy: DisputePolicy) -> str | None:
    """Say why this person may not rule in a dispute now; None: they may."""
    who = normal(name)
    if not who:
        return "a ruling needs the name of who makes it"
    party = {normal(one) for side in hearing.sides for one in side.names}
    bars: tuple[tuple[Iterable[str], str], ...] = (
        (party, "is a party"),
        ((hearing.opened_by.name,), "opened the dispute"),
        ((hearing.appealed_by or "",), "appealed"),
        ((ruling.ruled_by for ruling in hearing.rulings), "made the first ruling"),
        (hearing.decided_before, "decided about one of the claims before"),
    )
    for names, why in bars:
        if who in {normal(one) for one in names}:
            return f"{name} {why}: somebody else must rule"
    if policy.deciders and who not in {normal(one) for one in policy.deciders}:
        return f"{name} is none of the program's deciders: {', '.join(policy.deciders)}"
    return None


def decider(hearing: Hearing, policy: DisputePolicy) -> str:
    """Name the first of the program's deciders who may rule; '' where it names none who may."""
    able = (name for name in policy.deciders if not why_not_decider(name, hearing, policy))
    return next(able, "")


# Speaking, appealing, withdrawing ---------------------------------------------------------------


def check_statement(hearing: Hearing, person: Person, statement: str) -> None:
    """Refuse a statement by somebody who is no party, at the wrong time, or with nothing in it.

    Raises:
        DisputeRefused: this person may not state this now.
    """
    if not statement.strip():
        raise DisputeRefused("a statement needs its text")
    if hearing.state not in HEARD:
        raise DisputeRefused(f"{named(hearing)}: nothing more is heard in it")
    is_party = any(side.is_of(person) for side in hearing.sides)
    if person.participant_id is not None and not is_party:
        raise DisputeRefused(f"{person.name} is no party of dispute {hearing.dispute_id}")


def check_appeal(hearing: Hearing, person: Person, ground: str, today: date) -> None:
    """Refuse an appeal that is none of the losing party's, a second one, or one that is late.

    Raises:
        DisputeRefused: this person may not appeal now.
    """
    if not ground.strip():
        raise DisputeRefused("an appeal needs its ground: say what the ruling has wrong")
    if hearing.state is not DisputeState.DECIDED:
        again = "" if len(hearing.rulings) < 1 else ", and there is one appeal only"
        raise DisputeRefused(f"{named(hearing)}{again}: an appeal is made against a first ruling")
    if today > hearing.decide_by:
        raise DisputeRefused(
            f"an appeal in dispute {hearing.dispute_id} was possible through {hearing.decide_by}"
        )
    if not _has_lost(hearing, person):
        raise DisputeRefused(
            f"{person.name} did not lose dispute {hearing.dispute_id}: who lost may appeal"
        )


def _has_lost(hearing: Hearing, person: Person) -> bool:
    outcome = hearing.rulings[-1].outcome
    _, loser = hearing.parted(outcome)
    if loser and loser.is_of(person):
        return True
    return outcome is Outcome.UPHELD and _opened(hearing, person)


def _opened(hearing: Hearing, person: Person) -> bool:
    if hearing.opened_by.participant_id is not None or person.participant_id is not None:
        return hearing.opened_by.participant_id == person.participant_id
    return normal(hearing.opened_by.name) == normal(person.name)


def check_withdrawal(hearing: Hearing, person: Person) -> None:
    """Refuse a withdrawal by another than who opened the dispute, or appealed.

    Raises:
        DisputeRefused: this person may not withdraw it now.
    """
    if hearing.state not in HEARD:
        raise DisputeRefused(f"{named(hearing)}: there is nothing to withdraw")
    if hearing.state is DisputeState.OPEN:
        if not _opened(hearing, person):
            raise DisputeRefused(f"{hearing.opened_by.name} opened it, and may withdraw it")
    elif normal(hearing.appealed_by or "") != normal(person.name):
        raise DisputeRefused(f"{hearing.appealed_by} appealed, and may withdraw the appeal")


def named(hearing: Hearing) -> str:
    """Say how a dispute stands: "dispute 4 is decided"."""
    return f"dispute {hearing.dispute_id} is {hearing.state}"


def term(from_on: date, days: int) -> date:
    """Return the last day of a term of so many days, the first one after `from_on`."""
    return from_on + timedelta(days=days)


def next_step(row: Mapping[str, Any], how: str = "") -> str:
    """Say what is to be done in a dispute of a list, and `how`; nothing of one that is over."""
    if row["state"] == DisputeState.DECIDED:
        return f"an appeal is possible through {row['decide_by']}"
    if row["state"] not in HEARD:
        return ""
    who = row["decider"] or "somebody who is no party"
    late = ", late: escalated" if row["escalated_on"] else ""
    return f"{who} rules{how}{late}"
