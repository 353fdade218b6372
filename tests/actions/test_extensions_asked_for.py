"""More days: asked for by a partner, granted, refused or lapsed, in a real database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, text

from goodword.actions import extensions, registrations
from goodword.db.queries import extensions as queries
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.registrations import RegistrationState as State
from tests import factories as make

if TYPE_CHECKING:
    from goodword.db.session import Database
    from tests.actions.conftest import Overtake

POLICY = RegistrationPolicy(max_extensions=1)
LAST_DAY = make.TODAY + timedelta(days=60)
WHY = "they sign after their board meets"


def live(tx: Connection, key: str = "ann") -> int:
    who = make.participant(tx, key)
    number = make.registration(tx, who)
    registrations.apply(tx, [make.approval_of(number, who)], make.TODAY)
    return number


def ask(tx: Connection, number: int, on: date = make.TODAY, partner: str = "ann") -> int:
    return extensions.ask(tx, extensions.Wish(number, partner, WHY), POLICY, on)


def staff(tx: Connection, number: int, state: State, on: date = make.TODAY) -> None:
    ruling = registrations.StaffRuling(number, state, "it is fair", "sam")
    registrations.decide(tx, ruling, POLICY, make.ZONE, on)


def request(tx: Connection) -> tuple[object, ...]:
    found = tx.execute(
        text("SELECT state, decided_by, decided_on, decision_reason FROM extension_requests")
    )
    return tuple(found.one())


def test_a_request_waits_and_changes_nothing_of_the_claim(database: Database) -> None:
    with database.transaction() as tx:
        number = live(tx)
        ask(tx, number, LAST_DAY)
        assert request(tx) == ("open", None, None, None)
        assert make.state(tx, "registrations", number) == "approved"
        assert make.told(tx, "registration", number) == ["approved", "asked for more days"]
        [row] = queries.listed(tx, 10)
        assert (row["registration_id"], row["partner"], row["reason"]) == (number, "ann", WHY)


def test_the_limit_is_that_of_the_partners_kind(database: Database) -> None:
    none = RegistrationPolicy(by_kind={"reseller": RegistrationPolicy(max_extensions=0)})
    with database.transaction() as tx:
        number = live(tx)
        with pytest.raises(extensions.ExtensionRefused, match="it had 0 of 0"):
            extensions.ask(tx, extensions.Wish(number, "ann", WHY), none, make.TODAY)


def test_extending_the_claim_grants_the_request_and_tells_the_partner(database: Database) -> None:
    with database.transaction() as tx:
        number = live(tx)
        ask(tx, number)
        staff(tx, number, State.EXTENDED)
        assert request(tx) == ("granted", "sam", make.TODAY, "it is fair")
        until = LAST_DAY + timedelta(days=30)
        assert make.facts(tx)[-1] == f"registration:{number}:extended:{until}"
        told = make.told(tx, "registration", number)
        assert told == ["approved", "asked for more days", "extended", "granted more days"]


def test_a_refusal_tells_the_partner_why_and_leaves_the_claim(database: Database) -> None:
    with database.transaction() as tx:
        number = live(tx)
        asked = ask(tx, number)
        extensions.refuse(tx, extensions.Refusal(number, "no budget", "sam"), make.TODAY)
        assert request(tx) == ("refused", "sam", make.TODAY, "no budget")
        assert make.state(tx, "registrations", number) == "approved"
        assert make.facts(tx)[-1] == f"extension_request:{asked}:refused"
        context = make.value(
            tx, "SELECT context FROM messages WHERE template = 'extension_refused'"
        )
        assert (context["reason"], context["until"]) == ("no budget", LAST_DAY.isoformat())
        assert make.told(tx, "registration", number)[-1] == "refused more days"
        ask(tx, number)  # and may be asked again


@pytest.mark.parametrize("state", [State.EXPIRED, State.WON, State.LOST])
def test_a_claim_that_ends_at_night_lets_the_request_lapse(
    database: Database, state: State
) -> None:
    with database.transaction() as tx:
        number = live(tx)
        ask(tx, number)
        who = make.value(tx, "SELECT participant_id FROM registrations")
        registrations.apply(
            tx, [registrations.Change(number, who, state, ("it is over",))], make.TOMORROW
        )
        assert request(tx) == ("lapsed", "night", make.TOMORROW, "it is over")
        assert make.told(tx, "registration", number)[-1] == "let the request for more days lapse"


def test_a_claim_that_is_withdrawn_lets_the_request_lapse(database: Database) -> None:
    with database.transaction() as tx:
        number = live(tx)
        ask(tx, number)
        staff(tx, number, State.WITHDRAWN)
        assert request(tx) == ("lapsed", "sam", make.TODAY, "it is fair")


def test_what_may_not_be_asked_is_refused_and_changes_nothing(database: Database) -> None:
    with database.transaction() as tx:
        number = live(tx)
        before = make.everything(tx)
        for refused in (
            lambda: ask(tx, number, partner="bob"),
            lambda: ask(tx, number + 1),
            lambda: ask(tx, number, LAST_DAY + timedelta(days=1)),
            lambda: extensions.ask(tx, extensions.Wish(number, "ann", " "), POLICY, make.TODAY),
            lambda: extensions.refuse(tx, extensions.Refusal(number, "no", "sam"), make.TODAY),
        ):
            with pytest.raises(extensions.ExtensionRefused):
                refused()
        ask(tx, number)
        with pytest.raises(extensions.ExtensionRefused, match="already asked for"):
            ask(tx, number)
        with pytest.raises(extensions.ExtensionRefused, match="needs its reason"):
            extensions.refuse(tx, extensions.Refusal(number, "", "sam"), make.TODAY)
        assert len(make.everything(tx)["extension_requests"]) == 1
        assert make.everything(tx)["messages"] == before["messages"]


def test_nothing_is_extended_after_its_last_day(database: Database) -> None:
    with database.transaction() as tx:
        number = live(tx)
        after = LAST_DAY + timedelta(days=1)
        with pytest.raises(registrations.RegistrationRefused, match="after its last day"):
            staff(tx, number, State.EXTENDED, after)
        staff(tx, number, State.EXTENDED, LAST_DAY)


def test_of_two_who_ask_at_once_one_is_heard(database: Database, overtake: Overtake) -> None:
    with database.transaction() as tx:
        number = live(tx)
    late = overtake(lambda tx: ask(tx, number), lambda tx: ask(tx, number))
    with pytest.raises(extensions.ExtensionRefused, match="already asked for"):
        late.result()


def test_nobody_asks_for_a_claim_that_ends_at_the_same_instant(
    database: Database, overtake: Overtake
) -> None:
    with database.transaction() as tx:
        number = live(tx)
    late = overtake(lambda tx: staff(tx, number, State.WITHDRAWN), lambda tx: ask(tx, number))
    with pytest.raises(extensions.ExtensionRefused, match="is withdrawn"):
        late.result()


def test_a_request_of_the_same_instant_lapses_with_its_claim(
    database: Database, overtake: Overtake
) -> None:
    with database.transaction() as tx:
        number = live(tx)
        who = make.value(tx, "SELECT participant_id FROM registrations")
    end = registrations.Change(number, who, State.EXPIRED, ("it is over",))
    overtake(
        lambda tx: ask(tx, number), lambda tx: registrations.apply(tx, [end], make.TODAY)
    ).result()
    with database.transaction() as tx:
        assert request(tx)[0] == "lapsed"


def test_staff_is_reminded_once_a_day_while_a_request_waits(database: Database) -> None:
    with database.transaction() as tx:
        number, other = live(tx), live(tx, "bob")

        def remind(on: date) -> int:
            return extensions.remind(tx, "staff@example.com", on)

        assert remind(make.TODAY) == 0
        ask(tx, number)
        ask(tx, other, partner="bob")
        assert [remind(on) for on in (make.TODAY, make.TODAY, make.TOMORROW)] == [1, 0, 1]
        context = make.value(tx, "SELECT context FROM messages ORDER BY id DESC LIMIT 1")
        assert (context["count"], context["until"]) == (2, LAST_DAY.isoformat())
        for each in (number, other):
            extensions.refuse(tx, extensions.Refusal(each, "no", "sam"), make.TOMORROW)
        assert remind(make.TOMORROW + timedelta(days=1)) == 0
