"""Caps: what is left of a reward, and the periods that they count over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import Money
from goodword.rules.caps import Capped, Used, apply_cap
from goodword.rules.incentives import Cap
from goodword.rules.windows import Period, period_start


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_ten_rewards_of_2_50_under_a_cap_of_12_sum_to_12() -> None:  # AR6
    cap = Cap(Period.MONTH, amount={"USD": 12_00})
    used, paid = Used(), []
    for _ in range(10):
        left = apply_cap(usd(2_50), cap, used).minor
        paid.append(left)
        used = Used(used.count + 1, used.minor + left)
    assert paid == [2_50, 2_50, 2_50, 2_50, 2_00, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("used", "left"),
    [
        (Used(0, 0), Capped(100_00)),
        (Used(3, 400_00), Capped(100_00)),
        (Used(3, 400_01), Capped(99_99, "capped at 500.00 USD a quarter")),
        (Used(3, 500_00), Capped(0, "capped at 500.00 USD a quarter")),
        (Used(3, 900_00), Capped(0, "capped at 500.00 USD a quarter")),
        (Used(4, 0), Capped(0, "capped: 4 rewards a quarter are reached")),
        (Used(5, 0), Capped(0, "capped: 4 rewards a quarter are reached")),
    ],
)
def test_a_cap_leaves_what_the_period_has_left_and_says_why(used: Used, left: Capped) -> None:
    cap = Cap(Period.QUARTER, count=4, amount={"USD": 500_00})
    assert apply_cap(usd(100_00), cap, used) == left


def test_a_cap_in_one_currency_says_nothing_of_another() -> None:
    cap = Cap(Period.MONTH, amount={"USD": 1})
    assert apply_cap(Money(5000, "JPY"), cap, Used(9, 10**6)) == Capped(5000)


caps = st.builds(
    Cap,
    per=st.sampled_from(Period),
    count=st.none() | st.integers(0, 5),
    amount=st.dictionaries(st.sampled_from(["USD", "JPY"]), st.integers(0, 10**6)),
)
used_so_far = st.builds(Used, count=st.integers(0, 6), minor=st.integers(-(10**5), 10**7))


@given(st.integers(-(10**6), 10**6), st.none() | caps, used_so_far)
def test_a_cap_never_increases_a_reward(minor: int, cap: Cap | None, used: Used) -> None:
    capped = apply_cap(usd(minor), cap, used)
    assert capped.minor <= minor
    assert capped.minor >= min(minor, 0)
    assert bool(capped.reason) == (capped.minor != minor)


@given(st.lists(st.integers(0, 10**5), max_size=20), caps)
def test_the_rewards_of_a_period_never_sum_to_more_than_its_cap(
    minors: list[int],
    cap: Cap,
) -> None:
    used = Used()
    for minor in minors:
        left = apply_cap(usd(minor), cap, used).minor
        used = Used(used.count + (left > 0), used.minor + left)
    assert used.minor <= cap.amount.get("USD", used.minor)
    assert cap.count is None or used.count <= cap.count


@pytest.mark.parametrize(
    ("on", "period", "start"),
    [
        (date(2026, 3, 31), Period.MONTH, date(2026, 3, 1)),
        (date(2026, 3, 31), Period.QUARTER, date(2026, 1, 1)),
        (date(2026, 4, 1), Period.QUARTER, date(2026, 4, 1)),
        (date(2026, 12, 31), Period.QUARTER, date(2026, 10, 1)),
        (date(2028, 2, 29), Period.YEAR, date(2028, 1, 1)),
        (date(2026, 12, 31), Period.YEAR, date(2026, 1, 1)),
        (date(2027, 1, 1), Period.YEAR, date(2027, 1, 1)),
    ],
)
def test_a_period_begins_on_its_first_day(on: date, period: Period, start: date) -> None:
    assert period_start(on, period) == start


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(Period))
def test_every_day_lies_in_one_period(on: date, period: Period) -> None:
    start = period_start(on, period)
    assert start <= on
    assert start.day == 1
    assert period_start(start, period) == start
    assert period_start(start - timedelta(days=1), period) < start
