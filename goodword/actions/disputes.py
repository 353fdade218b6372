"""Disputes: opened, stated in, appealed, withdrawn, by whoever the rules let.

Every door calls these: the command line and the console. The ruling is in `rulings`, what the night
does in `dispute_terms`. Each change is one commit with its audit event and its letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit, messages
from goodword.db.queries import disputes as queries
from goodword.rules import dispute_openings as openings
from goodword.rules import disputes as rules
from goodword.rules.disputes import DisputePolicy, DisputeRefused, DisputeState, Hearing


class NoSuchDispute(LookupError):
    """There is no dispute of this number."""

    def __init__(self, dispute_id: int) -> None:
        super().__init__(f"there is no dispute {dispute_id}; `goodword disputes list` shows them")


def hear(tx: Connection, dispute_id: int) -> Hearing:
    """Return a dispute, locked for whoever acts in it.

    Raises:
        NoSuchDispute: there is none of this number.
    """
    hearing = queries.hearing(tx, dispute_id)
    if hearing is None:
        raise NoSuchDispute(dispute_id)
    return hearing


@dataclass(frozen=True, slots=True)
class Contest:
    """Somebody contests who holds a claim.

    `by` is a participant's key, e-mail or name, or anybody else's name: direct sales or staff.
    `rival_id` is the claim that contests, where staff opens the dispute for its partner. `taken_by`
    is who of staff wrote down what somebody else says, for the audit trail; so in the others.
    """

    registration_id: int
    by: str
    ground: str
    rival_id: int | None = None
    taken_by: str = ""


def open_(tx: Connection, contest: Contest, policy: DisputePolicy, today: date) -> int:
    """Open a dispute about a claim, and tell both sides; returns its number.

    Whose claim stands is the contested one, whichever of the two is named: a partner whose claim
    was refused names its own, or the one that it lost against.

    Raises:
        DisputeRefused: there is no such claim, or the rules do not let this person contest it.
    """
    place = queries.place(tx, contest.registration_id)
    if place is None:
        raise DisputeRefused(
            f"there is no registration {contest.registration_id}: `goodword registrations list` "
            "shows them"
        )
    opener = queries.person(tx, contest.by)
    holder, challenger = openings.sides(place.opening(opener, contest.ground, contest.rival_id))
    contested = holder or challenger
    assert contested is not None  # one of the two is the claim that was named
    given = {
        "registration": contested.registration_id,
        "rival": challenger.registration_id if challenger else None,
        "by": opener.name,
        "by_id": opener.participant_id,
        "ground": contest.ground,
        "on": today,
        "decide_by": rules.term(today, policy.decide_within_days),
    }
    dispute_id = int(tx.execute(_OPEN, given).scalar_one())
    hearing = hear(tx, dispute_id)
    _ask(tx, hearing, policy)
    tell_opened(tx, hearing, today)
    done = _Done(opener.name, "opened", contest.ground, contest.taken_by)
    _record(tx, dispute_id, done, today)
    return dispute_id


_OPEN = text("""
INSERT INTO disputes (registration_id, rival_id, opened_by, opened_by_id, ground, opened_on,
                      decide_by, decider)
VALUES (:registration, :rival, :by, :by_id, :ground, :on, :decide_by, '')
RETURNING id
""")


def _ask(tx: Connection, hearing: Hearing, policy: DisputePolicy) -> None:
    """Name the decider that is asked, where the program names deciders."""
    tx.execute(
        text("UPDATE disputes SET decider = :decider WHERE id = :id"),
        {"id": hearing.dispute_id, "decider": rules.decider(hearing, policy)},
    )


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says in a dispute: `by` as in Contest."""

    dispute_id: int
    by: str
    statement: str
    taken_by: str = ""


def state(tx: Connection, said: Said, today: date) -> None:
    """Keep what a party or staff says; it is never changed.

    Raises:
        NoSuchDispute: there is none of this number.
        DisputeRefused: the rules do not let this person state anything now, or they said it.
    """
    hearing = hear(tx, said.dispute_id)
    person = queries.person(tx, said.by)
    rules.check_statement(hearing, person, said.statement)
    given = {
        "dispute": said.dispute_id,
        "by_id": person.participant_id,
        "by": person.name,
        "on": today,
        "statement": said.statement,
    }
    if tx.execute(_SAID_BEFORE, given).scalar_one():
        raise DisputeRefused(
            f"{person.name} said the very same in dispute {said.dispute_id} before: it is kept"
        )
    tx.execute(_STATE, given)
    done = _Done(person.name, "stated", said.statement, said.taken_by)
    _record(tx, said.dispute_id, done, today)


_SAID_BEFORE = text("""
SELECT EXISTS (
    SELECT FROM dispute_statements
    WHERE dispute_id = :dispute AND said_by = :by AND statement = :statement
)
""")

_STATE = text("""
INSERT INTO dispute_statements (dispute_id, participant_id, said_by, said_on, statement)
VALUES (:dispute, :by_id, :by, :on, :statement)
""")


@dataclass(frozen=True, slots=True)
class Appeal:
    """Who lost wants another person to rule: `by` as in Contest."""

    dispute_id: int
    by: str
    ground: str
    taken_by: str = ""


def appeal(tx: Connection, appealed: Appeal, policy: DisputePolicy, today: date) -> None:
    """Appeal against a first ruling; what it changed stands until the second, which is the last.

    Raises:
        NoSuchDispute: there is none of this number.
        DisputeRefused: the rules do not let this person appeal now.
    """
    hearing = hear(tx, appealed.dispute_id)
    person = queries.person(tx, appealed.by)
    rules.check_appeal(hearing, person, appealed.ground, today)
    tx.execute(
        _APPEAL,
        {
            "id": appealed.dispute_id,
            "by": person.name,
            "on": today,
            "ground": appealed.ground,
            "decide_by": rules.term(today, policy.decide_within_days),
        },
    )
    hearing = hear(tx, appealed.dispute_id)
    _ask(tx, hearing, policy)
    tell_opened(tx, hearing, today)
    done = _Done(person.name, "appealed", appealed.ground, appealed.taken_by)
    _record(tx, appealed.dispute_id, done, today)


_APPEAL = text("""
UPDATE disputes
SET state = 'appealed', appealed_by = :by, appealed_on = :on, appeal_ground = :ground,
    decide_by = :decide_by, escalated_on = NULL
WHERE id = :id
""")


def withdraw(
    tx: Connection, dispute_id: int, by: str, today: date, taken_by: str = ""
) -> DisputeState:
    """Withdraw a dispute that nobody ruled on, or an appeal: then the first ruling is the last.

    Returns:
        The state that the dispute is in now: `withdrawn`, or `closed`.

    Raises:
        NoSuchDispute: there is none of this number.
        DisputeRefused: the rules do not let this person withdraw it now.
    """
    hearing = hear(tx, dispute_id)
    person = queries.person(tx, by)
    rules.check_withdrawal(hearing, person)
    is_appeal = hearing.state is DisputeState.APPEALED
    after = DisputeState.CLOSED if is_appeal else DisputeState.WITHDRAWN
    tx.execute(
        text("UPDATE disputes SET state = :state, closed_on = :on WHERE id = :id"),
        {"id": dispute_id, "state": after.value, "on": today},
    )
    _tell_withdrawn(tx, hearing, today)
    action = "withdrew the appeal" if is_appeal else "withdrawn"
    _record(tx, dispute_id, _Done(person.name, action, "", taken_by), today)
    return after


@dataclass(frozen=True, slots=True)
class _Done:
    """What somebody did, and who of staff took it down for them."""

    actor: str
    action: str
    reason: str
    taken_by: str


def _record(tx: Connection, dispute_id: int, done: _Done, today: date) -> None:
    is_own = done.taken_by in {"", done.actor}
    facts: dict[str, object] = {} if is_own else {"taken_down_by": done.taken_by}
    event = audit.Event(
        done.actor, done.action, "dispute", dispute_id, done.reason, facts, on=today
    )
    audit.record(tx, [event])


# Letters ----------------------------------------------------------------------------------------
# Partners are never told who the other one is, nor what it says: its words may name it.


def company(tx: Connection, registration_id: int) -> str:
    """Return the company of a claim, as its own partner wrote it."""
    statement = text("SELECT company FROM registrations WHERE id = :id")
    return str(tx.execute(statement, {"id": registration_id}).scalar_one())


def tell_opened(tx: Connection, hearing: Hearing, today: date) -> None:
    """Tell both sides that a claim is contested, or a ruling appealed against."""
    is_appeal = hearing.state is DisputeState.APPEALED
    what = "appealed" if is_appeal else "opened"
    letters = [
        messages.Letter(
            f"dispute:{hearing.dispute_id}:{what}:{side.registration_id}",
            "dispute_opened",
            side.participant_id,
            {
                "company": company(tx, side.registration_id),
                "is_contested": side is hearing.holder,
                "is_appeal": is_appeal,
                "decide_by": hearing.decide_by.isoformat(),
                "dispute": hearing.dispute_id,
            },
        )
        for side in hearing.sides
    ]
    messages.queue(tx, letters, today)


def _tell_withdrawn(tx: Connection, hearing: Hearing, today: date) -> None:
    letters = [
        messages.Letter(
            f"dispute:{hearing.dispute_id}:withdrawn:{side.registration_id}",
            "dispute_withdrawn",
            side.participant_id,
            {
                "company": company(tx, side.registration_id),
                "is_appeal": hearing.state is DisputeState.APPEALED,
                "dispute": hearing.dispute_id,
            },
        )
        for side in hearing.sides
    ]
    messages.queue(tx, letters, today)
