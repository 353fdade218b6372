"""Money: minor units, rounding, splits, and texts that are no amounts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import (
    CURRENCIES,
    LARGEST_MINOR,
    MixedCurrencies,
    Money,
    UnknownCurrency,
    UnreadableAmount,
    decimals,
    major_text,
    percent,
    round_half_away,
    split,
    to_minor,
)

currencies = st.sampled_from(sorted(CURRENCIES))
minors = st.integers(-LARGEST_MINOR + 1, LARGEST_MINOR - 1)
weights = st.one_of(st.integers(0, 10**6), st.fractions(0, 10**6, max_denominator=10**6))


# Percentages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minor", "bps", "expected"),
    [
        pytest.param(500, 290, 15, id="AR1: 14.5 rounds up, the float trap"),
        pytest.param(3, 2000, 1, id="AR2: 0.6"),
        pytest.param(15, 1000, 2, id="AR2: 1.5"),
        pytest.param(1, 5000, 1, id="AR2: 0.5"),
        pytest.param(7, 2000, 1, id="AR2: 1.4"),
        pytest.param(2, 2000, 0, id="AR2: 0.4"),
        pytest.param(1000, 2000, 200, id="AR3: a percentage knows no quantity"),
        pytest.param(1000, 333, 33, id="AR5: JPY 1000 at 3.33%"),
        pytest.param(500_00, 0, 0, id="AR12: nothing"),
        pytest.param(500_00, 1000, 50_00, id="AR12: a tenth"),
        pytest.param(500_00, 10_000, 500_00, id="AR12: everything"),
        pytest.param(100_00, 3000, 30_00, id="AR13: 30% of 100"),
        pytest.param(75_00, 3000, 22_50, id="AR13: with a coupon of 25"),
        pytest.param(1510000, 2000, 302000, id="AR11: 20% of 15,100"),
        pytest.param(49_00, 3000, 14_70, id="RF1: 30% of 49"),
        pytest.param(800_00, 400, 32_00, id="RF8: 4% of 1,000 less 200 of credit notes"),
        pytest.param(-1, 5000, -1, id="half away from zero below zero, too"),
        pytest.param(-500, 290, -15, id="AR1 taken back"),
    ],
)
def test_percent_gives_the_published_amounts(minor: int, bps: int, expected: int) -> None:
    assert percent(minor, bps) == expected


@given(minors, st.integers(0, 10_000))
def test_percent_is_the_nearest_whole_and_a_half_goes_away_from_zero(minor: int, bps: int) -> None:
    exact = Fraction(minor * bps, 10_000)
    rounded = percent(minor, bps)
    assert abs(rounded - exact) <= Fraction(1, 2)
    if abs(rounded - exact) == Fraction(1, 2):
        assert abs(rounded) > abs(exact)
    assert abs(rounded) <= abs(minor)
    assert percent(-minor, bps) == -rounded


@given(st.integers(-(10**15), 10**15))
def test_every_half_is_rounded_away_from_zero(whole: int) -> None:
    expected = whole + 1 if whole >= 0 else whole
    assert round_half_away(Fraction(2 * whole + 1, 2)) == expected


# Splits -----------------------------------------------------------------------------------------


def test_a_hundred_in_three_parts_loses_no_cent() -> None:  # AT8
    assert split(100_00, [1, 1, 1]) == [33_34, 33_33, 33_33]


def test_the_unit_left_over_goes_to_the_largest_remainder_and_then_to_the_earlier() -> None:
    assert split(10, [Fraction(16, 10), Fraction(24, 10), 6]) == [2, 2, 6]
    assert split(5, [1, 1]) == [3, 2]
    assert split(-5, [1, 1]) == [-3, -2]


@given(minors, st.lists(weights, min_size=1, max_size=12).filter(any))
def test_a_split_sums_to_the_whole_and_no_part_is_a_unit_off(
    minor: int,
    shares: list[Fraction | int],
) -> None:
    parts = split(minor, shares)
    total = sum(shares, Fraction(0))
    assert sum(parts) == minor
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - minor * Fraction(share) / total) < 1
        assert part * minor >= 0
        assert share or not part, "a weight of nothing gets nothing"


@given(minors, st.lists(weights, min_size=1, max_size=8).filter(any), st.data())
def test_the_order_of_the_weights_decides_only_between_equal_remainders(
    minor: int,
    shares: list[Fraction | int],
    data: st.DataObject,
) -> None:
    mixed = data.draw(st.permutations(shares))
    assert sorted(zip(shares, split(minor, shares), strict=True)) == sorted(
        zip(mixed, split(minor, mixed), strict=True),
    )


@given(minors, st.lists(weights, min_size=2, max_size=8).filter(any))
def test_a_larger_weight_never_gets_less(minor: int, shares: list[Fraction | int]) -> None:
    parts = [abs(part) for part in split(minor, shares)]
    by_weight = sorted(zip(shares, parts, strict=True))
    for (lighter, less), (heavier, more) in pairwise(by_weight):
        assert less <= more or lighter == heavier


@given(minors, st.lists(weights, min_size=1, max_size=8).filter(any), st.integers(1, 10**6))
def test_only_the_proportion_of_the_weights_counts(
    minor: int,
    shares: list[Fraction | int],
    factor: int,
) -> None:
    assert split(minor, [share * factor for share in shares]) == split(minor, shares)


@pytest.mark.parametrize("shares", [[], [0], [0, 0], [1, -1], [2, -1]])
def test_weights_that_divide_nothing_are_refused(shares: list[int]) -> None:
    with pytest.raises(ValueError, match="zero or more"):
        split(100, shares)


# Reading and writing ----------------------------------------------------------------------------


@given(minors, currencies)
def test_what_is_printed_is_read_back(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.parse(str(money)) == money
    assert to_minor(major_text(minor, currency), currency) == minor
    assert to_minor(Decimal(major_text(minor, currency)), currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1250, "USD", "12.50 USD"),
        (5, "USD", "0.05 USD"),
        (-5, "USD", "-0.05 USD"),
        (0, "USD", "0.00 USD"),
        (80, "JPY", "80 JPY"),
        (-80, "JPY", "-80 JPY"),
        (1, "KWD", "0.001 KWD"),
        (12_345, "KWD", "12.345 KWD"),
    ],
)
def test_money_prints_with_the_decimals_of_its_currency(
    minor: int,
    currency: str,
    text: str,
) -> None:
    assert str(Money(minor, currency)) == text


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("12.5", "USD", 1250),
        ("12.500", "USD", 1250),
        ("-0.01", "USD", -1),
        ("1.0E7", "USD", 10**9),
        (Decimal("1E+3"), "JPY", 1000),
        (12, "KWD", 12_000),
        ("9999999999999.99", "USD", LARGEST_MINOR - 1),
        ("0E-99999999", "USD", 0),
    ],
)
def test_an_exact_amount_is_read_in_any_of_its_spellings(
    value: Decimal | int | str,
    currency: str,
    minor: int,
) -> None:
    assert to_minor(value, currency) == minor


@pytest.mark.parametrize(
    ("value", "currency", "why"),
    [
        ("", "USD", "not a number"),
        ("12,50", "USD", "not a number"),
        ("$12", "USD", "not a number"),
        ("1_000", "USD", "not a number"),
        ("0x10", "USD", "not a number"),
        ("NaN", "USD", "not a finite number"),
        ("sNaN", "USD", "not a finite number"),
        ("-Infinity", "USD", "not a finite number"),
        (Decimal("Infinity"), "USD", "not a finite number"),
        ("12.505", "USD", "USD has 2 decimals"),
        ("0.001", "USD", "USD has 2 decimals"),
        ("12.5", "JPY", "JPY has 0 decimals"),
        ("1.0001", "KWD", "KWD has 3 decimals"),
        ("10000000000000.00", "USD", "too large"),
        (10**400, "USD", "too large"),
        (1.5, "USD", "text, whole numbers or Decimal"),
        (True, "USD", "text, whole numbers or Decimal"),
    ],
)
def test_what_is_no_amount_is_refused_with_the_reason(
    value: Decimal | int | str,
    currency: str,
    why: str,
) -> None:
    with pytest.raises(UnreadableAmount, match=why):
        to_minor(value, currency)


@pytest.mark.parametrize("text", ["1E-99999999", "-1E-999999999", "1E+999999999"])
def test_a_monstrous_exponent_is_refused_without_working_it_out(text: str) -> None:
    # 10**99999999 would take minutes: the test ends only because it is never computed.
    with pytest.raises(UnreadableAmount):
        to_minor(text, "USD")


@pytest.mark.parametrize("text", ["", "12.50", "USD", "USD 12.50", "12.50 usd", "12.50 USD x"])
def test_a_text_that_is_not_amount_and_currency_is_refused(text: str) -> None:
    with pytest.raises((UnreadableAmount, UnknownCurrency)):
        Money.parse(text)


# Currencies -------------------------------------------------------------------------------------


@given(minors, minors, st.lists(currencies, min_size=2, max_size=2, unique=True))
def test_currencies_never_mix(left: int, right: int, two: list[str]) -> None:
    one, other = Money(left, two[0]), Money(right, two[1])
    for operation in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__):
        with pytest.raises(MixedCurrencies, match=f"{two[0]} and {two[1]} never mix"):
            operation(one, other)
    assert one != other


@given(minors, minors, currencies)
def test_money_of_one_currency_adds_and_compares_as_its_minor_units(
    left: int,
    right: int,
    currency: str,
) -> None:
    one, other = Money(left, currency), Money(right, currency)
    assert one + other - other == one
    assert one + -one == Money(0, currency)
    assert (one < other) == (left < right)
    assert (one >= other) == (left >= right)


@pytest.mark.parametrize("minor", [1.0, True, "1", Decimal(1), None])
def test_minor_units_are_whole_numbers_and_nothing_else(minor: object) -> None:
    with pytest.raises(TypeError, match="whole number"):
        Money(minor, "USD")  # type: ignore[arg-type]  # that is what is refused


@pytest.mark.parametrize("code", ["usd", "US", "", "XXX", "BTC", "ＵＳＤ"])  # noqa: RUF001 - wide letters are the case
def test_a_code_that_iso_4217_does_not_list_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency, match="ISO 4217"):
        decimals(code)


@pytest.mark.parametrize(
    ("currency", "places"),
    [("JPY", 0), ("KRW", 0), ("ISK", 0), ("USD", 2), ("MYR", 2), ("XCG", 2), ("KWD", 3)],
)
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, places: int) -> None:
    assert decimals(currency) == places
