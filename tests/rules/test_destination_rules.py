"""Destinations: by which rail each participant is paid for what, and why not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from goodword.rules.destinations import (
    ANYWHERE,
    Closed,
    Obstacle,
    Payee,
    Way,
    destination_of,
    obstacle,
    overtaken,
    rail_of,
    rail_to,
    way_of,
)
from goodword.rules.incentives import Pay
from goodword.rules.payouts import Rail

ADA = Payee(
    "ada",
    "active",
    Rail.BANK_FILE,
    "EUR",
    stripe_account="acct_1",
    stripe_customer="cus_1",
    stripe_subscription="sub_1",
    iban="DE1",
)
NOWHERE = Payee("eve", "active", Rail.STRIPE_TRANSFER, "EUR")
PLACES = {
    Rail.STRIPE_TRANSFER: "acct_1",
    Rail.STRIPE_CREDIT: "cus_1",
    Rail.STRIPE_COUPON: "sub_1",
    Rail.BANK_FILE: "DE1",
    Rail.PERK: "ada",
    Rail.STRIPE_REVERSAL: None,
    None: None,
}


@pytest.mark.parametrize(
    ("pay", "rail"),
    [
        (Pay.CASH, Rail.BANK_FILE),
        (Pay.BILLING_CREDIT, Rail.STRIPE_CREDIT),
        (Pay.FREE_MONTHS, Rail.STRIPE_COUPON),
        (Pay.RENEWAL_DISCOUNT, Rail.STRIPE_COUPON),
        (Pay.PERK, Rail.PERK),
    ],
)
def test_cash_goes_by_the_participants_choice_and_all_else_by_what_it_is(
    pay: Pay, rail: Rail
) -> None:
    assert rail_of(ADA, pay) is rail
    destination = PLACES[rail]
    assert destination
    assert way_of(ADA, pay, "EUR") == Way(rail, destination, "EUR")
    assert obstacle(ADA, pay, "EUR", None) is None


def test_each_rail_has_its_own_name_of_where_the_money_goes() -> None:
    assert {rail: destination_of(ADA, rail) for rail in PLACES} == PLACES


@pytest.mark.parametrize(
    ("destination", "rail"),
    [
        ("acct_1", Rail.STRIPE_TRANSFER),
        ("cus_1", Rail.STRIPE_CREDIT),
        ("sub_1", Rail.STRIPE_COUPON),
        ("tr_1", Rail.STRIPE_REVERSAL),
        ("DE1", None),
    ],
)
def test_a_destination_says_its_rail_by_its_name(destination: str, rail: Rail | None) -> None:
    assert rail_to(destination) is rail


@pytest.mark.parametrize(
    ("payee", "pay", "currency", "code", "reason"),
    [
        (
            replace(ADA, status="suspended"),
            Pay.CASH,
            "EUR",
            "not_active",
            "the participant is suspended",
        ),
        (
            replace(ADA, payout_method=None),
            Pay.CASH,
            "EUR",
            "no_destination",
            "the participant has chosen no payout method",
        ),
        (
            ADA,
            Pay.CASH,
            "USD",
            "currency",
            "the participant is paid in EUR, the reward is in USD",
        ),
        (
            NOWHERE,
            Pay.CASH,
            "EUR",
            "no_destination",
            "the participant has no Stripe account (stripe_account) on record",
        ),
        (
            NOWHERE,
            Pay.BILLING_CREDIT,
            "EUR",
            "no_destination",
            "the participant has no Stripe customer (stripe_customer) on record",
        ),
        (
            NOWHERE,
            Pay.FREE_MONTHS,
            "USD",
            "no_destination",
            "the participant has no Stripe subscription (stripe_subscription) on record",
        ),
        (
            replace(NOWHERE, payout_method=Rail.BANK_FILE),
            Pay.CASH,
            "EUR",
            "no_destination",
            "the participant has no bank account (iban) on record",
        ),
    ],
)
def test_who_cannot_be_paid_is_told_why(
    payee: Payee, pay: Pay, currency: str, code: str, reason: str
) -> None:
    closed = Obstacle("closed", "the last thing that is looked at")
    assert obstacle(payee, pay, currency, closed) == Obstacle(code, reason)
    assert obstacle(ADA, Pay.PERK, "USD", closed) is closed


def test_what_is_given_in_kind_goes_in_any_currency_and_credit_does_not() -> None:
    assert obstacle(ADA, Pay.FREE_MONTHS, "USD", None) is None
    found = obstacle(ADA, Pay.BILLING_CREDIT, "USD", None)
    assert found
    assert found.code == "currency"


def test_a_planned_payout_is_overtaken_by_another_destination_and_a_reversal_never_is() -> None:
    assert overtaken(ADA, Rail.BANK_FILE, "DE1") is None
    moved = "the participant is not paid to DE2 any more"
    assert overtaken(ADA, Rail.BANK_FILE, "DE2") == moved
    suspended = replace(ADA, status="suspended")
    assert overtaken(suspended, Rail.BANK_FILE, "DE1") == "the participant is suspended"
    assert overtaken(suspended, Rail.STRIPE_REVERSAL, "tr_1") is None


def test_a_refusal_closes_a_way_to_one_and_a_movement_to_everybody() -> None:
    way, other = Way(Rail.STRIPE_TRANSFER, "acct_1", "EUR"), Way(Rail.BANK_FILE, "DE1", "EUR")
    refused, unknown = Obstacle("refused", "a no"), Obstacle("unexplained", "who got this?")
    closed = Closed({(1, way): refused}, {other: unknown})
    assert closed.to(1, way) is refused
    assert closed.to(2, way) is None
    assert closed.to(1, other) is unknown
    assert closed.to_everybody(way) is None
    anywhere = Closed({}, {Way(Rail.STRIPE_TRANSFER, ANYWHERE, "EUR"): unknown})
    assert anywhere.to(2, way) is unknown
    assert anywhere.to_everybody(replace(way, currency="USD")) is None
    assert anywhere.to_everybody(other) is None
