"""Corrections: when a conversion is corrected, and how its claims share what the deal is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import Money
from goodword.rules.attribution import AttributionPolicy, Model, attribute
from goodword.rules.conversions import Claim, ClaimKind, Convert, Grant, WonDeal, credit, detect
from goodword.rules.corrections import Changed, Correct, ForPerson, TooLate, divide, judge

WON_ON = date(2026, 3, 1)
WON_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHANGED = Changed(Money(100_000, "USD"), Money(120_000, "USD"), WON_ON, WON_ON + timedelta(days=30))


def test_an_amount_that_is_raised_or_lowered_is_corrected_with_its_reason() -> None:
    assert judge(CHANGED, [90]) == Correct(
        "the deal's amount was changed from 1,000.00 USD to 1,200.00 USD in the CRM on 2026-03-31"
    )
    assert isinstance(judge(replace(CHANGED, now=Money(0, "USD")), [90]), Correct)


@pytest.mark.parametrize(
    ("days", "verdict"), [([30], Correct), ([29], TooLate), ([90, 29], TooLate)]
)
def test_the_last_day_is_that_of_the_shortest_window_and_counts_in_full(
    days: list[int], verdict: type
) -> None:
    assert isinstance(judge(CHANGED, days), verdict)


@pytest.mark.parametrize(
    "changed",
    [
        replace(CHANGED, now=Money(100_000, "EUR")),
        replace(CHANGED, is_rejected=True),
        replace(CHANGED, is_given=True),
        replace(CHANGED, is_returned=True),
    ],
)
def test_what_the_rules_cannot_know_is_for_a_person_and_only_inside_the_window(
    changed: Changed,
) -> None:
    assert isinstance(judge(changed, [30]), ForPerson)
    assert isinstance(judge(changed, [29]), TooLate)


# Shares -----------------------------------------------------------------------------------------


def claim(number: int, age: int, who: int | None, kind: ClaimKind = ClaimKind.TOUCH) -> Claim:
    at = WON_AT - timedelta(hours=age)
    return Claim(kind, number, at, at.date(), "referral", who, 1)


journeys = st.lists(
    st.tuples(st.integers(0, 4_000), st.sampled_from([None, 1, 2, 3])), min_size=1, max_size=8
).map(
    lambda drawn: tuple(
        sorted(
            (claim(i, *each) for i, each in enumerate(drawn, 1)), key=lambda c: (c.at, c.claim_id)
        )
    )
)
policies = st.builds(AttributionPolicy, model=st.sampled_from(Model))
values = st.integers(0, 10**12)


def deal(value: int, claims: tuple[Claim, ...] = (), grants: tuple[Grant, ...] = ()) -> WonDeal:
    return WonDeal("006000000000001AAA", value, WON_AT, WON_ON, claims, grants)


@given(journeys, policies, values)
def test_a_correction_divides_as_if_the_deal_had_been_won_for_the_amount(
    journey: tuple[Claim, ...], policy: AttributionPolicy, value: int
) -> None:
    corrected = divide(deal(value), journey, policy)
    assert corrected == credit(deal(value), Convert(journey), policy)
    assert sum(each.credit.minor for each in corrected) == value


@given(values, st.integers(1, 9_999))
def test_what_a_ruling_grants_stays_granted_of_the_corrected_amount(value: int, bps: int) -> None:
    winner = claim(1, 90, 1, ClaimKind.REGISTRATION)
    loser = claim(2, 80, 2, ClaimKind.REGISTRATION)
    ruled = deal(value, grants=(Grant(loser, 1, bps, 5),))
    corrected = divide(ruled, (winner, loser), AttributionPolicy())
    assert [each.claim for each in corrected] == [winner, loser]
    assert sum(each.credit.minor for each in corrected) == value
    assert abs(corrected[1].credit.minor - value * bps / 10_000) <= 1


def test_a_ruling_on_claims_that_had_no_share_gives_none_afterwards() -> None:
    winner = claim(1, 90, 1, ClaimKind.REGISTRATION)
    late = Grant(claim(2, 80, 2, ClaimKind.REGISTRATION), 1, 3_000, 5)
    [whole] = divide(deal(100, grants=(late,)), (winner,), AttributionPolicy())
    assert whole.credit.minor == 100


# What holds of every journey ----------------------------------------------------------------------


def money(
    journey: tuple[Claim, ...], value: int, policy: AttributionPolicy
) -> dict[int | None, int]:
    """Return what each participant is credited; the touches of nobody together."""
    ats = tuple(each.at for each in journey)
    found: dict[int | None, int] = {}
    for each, part in zip(journey, attribute(value, ats, WON_AT, policy), strict=True):
        found[each.participant_id] = found.get(each.participant_id, 0) + part.minor
    return found


@given(
    journeys, values, st.integers(0, 4_000), st.sampled_from([Model.FIRST_TOUCH, Model.LAST_TOUCH])
)
def test_a_touch_that_weighs_nothing_changes_nobodys_money(
    journey: tuple[Claim, ...], value: int, age: int, model: Model
) -> None:
    policy = AttributionPolicy(model)
    first, last = journey[0].at, journey[-1].at
    added = claim(99, age, None)
    weighs = added.at < first if model is Model.FIRST_TOUCH else added.at >= last
    longer = tuple(sorted((*journey, added), key=lambda c: (c.at, c.claim_id)))
    before, after = money(journey, value, policy), money(longer, value, policy)
    if not weighs:
        assert after.pop(None, 0) == before.pop(None, 0)
        assert after == before


@given(journeys, values, policies, st.integers(5_000, 9_000))
def test_a_touch_that_does_not_count_changes_nobodys_money(
    journey: tuple[Claim, ...], value: int, policy: AttributionPolicy, age: int
) -> None:
    """One from before the lookback, or after the win; of anybody."""
    assert (WON_AT - timedelta(hours=age)).date() < WON_ON - timedelta(days=180)
    extra = (claim(98, age, 3), claim(99, -1, 2))
    alone, with_extra = (
        detect(deal(value, each), policy) for each in (journey, (*extra, *journey))
    )
    assert alone == with_extra


@given(journeys, values, policies)
def test_the_touches_of_one_participant_sum_and_those_of_nobody_keep_their_share(
    journey: tuple[Claim, ...], value: int, policy: AttributionPolicy
) -> None:
    parts = money(journey, value, policy)
    assert sum(parts.values()) == value
    ats = tuple(each.at for each in journey)
    credited = attribute(value, ats, WON_AT, policy)
    for who, part in parts.items():
        mine = [c for each, c in zip(journey, credited, strict=True) if each.participant_id == who]
        assert abs(part - value * sum((c.weight for c in mine), Fraction(0))) < max(len(mine), 1)
