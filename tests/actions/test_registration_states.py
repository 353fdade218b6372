"""Every step from one state of a claim to another: taken by staff, by the night, or by nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

import pytest
from sqlalchemy import Connection, text

from goodword.actions import registrations
from goodword.actions.registrations import Change, RegistrationRefused, StaffRuling
from goodword.db.session import Database
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.registrations import RegistrationState as State
from tests import factories as make

LIVE = frozenset({State.APPROVED, State.EXTENDED})
NEW = frozenset({State.SUBMITTED})
UNDECIDED = frozenset({State.SUBMITTED, State.CONFLICTING})
BY_STAFF = {
    State.APPROVED: {*UNDECIDED, State.REJECTED},
    State.REJECTED: UNDECIDED,
    State.EXTENDED: LIVE,
    State.WITHDRAWN: {*UNDECIDED, *LIVE},
}
AT_NIGHT = {
    **dict.fromkeys((State.APPROVED, State.CONFLICTING, State.REJECTED), NEW),
    **dict.fromkeys((State.EXTENDED, State.EXPIRED, State.WON, State.LOST), LIVE),
    State.SUBMITTED: NEW,
    State.WITHDRAWN: NEW,
}
"""After which states each may come: case DR2. A claim is won only by its deal, never by hand."""

Step = Callable[[Connection, int, int, State], bool]


def by_staff(tx: Connection, number: int, _: int, state: State) -> bool:
    ruling = StaffRuling(number, state, "we know them", "olivia")
    try:
        registrations.decide(tx, ruling, RegistrationPolicy(), make.ZONE, make.TODAY)
    except RegistrationRefused:
        return False
    return True


def at_night(tx: Connection, number: int, who: int, state: State) -> bool:
    change = Change(number, who, state, ("so the rules say",), expires_on=make.TOMORROW)
    return bool(registrations.apply(tx, [change], make.TODAY))


@pytest.mark.parametrize(("step", "allowed"), [(by_staff, BY_STAFF), (at_night, AT_NIGHT)])
def test_a_claim_takes_only_the_steps_that_are_allowed(
    database: Database, step: Step, allowed: Mapping[State, AbstractSet[State]]
) -> None:
    with database.transaction() as tx:
        for before in State:
            for after in State:
                who = make.participant(tx)
                number = make.registration(tx, who, state=before, expires_on=make.TODAY)
                taken = step(tx, number, who, after)
                assert taken == (before in allowed.get(after, NEW - NEW)), (before, after)
                assert make.state(tx, "registrations", number) == (after if taken else before)
                assert len(make.told(tx, "registration", number)) == int(taken)
                tx.execute(text("UPDATE registrations SET state = 'withdrawn', reasons = '[]'"))


@pytest.mark.parametrize("state", sorted(set(State) - set(BY_STAFF)))
def test_what_only_comes_about_cannot_be_ordered(database: Database, state: State) -> None:
    with database.transaction() as tx:
        number = make.registration(tx, make.participant(tx))
        ruling = StaffRuling(number, state, "we know them", "olivia")
        with pytest.raises(RegistrationRefused, match=f"only the program says .* is {state}"):
            registrations.decide(tx, ruling, RegistrationPolicy(), make.ZONE, make.TODAY)


def test_the_whole_of_an_account_and_a_division_are_not_both_approved_by_staff(
    database: Database,
) -> None:
    with database.transaction() as tx:
        whole, east, west = (
            make.registration(tx, make.participant(tx), "Acme", division=division)
            for division in ("", "east", "west")
        )
        assert by_staff(tx, east, 0, State.APPROVED)
        assert by_staff(tx, west, 0, State.APPROVED)
        assert not by_staff(tx, whole, 0, State.APPROVED)
