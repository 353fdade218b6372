"""Approvals: the thresholds to the cent, and who may not decide."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import Money
from goodword.rules.approvals import (
    ApprovalPolicy,
    ApprovalRefused,
    WaitingReward,
    check_decision,
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
    approved_by=frozenset({"ann@example.com"}),
    beneficiaries=frozenset({"Pat@Partner.example", "straße@partner.example"}),
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


@pytest.mark.parametrize(
    "actor",
    ["pat@partner.example", "PAT@PARTNER.EXAMPLE", "STRASSE@partner.example"],
)
def test_nobody_decides_on_what_they_benefit_from_however_they_spell_themselves(actor: str) -> None:
    with pytest.raises(ApprovalRefused, match="benefits from reward 7: somebody else"):
        check_decision(WAITING, actor, SIX_HUNDRED)


@pytest.mark.parametrize("actor", ["ann@example.com", "Ann@Example.com"])
def test_nobody_approves_twice_however_they_spell_themselves(actor: str) -> None:
    with pytest.raises(ApprovalRefused, match="a different person must be second"):
        check_decision(WAITING, actor, SIX_HUNDRED)
    assert not is_complete(WAITING, actor)


@pytest.mark.parametrize("state", ["computed", "approved", "rejected", "reserved", "paid", "void"])
def test_only_a_waiting_reward_can_be_decided(state: str) -> None:
    with pytest.raises(ApprovalRefused, match=f"reward 7 is {state}"):
        check_decision(replace(WAITING, state=state), "bob@example.com", SIX_HUNDRED)


@pytest.mark.parametrize("seen", [Money(599_99, "USD"), Money(600_00, "EUR")])
def test_a_decision_is_bound_to_the_amount_that_was_seen(seen: Money) -> None:
    with pytest.raises(ApprovalRefused, match="look at it again"):
        check_decision(WAITING, "bob@example.com", seen)


def test_a_second_person_completes_what_needs_two() -> None:
    check_decision(WAITING, "bob@example.com", SIX_HUNDRED)
    assert is_complete(WAITING, "bob@example.com")
    assert not is_complete(replace(WAITING, approved_by=frozenset()), "bob@example.com")
    alone = replace(WAITING, approved_by=frozenset(), approvers_needed=1)
    assert is_complete(alone, "bob@example.com")
