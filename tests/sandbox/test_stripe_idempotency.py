"""Idempotency keys as Stripe keeps them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests
import stripe

from sandbox.clock import VirtualClock
from sandbox.server import Sandbox

US = "acct_1UsPartner"
Pay = Callable[..., stripe.Transfer]
FORM = {"amount": "10000", "currency": "usd", "destination": US}


def post(sandbox: Sandbox, key: str, **changed: str) -> requests.Response:
    return requests.post(
        sandbox.base_url + "/v1/transfers",
        data={**FORM, **changed},
        headers={"Authorization": "Bearer sk_test_1", "Idempotency-Key": key},
        timeout=60,
    )


def test_the_same_key_pays_once_and_says_that_it_was_replayed(sandbox: Sandbox) -> None:
    first, second = post(sandbox, "k"), post(sandbox, "k")
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]
    assert len(sandbox.world.stripe.transfers) == 1


def test_a_replay_does_not_show_what_changed_since(client: stripe.StripeClient, pay: Pay) -> None:
    made = pay("k", metadata={"a": "1"})
    client.v1.transfers.update(made.id, params={"metadata": {"a": "2"}})
    assert pay("k", metadata={"a": "1"}).to_dict()["metadata"] == {"a": "1"}


def test_without_a_key_every_call_pays(sandbox: Sandbox, client: stripe.StripeClient) -> None:
    for _ in range(2):
        client.v1.transfers.create(params={"amount": 5, "currency": "usd", "destination": US})
    assert len(sandbox.world.stripe.transfers) == 2


def test_another_body_under_the_same_key_is_refused(pay: Pay, client: stripe.StripeClient) -> None:
    pay("k")
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        pay("k", amount=10_001)
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        client.v1.customers.create(params={"name": "x"}, options={"idempotency_key": "k"})


def test_a_key_is_forgotten_when_24_hours_old(
    sandbox: Sandbox, pay: Pay, clock: VirtualClock
) -> None:
    clock.set(clock.now())
    first = pay("k")
    clock.advance(timedelta(hours=24, seconds=-1))
    assert pay("k").id == first.id
    clock.advance(timedelta(seconds=1))
    assert pay("k").id != first.id
    assert len(sandbox.world.stripe.transfers) == 2


def test_a_refusal_from_the_work_is_kept_and_replayed(
    sandbox: Sandbox, control: Callable[..., Any]
) -> None:
    control("POST", "stripe/balance", {"usd": 0})
    refused = post(sandbox, "k")
    assert refused.json()["error"]["code"] == "balance_insufficient"
    control("POST", "stripe/balance", {"usd": 1_000_000})
    again = post(sandbox, "k")
    assert (again.status_code, again.json()) == (400, refused.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert post(sandbox, "k2").status_code == 200


def test_a_refused_parameter_is_not_kept(sandbox: Sandbox) -> None:
    assert post(sandbox, "k", amount="none").status_code == 400
    assert post(sandbox, "k").status_code == 200


@pytest.mark.parametrize("kind", ["rate_limited", "lock_timeout"])
def test_a_429_is_not_kept(sandbox: Sandbox, control: Callable[..., Any], kind: str) -> None:
    control("POST", "faults", {"api": "stripe", "kind": kind})
    refused = post(sandbox, "k")
    assert refused.status_code == 429
    assert ("Stripe-Rate-Limited-Reason" in refused.headers) == (kind == "rate_limited")
    expected = {"rate_limited": "rate_limit", "lock_timeout": "lock_timeout"}[kind]
    assert refused.json()["error"]["code"] == expected
    assert post(sandbox, "k").status_code == 200


def test_a_500_of_the_work_is_kept_and_one_before_it_is_not(
    sandbox: Sandbox, control: Callable[..., Any]
) -> None:
    control("POST", "faults", {"api": "stripe", "kind": "cached_error"})
    assert [post(sandbox, "cached").status_code for _ in range(2)] == [500, 500]
    control("POST", "faults", {"api": "stripe", "kind": "server_error"})
    assert [post(sandbox, "plain").status_code for _ in range(2)] == [500, 200]
    assert len(sandbox.world.stripe.transfers) == 1


def test_a_key_in_flight_is_a_conflict(sandbox: Sandbox, control: Callable[..., Any]) -> None:
    for tries, seconds in enumerate((0.5, 2, 8, 32), 1):
        control("POST", "stripe/latency", {"seconds": seconds})
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: post(sandbox, f"k{seconds}"), range(4)))  # noqa: B023 - mapped at once
        replayed = [answer for answer in answers if "Idempotent-Replayed" in answer.headers]
        conflicts = [answer for answer in answers if answer.status_code == 409]
        assert len(replayed) + len(conflicts) == 3
        assert {one.json()["error"]["code"] for one in conflicts} <= {"idempotency_key_in_use"}
        assert len(sandbox.world.stripe.transfers) == tries
        if not replayed:  # all came while the first was on its way, as on a machine that is awake
            break
    assert len(conflicts) == 3


def test_a_key_has_at_most_255_characters(sandbox: Sandbox) -> None:
    assert post(sandbox, "k" * 255).status_code == 200
    assert post(sandbox, "k" * 256).status_code == 400


def test_a_late_request_is_executed_when_its_time_comes(
    sandbox: Sandbox, clock: VirtualClock, control: Callable[..., Any]
) -> None:
    clock.set(clock.now())
    control("POST", "faults", {"api": "stripe", "kind": "execute_late", "seconds": 3600})
    with pytest.raises(requests.ConnectionError):
        post(sandbox, "k")
    assert len(sandbox.world.stripe.transfers) == 0
    clock.advance(timedelta(seconds=3600))
    assert len(sandbox.world.stripe.transfers) == 1
    assert post(sandbox, "k").headers["Idempotent-Replayed"] == "true"


def test_a_late_request_pays_no_second_time_while_its_key_is_kept(
    sandbox: Sandbox, clock: VirtualClock, control: Callable[..., Any]
) -> None:
    clock.set(clock.now())
    for seconds, key in ((3600, "within"), (90_000, "beyond")):
        fault = {"api": "stripe", "kind": "execute_late", "seconds": seconds}
        control("POST", "faults", fault)
        with pytest.raises(requests.ConnectionError):
            post(sandbox, key)
        assert post(sandbox, key).status_code == 200
    control("POST", "clock", {"advance_seconds": 3600})
    assert len(sandbox.world.stripe.transfers) == 2
    control("POST", "clock", {"advance_seconds": 86_400})
    assert len(sandbox.world.stripe.transfers) == 3
