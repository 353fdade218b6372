"""What each answer of Stripe means for the money, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from goodword.rules.payouts import Held, NotNow, Paid, Rail, Refused, TryLater, Unknown

KEY = "sk_test_abcdefghijklmnop"
TRANSFER, CREDIT = Rail.STRIPE_TRANSFER, Rail.STRIPE_CREDIT
RETRY, DO_NOT = {"Stripe-Should-Retry": "true"}, {"Stripe-Should-Retry": "false"}


# Not now -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "code"), [("rate_limited", "rate_limit"), ("lock_timeout", "lock_timeout")]
)
@pytest.mark.parametrize(("headers", "at_once"), [({}, True), (RETRY, True), (DO_NOT, False)])
def test_429_is_not_now_and_stripe_says_whether_at_once(
    bench: Any, kind: str, code: str, headers: dict[str, str], *, at_once: bool
) -> None:
    request, key = bench.prepared(TRANSFER)
    bench.strike(kind, headers=headers)
    answer = bench.provider.send(TRANSFER, request, key)
    assert isinstance(answer, NotNow)
    assert (answer.code, answer.at_once) == (code, at_once)
    assert isinstance(bench.provider.send(TRANSFER, request, key), Paid)


def test_a_429_of_a_kind_that_nobody_documents_is_not_tried_at_once(bench: Any) -> None:
    request, key = bench.prepared(TRANSFER)
    body = {"error": {"type": "invalid_request_error", "code": "new_kind", "message": "wait"}}
    bench.strike("rate_limited", body=body)
    answer = bench.provider.send(TRANSFER, request, key)
    assert isinstance(answer, NotNow)
    assert (answer.code, answer.at_once) == ("new_kind", False)


def test_a_key_that_stripe_does_not_accept_is_not_now_and_is_never_shown(bench: Any) -> None:
    secret = "pk_live_do_not_show_me"
    provider = bench.connected(api_key=secret)
    request, key = bench.prepared(TRANSFER)
    answer = provider.send(TRANSFER, request, key)
    assert isinstance(answer, NotNow)
    assert not answer.at_once
    assert "GOODWORD_STRIPE_API_KEY" in answer.reason
    assert secret not in answer.reason + repr(provider) + repr(vars(provider))


def test_a_closed_account_that_is_asked_for_by_this_key_is_not_now(bench: Any) -> None:
    request, key = bench.prepared(TRANSFER)
    body = {"error": {"type": "invalid_request_error", "message": "no permission"}}
    bench.strike("server_error", status=403, body=body)
    answer = bench.provider.send(TRANSFER, request, key)
    assert isinstance(answer, NotNow)
    assert (answer.code, answer.at_once) == ("permission", False)


# Unknown -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("headers", "at_once"), [({}, False), (RETRY, True), (DO_NOT, False)])
def test_a_500_is_repeated_at_once_only_when_stripe_says_so(
    bench: Any, headers: dict[str, str], *, at_once: bool
) -> None:
    request, key = bench.prepared(TRANSFER)
    bench.strike("server_error_after", headers=headers)
    answer = bench.provider.send(TRANSFER, request, key)
    assert isinstance(answer, Unknown)
    assert answer.at_once is at_once


@pytest.mark.parametrize("kind", ["timeout_after", "drop_before", "truncated"])
def test_an_answer_that_is_lost_says_nothing_of_a_repeat(bench: Any, kind: str) -> None:
    request, key = bench.prepared(TRANSFER)
    answer = bench.lost(kind, None, TRANSFER, request, key)
    assert isinstance(answer, Unknown)
    assert not answer.at_once


def test_a_key_that_is_in_use_is_unknown_and_may_be_asked_again_at_once(bench: Any) -> None:
    request, key = bench.prepared(TRANSFER)
    received = {name: str(v) if isinstance(v, int) else v for name, v in request.items()}
    now = bench.world.clock.now()
    bench.world.stripe.keys.begin(key, "/v1/transfers", received, now)
    answer = bench.provider.send(TRANSFER, request, key)
    assert isinstance(answer, Unknown)
    assert answer.at_once
    assert "HTTP 409" in answer.reason


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", {"error": "down"}, {}, [], "null"])
def test_an_answer_that_stripe_did_not_write_is_unknown(bench: Any, body: object) -> None:
    request, key = bench.prepared(TRANSFER)
    bench.strike("server_error", body=body)
    assert isinstance(bench.provider.send(TRANSFER, request, key), Unknown)


def test_a_secret_that_stripe_repeats_is_cut_out(bench: Any) -> None:
    request, key = bench.prepared(TRANSFER)
    body = {"error": {"type": "api_error", "message": f"who is {KEY}?"}}
    bench.strike("server_error", body=body)
    answer = bench.provider.send(TRANSFER, request, key)
    assert isinstance(answer, Unknown)
    assert "who is ********?" in answer.reason


# No ----------------------------------------------------------------------------------------------


def test_another_body_under_the_same_key_is_held_for_a_person(bench: Any) -> None:
    request, key = bench.prepared(TRANSFER)
    bench.provider.send(TRANSFER, request, key)
    answer = bench.provider.send(TRANSFER, {**request, "amount": 9900}, key)
    assert isinstance(answer, Held)
    assert "idempotency key with another request" in answer.reason


def test_too_small_a_platform_balance_is_tried_later_with_a_new_key(bench: Any) -> None:
    request, key = bench.prepared(TRANSFER)
    bench.world.stripe.available["usd"] = 10
    answer = bench.provider.send(TRANSFER, request, key)
    assert isinstance(answer, TryLater)
    assert answer.code == "balance_insufficient"
    assert "top it up" in answer.reason
    bench.world.stripe.available["usd"] = 10**12
    again = bench.provider.send(TRANSFER, request, key)
    assert isinstance(again, TryLater), "Stripe remembers its no"
    assert isinstance(bench.provider.send(TRANSFER, request, f"{key}.2"), Paid)


@pytest.mark.parametrize(
    ("rail", "changed", "code", "sentence", "next_step"),
    [
        (TRANSFER, {"destination": "acct_1nobody"}, "resource_missing", "no such", "import"),
        (
            TRANSFER,
            {"destination": "acct_1inactive"},
            "insufficient_capabilities_for_transfer",
            "restricted",
            "onboarding",
        ),
        (TRANSFER, {"currency": "zzz"}, "currency_not_supported", "not accepted", "currency"),
        (TRANSFER, {"amount": 100_000_000}, "amount_too_large", "too large", "split the reward"),
        (TRANSFER, {"amount": -1}, "amount_too_small", "too small", "minimum payout"),
        (TRANSFER, {"source_type": "gold"}, "refused", "refuses", "what the reason names"),
        (CREDIT, {"customer": "cus_nobody"}, "resource_missing", "no such", "stripe_customer"),
        (CREDIT, {"customer": "cus_yen"}, "currency_not_supported", "not accepted", "currency"),
    ],
)
def test_a_definite_no_says_what_it_means_what_stripe_said_and_what_the_operator_does(
    bench: Any, rail: Rail, changed: dict[str, Any], code: str, sentence: str, *, next_step: str
) -> None:
    request, key = bench.prepared(rail)
    answer = bench.provider.send(rail, {**request, **changed}, key)
    assert isinstance(answer, Refused)
    assert answer.code == code
    assert sentence in answer.reason
    assert "HTTP 40" in answer.reason
    assert next_step.lower() in answer.next_step.lower()


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("account_closed", "is closed"),
        ("account_invalid", "disconnected"),
        ("transfers_not_allowed", "country"),
        ("livemode_mismatch", "other mode"),
    ],
)
def test_a_no_that_the_stand_in_has_no_cause_for_has_its_own_sentence_too(
    bench: Any, code: str, sentence: str
) -> None:
    request, key = bench.prepared(TRANSFER)
    body = {"error": {"type": "invalid_request_error", "code": code, "message": "no"}}
    bench.strike("server_error", status=400, body=body)
    answer = bench.provider.send(TRANSFER, request, key)
    assert isinstance(answer, Refused)
    assert answer.code == code
    assert sentence in answer.reason
    assert answer.next_step
