"""Figures: published values, and no figure where there is nothing to divide by."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.rules.figures import concentration, is_concentrated, rate, roi


def test_50_000_for_10_000_is_a_return_of_400_percent() -> None:  # MT1
    assert roi(50_000_00, 10_000_00) == 400
    assert roi(10_000_00, 10_000_00) == 0
    assert roi(0, 10_000_00) == -100


def test_a_referral_rate_is_exact() -> None:
    assert rate(15, 100) == 15
    assert rate(1, 3) == Fraction(100, 3)


def test_where_there_is_nothing_to_divide_by_there_is_no_figure() -> None:
    assert rate(0, 0) is None
    assert roi(50_000, 0) is None
    assert concentration([], 5) is None
    assert concentration([0, 0], 5) is None
    assert not is_concentrated([])


def test_the_top_tenth_is_counted_from_the_most_active() -> None:
    assert concentration([1] * 18 + [41, 41], 10) == 82
    assert concentration([5, 3, 2], 10) == 50


@pytest.mark.parametrize(
    ("counts", "is_alert"),
    [
        ([80] + [1] * 19 + [1], True),
        ([76] + [1] * 19, True),
        ([75] + [1] * 19, False),
        ([1] * 20, False),
        pytest.param([9], False, id="one referrer is a start, not a concentration"),
    ],
)
def test_eighty_percent_from_five_percent_is_an_alert(
    counts: list[int],
    is_alert: bool,  # noqa: FBT001 - a parametrised argument
) -> None:
    assert is_concentrated(counts) is is_alert


@given(st.lists(st.integers(0, 10**4), min_size=1).filter(any), st.integers(1, 100))
def test_a_top_part_brings_at_least_its_part(counts: list[int], top_percent: int) -> None:
    share = concentration(counts, top_percent)
    assert share is not None
    assert 0 < share <= 100
    assert concentration(counts, 100) == 100
