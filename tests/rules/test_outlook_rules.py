"""Outlooks: what stays of simulated rewards, who looks at them, and when they are paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from goodword.money import Money
from goodword.program import load_program
from goodword.rules import refunds
from goodword.rules.approvals import ApprovalPolicy
from goodword.rules.conversions import WonDeal
from goodword.rules.earnings import Earned, Earning
from goodword.rules.histories import Days, PastDeal, PastLead, PastReward, Person
from goodword.rules.incentives import Pay
from goodword.rules.outcomes import Outcome, OutcomeFacts
from goodword.rules.outlooks import Given, Loss, dues, looked_at, paid, stayed, taken_back
from goodword.rules.payout_plans import PayoutPolicy
from goodword.rules.rewards import RewardPolicy
from goodword.rules.suspicions import Introduced, Standing

PROGRAM, _ = load_program(Path(__file__).parents[2] / "config" / "program.toml")
PROGRAM = replace(PROGRAM, approvals=ApprovalPolicy({"USD": 10_00}, {"USD": 30_00}))
ON = date(2026, 3, 2)
DEAL = PastDeal(
    WonDeal("006A", 100_00, datetime(2026, 3, 2, 9, tzinfo=UTC), ON, ()), "001A", "USD", ON
)
LEAD = PastLead(7, 1, datetime(2026, 2, 1, tzinfo=UTC), ON, 0, "USD", ON)
RULE = replace(PROGRAM.incentives[0], pay=Pay.CASH, benefit=None)
ADA = Person(1, "ada", "Ada", "reseller", "basic", "active", "a@x.example", ("x.example",))


def earned(minor: int, who: int = 1, **other: Any) -> Earned:
    facts = OutcomeFacts(Outcome.CONVERTED, "reseller", "basic", 100_00, 100_00, "USD")
    earning = Earning(who, facts, ON, 0, conversion_id=1)
    return replace(Earned(earning, RULE, minor, minor, "10%", ON + timedelta(3)), **other)


def given(minor: int, who: int = 1, **other: Any) -> Given:
    made = Given(earned(minor, who), Money(minor, "USD"), DEAL, (), "deal 1", None)
    return replace(made, **other)


def lost(minor: int | None, days: int = 5) -> refunds.Loss:
    return refunds.Loss(ON + timedelta(days=days), minor, "refunded")


# What stays -------------------------------------------------------------------------------------


def test_what_stayed_of_a_deal_is_rounded_once() -> None:
    assert stayed(DEAL) == 100_00
    assert stayed(replace(DEAL, lost=(lost(33_33), lost(1)))) == 66_66
    assert stayed(replace(DEAL, lost=(lost(None),))) == 0


def test_a_refund_inside_the_window_takes_its_part_back_and_a_lead_loses_nothing() -> None:
    policy = RewardPolicy()
    half = replace(DEAL, lost=(lost(50_00),))
    back = taken_back(earned(10_01), half, policy)
    assert back
    assert (back.on, back.minor) == (ON + timedelta(days=5), 5_01)
    assert "refunded" in back.reason
    assert taken_back(earned(10_01), DEAL, policy) is None
    assert taken_back(earned(10_01), LEAD, policy) is None
    late = replace(DEAL, lost=(lost(50_00, policy.clawback_days + 1),))
    assert taken_back(earned(10_01), late, policy) is None


# Looked at --------------------------------------------------------------------------------------


def asked(
    *each: Given, person: Person = ADA, introduced: dict[int, Introduced] | None = None
) -> list[int]:
    people = {1: person, 2: replace(person, id=2)}
    return [reward.asked for reward in looked_at(each, PROGRAM, people, introduced or {})]


def test_rewards_for_one_deal_in_one_night_are_looked_at_together() -> None:
    small, large = given(5_00), given(6_00)
    assert asked(small) == [0]
    assert asked(small, large) == [1, 1]
    assert asked(small, replace(large, together="deal 2")) == [0, 0]
    assert asked(small, given(6_00, who=2)) == [0, 0]
    assert asked(small, replace(large, money=Money(1, "USD"))) == [0, 0]
    assert asked(given(20_00), given(20_00)) == [2, 2]
    assert asked(given(0), given(20_00)) == [0, 1]


def test_what_an_earlier_night_gave_counts_for_the_same_deal() -> None:
    tomorrow = replace(DEAL, computed_on=ON + timedelta(1))
    assert asked(given(5_00), given(6_00, past=tomorrow)) == [0, 1]


def test_suspicions_and_a_participant_who_is_not_active_are_looked_at() -> None:
    small = given(1_00, referrals=(7, 8))
    assert asked(small, person=replace(ADA, status="suspended")) == [1]
    assert asked(small, person=replace(ADA, standing=Standing(disposable="x"))) == [1]
    own = Introduced(None, ("x.example",), had_bought_before=False)
    assert asked(small, introduced={7: own}) == [1]
    assert asked(small, introduced={9: own}) == [0]
    mailbox = Introduced("a+b@x.example", (), had_bought_before=False)
    assert asked(small, introduced={8: mailbox}) == [1]


def test_a_reward_is_told_whole() -> None:
    (found,) = looked_at(
        [given(5_00, loss=Loss(ON, 2_00, "half came back"))], PROGRAM, {1: ADA}, {}
    )
    assert found == PastReward(
        "deal 006A",
        1,
        "reseller",
        "converted",
        RULE.name,
        "USD",
        ON,
        5_00,
        3_00,
        0,
        "10%; half came back",
    )


# Paid -------------------------------------------------------------------------------------------

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
SPRING = Days(MARCH, date(2026, 5, 31))
NO_MINIMUM = PayoutPolicy({})


def payable(minor: int, on: date, who: int = 1, **other: Any) -> Given:
    return given(minor, who, earned=earned(minor, who, payable_on=on), **other)


def test_payments_are_by_the_month_in_which_holds_are_over() -> None:
    first, second = payable(5_00, date(2026, 3, 31)), payable(6_00, date(2026, 4, 1))
    assert paid(dues([first, second]), NO_MINIMUM, SPRING) == (
        {(MARCH, "USD"): 5_00, (APRIL, "USD"): 6_00},
        {},
    )


def test_what_is_paid_before_the_days_is_not_left_and_after_them_it_is() -> None:
    days = Days(date(2026, 4, 2), date(2026, 4, 30))
    every = [payable(1_00, APRIL), payable(2_00, days.last), payable(4_00, date(2026, 5, 1))]
    assert paid(dues(every), NO_MINIMUM, days) == ({(APRIL, "USD"): 2_00}, {"USD": 4_00})


def test_what_is_taken_back_is_netted_with_the_same_participants_next_reward() -> None:
    back = payable(10_00, date(2026, 3, 10), loss=Loss(date(2026, 3, 20), 4_00, ""))
    later = payable(10_00, date(2026, 4, 10))
    theirs = payable(10_00, date(2026, 4, 10), who=2)
    assert paid(dues([back, later]), NO_MINIMUM, SPRING) == (
        {(MARCH, "USD"): 10_00, (APRIL, "USD"): 6_00},
        {},
    )
    assert paid(dues([back, theirs]), NO_MINIMUM, SPRING) == (
        {(MARCH, "USD"): 10_00, (APRIL, "USD"): 10_00},
        {"USD": -4_00},
    )


def test_small_sums_wait_until_they_add_up() -> None:
    policy = PayoutPolicy({"USD": 8_00})
    both = [payable(5_00, date(2026, 3, 10)), payable(5_00, date(2026, 4, 10))]
    assert paid(dues(both[:1]), policy, SPRING) == ({}, {"USD": 5_00})
    assert paid(dues(both), policy, SPRING) == ({(APRIL, "USD"): 10_00}, {})


@pytest.mark.parametrize(
    ("benefit", "payments", "left"),
    [
        ({"months": 1}, {(MARCH, "USD"): 7_00}, {"USD": -4_00}),
        (None, {}, {"USD": 3_00}),
    ],
)
def test_what_is_given_in_kind_is_never_netted_and_knows_no_minimum(
    benefit: dict[str, int] | None,
    payments: dict[tuple[date, str], int],
    left: dict[str, int],
) -> None:
    rule = replace(RULE, pay=Pay.FREE_MONTHS, benefit=benefit)
    both = [payable(3_00, MARCH), payable(4_00, MARCH, loss=Loss(MARCH, 4_00, ""))]
    both = [replace(each, earned=replace(each.earned, incentive=rule)) for each in both]
    assert paid(dues(both), PayoutPolicy({"USD": 4_00}), SPRING) == (payments, left)


def test_nothing_is_paid_of_a_reward_of_nothing() -> None:
    assert paid(dues([payable(0, MARCH)]), NO_MINIMUM, SPRING) == ({}, {})
