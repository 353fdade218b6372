"""Routing: whose a new lead or deal is, and what is never touched."""

from __future__ import annotations

from typing import Any

import pytest

from goodword.rules.crm_policy import RouteTo
from goodword.rules.routings import Arrival, Protector, Route, Tell, Theirs, Unclear, decide, whose

ANN = Protector(1, 11, "", crm_user="user-ann")
EAST = Protector(2, 12, "East", crm_user="user-bob")
NORTH_EAST = Protector(3, 13, "North East")
EMEA = Protector(4, 14, "EMEA")
TOKYO = Protector(5, 15, "東日本")


def arrival(name: str = "Acme", **other: Any) -> Arrival:
    return Arrival(name, "sam", **other)


@pytest.mark.parametrize(
    ("name", "division", "protectors", "expected"),
    [
        ("Acme", None, [ANN], ANN),
        ("Acme", "West", [ANN], ANN),
        ("Acme East renewal", None, [EAST, EMEA], EAST),
        ("Acme (emea)", None, [EAST, EMEA], EMEA),
        ("ACME-EAST", None, [EAST], EAST),
        ("Acme north-east", None, [EAST, NORTH_EAST], NORTH_EAST),
        ("Acme East renewal", "EMEA", [EAST, EMEA], EMEA),
        ("Acme", " east ", [EAST, EMEA], EAST),
        ("アクメ東日本案件", None, [TOKYO, EMEA], TOKYO),
    ],
)
def test_the_field_decides_then_the_longest_division_in_the_name(
    name: str, division: str | None, protectors: list[Protector], expected: Protector
) -> None:
    found = whose(arrival(name, division=division), protectors)
    assert isinstance(found, Theirs)
    assert found.protector == expected


@pytest.mark.parametrize("name", ["Acme", "Acme Eastern", "Beast", "Acme East and EMEA"])
def test_a_division_that_is_not_named_alone_is_not_guessed(name: str) -> None:
    assert whose(arrival(name), [EAST, EMEA]) == Unclear((EAST, EMEA))


def test_one_division_that_is_protected_does_not_get_the_whole_account() -> None:
    assert whose(arrival(), [EAST]) == Unclear((EAST,))


def test_another_division_is_nobodys() -> None:
    assert whose(arrival("Acme East", division="West"), [EAST, EMEA]) is None


@pytest.mark.parametrize(
    ("route_to", "owner"), [(RouteTo.FIELD, None), (RouteTo.OWNER, "user-ann")]
)
def test_the_owner_is_written_only_where_the_program_says_so(
    route_to: RouteTo, owner: str | None
) -> None:
    expected = Route(ANN, owner, "the whole account is protected")
    assert decide(arrival(), [ANN], route_to) == expected


def test_a_partner_without_a_user_gets_the_field_only() -> None:
    found = decide(arrival("Acme EMEA"), [EMEA], RouteTo.OWNER)
    assert found == Route(EMEA, None, "its name says EMEA")


def test_a_record_that_is_the_partners_already_keeps_its_owner() -> None:
    mine = Arrival("Acme", "user-ann", owned_by=11)
    found = decide(mine, [ANN], RouteTo.OWNER)
    assert isinstance(found, Route)
    assert found.owner is None


@pytest.mark.parametrize("given", [{"is_taken": True}, {"owned_by": 99}])
def test_what_a_person_gave_to_somebody_else_stays_there(given: dict[str, Any]) -> None:
    assert decide(arrival(**given), [ANN], RouteTo.OWNER) is None
    assert decide(arrival(**given), [EAST, EMEA], RouteTo.OWNER) is None


def test_what_may_not_be_given_is_told_of() -> None:
    before = Protector(1, 11, "", may_have=False)
    assert decide(arrival(), [before], RouteTo.OWNER) == Tell((before,), ask=False)


def test_staff_is_asked_when_partners_share_an_account_and_nothing_tells_them_apart() -> None:
    assert decide(arrival(), [EAST, EMEA], RouteTo.FIELD) == Tell((EAST, EMEA), ask=True)


def test_staff_is_not_asked_about_one_partners_divisions() -> None:
    same = Protector(9, EAST.participant_id, "West")
    assert decide(arrival(), [EAST, same], RouteTo.FIELD) == Tell((EAST, same), ask=False)
