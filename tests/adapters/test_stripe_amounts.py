"""Stripe's units and limits: what is sent for an amount, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.adapters.stripe_amounts import LARGEST, from_stripe, to_stripe
from goodword.money import CURRENCIES, Money
from goodword.rules.payouts import Rail, Refused

TRANSFER, CREDIT = Rail.STRIPE_TRANSFER, Rail.STRIPE_CREDIT


@pytest.mark.parametrize(
    ("amount", "sent"),
    [
        ("12.50 USD", 1250),
        ("12000 JPY", 12000),
        ("5.120 KWD", 5120),
        ("5 ISK", 500),  # no decimals in ISO 4217, two at Stripe
        ("5 UGX", 500),
        ("5 MGA", 5),  # two decimals in ISO 4217, none at Stripe
        ("10 HUF", 1000),
        ("800 TWD", 80000),
    ],
)
def test_an_amount_is_sent_in_stripes_own_units(amount: str, sent: int) -> None:
    money = Money.parse(amount)
    assert to_stripe(TRANSFER, money) == sent
    assert from_stripe(sent, money.currency) == money.minor


@pytest.mark.parametrize(
    ("rail", "amount", "code"),
    [
        (TRANSFER, "0 USD", "amount_too_small"),
        (CREDIT, "-1 USD", "amount_too_small"),
        (TRANSFER, "5.124 KWD", "amount_too_fine"),
        (CREDIT, "5.124 BHD", "amount_too_fine"),
        (TRANSFER, "10.45 HUF", "amount_too_fine"),
        (TRANSFER, "800.45 TWD", "amount_too_fine"),
        (CREDIT, "1.50 MGA", "amount_too_fine"),
        (TRANSFER, "1000000 USD", "amount_too_large"),
        (TRANSFER, "1000000 ISK", "amount_too_large"),
    ],
)
def test_what_stripe_can_never_pay_is_refused_with_a_sentence(
    rail: Rail, amount: str, code: str
) -> None:
    refused = to_stripe(rail, Money.parse(amount))
    assert isinstance(refused, Refused)
    assert refused.code == code
    assert refused.reason
    assert refused.next_step


def test_a_credit_may_be_finer_than_what_a_bank_pays_out() -> None:
    assert to_stripe(CREDIT, Money.parse("10.45 HUF")) == 1045


@pytest.mark.parametrize("amount", ["999999.99 USD", "99999999 JPY", "99999.990 KWD"])
def test_the_largest_amount_is_eight_digits(amount: str) -> None:
    sent = to_stripe(TRANSFER, Money.parse(amount))
    assert isinstance(sent, int)
    assert sent <= LARGEST


def test_what_is_finer_than_the_currency_cannot_be_read_back() -> None:
    with pytest.raises(ValueError, match="finer than ISK"):
        from_stripe(501, "ISK")


@given(
    st.sampled_from(list(Rail)), st.sampled_from(sorted(CURRENCIES)), st.integers(-(10**6), 10**12)
)
def test_every_amount_is_refused_or_comes_back_as_it_went(
    rail: Rail, currency: str, minor: int
) -> None:
    sent = to_stripe(rail, Money(minor, currency))
    if isinstance(sent, int):
        assert 1 <= sent <= LARGEST
        assert from_stripe(sent, currency) == minor
