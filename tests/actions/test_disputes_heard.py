"""Disputes in a real database: opened, heard, ruled on, appealed; what they change and hold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import text

from goodword.actions import (
    dispute_terms,
    disputes,
    registrations,
    rulings,
)
from goodword.actions.disputes import Appeal, Contest, NoSuchDispute, Said
from goodword.actions.registrations import Change, RegistrationRefused
from goodword.actions.rulings import Decision
from goodword.db.queries import conversions as conversion_queries
from goodword.db.queries import dispute_lists
from goodword.db.queries import disputes as queries
from goodword.db.session import Database
from goodword.rules.disputes import DisputeRefused, DisputeState, Outcome
from goodword.rules.registrations import RegistrationState as State
from tests import factories as make
from tests.contested import ENDS, POLICY, PROGRAM, STAFF, TODAY, Place, later


@pytest.fixture
def place(database: Database) -> Any:
    with database.transaction() as tx:
        yield Place(tx)


# Opening and hearing ----------------------------------------------------------------------------


@pytest.mark.parametrize("names", ["held", "lost"])
def test_a_partner_that_lost_contests_the_claim_that_stands(place: Place, names: str) -> None:
    dispute = place.open(registration=getattr(place, names))
    found = dispute_lists.one(place.tx, dispute)
    assert found
    assert (found["registration_id"], found["rival_id"]) == (place.held, place.lost)
    assert (found["opened_by"], found["decide_by"]) == ("bob", later(5))
    assert make.told(place.tx, "dispute", dispute) == ["opened"]
    assert make.facts(place.tx)[-2:] == [f"dispute:{dispute}:opened:{n}" for n in (1, 2)]


def test_partners_are_never_told_who_the_other_one_is(place: Place) -> None:
    dispute = place.open()
    place.rule(dispute, Outcome.TRANSFERRED, share=2000)
    rows = place.tx.execute(
        text(
            "SELECT template, context::text AS said FROM messages WHERE fact LIKE 'dispute:%'"
            " ORDER BY id"
        )
    ).all()
    assert [row.template for row in rows] == [*["dispute_opened"] * 2, *["dispute_decided"] * 2]
    for row, own, other in zip(rows, "ab" * 2, "ba" * 2, strict=True):
        names = {"a": ("Northwind Traders", "ann"), "b": ("Tailspin Toys", "bob")}
        assert names[own][0] in row.said
        assert not any(name in row.said for name in names[other])


def test_one_dispute_about_a_claim_is_open_at_a_time(place: Place) -> None:
    dispute = place.open()
    with pytest.raises(DisputeRefused, match=f"dispute {dispute} about registration 1 is not"):
        place.open("olivia", place.held)
    assert disputes.withdraw(place.tx, dispute, "bob", TODAY) is DisputeState.WITHDRAWN
    assert place.open("olivia", place.held) == dispute + 1


def test_what_is_not_there_cannot_be_contested_or_heard(place: Place) -> None:
    with pytest.raises(DisputeRefused, match="there is no registration 99"):
        place.open(registration=99)
    with pytest.raises(NoSuchDispute, match="there is no dispute 99"):
        disputes.state(place.tx, Said(99, "bob", "me"), TODAY)


def test_both_sides_state_and_nothing_that_was_said_is_changed(place: Place) -> None:
    dispute = place.open()
    disputes.state(place.tx, Said(dispute, "bob@example.com", "minutes of May"), TODAY)
    disputes.state(place.tx, Said(dispute, "northwind traders", "minutes of April"), TODAY)
    make.participant(place.tx, "eve")
    with pytest.raises(DisputeRefused, match="eve is no party of dispute"):
        disputes.state(place.tx, Said(dispute, "eve", "me too"), TODAY)
    found = dispute_lists.one(place.tx, dispute)
    assert found
    assert [each["said_by"] for each in found["statements"]] == ["bob", "ann"]
    with pytest.raises(Exception, match="append-only"), place.tx.begin_nested():
        place.tx.execute(text("UPDATE dispute_statements SET statement = 'nothing'"))


# Ruling -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "why"),
    [
        ("ann", "ann is a participant"),
        ("BOB@example.com", "is a participant"),
        ("Tailspin Toys", "is a participant"),
        ("carl", "carl decided about one of the claims before"),
        ("dora", "dora opened the dispute"),
        (" ", "a ruling needs the name"),
    ],
)
def test_who_is_a_party_or_decided_before_does_not_rule(place: Place, by: str, why: str) -> None:
    dispute = disputes.open_(
        place.tx, Contest(place.held, "dora", "theirs", place.lost), POLICY, TODAY
    )
    with pytest.raises(DisputeRefused, match=why):
        place.rule(dispute, Outcome.UPHELD, by)


def test_upheld_changes_nothing_but_that_it_is_decided(place: Place) -> None:
    dispute = place.open()
    before = place.states()
    assert place.rule(dispute, Outcome.UPHELD) is DisputeState.DECIDED
    assert place.states() == before == ("approved", "conflicting")
    with pytest.raises(DisputeRefused, match=f"is decided, and who lost may appeal .* {later(7)}"):
        place.rule(dispute, Outcome.UPHELD, "pavel")


def test_transferred_puts_the_rival_in_the_place_of_the_first(place: Place) -> None:
    dispute = place.open()
    place.rule(dispute, Outcome.TRANSFERRED)
    assert place.states() == ("withdrawn", "approved")
    until = make.value(place.tx, "SELECT expires_on FROM registrations WHERE id = :n", n=place.lost)
    assert until == date(2026, 8, 28)  # 90 days from 30 May, New York's day of its submission
    assert make.told(place.tx, "registration", place.lost)[-1] == "approved"


def test_a_window_that_would_be_over_begins_with_the_ruling(place: Place) -> None:
    statement = text("UPDATE registrations SET submitted_at = :at WHERE id = :n")
    place.tx.execute(statement, {"at": datetime(2026, 1, 5, 12).astimezone(), "n": place.lost})
    place.rule(place.open(), Outcome.TRANSFERRED)
    until = make.value(place.tx, "SELECT expires_on FROM registrations WHERE id = :n", n=place.lost)
    assert until == later(90)


def test_a_claim_on_the_place_that_is_no_side_keeps_it(place: Place) -> None:
    eve = make.participant(place.tx, "eve")
    place.tx.execute(text("UPDATE registrations SET division = 'EMEA' WHERE id = 1"))
    other = make.registration(place.tx, eve, "Acme", division="APAC")
    registrations.apply(place.tx, [make.approval_of(other, eve)], TODAY)
    dispute = place.open()
    with pytest.raises(DisputeRefused, match=f"registration {other} protects this account"):
        place.rule(dispute, Outcome.TRANSFERRED)


def test_a_won_deal_goes_along_whoever_holds_the_account_since(place: Place) -> None:
    deal = place.win()
    eve = make.participant(place.tx, "eve")
    since = make.registration(place.tx, eve, "Acme")
    registrations.apply(place.tx, [make.approval_of(since, eve)], TODAY)
    dispute = disputes.open_(place.tx, Contest(place.held, "bob", "ours"), POLICY, TODAY)
    place.rule(dispute, Outcome.TRANSFERRED)
    assert place.states() == ("withdrawn", "won")
    assert make.state(place.tx, "registrations", since) == "approved"
    assert [row[:2] for row in place.shares(place.convert(deal))] == [(2, 100_000)]


def test_direct_sales_contests_without_a_claim_and_the_place_is_free_then(place: Place) -> None:
    dispute = place.open("Sally Seller", place.held)
    with pytest.raises(DisputeRefused, match="a share needs two claims"):
        place.rule(dispute, Outcome.UPHELD, share=1000)
    place.rule(dispute, Outcome.TRANSFERRED)
    assert place.states() == ("withdrawn", "conflicting")


def test_a_refusal_is_contested_where_nobody_holds_the_account(database: Database) -> None:
    with database.transaction() as tx:
        place = Place(tx, State.REJECTED)
        withdrawn = registrations.StaffRuling(place.held, State.WITHDRAWN, "they left", "carl")
        registrations.decide(tx, withdrawn, PROGRAM.registrations, "UTC", TODAY)
        dispute = place.open()
        found = dispute_lists.one(tx, dispute)
        assert found
        assert (found["registration_id"], found["rival_id"]) == (place.lost, None)
        assert found["is_about_a_refusal"]
        place.rule(dispute, Outcome.TRANSFERRED)
        assert place.states() == ("withdrawn", "approved")


def test_of_two_deciders_at_once_one_rules(database: Database) -> None:
    with database.transaction() as tx:
        dispute = Place(tx).open()

    def rule(by: str, outcome: Outcome) -> str:
        try:
            with database.transaction() as tx:
                decision = Decision(dispute, by, outcome, "the minutes show it")
                return rulings.rule(tx, decision, PROGRAM, TODAY)
        except DisputeRefused as refused:
            return str(refused)

    wanted = (("olivia", Outcome.UPHELD), ("pavel", Outcome.TRANSFERRED))
    with ThreadPoolExecutor(2) as pool:
        said = [each.result() for each in [pool.submit(rule, *one) for one in wanted]]
    assert sorted(one.startswith("decided") for one in said) == [False, True]
    with database.transaction() as tx:
        assert make.value(tx, "SELECT count(*) FROM dispute_rulings") == 1


def test_of_two_who_open_at_once_one_does(database: Database) -> None:
    with database.transaction() as tx:
        Place(tx)

    def contest(registration: int, by: str) -> str:
        try:
            with database.transaction() as tx:
                contest_ = Contest(registration, by, "we met them in May")
                return str(disputes.open_(tx, contest_, POLICY, TODAY))
        except DisputeRefused as refused:
            return str(refused)

    with ThreadPoolExecutor(2) as pool:
        said = [
            each.result()
            for each in [pool.submit(contest, 1, "olivia"), pool.submit(contest, 2, "bob")]
        ]
    assert sum("one at a time" in one for one in said) == 1


def test_staff_does_not_decide_past_a_dispute_but_a_partner_may_give_up(place: Place) -> None:
    dispute = place.open()

    def decide(claim: int, state: State) -> None:
        ruling = registrations.StaffRuling(claim, state, "so be it", "carl")
        registrations.decide(place.tx, ruling, PROGRAM.registrations, "UTC", TODAY)

    decide(place.held, State.WITHDRAWN)
    for state in (State.APPROVED, State.REJECTED):
        with pytest.raises(RegistrationRefused, match=f"registration 2 is in dispute {dispute}"):
            decide(place.lost, state)
    place.rule(dispute, Outcome.TRANSFERRED)
    assert place.states() == ("withdrawn", "approved")


# Appeal -----------------------------------------------------------------------------------------


def test_an_appeal_is_heard_by_another_person_and_moves_back_what_was_moved(place: Place) -> None:
    dispute = place.open()
    place.rule(dispute, Outcome.TRANSFERRED)
    with pytest.raises(DisputeRefused, match="bob did not lose"):
        disputes.appeal(place.tx, Appeal(dispute, "bob", "more"), POLICY, TODAY)
    disputes.appeal(place.tx, Appeal(dispute, "ann", "the minutes are false"), POLICY, later(7))
    with pytest.raises(DisputeRefused, match="olivia made the first ruling"):
        place.rule(dispute, Outcome.UPHELD, "olivia")
    with pytest.raises(DisputeRefused, match="ann is a participant"):
        place.rule(dispute, Outcome.UPHELD, "ann")
    assert place.rule(dispute, Outcome.UPHELD, "pavel", today=later(8)) is DisputeState.CLOSED
    assert place.states() == ("approved", "withdrawn")
    until = make.value(place.tx, "SELECT expires_on FROM registrations WHERE id = :n", n=place.held)
    assert until == ENDS
    with pytest.raises(DisputeRefused, match="there is one appeal only"):
        disputes.appeal(place.tx, Appeal(dispute, "bob", "again"), POLICY, later(9))


def test_an_appeal_after_its_term_is_refused(place: Place) -> None:
    dispute = place.open()
    place.rule(dispute, Outcome.UPHELD)
    with pytest.raises(DisputeRefused, match=f"was possible through {later(7)}"):
        disputes.appeal(place.tx, Appeal(dispute, "bob", "more"), POLICY, later(8))


def test_a_withdrawn_appeal_leaves_the_first_ruling_the_last(place: Place) -> None:
    dispute = place.open()
    place.rule(dispute, Outcome.UPHELD)
    disputes.appeal(place.tx, Appeal(dispute, "bob", "more"), POLICY, TODAY)
    with pytest.raises(DisputeRefused, match="bob appealed, and may withdraw"):
        disputes.withdraw(place.tx, dispute, "ann", TODAY)
    assert disputes.withdraw(place.tx, dispute, "bob", TODAY) is DisputeState.CLOSED
    assert make.told(place.tx, "dispute", dispute)[-1] == "withdrew the appeal"


# Money ------------------------------------------------------------------------------------------


def test_a_share_divides_what_the_winner_is_credited_to_the_cent(place: Place) -> None:
    dispute = place.open()
    place.rule(dispute, Outcome.UPHELD, share=3333)
    conversion = place.convert(place.win())
    (held, held_minor, held_why), (lost, lost_minor, lost_why) = place.shares(conversion)
    assert ((held, held_minor), (lost, lost_minor)) == ((1, 66_670), (2, 33_330))
    assert held_why.endswith(
        f"33.33% of it goes to registration 2 by the ruling in dispute {dispute}"
    )
    assert lost_why == (
        f"the ruling in dispute {dispute} grants it 33.33% of what registration 1 gets"
    )


def test_what_a_ruling_credits_otherwise_is_converted_anew_while_nothing_is_paid(
    place: Place,
) -> None:
    deal = place.win()
    first = place.convert(deal)
    (reward,) = place.reward(first)
    dispute = place.open()
    assert queries.held(place.tx) == {first: dispute}
    place.rule(dispute, Outcome.TRANSFERRED, share=1000)
    assert place.states() == ("withdrawn", "won")
    assert make.state(place.tx, "conversions", first) == "cancelled"
    assert make.state(place.tx, "rewards", reward) == "void"
    assert make.balances(place.tx, place.ann) == {}
    assert conversion_queries.waiting(place.tx, TODAY, "UTC") == [deal]
    second = place.convert(deal)
    assert [row[:2] for row in place.shares(second)] == [(2, 90_000), (1, 10_000)]
    assert len(place.reward(second)) == 2
    assert queries.held(place.tx)[second] == dispute
    assert dispute_terms.close(place.tx, later(7)) == 0
    assert dispute_terms.close(place.tx, later(8)) == 1
    assert queries.held(place.tx) == {}


def test_an_appeal_credits_the_first_again(place: Place) -> None:
    deal = place.win()
    place.convert(deal)
    dispute = place.open()
    place.rule(dispute, Outcome.TRANSFERRED)
    place.reward(place.convert(deal))
    disputes.appeal(place.tx, Appeal(dispute, "ann", "no"), POLICY, TODAY)
    place.rule(dispute, Outcome.UPHELD, "pavel", share=500)
    assert place.states() == ("won", "withdrawn")
    third = place.convert(deal)
    assert [row[:2] for row in place.shares(third)] == [(1, 95_000), (2, 5_000)]


def test_a_ruling_that_would_change_paid_money_is_refused_and_says_what_can_be_done(
    place: Place,
) -> None:
    (reward,) = place.reward(place.convert(place.win()))
    dispute = place.open()
    make.reserved(place.tx, reward)
    with pytest.raises(DisputeRefused, match=f"of its rewards {reward} are on their way, paid"):
        place.rule(dispute, Outcome.TRANSFERRED)
    with pytest.raises(DisputeRefused, match="uphold the claim without a share"):
        place.rule(dispute, Outcome.UPHELD, share=100)
    place.rule(dispute, Outcome.UPHELD)
    assert place.states() == ("won", "conflicting")


@pytest.mark.parametrize(
    ("share", "why"), [(5001, "grants at most 50%"), (-1, "a share of -0.01% is not allowed")]
)
def test_a_share_is_bounded_by_the_program(place: Place, share: int, why: str) -> None:
    dispute = place.open()
    with pytest.raises(DisputeRefused, match=why):
        place.rule(dispute, Outcome.UPHELD, share=share)


def test_all_the_shares_out_of_one_claim_are_bounded_together(place: Place) -> None:
    place.rule(place.open(), Outcome.UPHELD, share=4000)
    dispute_terms.close(place.tx, later(8))
    eve = make.participant(place.tx, "eve")
    third = make.registration(place.tx, eve, "Acme")
    late = Change(third, eve, State.CONFLICTING, ("late",), with_id=1, submitted_on=TODAY)
    registrations.apply(place.tx, [late], TODAY)
    second = place.open("eve", third)
    with pytest.raises(DisputeRefused, match="other rulings granted 40%"):
        place.rule(second, Outcome.UPHELD, share=1001)
    place.rule(second, Outcome.UPHELD, share=1000)
    conversion = place.convert(place.win())
    assert [row[:2] for row in place.shares(conversion)] == [
        (1, 50_000),
        (2, 40_000),
        (third, 10_000),
    ]


# Terms ------------------------------------------------------------------------------------------


def test_staff_is_reminded_daily_and_what_is_late_is_escalated(place: Place) -> None:
    dispute = place.open()

    def remind(days: int) -> tuple[int, int]:
        reminded = dispute_terms.remind(place.tx, STAFF, later(days))
        return reminded.escalated, reminded.letters

    assert remind(5) == (0, 1)
    assert remind(5) == (0, 0)
    assert remind(6) == (1, 1)
    assert remind(7) == (0, 1)
    assert make.told(place.tx, "dispute", dispute) == ["opened", "escalated"]
    recipients = place.tx.execute(
        text("SELECT recipient FROM messages WHERE template = 'disputes_waiting' ORDER BY id")
    ).scalars()
    assert list(recipients) == ["staff@example.com", "head@example.com", "head@example.com"]
    place.rule(dispute, Outcome.UPHELD, today=later(8))  # late, and yet a ruling
    assert remind(8) == (0, 0)
