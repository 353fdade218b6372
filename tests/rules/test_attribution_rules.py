"""Attribution: the five models against published journeys, and what holds of every journey."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import split
from goodword.rules.attribution import (
    AttributionPolicy,
    Model,
    attribute,
    weights,
)

WON_AT = datetime(2026, 6, 30, 12, tzinfo=UTC)
FIRST, LAST, LINEAR = Model.FIRST_TOUCH, Model.LAST_TOUCH, Model.LINEAR
DECAY, POSITION = Model.TIME_DECAY, Model.POSITION_BASED


def journey(*days_before: float) -> tuple[datetime, ...]:
    return tuple(WON_AT - timedelta(days=days) for days in days_before)


def parts(value_minor: int, ats: tuple[datetime, ...], model: Model) -> list[int]:
    credited = attribute(value_minor, ats, WON_AT, AttributionPolicy(model))
    return [credit.minor for credit in credited]


THREE, FOUR = journey(20, 10, 0), journey(30, 20, 10, 0)
FIVE = journey(38, 33, 26, 8, 0)


@pytest.mark.parametrize(
    ("value", "ats", "model", "expected"),
    [
        pytest.param(140_00, THREE, FIRST, [140_00, 0, 0], id="AT1 first"),
        pytest.param(140_00, THREE, LAST, [0, 0, 140_00], id="AT1 last"),
        pytest.param(140_00, THREE, LINEAR, [46_67, 46_67, 46_66], id="AT1 linear, to the cent"),
        pytest.param(140_00, THREE, POSITION, [56_00, 28_00, 56_00], id="AT1 position"),
        pytest.param(66_50, journey(9, 0), LINEAR, [33_25, 33_25], id="AT2 linear"),
        pytest.param(66_50, journey(9, 0), POSITION, [33_25, 33_25], id="AT2 position"),
        pytest.param(50_00, journey(3), LINEAR, [50_00], id="AT2 linear, one touch"),
        pytest.param(50_00, journey(3), POSITION, [50_00], id="AT2 position, one touch"),
        pytest.param(3_00, THREE, POSITION, [1_20, 60, 1_20], id="AT3 three touches"),
        pytest.param(3_00, journey(1, 0), POSITION, [1_50, 1_50], id="AT3 two touches"),
        pytest.param(12_000_00, FIVE, LINEAR, [2_400_00] * 5, id="AT4 linear"),
        pytest.param(
            12_000_00,
            FIVE,
            POSITION,
            [4_800_00, 800_00, 800_00, 800_00, 4_800_00],
            id="AT4 position",
        ),
        pytest.param(
            12_000_00,
            FIVE,
            DECAY,
            # AT5's weekly steps would give 218.18, 436.36, 872.73, 3490.91, 6981.82: ours is smooth
            [175_19, 287_44, 574_88, 3_417_04, 7_545_45],
            id="AT4 continuous decay, half-life 7 days",
        ),
        pytest.param(100_00, THREE, LINEAR, [33_34, 33_33, 33_33], id="AT8"),
        pytest.param(1_000_00, FOUR, FIRST, [1_000_00, 0, 0, 0], id="AT9 first"),
        pytest.param(1_000_00, FOUR, LAST, [0, 0, 0, 1_000_00], id="AT9 last"),
        pytest.param(1_000_00, FOUR, LINEAR, [250_00] * 4, id="AT9 linear"),
        pytest.param(1_000_00, FOUR, POSITION, [400_00, 100_00, 100_00, 400_00], id="AT9 position"),
    ],
)
def test_a_published_journey_is_credited_as_published(
    value: int,
    ats: tuple[datetime, ...],
    model: Model,
    expected: list[int],
) -> None:
    assert parts(value, ats, model) == expected


def test_a_touch_one_half_life_older_weighs_half() -> None:
    policy = AttributionPolicy(DECAY, half_life_days=10)
    older, newer = weights(journey(25, 15), WON_AT, policy)
    assert (older, newer) == (Fraction(1, 3), Fraction(2, 3))


@pytest.mark.parametrize("model", Model)
def test_very_old_touches_still_have_weights(model: Model) -> None:
    # 2.0 ** -4000 is no float any more: only the distance between the touches may count
    policy = AttributionPolicy(model, half_life_days=1)
    shares = weights(journey(4001, 4000), WON_AT, policy)
    assert sum(shares) == 1
    if model is DECAY:
        assert shares == (Fraction(1, 3), Fraction(2, 3))


journeys = st.lists(st.integers(0, 400 * 86_400), min_size=1, max_size=9).map(
    lambda seconds: tuple(WON_AT - timedelta(seconds=s) for s in sorted(seconds, reverse=True)),
)
policies = st.builds(
    AttributionPolicy,
    model=st.sampled_from(Model),
    half_life_days=st.integers(1, 90),
)


@given(st.integers(0, 10**13), journeys, policies)
def test_weights_sum_to_one_and_shares_to_the_value(
    value: int,
    ats: tuple[datetime, ...],
    policy: AttributionPolicy,
) -> None:
    credited = attribute(value, ats, WON_AT, policy)
    assert sum(credit.weight for credit in credited) == 1
    assert sum(credit.minor for credit in credited) == value
    for credit in credited:
        assert 0 <= credit.weight <= 1
        assert abs(credit.minor - value * credit.weight) < 1


@given(journeys, policies)
def test_a_deal_of_nothing_credits_nothing(
    ats: tuple[datetime, ...],
    policy: AttributionPolicy,
) -> None:
    assert {credit.minor for credit in attribute(0, ats, WON_AT, policy)} == {0}


@given(journeys, policies)
def test_decay_never_prefers_the_older_touch(
    ats: tuple[datetime, ...],
    policy: AttributionPolicy,
) -> None:
    shares = weights(ats, WON_AT, replace(policy, model=DECAY))
    assert list(shares) == sorted(shares)
    assert shares[-1] > 0


@given(journeys, policies, st.timedeltas(timedelta(0), timedelta(days=300)))
def test_a_later_win_changes_no_weight(
    ats: tuple[datetime, ...],
    policy: AttributionPolicy,
    later: timedelta,
) -> None:
    sooner = weights(ats, WON_AT, policy)
    for weight, other in zip(sooner, weights(ats, WON_AT + later, policy), strict=True):
        assert abs(weight - other) < Fraction(1, 10**9)


@given(st.integers(0, 10**9), journeys, policies)
def test_every_credit_says_why(
    value: int,
    ats: tuple[datetime, ...],
    policy: AttributionPolicy,
) -> None:
    for number, credit in enumerate(attribute(value, ats, WON_AT, policy), 1):
        place = "the only touch" if len(ats) == 1 else f"touch {number} of {len(ats)}"
        assert credit.reason.startswith(place)
        assert policy.model.value.replace("_", " ") in credit.reason


@given(st.integers(-(10**13), 10**13), journeys, policies)
def test_whole_numbers_divide_as_fractions_do(
    value: int,
    ats: tuple[datetime, ...],
    policy: AttributionPolicy,
) -> None:
    credited = attribute(value, ats, WON_AT, policy)
    exact = weights(ats, WON_AT, policy)
    assert [credit.weight for credit in credited] == list(exact)
    assert [credit.minor for credit in credited] == split(value, exact)
