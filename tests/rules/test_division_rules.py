"""Divisions: which of several a record is about, the same for whom it is given to and credited."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.rules.divisions import meant, stands_in, words
from goodword.rules.live_claims import Claimant, RegistrationFacts, WonDeal, courses
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.routings import Arrival, Protector, Theirs, Unclear, whose

TODAY = date(2026, 3, 2)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
# Of what each record is about, among claims on these divisions in the order of registration.
CASES = [
    ("Acme", None, ["East", "EMEA"], None),
    ("Acme East renewal", None, ["EMEA", "East"], "East"),
    ("ACME (emea)", None, ["East", "EMEA"], "EMEA"),
    ("Acme ＥＭＥＡ", None, ["East", "EMEA"], "EMEA"),  # noqa: RUF001 - wide letters, as people type
    ("Acme Eastern", None, ["EMEA", "East"], None),
    ("Acme North East", None, ["North", "East", "North East"], "North East"),
    ("Acme East", None, ["North East", "East"], "East"),
    ("Acme EMEA and North America", None, ["EMEA", "North America"], None),
    ("Acme North America, EMEA", None, ["EMEA", "North", "North America"], None),
    ("Acme East", "EMEA", ["East", "EMEA"], "EMEA"),
    ("Acme East", " - ", ["EMEA", "East"], "East"),
    ("Acme", "north-east", ["North", "North East"], "North East"),
    ("アクメ東日本案件", None, ["日本", "東日本"], "東日本"),
    ("アクメ東日本と西日本", None, ["東日本", "西日本"], None),
    ("アクメ東日本", None, ["東 日本", "日本"], "東 日本"),
]


@pytest.mark.parametrize(("name", "field", "claimed", "expected"), CASES)
def test_a_record_is_given_and_credited_by_one_rule(
    name: str, field: str | None, claimed: list[str], expected: str | None
) -> None:
    assert meant(claimed, name, field) == ({expected} if expected else set())
    protectors = [Protector(number, number, each) for number, each in enumerate(claimed)]
    given_to = whose(Arrival(name, "sam", division=field), protectors)
    if expected is None:
        assert given_to == Unclear(tuple(protectors))
    else:
        assert isinstance(given_to, Theirs)
        assert given_to.protector.division == expected
    assert credited(name, field, claimed) == (expected or claimed[0])


def credited(name: str, field: str | None, claimed: list[str]) -> str:
    """Return whose a won deal is, of claims that were registered in this order."""
    won = date(2026, 2, 2)
    rivals = [
        Claimant(
            RegistrationFacts(number, NOON.date(), date(2026, 6, 1), 0),
            RegistrationPolicy(),
            NOON + timedelta(minutes=number),
            (WonDeal("006A", won, claimed=each, name=name, division=field),),
        )
        for number, each in enumerate(claimed)
    ]
    backwards = courses(rivals[::-1], TODAY)[::-1]
    assert courses(rivals, TODAY) == backwards
    (winner,) = (number for number, course in enumerate(backwards) if course.won_by)
    return claimed[winner]


@pytest.mark.parametrize(("name", "field"), [("Acme East", None), ("Acme", "EMEA")])
def test_what_a_claim_names_is_as_certain_as_the_crms_own_field(
    name: str, field: str | None
) -> None:
    said = WonDeal("006A", date(2026, 2, 2), claimed="EMEA", name=name, division=field)
    named = replace(said, claimed="West", is_named=True)
    facts = RegistrationFacts(1, NOON.date(), date(2026, 6, 1), 0)
    policy = RegistrationPolicy()
    first = Claimant(facts, policy, NOON, (named,))
    later = Claimant(facts._replace(registration_id=2), policy, NOON + timedelta(1), (said,))
    assert [course.won_by for course in courses([first, later], TODAY)] == ["006A", None]
    first, later = first._replace(wins=(said,)), later._replace(wins=(named,))
    expected = ["006A", None] if field else [None, "006A"]
    assert [course.won_by for course in courses([first, later], TODAY)] == expected


def test_nothing_speaks_of_the_whole_account() -> None:
    assert meant(["", "East"], "Acme", None) == set()
    assert meant(["", "East"], "Acme East", None) == {"East"}
    assert meant([], "Acme East", "East") == set()


@given(
    st.lists(
        st.sampled_from(["North", "East", "North East", "EMEA", "日本", "東日本"]), unique=True
    ),
    st.lists(st.sampled_from(["Acme", "north", "East,", "(EMEA)", "東日本"])).map(" ".join),
)
def test_what_is_meant_stands_in_the_name_and_is_no_part_of_what_else_does(
    claimed: list[str], name: str
) -> None:
    about = meant(claimed, name, None)
    assert about == meant(claimed[::-1], name, None)
    assert len(about) <= 1
    for one in about:
        assert stands_in(one, name)
        for other in claimed:
            longer = len("".join(words(other))) > len("".join(words(one)))
            assert not (longer and stands_in(other, name) and stands_in(one, other))
