"""Amounts that are none: each refusal says what was written, in which currency, and what is."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from goodword.money import (
    MixedCurrencies,
    Money,
    UnknownCurrency,
    UnreadableAmount,
    major_text,
    percent,
    round_half_away,
    split,
    to_minor,
)

WORDS = "amounts are text, whole numbers or Decimal"
NOT_FINITE, TOO_LARGE = "it is not a finite number", "it is too large to be meant"


@pytest.mark.parametrize(
    ("value", "currency", "said"),
    [
        (True, "USD", f"True is no amount in USD: {WORDS}"),
        (1.5, "EUR", f"1.5 is no amount in EUR: {WORDS}"),
        ("1_0", "USD", "'1_0' is no amount in USD: it is not a number"),
        ("ten", "JPY", "'ten' is no amount in JPY: it is not a number"),
        ("inf", "USD", f"'inf' is no amount in USD: {NOT_FINITE}"),
        (Decimal("NaN"), "USD", f"'NaN' is no amount in USD: {NOT_FINITE}"),
        ("1E13", "USD", f"'1E13' is no amount in USD: {TOO_LARGE}"),
        ("1E12", "KWD", f"'1E12' is no amount in KWD: {TOO_LARGE}"),
        (10**15, "JPY", f"1000000000000000 is no amount in JPY: {TOO_LARGE}"),
        ("0.001", "USD", "'0.001' is no amount in USD: USD has 2 decimals"),
        ("0.5", "JPY", "'0.5' is no amount in JPY: JPY has 0 decimals"),
        ("1.2345", "KWD", "'1.2345' is no amount in KWD: KWD has 3 decimals"),
    ],
)
def test_what_is_no_amount_is_refused_in_a_whole_sentence(
    value: str, currency: str, said: str
) -> None:
    with pytest.raises(UnreadableAmount) as refused:
        to_minor(value, currency)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("12.50", "'12.50' is no amount in any currency: write it as \"12.50 USD\""),
        ("1,0.00 USD", "'1,0.00' is no amount in USD: write it as \"10.00 USD\""),
        ("12,50 EUR", "'12,50' is no amount in EUR: write it as \"1,250.00 EUR\""),
        ("12.50 US dollars", "'US dollars' is not an ISO 4217 currency"),
    ],
)
def test_a_text_that_is_no_amount_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises((UnreadableAmount, UnknownCurrency)) as refused:
        Money.parse(text)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("text", ["1,250.00 USD", "1250 USD", " 1250.00   USD ", "1250.0 USD"])
def test_an_amount_may_be_written_short_or_as_it_is_printed(text: str) -> None:
    assert Money.parse(text) == Money(1250_00, "USD")


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (0, "USD", "0.00"),
        (5, "USD", "0.05"),
        (-5, "USD", "-0.05"),
        (0, "JPY", "0"),
        (1, "JPY", "1"),
    ],
)
def test_nothing_has_no_sign_and_one_digit_before_the_point(
    minor: int, currency: str, written: str
) -> None:
    assert major_text(minor, currency) == written
    assert str(Money(minor, currency)) == f"{written} {currency}"


def test_other_refusals_are_whole_sentences_as_well() -> None:
    for make, said in (
        (lambda: Money(1, "usd"), "'usd' is not an ISO 4217 currency; write for example USD, EUR"),
        (lambda: Money(Decimal(1), "USD"), "minor units are a whole number, not Decimal('1')"),
        (lambda: Money(1, "USD") + Money(1, "EUR"), "USD and EUR never mix in one amount"),
        (lambda: split(1, [0]), "weights are zero or more, and one of them is more than zero"),
    ):
        with pytest.raises((ValueError, TypeError, UnknownCurrency, MixedCurrencies)) as refused:
            make()
        assert str(refused.value).startswith(said)


def test_a_split_by_whole_numbers_is_exact_where_floats_are_not() -> None:
    assert split(10**15 + 1, [10**15, 1]) == [10**15, 1]
    assert split(0, [1, 2]) == [0, 0]
    assert percent(10**15 - 1, 10_000) == 10**15 - 1
    assert round_half_away(Fraction(2 * 10**17 + 1, 2)) == 10**17 + 1
