"""The Stripe adapter over real HTTP: what each answer means for the money."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import stripe

from goodword.adapters.payments import (
    NotPayable,
    NotReady,
    Payment,
    ProviderUnreachable,
    UnsafeCall,
)
from goodword.adapters.stripe import StripePayouts
from goodword.adapters.stripe_client import API_VERSION, StripeAccess
from goodword.money import Money
from goodword.rules.payouts import (
    Held,
    LookedUp,
    NotAnswered,
    NotNow,
    Paid,
    Rail,
    Refused,
    Unknown,
)
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.world import Company

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk_test_abcdefghijklmnop"
REFERENCES = count(1)
TRANSFER, CREDIT = Rail.STRIPE_TRANSFER, Rail.STRIPE_CREDIT
LOST_BUT_DONE = ["timeout_after", "drop_after", "server_error_after", "truncated", "garbled"]
LOST_AND_NOT_DONE = ["timeout_before", "drop_before", "server_error"]


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    company = Company(
        name="Contoso",
        org_id="00D000000000001AAA",
        tables={},
        stripe_accounts=[
            {"id": "acct_1ready", "country": "US", "default_currency": "usd"},
            {"id": "acct_1inactive", "default_currency": "usd", "transfers": "inactive"},
            {"id": "acct_1nobank", "default_currency": "usd", "payouts_enabled": False},
        ],
        stripe_customers=[
            {"id": "cus_ready", "currency": None, "email": "a@example.com"},
            {"id": "cus_yen", "currency": "jpy", "email": "b@example.com"},
        ],
    )
    with Sandbox(company, port=0) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.world.faults.clear()
    running.world.stripe.available["usd"] = 10**12


@pytest.fixture
def provider(sandbox: Sandbox) -> StripePayouts:
    return connected(sandbox)


def connected(sandbox: Sandbox, **access: Any) -> StripePayouts:
    given = {"api_key": KEY, "max_per_second": 1000, "timeout": (2, 0.4), **access}
    return StripePayouts(StripeAccess(api_base=sandbox.base_url, **given))


def payment(rail: Rail, amount: str = "12.50 USD", destination: str | None = None) -> Payment:
    to = {TRANSFER: "acct_1ready", CREDIT: "cus_ready"}[rail]
    return Payment(
        reference=f"gw_{next(REFERENCES)}",
        rail=rail,
        amount=Money.parse(amount),
        destination=to if destination is None else destination,
        description="Referral reward",
    )


def prepared(provider: StripePayouts, rail: Rail, **to: str) -> tuple[dict[str, Any], str]:
    asked = payment(rail, **to)
    return provider.request(asked), f"{asked.reference}:1"


def strike(sandbox: Sandbox, kind: str, **how: Any) -> None:
    sandbox.world.faults.add(Fault("stripe", kind, method="POST", **how))


# What is sent ------------------------------------------------------------------------------------


def test_a_transfer_carries_its_reference_twice_and_nothing_else(provider: StripePayouts) -> None:
    asked = payment(TRANSFER)
    assert provider.request(asked) == {
        "amount": 1250,
        "currency": "usd",
        "destination": "acct_1ready",
        "transfer_group": asked.reference,
        "description": "Referral reward",
        "metadata": {"goodword_payout": asked.reference},
    }


def test_a_credit_is_a_negative_amount_on_the_customers_balance(provider: StripePayouts) -> None:
    asked = payment(CREDIT)
    assert provider.request(asked) == {
        "customer": "cus_ready",
        "amount": -1250,
        "currency": "usd",
        "description": "Referral reward",
        "metadata": {"goodword_payout": asked.reference},
    }


@pytest.mark.parametrize("rail", list(Rail))
def test_a_destination_that_is_not_known_is_refused_before_any_call(
    provider: StripePayouts, rail: Rail
) -> None:
    with pytest.raises(NotPayable, match="on record") as caught:
        provider.request(payment(rail, destination=""))
    assert caught.value.refused.code == "no_destination"


def test_the_api_version_is_the_one_that_the_library_was_made_for() -> None:
    assert stripe.StripeClient("sk_test_x")._requestor.stripe_version == API_VERSION


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_nothing_is_sent_without_an_idempotency_key_that_stripe_keeps(
    sandbox: Sandbox, provider: StripePayouts, key: str
) -> None:
    request, _ = prepared(provider, TRANSFER)
    before = sum(sandbox.world.calls.values())
    with pytest.raises(UnsafeCall, match="idempotency key"):
        provider.send(TRANSFER, request, key)
    assert sum(sandbox.world.calls.values()) == before


@pytest.mark.parametrize("amount", [12.5, True, "1250", None, 0])
def test_an_amount_that_is_no_whole_number_is_never_sent(
    sandbox: Sandbox, provider: StripePayouts, amount: object
) -> None:
    request, key = prepared(provider, TRANSFER)
    before = sum(sandbox.world.calls.values())
    with pytest.raises(UnsafeCall, match="whole number"):
        provider.send(TRANSFER, {**request, "amount": amount}, key)
    assert sum(sandbox.world.calls.values()) == before


# What an answer means ----------------------------------------------------------------------------


@pytest.mark.parametrize("rail", list(Rail))
def test_a_payment_is_paid_once_however_often_it_is_sent_with_its_key(
    provider: StripePayouts, rail: Rail
) -> None:
    request, key = prepared(provider, rail)
    first = provider.send(rail, request, key)
    assert isinstance(first, Paid)
    assert provider.send(rail, request, key) == first
    found = provider.look_up(rail, request)
    assert isinstance(found, LookedUp)
    assert [move.external_id for move in found.movements] == [first.external_id]


@pytest.mark.parametrize("rail", list(Rail))
@pytest.mark.parametrize("kind", LOST_BUT_DONE)
def test_an_answer_lost_after_the_work_is_unknown_and_the_repeat_finds_it_done(
    sandbox: Sandbox, provider: StripePayouts, rail: Rail, kind: str
) -> None:
    request, key = prepared(provider, rail)
    strike(sandbox, kind)
    assert isinstance(provider.send(rail, request, key), Unknown)
    found = provider.look_up(rail, request)
    assert isinstance(found, LookedUp)
    assert len(found.movements) == 1
    assert provider.send(rail, request, key) == Paid(found.movements[0].external_id)


@pytest.mark.parametrize("kind", LOST_AND_NOT_DONE)
def test_an_answer_lost_before_the_work_is_just_as_unknown(
    sandbox: Sandbox, provider: StripePayouts, kind: str
) -> None:
    request, key = prepared(provider, TRANSFER)
    strike(sandbox, kind)
    assert isinstance(provider.send(TRANSFER, request, key), Unknown)
    assert provider.look_up(TRANSFER, request) == LookedUp(())


def test_a_payment_is_called_exactly_once_by_each_send(
    sandbox: Sandbox, provider: StripePayouts
) -> None:
    request, key = prepared(provider, TRANSFER)
    strike(sandbox, "server_error", times=None)
    before = sandbox.world.calls["stripe", "POST", "/v1/transfers"]
    provider.send(TRANSFER, request, key)
    assert sandbox.world.calls["stripe", "POST", "/v1/transfers"] == before + 1


def test_a_provider_that_is_not_there_is_unknown() -> None:
    nowhere = StripePayouts(StripeAccess(KEY, "http://127.0.0.1:9", 1000, (1, 1)))
    request, key = prepared(nowhere, TRANSFER)
    answer = nowhere.send(TRANSFER, request, key)
    assert isinstance(answer, Unknown)
    assert "no answer came back" in answer.reason


def test_a_failure_that_stripe_replays_stays_unknown(
    sandbox: Sandbox, provider: StripePayouts
) -> None:
    request, key = prepared(provider, TRANSFER)
    strike(sandbox, "cached_error")
    for _ in range(2):
        assert isinstance(provider.send(TRANSFER, request, key), Unknown)
    assert provider.look_up(TRANSFER, request) == LookedUp(())


def test_a_key_that_is_in_use_is_unknown(sandbox: Sandbox, provider: StripePayouts) -> None:
    request, key = prepared(provider, TRANSFER)
    now = sandbox.world.clock.now()
    sandbox.world.stripe.keys.begin(key, "/v1/transfers", _as_received(request), now)
    answer = provider.send(TRANSFER, request, key)
    assert isinstance(answer, Unknown)
    assert "HTTP 409" in answer.reason


def _as_received(request: dict[str, Any]) -> dict[str, Any]:
    return {name: str(v) if isinstance(v, int) else v for name, v in request.items()}


@pytest.mark.parametrize(
    ("kind", "code"), [("rate_limited", "rate_limit"), ("lock_timeout", "lock_timeout")]
)
def test_429_is_not_now_and_the_same_attempt_may_go_again(
    sandbox: Sandbox, provider: StripePayouts, kind: str, code: str
) -> None:
    request, key = prepared(provider, TRANSFER)
    strike(sandbox, kind)
    answer = provider.send(TRANSFER, request, key)
    assert isinstance(answer, NotNow)
    assert answer.code == code
    assert isinstance(provider.send(TRANSFER, request, key), Paid)


def test_a_key_that_stripe_does_not_accept_is_not_now_and_is_never_shown(sandbox: Sandbox) -> None:
    secret = "pk_live_do_not_show_me"
    access = StripeAccess(secret, sandbox.base_url)
    provider = StripePayouts(access)
    request, key = prepared(provider, TRANSFER)
    answer = provider.send(TRANSFER, request, key)
    assert isinstance(answer, NotNow)
    assert "GOODWORD_STRIPE_API_KEY" in answer.reason
    assert secret not in answer.reason + repr(access) + repr(provider)


def test_a_secret_that_stripe_repeats_is_cut_out(sandbox: Sandbox, provider: StripePayouts) -> None:
    request, key = prepared(provider, TRANSFER)
    body = {"error": {"type": "api_error", "message": f"who is {KEY}?"}}
    strike(sandbox, "server_error", body=body)
    answer = provider.send(TRANSFER, request, key)
    assert isinstance(answer, Unknown)
    assert "who is ********?" in answer.reason


def test_another_body_under_the_same_key_is_held_for_a_person(provider: StripePayouts) -> None:
    request, key = prepared(provider, TRANSFER)
    provider.send(TRANSFER, request, key)
    answer = provider.send(TRANSFER, {**request, "amount": 9900}, key)
    assert isinstance(answer, Held)


def test_too_small_a_platform_balance_is_refused_with_what_to_do(
    sandbox: Sandbox, provider: StripePayouts
) -> None:
    request, key = prepared(provider, TRANSFER)
    sandbox.world.stripe.available["usd"] = 10
    answer = provider.send(TRANSFER, request, key)
    assert isinstance(answer, Refused)
    assert answer.code == "balance_insufficient"
    assert answer.next_step.startswith("Top up the platform balance")


@pytest.mark.parametrize(
    ("rail", "destination", "code", "next_step"),
    [
        (TRANSFER, "acct_1nobody", "resource_missing", "stripe_account"),
        (TRANSFER, "acct_1inactive", "insufficient_capabilities_for_transfer", "onboarding"),
        (CREDIT, "cus_nobody", "resource_missing", "stripe_customer"),
        (CREDIT, "cus_yen", "currency_not_supported", "currency"),
    ],
)
def test_a_definite_no_says_why_and_what_the_operator_does(
    provider: StripePayouts, rail: Rail, destination: str, code: str, next_step: str
) -> None:
    request, key = prepared(provider, rail, destination=destination)
    answer = provider.send(rail, request, key)
    assert isinstance(answer, Refused)
    assert answer.code == code
    assert next_step in answer.next_step


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", {"error": "down"}, {}, [], "null"])
def test_an_answer_that_stripe_did_not_write_is_unknown(
    sandbox: Sandbox, provider: StripePayouts, body: object
) -> None:
    request, key = prepared(provider, TRANSFER)
    strike(sandbox, "server_error", body=body)
    assert isinstance(provider.send(TRANSFER, request, key), Unknown)


def test_many_threads_may_send_at_once_and_each_payment_is_made_once(
    provider: StripePayouts,
) -> None:
    requests = [prepared(provider, TRANSFER) for _ in range(40)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda one: provider.send(TRANSFER, *one), requests))
    assert len({answer.external_id for answer in answers if isinstance(answer, Paid)}) == 40


def test_calls_of_all_threads_together_stay_under_the_limit(sandbox: Sandbox) -> None:
    paced = connected(sandbox, max_per_second=20)
    rate = sandbox.world.stripe.rate
    rate.set(20)
    try:
        requests = [prepared(paced, TRANSFER) for _ in range(30)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda one: paced.send(TRANSFER, *one), requests))
        assert all(isinstance(answer, Paid) for answer in answers)
        assert 15 <= rate.most_in_a_second <= 20
    finally:
        rate.set(None)


# Finding it again --------------------------------------------------------------------------------


@pytest.mark.parametrize("rail", list(Rail))
def test_what_was_never_made_is_definitely_not_there(provider: StripePayouts, rail: Rail) -> None:
    request, _ = prepared(provider, rail)
    assert provider.look_up(rail, request) == LookedUp(())


def test_a_look_up_tells_amount_destination_and_what_was_reversed(
    sandbox: Sandbox, provider: StripePayouts
) -> None:
    asked = payment(TRANSFER, "12.50 USD")
    request = provider.request(asked)
    paid = provider.send(TRANSFER, request, "reversal:1")
    assert isinstance(paid, Paid)
    stripe_itself = stripe.StripeClient(KEY, base_addresses={"api": sandbox.base_url})
    stripe_itself.v1.transfers.reversals.create(paid.external_id, {"amount": 250})
    found = provider.look_up(TRANSFER, request)
    assert isinstance(found, LookedUp)
    (move,) = found.movements
    assert (move.reference, move.amount_minor, move.currency) == (asked.reference, 1250, "USD")
    assert (move.destination, move.reversed_minor) == ("acct_1ready", 250)
    assert move.created_at.tzinfo is UTC


@pytest.mark.parametrize("rail", list(Rail))
def test_a_look_up_reads_every_page(provider: StripePayouts, sandbox: Sandbox, rail: Rail) -> None:
    request, key = prepared(provider, rail)
    paid = provider.send(rail, request, key)
    assert isinstance(paid, Paid)
    # 120 of the same group, or 120 later credits of the same customer: the first is on page two.
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: provider.send(rail, request, f"{key}.{i}"), range(120)))
    found = provider.look_up(rail, request)
    assert isinstance(found, LookedUp)
    assert len(found.movements) == 121
    assert found.movements[-1].external_id == paid.external_id
    assert sandbox.world.faults.list() == []


def test_a_look_up_that_cannot_be_answered_says_nothing_about_the_money(sandbox: Sandbox) -> None:
    stranger = connected(sandbox, api_key="pk_test_stranger")
    for rail in Rail:
        request, _ = prepared(stranger, rail)
        assert isinstance(stranger.look_up(rail, request), NotAnswered)


def test_a_look_up_repeats_what_failed_once(sandbox: Sandbox, provider: StripePayouts) -> None:
    request, key = prepared(provider, TRANSFER)
    provider.send(TRANSFER, request, key)
    sandbox.world.faults.add(Fault("stripe", "drop_after", method="GET"))
    found = provider.look_up(TRANSFER, request)
    assert isinstance(found, LookedUp)
    assert len(found.movements) == 1


def test_movements_are_those_of_the_window_that_carry_our_reference(
    sandbox: Sandbox, provider: StripePayouts
) -> None:
    sandbox.world.clock.set(datetime(2031, 1, 1, 12, tzinfo=UTC))
    try:
        _, _ = [provider.send(rail, *prepared(provider, rail)) for rail in Rail]
        stripe.StripeClient(KEY, base_addresses={"api": sandbox.base_url}).v1.transfers.create(
            {"amount": 1, "currency": "usd", "destination": "acct_1ready"}
        )
        noon = sandbox.world.clock.now()
        second = timedelta(seconds=1)
        seen = list(provider.movements(noon, noon + second, ["cus_ready", "cus_gone", "cus_ready"]))
        assert [move.destination for move in seen] == ["acct_1ready", "cus_ready"]
        assert [move.amount_minor for move in seen] == [1250, 1250]
        assert list(provider.movements(noon - second, noon, ["cus_ready"])) == []
        assert list(provider.movements(noon + second, noon + 2 * second, ["cus_ready"])) == []
    finally:
        sandbox.world.clock.resume()


def test_movements_that_cannot_be_listed_raise(sandbox: Sandbox) -> None:
    now = datetime.now(UTC)
    with pytest.raises(ProviderUnreachable, match="HTTP 401"):
        list(connected(sandbox, api_key="pk_test_x").movements(now, now))


# Readiness ---------------------------------------------------------------------------------------


def test_readiness_says_of_each_destination_what_is_missing(provider: StripePayouts) -> None:
    asked = ["acct_1ready", "acct_1inactive", "acct_1nobank", "acct_1nobody", ""]
    found = provider.readiness(TRANSFER, asked)
    codes = {name: known.code for name, known in found.items() if isinstance(known, NotReady)}
    assert found["acct_1ready"] is None
    assert codes == {
        "acct_1inactive": "transfers_inactive",
        "acct_1nobank": "payouts_disabled",
        "acct_1nobody": "unknown_account",
        "": "no_destination",
    }
    nobank = found["acct_1nobank"]
    assert isinstance(nobank, NotReady)
    assert "external_account" in nobank.reason


def test_readiness_of_customers_is_that_they_exist(provider: StripePayouts) -> None:
    found = provider.readiness(CREDIT, ["cus_ready", "cus_nobody"])
    assert found["cus_ready"] is None
    nobody = found["cus_nobody"]
    assert isinstance(nobody, NotReady)
    assert nobody.code == "unknown_customer"


def test_a_destination_that_cannot_be_asked_about_is_neither_ready_nor_unready(
    sandbox: Sandbox, provider: StripePayouts
) -> None:
    sandbox.world.faults.add(Fault("stripe", "rate_limited", path="inactive", times=None))
    found = provider.readiness(TRANSFER, ["acct_1inactive", "acct_1ready"])
    assert found["acct_1ready"] is None
    assert isinstance(found["acct_1inactive"], NotAnswered)


def test_reach_says_which_mode_the_key_is_for(sandbox: Sandbox, provider: StripePayouts) -> None:
    assert provider.reach() == "test"
    with pytest.raises(ProviderUnreachable):
        connected(sandbox, api_key="pk_test_x").reach()


def test_a_thread_that_waits_for_an_answer_does_not_hold_up_the_others(
    sandbox: Sandbox, provider: StripePayouts
) -> None:
    slow, quick = prepared(provider, TRANSFER), prepared(provider, CREDIT)
    strike(sandbox, "timeout_before", path="transfers")
    answers: list[object] = []
    waiting = threading.Thread(target=lambda: answers.append(provider.send(TRANSFER, *slow)))
    waiting.start()
    assert isinstance(provider.send(CREDIT, *quick), Paid)
    waiting.join()
    assert isinstance(answers[0], Unknown)
