"""Taking a transfer back: how much of it, and why Stripe refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from goodword.adapters.payments import NotPayable
from goodword.money import Money
from goodword.rules.payouts import Paid, Rail, Refused, Unknown

REVERSAL, TRANSFER = Rail.STRIPE_REVERSAL, Rail.STRIPE_TRANSFER


@pytest.fixture
def transfer(bench: Any) -> str:
    """A payout of ours of 50.00 USD that was paid."""
    request, key = bench.prepared(TRANSFER, "50.00 USD")
    paid = bench.provider.send(TRANSFER, request, key)
    assert isinstance(paid, Paid)
    return paid.external_id


def test_a_reversal_names_its_transfer_and_what_it_takes_back(bench: Any) -> None:
    asked = bench.payment(REVERSAL, "12.50 USD", destination="tr_1")
    assert asked.amount.minor == -1250
    assert bench.provider.request(asked) == {
        "transfer": "tr_1",
        "amount": 1250,
        "description": "Referral reward",
        "metadata": {"goodword_payout": asked.reference},
    }


def test_a_reversal_that_would_pay_is_not_payable(bench: Any) -> None:
    asked = bench.payment(REVERSAL, "-12.50 USD", destination="tr_1")
    with pytest.raises(NotPayable, match="not more than zero"):
        bench.provider.request(asked)


def test_part_of_a_transfer_comes_back_and_the_rest_later(bench: Any, transfer: str) -> None:
    for amount in ("12.50 USD", "37.50 USD"):
        request, key = bench.prepared(REVERSAL, amount, destination=transfer)
        paid = bench.provider.send(REVERSAL, request, key)
        (move,) = bench.provider.look_up(REVERSAL, request).movements
        assert paid == Paid(move.external_id)
        assert Money(move.amount_minor, move.currency) == -Money.parse(amount)
        assert (move.destination, move.reversed_minor) == (transfer, 0)
    assert bench.client.v1.transfers.retrieve(transfer).reversed


def test_more_than_is_left_is_refused_with_what_to_do(bench: Any, transfer: str) -> None:
    bench.client.v1.transfers.reversals.create(transfer, {"amount": 4000})
    request, key = bench.prepared(REVERSAL, "12.50 USD", destination=transfer)
    answer = bench.provider.send(REVERSAL, request, key)
    assert isinstance(answer, Refused)
    assert answer.code == "reversal_too_large"
    assert "reconciliation" in answer.next_step


def test_a_transfer_that_came_back_already_is_refused_with_what_to_do(
    bench: Any, transfer: str
) -> None:
    bench.client.v1.transfers.reversals.create(transfer)
    request, key = bench.prepared(REVERSAL, destination=transfer)
    answer = bench.provider.send(REVERSAL, request, key)
    assert isinstance(answer, Refused)
    assert answer.code == "already_reversed"
    assert "All of transfer" in answer.reason


def test_an_earlier_attempt_that_came_late_and_left_nothing_is_ours(
    bench: Any, transfer: str
) -> None:
    request, key = bench.prepared(REVERSAL, "50.00 USD", destination=transfer)
    bench.strike("execute_late", seconds=3600)
    assert isinstance(bench.provider.send(REVERSAL, request, key), Unknown)
    bench.world.clock.advance(timedelta(hours=2))
    (late,) = bench.provider.look_up(REVERSAL, request).movements
    assert bench.provider.send(REVERSAL, request, f"{key}.2") == Paid(late.external_id)


def test_too_little_balance_of_the_participant_is_refused_and_not_awaited(
    bench: Any, transfer: str
) -> None:
    held = bench.world.stripe.held["acct_1ready"]
    had, held["usd"] = held["usd"], 100
    try:
        request, key = bench.prepared(REVERSAL, destination=transfer)
        answer = bench.provider.send(REVERSAL, request, key)
    finally:
        held["usd"] = had
    assert isinstance(answer, Refused)
    assert answer.code == "insufficient_funds"
    assert "too little balance: " in answer.reason
    assert "(HTTP 400" in answer.reason
    assert "top it up" not in answer.reason, "it is not the platform's balance that is short"
    assert "participant" in answer.next_step


def test_a_transfer_that_nobody_knows_is_refused(bench: Any) -> None:
    request, key = bench.prepared(REVERSAL, destination="tr_nobody")
    answer = bench.provider.send(REVERSAL, request, key)
    assert isinstance(answer, Refused)
    assert answer.code == "resource_missing"


def test_a_refusal_stands_when_the_transfer_cannot_be_read_afterwards(
    bench: Any, transfer: str
) -> None:
    bench.client.v1.transfers.reversals.create(transfer)
    request, key = bench.prepared(REVERSAL, destination=transfer)
    bench.strike("server_error", "/v1/transfers/", method="GET", status=401, times=None)
    answer = bench.provider.send(REVERSAL, request, key)
    assert isinstance(answer, Refused)
    assert answer.code == "refused"
    assert "already fully reversed" in answer.reason
