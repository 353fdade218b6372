"""Stripe's units and limits. Its minor units are not always those of ISO 4217.

Source: docs.stripe.com/currencies, "Zero-decimal", "Three-decimal" and "Special cases" (2026-08);
for ISK also support.stripe.com/questions/deprecation-of-fractional-isk-charges-and-refunds.
"""

from __future__ import annotations

from fractions import Fraction

from goodword.adapters.payments import NotPayable
from goodword.money import CURRENCIES, Money, decimals
from goodword.rules.payouts import Rail, Refused

# ISO 4217 gives ISK and UGX no decimals and MGA two; Stripe takes 5 ISK as 500 and 5 MGA as 5.
_STRIPE_DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}
# Two decimals when charged, none when paid out: 10.45 HUF would leave 45 filler stranded.
_WHOLE_WHEN_PAID_OUT = frozenset({"HUF", "TWD"})

LARGEST = 99_999_999
"""Stripe takes amounts of up to eight digits."""


def _unit(currency: str) -> Fraction:
    """Return how many of Stripe's units one minor unit is: mostly 1, ISK 100, MGA 1/100."""
    ours = decimals(currency)
    return Fraction(10) ** (_STRIPE_DECIMALS.get(currency, ours) - ours)


def payable(rail: Rail, money: Money) -> int:
    """Turn an amount into Stripe's units.

    Raises:
        NotPayable: Stripe can never pay it on this rail.
    """
    amount = to_stripe(rail, money)
    if isinstance(amount, Refused):
        raise NotPayable(amount)
    return amount


def to_stripe(rail: Rail, money: Money) -> int | Refused:
    """Turn an amount into Stripe's units, or say why Stripe can never pay it on this rail."""
    if money.minor <= 0:
        return Refused("amount_too_small", f"{money} is not more than zero", "Nothing is owed")
    step = _step_minor(rail, money.currency)
    if money.minor % step:
        return Refused(
            "amount_too_fine",
            f"{money} cannot be paid: Stripe pays {money.currency} in steps of "
            f"{Money(step, money.currency)}",
            "Round this reward's amounts in the program file; or pay it outside Goodword",
        )
    amount = int(money.minor * _unit(money.currency))
    if amount > LARGEST:
        return Refused(
            "amount_too_large",
            f"{money} is over the largest amount that Stripe moves at once, "
            f"{Money(from_stripe(LARGEST // 100 * 100, money.currency), money.currency)}",
            "Pay it outside Goodword, or in several rewards",
        )
    return amount


def from_stripe(amount: int, currency: str) -> int:
    """Turn Stripe's amount into minor units of ISO 4217. `currency` is written in capitals.

    Raises:
        UnknownCurrency: ISO 4217 does not list the currency.
        ValueError: the amount is finer than the currency's smallest unit.
    """
    minor = amount / _unit(currency)
    if minor.denominator != 1:
        raise ValueError(f"Stripe reports {amount} {currency}, finer than {currency} can be paid")
    return int(minor)


def whole_minor(amount: int, currency: str) -> int | None:
    """Turn a balance into whole minor units, cut down to what can be paid of it.

    None for a currency that ISO 4217 lists no more, which nothing here is paid in.
    """
    return int(amount // _unit(currency)) if currency in CURRENCIES else None


def _step_minor(rail: Rail, currency: str) -> int:
    """Return the smallest step, in minor units of ISO 4217, in which Stripe pays the currency."""
    if decimals(currency) == 3:  # noqa: PLR2004 - BHD, JOD, KWD, OMR, TND: their last digit is 0
        return 10
    if currency in _WHOLE_WHEN_PAID_OUT and rail is Rail.STRIPE_TRANSFER:
        return 100
    return _unit(currency).denominator
