"""Rails: each by its own adapter, and Stripe only when one of its rails is used."""

from __future__ import annotations

import pytest

from goodword.adapters.payments import NotPayable, Payment, PaymentProvider, UnsafeCall
from goodword.money import Money
from goodword.rules.payouts import BY_HAND, HandedOver, NotAnswered, Rail
from goodword.settings import Settings
from goodword.wiring import NotSetUp, Wiring

BANK = {
    "GOODWORD_BANK_NAME": "Harbour Software",
    "GOODWORD_BANK_IBAN": "DE89370400440532013000",
    "GOODWORD_BANK_BIC": "COBADEFFXXX",
}
IBAN = "NL91ABNA0417164300"
TICKET = Payment(
    "goodword-1-9",
    Rail.PERK,
    Money(400_00, "USD"),
    "ada",
    "Referral rewards, payout 9",
    benefit={"perk": "Conference ticket"},
)
TRANSFER = Payment(
    "goodword-1-8", Rail.BANK_FILE, Money(100, "EUR"), IBAN, "Payout 8", receiver="Ada Lim"
)


def rails(**environment: str) -> PaymentProvider:
    """Return the rails of an installation that knows no Stripe."""
    given = {"GOODWORD_SMTP_URL": "smtp://127.0.0.1:1"}  # of one's own: no sandbox stands in
    return Wiring(Settings.from_environment(given | environment)).provider


def test_people_are_paid_by_bank_file_and_given_perks_without_stripe() -> None:
    provider = rails(**BANK)
    for payment in (TICKET, TRANSFER):
        request = provider.request(payment)
        assert isinstance(provider.send(payment.rail, request, "key:1"), HandedOver)
        way = (payment.destination, payment.amount.currency)
        assert provider.readiness(payment.rail, [way]) == {way: None}


@pytest.mark.parametrize("rail", sorted(set(Rail) - BY_HAND))
def test_stripe_is_asked_for_when_one_of_its_rails_is_used(rail: Rail) -> None:
    with pytest.raises(NotSetUp, match="GOODWORD_STRIPE_API_KEY is not set"):
        rails(**BANK).send(rail, {}, "key:1")


def test_without_an_account_to_pay_from_no_payout_by_file_is_planned() -> None:
    for absent in BANK:
        set_ = {name: value for name, value in BANK.items() if name != absent}
        (answer,) = rails(**set_).readiness(Rail.BANK_FILE, [(IBAN, "EUR")]).values()
        assert isinstance(answer, NotAnswered)
        assert absent in answer.reason


@pytest.mark.parametrize("rail", sorted(BY_HAND))
def test_what_a_person_does_is_never_looked_up(rail: Rail) -> None:
    """An empty list would be a proof that nothing moved, and the same would be paid again."""
    with pytest.raises(UnsafeCall, match="a person says what became of it"):
        rails(**BANK).look_up(rail, {})


def test_a_perk_says_what_is_given_to_whom() -> None:
    provider = rails()
    request = provider.request(TICKET)
    assert request == {
        "perk": "Conference ticket",
        "participant": "ada",
        "worth": 400_00,
        "currency": "USD",
    }
    answer = provider.send(Rail.PERK, request, "key:1")
    assert answer == HandedOver("an operator gives it: Conference ticket")


def test_a_perk_that_nobody_knows_is_refused() -> None:
    nothing = Payment("goodword-1-9", Rail.PERK, Money(1, "USD"), "ada", "Payout 9")
    with pytest.raises(NotPayable) as refused:
        rails().request(nothing)
    assert refused.value.refused.code == "benefit_unknown"
