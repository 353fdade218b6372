"""Rewards: the hold, and what is taken back when an outcome does not stand."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import percent
from goodword.rules.rewards import (
    EarnedReward,
    LetStand,
    RewardPolicy,
    TakeBack,
    Void,
    claw_back,
    payable_on,
)

WON_ON = date(2026, 1, 31)
POLICY = RewardPolicy()
WHOLE = Fraction(1)


def earned(amount: int, taken_back: int = 0, *, is_paid: bool = True) -> EarnedReward:
    return EarnedReward(amount, taken_back, is_paid, WON_ON)


def after(days: int) -> date:
    return WON_ON + timedelta(days=days)


@pytest.mark.parametrize(
    ("outcome_on", "hold_days", "expected"),
    [
        (date(2026, 1, 31), 30, date(2026, 3, 2)),
        (date(2028, 1, 31), 30, date(2028, 3, 1)),
        (date(2028, 2, 28), 3, date(2028, 3, 2)),
        (date(2026, 12, 30), 3, date(2027, 1, 2)),
        (date(2026, 5, 1), 0, date(2026, 5, 1)),
    ],
)
def test_a_hold_is_counted_in_days_of_the_calendar(
    outcome_on: date,
    hold_days: int,
    expected: date,
) -> None:
    assert payable_on(outcome_on, hold_days) == expected


def test_a_refund_before_pay_voids_and_one_after_takes_back_what_was_paid() -> None:  # RF1
    commission = percent(49_00, 3000)
    assert commission == 14_70
    assert isinstance(claw_back(earned(14_70, is_paid=False), WHOLE, POLICY, after(5)), Void)
    taken = claw_back(earned(14_70), WHOLE, POLICY, after(60))
    assert taken == TakeBack(14_70, "100.00% of the outcome was taken back")


def test_the_same_refund_twice_takes_back_once() -> None:  # RF2
    assert isinstance(claw_back(earned(14_70, 14_70), WHOLE, POLICY, after(60)), LetStand)


def test_a_refund_of_400_and_then_the_rest_takes_back_32_and_47_of_79() -> None:  # RF5, RF6
    first = claw_back(earned(79), Fraction(400, 1000), POLICY, after(1))
    rest = claw_back(earned(79, 32), WHOLE, POLICY, after(2))
    assert [first, rest] == [
        TakeBack(32, "40.00% of the outcome was taken back"),
        TakeBack(47, "100.00% of the outcome was taken back"),
    ]


def test_a_credit_note_of_a_fifth_leaves_four_fifths_of_the_commission() -> None:  # RF8
    taken = claw_back(earned(40), Fraction(200, 1000), POLICY, after(1))
    assert isinstance(taken, TakeBack)
    assert 40 - taken.minor == 32


def test_an_unpaid_reward_is_taken_back_in_part_by_a_partial_refund() -> None:
    taken = claw_back(earned(100, is_paid=False), Fraction(1, 4), POLICY, after(1))
    assert isinstance(taken, TakeBack)
    assert taken.minor == 25


def test_an_unpaid_reward_taken_back_in_part_is_not_voided_as_well() -> None:
    # Its clawback of 25 stands: void, it would cost the participant 25 of something else.
    rest = claw_back(earned(100, 25, is_paid=False), WHOLE, POLICY, after(2))
    assert isinstance(rest, TakeBack)
    assert rest.minor == 75


def test_a_tiny_reward_is_not_void_before_all_of_its_outcome_is_refunded() -> None:
    taken = claw_back(earned(1, is_paid=False), Fraction(3, 5), POLICY, after(1))
    assert isinstance(taken, TakeBack)
    assert taken.minor == 1


@pytest.mark.parametrize("refunded", [Fraction(11, 10), Fraction(5)])
def test_a_refund_of_more_than_everything_takes_back_everything(refunded: Fraction) -> None:
    assert claw_back(earned(100), refunded, POLICY, after(1)) == TakeBack(
        100,
        "100.00% of the outcome was taken back",
    )
    assert isinstance(claw_back(earned(100, is_paid=False), refunded, POLICY, after(1)), Void)


@pytest.mark.parametrize("refunded", [Fraction(0), Fraction(-1, 2)])
def test_a_refund_of_nothing_takes_back_nothing(refunded: Fraction) -> None:
    assert isinstance(claw_back(earned(100), refunded, POLICY, after(1)), LetStand)


@pytest.mark.parametrize("is_paid", [True, False])
def test_the_ninetieth_day_still_takes_back_and_the_next_lets_stand(
    is_paid: bool,  # noqa: FBT001 - a parametrised argument
) -> None:
    reward = earned(100, is_paid=is_paid)
    assert not isinstance(claw_back(reward, WHOLE, POLICY, date(2026, 5, 1)), LetStand)
    late = claw_back(reward, WHOLE, POLICY, date(2026, 5, 2))
    assert late == LetStand("the 90 days to take it back ended on 2026-05-01")


@given(
    st.integers(0, 10**10),
    st.lists(st.tuples(st.fractions(0, 2), st.booleans()), max_size=12),
)
def test_whatever_is_refunded_and_whenever_never_more_than_earned_is_taken_back(
    amount: int,
    refunds: list[tuple[Fraction, bool]],
) -> None:
    taken, highest = 0, Fraction(0)
    for refunded, is_paid in refunds:
        highest = max(highest, min(refunded, WHOLE))
        decision = claw_back(earned(amount, taken, is_paid=is_paid), refunded, POLICY, after(9))
        if isinstance(decision, Void):
            assert taken == 0, "a void reward has no clawbacks beside it"
            return
        if isinstance(decision, TakeBack):
            assert decision.minor > 0
            taken += decision.minor
        assert taken <= amount
        assert abs(taken - amount * highest) <= Fraction(1, 2)


@given(st.integers(1, 10**10), st.lists(st.fractions(0, 1), max_size=8))
def test_a_reward_whose_outcome_is_gone_is_taken_back_whole(
    amount: int,
    steps: list[Fraction],
) -> None:
    taken = 0
    for refunded in [*sorted(steps), WHOLE]:
        decision = claw_back(earned(amount, taken), refunded, POLICY, after(9))
        if isinstance(decision, TakeBack):
            taken += decision.minor
    assert taken == amount
