"""Routing in the database: given once, told to both sides, given back, and never against a person.

The CRM is played by `crm_writes`: it takes everything that differs, as the night's writing does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from goodword.actions import protections, routing_letters, routings
from goodword.db.queries import protections as protection_queries
from goodword.db.queries import routings as queries
from goodword.db.queries import status
from goodword.db.session import Database
from goodword.rules import routings as rules
from goodword.rules.crm_policy import RouteTo
from tests import factories as make

STAFF = "staff@example.com"
UNTIL = make.TODAY + timedelta(days=60)
NEW = make.NOW - timedelta(days=1)
SAM = "005000000000001AAA"


@pytest.fixture
def tx(database: Database) -> Any:
    with database.transaction() as tx:
        make.program(tx)
        tx.execute(
            text(
                "INSERT INTO crm_users (crm_id, name, email, is_active, modified_at)"
                " VALUES (:sam, 'Sam', 'sam@firm.example', true, now())"
            ),
            {"sam": SAM},
        )
        yield tx


def claim(tx: Connection, key: str, account: str, division: str = "", **other: Any) -> int:
    """Make a live claim of a partner who has a user in the CRM."""
    partner = make.participant(tx, key, crm_user_id=f"005{key}")
    live = {"state": "approved", "expires_on": UNTIL, "decided_on": make.TODAY - timedelta(days=9)}
    return make.registration(
        tx, partner, "Acme", account_crm_id=account, division=division, **(live | other)
    )


def lead(tx: Connection, account: str, **other: Any) -> str:
    number = make.lead(tx, **({"owner_crm_id": SAM, "created_at": NEW} | other))
    tx.execute(
        text("UPDATE leads SET account_crm_id = :account WHERE crm_id = :lead"),
        {"account": account, "lead": number},
    )
    return number


def deal(tx: Connection, account: str, **other: Any) -> str:
    open_ = {"is_closed": False, "is_won": False, "stage": "Qualification", "close_on": None}
    given = {"account_crm_id": account, "owner_crm_id": SAM, "created_at": NEW}
    return make.deal(tx, **(open_ | given | other))


def night(
    tx: Connection, route_to: RouteTo = RouteTo.OWNER, refused: Sequence[str] = ()
) -> dict[str, tuple[str | None, str | None]]:
    """Route and write as a night does; returns what was written: partner and owner, by record."""
    routings.notice_hands(tx, make.TODAY)
    routings.settle(tx, STAFF, make.TODAY)
    routed, touched = [], []
    for found in queries.candidates(tx, make.TODAY):
        decided = rules.decide(found.arrival, found.protectors, route_to)
        if isinstance(decided, rules.Route):
            owner = found.arrival.owner
            routed.append(routings.Routed(found.crm_object, found.crm_id, owner, decided))
        elif decided:
            touched.append(routing_letters.Touched(found, decided))
    routings.route(tx, routed, make.TODAY)
    routing_letters.tell_of_touched(tx, touched, STAFF, make.TODAY)
    written = crm_writes(tx, refused)
    routings.settle(tx, STAFF, make.TODAY)
    return written


def crm_writes(
    tx: Connection, refused: Sequence[str] = ()
) -> dict[str, tuple[str | None, str | None]]:
    rows = protection_queries.differing(tx)
    protections.drop_settled(tx, [row.crm_id for row in rows])
    written = [
        protections.Written(
            row.crm_object,
            row.crm_id,
            row.partner,
            row.until,
            "no" if row.crm_id in refused else None,
            row.owner,
        )
        for row in rows
    ]
    protections.record(tx, written)
    return {row.crm_id: (row.partner, row.owner) for row in rows if row.crm_object != "Account"}


def says(tx: Connection, number: str) -> tuple[Any, ...]:
    """What the mirror says of a record: partner, until, owner."""
    table = "leads" if number.startswith("00Q") else "opportunities"
    statement = f"SELECT protected_partner, protected_until, owner_crm_id FROM {table}"
    return tuple(tx.execute(text(f"{statement} WHERE crm_id = :id"), {"id": number}).one())


def by_hand(tx: Connection, number: str, **values: Any) -> None:
    table = "leads" if number.startswith("00Q") else "opportunities"
    changes = ", ".join(f"{name} = :{name}" for name in values)
    tx.execute(text(f"UPDATE {table} SET {changes} WHERE crm_id = :id"), {"id": number, **values})


def ends(tx: Connection, number: int, state: str = "expired") -> None:
    tx.execute(
        text("UPDATE registrations SET state = :state WHERE id = :id"),
        {"state": state, "id": number},
    )


def letters(tx: Connection) -> list[tuple[str, str]]:
    rows = tx.execute(text("SELECT template, recipient FROM messages ORDER BY id"))
    return [tuple(row) for row in rows]


def test_what_was_routed_and_never_reached_the_crm_is_in_the_status(tx: Connection) -> None:
    claim(tx, "ann", account := make.account(tx))
    number = lead(tx, account)
    night(tx, refused=[number])
    what = "leads and deals routed that the CRM does not show as it"
    assert {row.what: row.rows for row in status.waiting_for_people(tx)}[what] == 1
    night(tx)
    assert what not in {row.what for row in status.waiting_for_people(tx)}


def test_a_new_lead_and_a_new_deal_go_to_the_partner_and_both_sides_are_told(
    tx: Connection,
) -> None:
    account = make.account(tx)
    claim(tx, "ann", account)
    leads, deals = lead(tx, account), deal(tx, account)
    night(tx)
    assert says(tx, leads) == says(tx, deals) == ("Ann", UNTIL, "005ann")
    assert letters(tx) == [
        ("registration_routed", "ann@example.com"),
        ("lead_routed", "sam@firm.example"),
    ]
    told = make.value(tx, "SELECT context FROM messages WHERE template = 'registration_routed'")
    assert {record["kind"] for record in told["records"]} == {"lead", "deal"}
    events = "SELECT count(*) FROM audit_events WHERE action = 'routed'"
    assert make.value(tx, events) == 2


def test_a_second_night_changes_nothing(tx: Connection) -> None:
    account = make.account(tx)
    claim(tx, "ann", account)
    lead(tx, account)
    night(tx)
    before = make.everything(tx)
    assert night(tx) == {}
    assert make.everything(tx) == before


def test_by_field_the_owner_stays(tx: Connection) -> None:
    account = make.account(tx)
    claim(tx, "ann", account)
    number = lead(tx, account)
    night(tx, RouteTo.FIELD)
    assert says(tx, number) == ("Ann", UNTIL, SAM)


@pytest.mark.parametrize(
    "other",
    [
        {"created_at": make.NOW - timedelta(days=31)},
        {"is_converted": True},
        {"is_deleted": True},
        {"protected_partner": "Somebody"},
    ],
)
def test_what_is_older_over_or_taken_is_left(tx: Connection, other: dict[str, Any]) -> None:
    account = make.account(tx)
    claim(tx, "ann", account)
    number = lead(tx, account, **other)
    before = says(tx, number)
    assert number not in night(tx)
    assert says(tx, number) == before


def test_the_lead_that_a_claim_came_in_by_is_protected_and_not_routed(tx: Connection) -> None:
    account = make.account(tx)
    number = lead(tx, account)
    claim(tx, "ann", account, source="crm_lead", source_id=number)
    night(tx)
    assert says(tx, number) == ("Ann", UNTIL, SAM)
    assert make.value(tx, "SELECT count(*) FROM routings") == 0


def test_a_deal_that_another_claim_names_is_not_routed(tx: Connection) -> None:
    account = make.account(tx)
    number = deal(tx, account)
    claim(tx, "ann", account, "East")
    claim(tx, "bob", account, "West", opportunity_crm_id=number)
    night(tx)
    assert says(tx, number) == ("Bob (West)", UNTIL, SAM)


def test_each_division_goes_to_its_own_partner(tx: Connection) -> None:
    account = make.account(tx)
    claim(tx, "ann", account, "East")
    claim(tx, "bob", account, "West")
    by_name = deal(tx, account, name="Acme East renewal")
    by_field = deal(tx, account, name="Acme East", division="WEST")
    night(tx)
    assert says(tx, by_name) == ("Ann (East)", UNTIL, "005ann")
    assert says(tx, by_field) == ("Bob (West)", UNTIL, "005bob")


def test_nothing_is_guessed_when_two_share_the_account_and_staff_is_asked_once(
    tx: Connection,
) -> None:
    account = make.account(tx)
    claim(tx, "ann", account, "East")
    claim(tx, "bob", account, "West")
    number = deal(tx, account, name="Acme")
    for _ in range(2):
        assert night(tx) == {}
    assert says(tx, number) == (None, None, SAM)
    template = "protected_account_touched"
    assert letters(tx) == [(template, "sam@firm.example"), (template, STAFF)]
    by_hand(tx, number, name="Acme West")
    assert night(tx) == {number: ("Bob (West)", "005bob")}


def test_what_a_person_sets_by_hand_afterwards_stays(tx: Connection) -> None:
    account = make.account(tx)
    number = claim(tx, "ann", account)
    owner, field = deal(tx, account), deal(tx, account)
    night(tx)
    by_hand(tx, owner, owner_crm_id="005else")
    by_hand(tx, field, protected_partner="Direct")
    for _ in range(2):
        assert night(tx) == {}
    assert says(tx, owner) == ("Ann", UNTIL, "005else")
    assert says(tx, field) == ("Direct", UNTIL, "005ann")
    ends(tx, number)
    assert night(tx) == {owner: (None, None)}  # only what was written is cleared
    claim(tx, "bob", account)
    assert night(tx) == {}


@pytest.mark.parametrize("state", ["expired", "lost", "withdrawn", "won"])
def test_when_the_claim_ends_all_is_put_back(tx: Connection, state: str) -> None:
    account = make.account(tx)
    number = claim(tx, "ann", account)
    leads, deals = lead(tx, account), deal(tx, account)
    night(tx)
    ends(tx, number, state)
    night(tx)
    assert says(tx, leads) == says(tx, deals) == (None, None, SAM)
    assert make.value(tx, "SELECT count(*) FROM routings WHERE released_on IS NULL") == 0
    assert night(tx) == {}


def test_a_deal_that_is_closed_keeps_its_owner_and_loses_the_field(tx: Connection) -> None:
    account = make.account(tx)
    number = claim(tx, "ann", account)
    won = deal(tx, account)
    night(tx)
    by_hand(tx, won, is_closed=True, is_won=True)
    ends(tx, number, "won")
    night(tx)
    assert says(tx, won) == (None, None, "005ann")
    assert make.value(tx, "SELECT count(*) FROM routings WHERE released_on IS NULL") == 0


def test_a_lead_that_is_converted_is_not_written_to_again(tx: Connection) -> None:
    account = make.account(tx)
    number = claim(tx, "ann", account)
    converted = lead(tx, account)
    night(tx)
    by_hand(tx, converted, is_converted=True)
    night(tx)
    ends(tx, number)
    assert night(tx) == {}
    why = "SELECT reason FROM audit_events WHERE action = 'released'"
    assert make.value(tx, why) == "the record is deleted or converted"


def test_a_declined_lead_is_given_back_and_never_offered_again(tx: Connection) -> None:
    """DR11: decline -> unassigned, never offered again; another partner may not."""
    account = make.account(tx)
    first = claim(tx, "ann", account)
    make.participant(tx, "bob")
    number = lead(tx, account)
    night(tx)
    with pytest.raises(routings.RoutingRefused, match="not routed to bob now"):
        routings.decline(tx, routings.Declined(number, "bob", "no time", "bob"), make.TODAY)
    with pytest.raises(routings.RoutingRefused, match="needs a reason"):
        routings.decline(tx, routings.Declined(number, "ann", " ", "ann"), make.TODAY)
    declined = routings.Declined(number, "ann", "no time", "ann")
    assert routings.decline(tx, declined, make.TODAY) == first
    night(tx)
    assert says(tx, number) == (None, None, SAM)
    ends(tx, first, "withdrawn")
    again = {"account_crm_id": account, "state": "approved", "expires_on": UNTIL}
    ann = make.value(tx, "SELECT id FROM participants WHERE key = 'ann'")
    make.registration(tx, ann, "Acme", decided_on=make.TODAY, **again)
    assert night(tx) == {}
    assert says(tx, number) == (None, None, SAM)


def test_a_refused_write_is_shown_tried_again_and_told_only_when_it_is_taken(
    tx: Connection,
) -> None:
    account = make.account(tx)
    number = claim(tx, "ann", account)
    refused = lead(tx, account)
    parked = "SELECT count(*) FROM quarantine WHERE resolved_at IS NULL"
    for _ in range(2):
        night(tx, refused=[refused])
        assert make.value(tx, parked) == 1
        assert letters(tx) == []
        [shown] = queries.open_(tx)
        assert shown["refused"] == "no"
    night(tx)
    assert make.value(tx, parked) == 0
    assert len(letters(tx)) == 2
    ends(tx, number)
    night(tx, refused=[refused])
    assert make.value(tx, parked) == 1
    by_hand(tx, refused, is_deleted=True)
    night(tx)
    assert make.value(tx, parked) == 0  # there is nothing left to try


def test_an_interrupted_night_is_taken_up_with_the_owner_from_before(tx: Connection) -> None:
    account = make.account(tx)
    number = claim(tx, "ann", account)
    leads = lead(tx, account)
    night(tx, refused=[leads])  # as if the answer had been lost: the CRM did take it
    by_hand(tx, leads, protected_partner="Ann", protected_until=UNTIL, owner_crm_id="005ann")
    night(tx)
    assert len(letters(tx)) == 2
    ends(tx, number)
    night(tx)
    assert says(tx, leads) == (None, None, SAM)


def test_direct_sales_hears_whose_the_account_is_once_a_deal_and_day(tx: Connection) -> None:
    account = make.account(tx)
    claim(tx, "ann", account)
    old = {"created_at": make.NOW - timedelta(days=90)}
    number = deal(tx, account, **old, last_activity_on=make.TODAY - timedelta(days=1))
    deal(tx, account, **old, last_activity_on=make.TODAY - timedelta(days=20))  # before the claim
    deal(tx, account, **old, last_activity_on=make.TODAY, owner_crm_id="005ann")
    for _ in range(2):
        night(tx)
    assert letters(tx) == [("protected_account_touched", "sam@firm.example")]
    by_hand(tx, number, last_activity_on=make.TODAY)
    night(tx)
    assert len(letters(tx)) == 2


def test_a_deal_of_an_account_that_was_merged_away_is_routed_all_the_same(tx: Connection) -> None:
    account = make.account(tx)
    gone = make.account(tx, is_deleted=True, master_crm_id=account)
    claim(tx, "ann", account)
    number = deal(tx, gone)
    night(tx)
    assert says(tx, number) == ("Ann", UNTIL, "005ann")


def test_a_partner_is_not_given_records_through_a_user_who_has_left(tx: Connection) -> None:
    account = make.account(tx)
    claim(tx, "ann", account)
    tx.execute(
        text("INSERT INTO crm_users VALUES ('005ann', 'Ann', 'ann@firm.example', false, now())")
    )
    number = lead(tx, account)
    night(tx)
    assert says(tx, number) == ("Ann", UNTIL, SAM)


def test_a_deal_that_is_reopened_is_routed_like_a_new_one(tx: Connection) -> None:
    account = make.account(tx)
    claim(tx, "ann", account)
    number = deal(tx, account, is_closed=True)
    assert night(tx) == {}
    by_hand(tx, number, is_closed=False)
    assert night(tx) == {number: ("Ann", "005ann")}


def test_a_partner_who_is_renamed_is_written_anew_and_is_no_persons_change(tx: Connection) -> None:
    account = make.account(tx)
    claim(tx, "ann", account)
    number = deal(tx, account)
    night(tx)
    tx.execute(text("UPDATE participants SET name = 'Ann & Sons' WHERE key = 'ann'"))
    assert night(tx) == {number: ("Ann & Sons", None)}
    assert night(tx) == {}
    assert make.value(tx, "SELECT count(*) FROM routings WHERE released_on IS NULL") == 1


def test_an_extension_moves_the_last_day_and_tells_nobody_again(tx: Connection) -> None:
    account = make.account(tx)
    claim(tx, "ann", account)
    number = deal(tx, account)
    night(tx)
    later = UNTIL + timedelta(days=30)
    tx.execute(text("UPDATE registrations SET expires_on = :later"), {"later": later})
    night(tx)
    assert says(tx, number) == ("Ann", later, "005ann")
    assert len(letters(tx)) == 2


def test_after_one_partner_the_next_one_may_have_it(tx: Connection) -> None:
    account = make.account(tx)
    first = claim(tx, "ann", account)
    number = deal(tx, account)
    night(tx)
    ends(tx, first, "withdrawn")
    night(tx)
    claim(tx, "bob", account)
    assert night(tx) == {number: ("Bob", "005bob")}
