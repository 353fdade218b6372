"""Approvals: the thresholds to the cent, and who may not decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import Money
from goodword.rules.approvals import (
    ApprovalPolicy,
    ApprovalRefused,
    TakenDecision,
    Voice,
    WaitingReward,
    check_decision,
    check_reason,
    check_withdrawal,
    is_complete,
    needed,
)

POLICY = ApprovalPolicy(
    auto_below={"USD": 500_00, "JPY": 50_000},
    two_approvers_from={"USD": 5_000_00, "JPY": 500_000},
)
SIX_HUNDRED = Money(600_00, "USD")
WAITING = WaitingReward(
    reward_id=7,
    state="waiting",
    amount=SIX_HUNDRED,
    approvers_needed=2,
    approved_by=(frozenset({"ann@example.com"}),),
    beneficiaries=frozenset({"Pat@Partner.example", "straße@b.example"}),
)


@pytest.mark.parametrize(
    ("minor", "currency", "people"),
    [
        (0, "USD", 0),
        (499_99, "USD", 0),
        pytest.param(500_00, "USD", 1, id="exactly 500.00 is reviewed (FR6)"),
        (4_999_99, "USD", 1),
        pytest.param(5_000_00, "USD", 2, id="exactly 5,000.00 takes two"),
        (5_000_01, "USD", 2),
        (49_999, "JPY", 0),
        (50_000, "JPY", 1),
        (500_000, "JPY", 2),
        (1, "EUR", 1),
        (-5_000_00, "USD", 0),
        (-1, "EUR", 0),
    ],
)
def test_a_threshold_belongs_to_the_side_above_it(minor: int, currency: str, people: int) -> None:
    assert needed(Money(minor, currency), POLICY).approvers == people


@pytest.mark.parametrize(
    ("parts", "people"),
    [([250_00, 249_99], 0), ([250_00, 250_00], 1), ([100_00] * 5, 1), ([499_99] * 11, 2)],
)
def test_many_small_rewards_of_one_outcome_are_looked_at_as_their_sum(
    parts: list[int],
    people: int,
) -> None:
    total = sum((Money(part, "USD") for part in parts), Money(0, "USD"))
    assert needed(total, POLICY).approvers == people


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_more_money_never_needs_fewer_people(less: int, more: int) -> None:
    people = [needed(Money(minor, "USD"), POLICY).approvers for minor in sorted([less, more])]
    assert people == sorted(people)


def decides(actor: str, reward: WaitingReward = WAITING, **other: object) -> None:
    given = {"seen": SIX_HUNDRED, "acting_for": "", "known_as": frozenset(), **other}
    voice = Voice(actor, given["acting_for"], given["known_as"])  # type: ignore[arg-type]
    check_decision(reward, voice, given["seen"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "actor",
    ["pat@partner.example", "PAT@PARTNER.EXAMPLE", "pat+cash@partner.example", "STRASSE@b.example"],
)
def test_nobody_decides_on_what_they_benefit_from_however_they_spell_themselves(actor: str) -> None:
    with pytest.raises(ApprovalRefused, match="benefits from reward 7: somebody else"):
        decides(actor)


def test_nobody_decides_under_the_name_of_staff_on_what_they_benefit_from_by_their_address() -> (
    None
):
    with pytest.raises(ApprovalRefused, match=r"^pat benefits from reward 7"):
        decides("pat", known_as=frozenset({"pat", "pat@partner.example"}))


def test_nobody_decides_on_a_claim_that_they_brought_in() -> None:
    with pytest.raises(ApprovalRefused, match="Zoe brought in the claim that reward 7 is for"):
        decides("Zoe", replace(WAITING, submitted_by=frozenset({"zoe"})))


@pytest.mark.parametrize("actor", ["ann@example.com", "Ann@Example.com"])
def test_nobody_approves_twice_however_they_spell_themselves(actor: str) -> None:
    with pytest.raises(ApprovalRefused, match="a different person must be second"):
        decides(actor)


@pytest.mark.parametrize(
    ("reward", "sentence"),
    [
        (replace(WAITING, approved_by=(frozenset({"bob"}),)), "^bob approved reward 7 already"),
        (replace(WAITING, approved_by=(frozenset({"cy", "bob"}),)), "^bob approved reward 7"),
        (replace(WAITING, approved_by=(frozenset({"Dee"}),)), "^dee approved reward 7 already"),
        (replace(WAITING, beneficiaries=frozenset({"bob"})), "^bob benefits from reward 7"),
        (replace(WAITING, submitted_by=frozenset({"bob"})), "^bob brought in the claim"),
    ],
)
def test_who_stands_in_may_do_neither_what_they_nor_what_the_other_may_not(
    reward: WaitingReward, sentence: str
) -> None:
    with pytest.raises(ApprovalRefused, match=sentence):
        decides("dee", reward, acting_for="bob")


@pytest.mark.parametrize("state", ["computed", "approved", "rejected", "reserved", "paid", "void"])
def test_only_a_waiting_reward_can_be_decided(state: str) -> None:
    with pytest.raises(ApprovalRefused, match=f"reward 7 is {state}"):
        decides("bob@example.com", replace(WAITING, state=state))


@pytest.mark.parametrize("seen", [Money(599_99, "USD"), Money(600_00, "EUR")])
def test_a_decision_is_bound_to_the_amount_that_was_seen(seen: Money) -> None:
    with pytest.raises(ApprovalRefused, match="look at it again"):
        decides("bob@example.com", seen=seen)


@pytest.mark.parametrize("actor", ["", "  "])
def test_a_decision_has_a_name(actor: str) -> None:
    with pytest.raises(ApprovalRefused, match="needs the name of who takes it"):
        decides(actor)


def test_a_second_person_completes_what_needs_two() -> None:
    decides("bob@example.com")
    assert is_complete(WAITING)
    assert not is_complete(replace(WAITING, approved_by=()))
    assert is_complete(replace(WAITING, approved_by=(), approvers_needed=1))


@pytest.mark.parametrize(
    ("reason", "approve", "sentence"),
    [
        (" ", False, "a refusal needs a reason that the participant may read"),
        ("x" * 2_001, True, "the reason has 2,001 characters: 2,000 are enough"),
    ],
)
def test_a_reason_is_there_and_can_be_read(reason: str, approve: bool, sentence: str) -> None:  # noqa: FBT001 - a case
    with pytest.raises(ApprovalRefused, match=sentence):
        check_reason(reason, approve=approve)


def test_a_first_approval_lapses_on_the_day_that_the_program_says() -> None:
    policy = replace(POLICY, second_within_days=3)
    assert policy.lapsed_since(date(2026, 7, 1)) == date(2026, 6, 28)


TAKEN = TakenDecision(
    7, "approved", SIX_HUNDRED, approve=True, is_taken_from=False, is_acted_on=True
)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"state": "reserved"}, "reward 7 is reserved: an approval is taken back before"),
        ({"state": "paid"}, "reward 7 is paid"),
        ({"state": "void"}, "reward 7 is void"),
        ({"is_taken_from": True}, "a part of reward 7 was taken back already"),
        ({"amount": Money(-1, "USD")}, "reward 7 takes money back"),
        ({"approve": False}, "reward 7 is approved: there is no refusal to take back"),
        ({"approve": False, "state": "rejected"}, "a night or a stage has run since reward 7"),
    ],
)
def test_what_others_have_acted_on_is_not_taken_back(
    changed: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ApprovalRefused, match=sentence):
        check_withdrawal(replace(TAKEN, **changed))


@pytest.mark.parametrize(
    "changed",
    [{}, {"state": "waiting"}, {"approve": False, "state": "rejected", "is_acted_on": False}],
)
def test_what_nobody_has_acted_on_can_be_taken_back(changed: dict[str, Any]) -> None:
    check_withdrawal(replace(TAKEN, **changed))
