"""Plans beyond netting: benefits in kind, one payout a night, and what the balance pays for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import Money
from goodword.rules.payout_plans import (
    PAID_TONIGHT,
    Carried,
    Due,
    PayoutPolicy,
    Planned,
    affordable,
    plan,
)
from goodword.rules.payouts import Answer, NotNow, Paid, Rail, TryLater, Unknown, stops

MONTH = {"months": 1}
NO_MINIMUM = PayoutPolicy({})
FIFTY = PayoutPolicy({"USD": 50_00})


def cash(reward_id: int, minor: int, *, destination: str = "acct_1") -> Due:
    return Due(reward_id, 1, Money(minor, "USD"), Rail.STRIPE_TRANSFER, destination, None)


def kind(reward_id: int, rail: Rail, minor: int = 49_00, *, problem: str | None = None) -> Due:
    benefit: dict[str, Any] = {"perk": "ticket"} if rail is Rail.PERK else MONTH
    where = "ann" if rail is Rail.PERK else "sub_1"
    return Due(reward_id, 1, Money(minor, "USD"), rail, where, problem, benefit)


def test_a_benefit_in_kind_is_a_payout_of_its_own_whatever_the_minimum() -> None:
    steps = plan([cash(1, 60_00), kind(2, Rail.STRIPE_COUPON, 10_00)], FIFTY)
    assert steps == [
        Planned(1, Money(60_00, "USD"), Rail.STRIPE_TRANSFER, "acct_1", (1,)),
        Planned(1, Money(10_00, "USD"), Rail.STRIPE_COUPON, "sub_1", (2,), MONTH),
    ]


def test_one_coupon_a_night_goes_to_a_subscription_and_every_perk_is_given() -> None:
    coupons = plan([kind(1, Rail.STRIPE_COUPON), kind(2, Rail.STRIPE_COUPON)], NO_MINIMUM)
    assert [type(step) for step in coupons] == [Planned, Carried]
    of_another = replace(kind(2, Rail.STRIPE_COUPON), participant_id=2)
    in_euro = replace(kind(3, Rail.STRIPE_COUPON), money=Money(49_00, "EUR"))
    shared = plan([kind(1, Rail.STRIPE_COUPON), of_another, in_euro], NO_MINIMUM)
    assert [type(step) for step in shared] == [Planned, Carried, Carried]
    perks = plan([kind(1, Rail.PERK), kind(2, Rail.PERK)], NO_MINIMUM)
    assert [type(step) for step in perks] == [Planned, Planned]


def test_a_benefit_that_cannot_be_given_waits_with_the_reason() -> None:
    [step] = plan([kind(1, Rail.STRIPE_COUPON, problem="the bill is free already")], NO_MINIMUM)
    assert isinstance(step, Carried)
    assert step.reason == "the bill is free already"


def test_a_clawback_nets_against_money_and_never_against_a_benefit() -> None:
    back = Due(3, 1, Money(-20_00, "USD"), None, None, None)
    steps = plan([cash(1, 60_00), kind(2, Rail.STRIPE_COUPON), back], NO_MINIMUM)
    assert {(s.rail, s.money.minor) for s in steps if isinstance(s, Planned)} == {
        (Rail.STRIPE_TRANSFER, 40_00),
        (Rail.STRIPE_COUPON, 49_00),
    }


def test_a_clawback_of_a_benefit_is_netted_at_its_declared_worth() -> None:
    back = Due(3, 1, Money(-49_00, "USD"), Rail.STRIPE_COUPON, "sub_1", None, MONTH)
    [step] = plan([cash(1, 60_00), back], NO_MINIMUM)
    assert isinstance(step, Planned)
    assert step.money == Money(11_00, "USD")


def test_a_second_payout_of_one_night_waits_for_the_next() -> None:
    had = {(1, "USD", Rail.STRIPE_TRANSFER)}
    [step] = plan([cash(1, 60_00)], NO_MINIMUM, had)
    assert isinstance(step, Carried)
    assert step.reason == PAID_TONIGHT
    [step] = plan([kind(1, Rail.PERK)], NO_MINIMUM, {(1, "USD", Rail.PERK)})
    assert isinstance(step, Planned)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Rail.STRIPE_TRANSFER, Rail.STRIPE_CREDIT]),
            st.integers(1, 1_000),
            st.sampled_from(["USD", "JPY", "KWD"]),
        )
    ),
    st.dictionaries(st.sampled_from(["USD", "JPY"]), st.integers(0, 3_000)),
)
def test_what_is_sent_never_exceeds_the_balance_and_nothing_is_lost(
    given_payouts: list[tuple[Rail, int, str]], balance: dict[str, int]
) -> None:
    waiting = [(n, rail, Money(m, code)) for n, (rail, m, code) in enumerate(given_payouts)]
    fits, short = affordable(waiting, balance)
    assert sorted(fits + short) == list(range(len(waiting)))
    for code in ("USD", "JPY", "KWD"):
        drawn = sum(
            money.minor
            for n, rail, money in waiting
            if n in fits and rail is Rail.STRIPE_TRANSFER and money.currency == code
        )
        assert drawn <= balance.get(code, 0)
    assert all(waiting[n][1] is Rail.STRIPE_TRANSFER for n in short)


def test_a_large_payout_that_must_wait_does_not_keep_the_small_ones() -> None:
    waiting = [
        (number, Rail.STRIPE_TRANSFER, Money(minor, "USD"))
        for number, minor in ((1, 90), (2, 500), (3, 10))
    ]
    assert affordable(waiting, {"USD": 100}) == ([1, 3], [2])


@pytest.mark.parametrize(
    ("answer", "stopped"),
    [
        (TryLater("balance_insufficient", "no money"), "USD"),
        (TryLater("bill_already_free", "a gift"), None),
        (TryLater("discounts_changed", "others did"), None),
        (NotNow("authentication", "an old key"), ""),
        (NotNow("permission", "a narrow key"), ""),
        (NotNow("rate_limit", "too fast"), None),
        (Unknown("no answer"), None),
        (Paid("tr_1"), None),
    ],
)
def test_what_the_provider_says_of_the_platform_stops_the_others(
    answer: Answer, stopped: str | None
) -> None:
    assert stops(answer, Money(1, "USD")) == stopped
