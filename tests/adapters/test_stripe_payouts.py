"""The Stripe adapter over real HTTP: what every rail promises of sending and finding again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from goodword.adapters.payments import NotPayable, ProviderUnreachable, Reached, UnsafeCall
from goodword.adapters.stripe_client import API_VERSION
from goodword.rules.payouts import LookedUp, NotAnswered, Paid, Rail, Unknown

TRANSFER, CREDIT = Rail.STRIPE_TRANSFER, Rail.STRIPE_CREDIT
COUPON, REVERSAL = Rail.STRIPE_COUPON, Rail.STRIPE_REVERSAL
RAILS = [TRANSFER, CREDIT, COUPON, REVERSAL]
LOST_BUT_DONE = ["timeout_after", "drop_after", "server_error_after", "truncated", "garbled"]
LOST_AND_NOT_DONE = ["timeout_before", "drop_before", "server_error"]
# The call that moves money or gives the benefit: a coupon's making is another one before it.
MOVES = {
    TRANSFER: "/v1/transfers$",
    CREDIT: "balance_transactions$",
    COUPON: "/v1/subscriptions/",
    REVERSAL: "reversals$",
}


# What is sent ------------------------------------------------------------------------------------


def test_a_transfer_carries_its_reference_twice_and_nothing_else(bench: Any) -> None:
    asked = bench.payment(TRANSFER)
    assert bench.provider.request(asked) == {
        "amount": 1250,
        "currency": "usd",
        "destination": "acct_1ready",
        "transfer_group": asked.reference,
        "description": "Referral reward",
        "metadata": {"goodword_payout": asked.reference},
    }


def test_a_credit_is_a_negative_amount_on_the_customers_balance(bench: Any) -> None:
    asked = bench.payment(CREDIT)
    assert bench.provider.request(asked) == {
        "customer": "cus_ready",
        "amount": -1250,
        "currency": "usd",
        "description": "Referral reward",
        "metadata": {"goodword_payout": asked.reference},
    }


@pytest.mark.parametrize("rail", RAILS)
def test_a_destination_that_is_not_known_is_refused_before_any_call(bench: Any, rail: Rail) -> None:
    with pytest.raises(NotPayable, match="on record") as caught:
        bench.provider.request(bench.payment(rail, destination=""))
    assert caught.value.refused.code == "no_destination"


def test_the_api_version_is_the_one_that_the_library_was_made_for() -> None:
    assert stripe.StripeClient("sk_test_x")._requestor.stripe_version == API_VERSION


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("key", ["", "k" * 256])
def test_nothing_is_sent_without_an_idempotency_key_that_stripe_keeps(
    bench: Any, rail: Rail, key: str
) -> None:
    request, _ = bench.prepared(rail)
    before = sum(bench.world.calls.values())
    with pytest.raises(UnsafeCall, match="idempotency key"):
        bench.provider.send(rail, request, key)
    assert sum(bench.world.calls.values()) == before


@pytest.mark.parametrize("rail", [TRANSFER, CREDIT, REVERSAL])
@pytest.mark.parametrize("amount", [12.5, True, "1250", None, 0])
def test_an_amount_that_is_no_whole_number_is_never_sent(
    bench: Any, rail: Rail, amount: object
) -> None:
    request, key = bench.prepared(rail)
    before = sum(bench.world.calls.values())
    with pytest.raises(UnsafeCall, match="whole number"):
        bench.provider.send(rail, {**request, "amount": amount}, key)
    assert sum(bench.world.calls.values()) == before


# Once, whatever happens to the answer ------------------------------------------------------------


@pytest.mark.parametrize("rail", RAILS)
def test_a_payment_is_paid_once_however_often_it_is_sent_with_its_key(
    bench: Any, rail: Rail
) -> None:
    request, key = bench.prepared(rail)
    first = bench.provider.send(rail, request, key)
    assert isinstance(first, Paid)
    assert bench.provider.send(rail, request, key) == first
    found = bench.provider.look_up(rail, request)
    assert [move.external_id for move in found.movements] == [first.external_id]


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("kind", LOST_BUT_DONE)
def test_an_answer_lost_after_the_work_is_unknown_and_the_repeat_finds_it_done(
    bench: Any, rail: Rail, kind: str
) -> None:
    request, key = bench.prepared(rail)
    assert isinstance(bench.lost(kind, MOVES[rail], rail, request, key), Unknown)
    found = bench.provider.look_up(rail, request)
    assert len(found.movements) == 1
    assert bench.provider.send(rail, request, key) == Paid(found.movements[0].external_id)
    assert len(bench.provider.look_up(rail, request).movements) == 1


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize("kind", LOST_AND_NOT_DONE)
def test_an_answer_lost_before_the_work_is_just_as_unknown(
    bench: Any, rail: Rail, kind: str
) -> None:
    request, key = bench.prepared(rail)
    assert isinstance(bench.lost(kind, MOVES[rail], rail, request, key), Unknown)
    assert bench.provider.look_up(rail, request) == LookedUp(())
    assert isinstance(bench.provider.send(rail, request, key), Paid)


@pytest.mark.parametrize("rail", RAILS)
def test_a_payment_is_called_exactly_once_by_each_send(bench: Any, rail: Rail) -> None:
    request, key = bench.prepared(rail)
    bench.strike("server_error", MOVES[rail], times=None)
    bench.provider.send(rail, request, key)
    ((_, struck),) = bench.world.faults.list()
    assert struck == 1


@pytest.mark.parametrize("rail", RAILS)
def test_a_provider_that_is_not_there_is_unknown(bench: Any, rail: Rail) -> None:
    request, key = bench.prepared(rail)
    answer = bench.connected(api_base="http://127.0.0.1:9").send(rail, request, key)
    assert isinstance(answer, Unknown)
    assert "no answer came back" in answer.reason


@pytest.mark.parametrize("rail", RAILS)
def test_a_failure_that_stripe_replays_stays_unknown(bench: Any, rail: Rail) -> None:
    request, key = bench.prepared(rail)
    bench.strike("cached_error", MOVES[rail])
    for _ in range(2):
        assert isinstance(bench.provider.send(rail, request, key), Unknown)
    assert bench.provider.look_up(rail, request) == LookedUp(())


def test_many_threads_may_send_at_once_and_each_payment_is_made_once(bench: Any) -> None:
    requests = [bench.prepared(TRANSFER) for _ in range(40)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda one: bench.provider.send(TRANSFER, *one), requests))
    assert len({answer.external_id for answer in answers if isinstance(answer, Paid)}) == 40


def test_a_thread_that_waits_for_an_answer_does_not_hold_up_the_others(bench: Any) -> None:
    slow, quick = bench.prepared(TRANSFER), bench.prepared(CREDIT)
    bench.strike("timeout_before", MOVES[TRANSFER], seconds=0.4)
    answers: list[object] = []
    provider = bench.provider
    waiting = threading.Thread(target=lambda: answers.append(provider.send(TRANSFER, *slow)))
    waiting.start()
    assert isinstance(provider.send(CREDIT, *quick), Paid)
    waiting.join()
    assert isinstance(answers[0], Unknown)


# Finding it again --------------------------------------------------------------------------------


@pytest.mark.parametrize("rail", RAILS)
def test_what_was_never_made_is_definitely_not_there(bench: Any, rail: Rail) -> None:
    request, _ = bench.prepared(rail)
    assert bench.provider.look_up(rail, request) == LookedUp(())


def test_a_transfer_is_found_by_its_group_when_somebody_took_its_metadata_off(bench: Any) -> None:
    request = bench.provider.request(bench.payment(TRANSFER))
    made = bench.provider.send(TRANSFER, request, "key-1")
    bench.client.v1.transfers.update(made.external_id, {"metadata": {"goodword_payout": ""}})
    (found,) = bench.provider.look_up(TRANSFER, request).movements
    assert (found.external_id, found.reference) == (made.external_id, "")


@pytest.mark.parametrize("rail", RAILS)
def test_a_look_up_tells_reference_amount_and_destination_for_the_ledger_to_compare(
    bench: Any, rail: Rail
) -> None:
    asked = bench.payment(rail)
    request = bench.provider.request(asked)
    paid = bench.provider.send(rail, request, f"{asked.reference}:1")
    (move,) = bench.provider.look_up(rail, request).movements
    assert isinstance(paid, Paid)
    assert (move.external_id, move.reference) == (paid.external_id, asked.reference)
    assert (move.amount_minor, move.currency) == (asked.amount.minor, "USD")
    assert (move.destination, move.reversed_minor) == (asked.destination, 0)
    assert move.created_at.tzinfo is not None


@pytest.mark.parametrize("rail", [TRANSFER, CREDIT])
def test_a_look_up_reads_every_page(bench: Any, rail: Rail) -> None:
    request, key = bench.prepared(rail)
    paid = bench.provider.send(rail, request, key)
    # 120 of the same group, or 120 later credits of the same customer: the first is on page two.
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: bench.provider.send(rail, request, f"{key}.{i}"), range(120)))
    found = bench.provider.look_up(rail, request)
    assert len(found.movements) == 121
    assert found.movements[-1].external_id == paid.external_id


@pytest.mark.parametrize("rail", RAILS)
def test_a_look_up_that_cannot_be_answered_says_nothing_about_the_money(
    bench: Any, rail: Rail
) -> None:
    request, _ = bench.prepared(rail)
    stranger = bench.connected(api_key="pk_test_stranger")
    assert isinstance(stranger.look_up(rail, request), NotAnswered)


@pytest.mark.parametrize("rail", RAILS)
def test_a_look_up_repeats_what_failed_once(bench: Any, rail: Rail) -> None:
    request, key = bench.prepared(rail)
    bench.provider.send(rail, request, key)
    bench.strike("drop_after", method="GET")
    assert len(bench.provider.look_up(rail, request).movements) == 1


# Whose account -----------------------------------------------------------------------------------


def test_reach_says_whose_account_it_is_and_in_which_mode(bench: Any) -> None:
    assert bench.provider.reach() == Reached("acct_sandboxplatform", "test")
    with pytest.raises(ProviderUnreachable):
        bench.connected(api_key="pk_test_x").reach()


def test_the_balance_is_what_can_be_paid_out_in_the_units_of_iso_4217(bench: Any) -> None:
    available = bench.world.stripe.available
    given = {"jpy": 500, "kwd": 12_340, "isk": 70_050, "mga": 3, "hrk": 99, "eur": -250}
    available.update(given)
    try:
        held = bench.provider.balance()
    finally:
        for currency in given:
            del available[currency]
    wanted = {"JPY": 500, "KWD": 12_340, "ISK": 700, "MGA": 300, "EUR": -250}
    assert {currency: held[currency] for currency in wanted} == wanted
    assert "HRK" not in held
    assert held["USD"] == 10**12


def test_a_balance_that_cannot_be_read_is_no_balance_of_zero(bench: Any) -> None:
    with pytest.raises(ProviderUnreachable):
        bench.connected(api_key="pk_test_x").balance()
