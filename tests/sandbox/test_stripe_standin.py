"""Stripe alone in the test's own process, and the faults that a crash suite needs."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import stripe

from sandbox.faults import Fault
from sandbox.stripe.standin import StripeStandIn

NIGHT = datetime(2026, 6, 30, 2, tzinfo=UTC)
ACCOUNT, CUSTOMER = "acct_1", "cus_1"
TRANSFER: Any = {"amount": 100, "currency": "usd", "destination": ACCOUNT, "transfer_group": "g"}


@pytest.fixture(scope="module")
def running() -> Iterator[StripeStandIn]:
    subscription = {"id": "sub_1", "customer": CUSTOMER, "price": 900, "currency": "usd"}
    with StripeStandIn(
        accounts=[{"id": ACCOUNT}],
        customers=[{"id": CUSTOMER}],
        subscriptions=[subscription],
        at=NIGHT,
    ) as standin:
        yield standin


@pytest.fixture(scope="module")
def library(running: StripeStandIn) -> Iterator[stripe.StripeClient]:
    http = stripe.RequestsClient(timeout=60)
    yield stripe.StripeClient(
        "sk_test_1", base_addresses={"api": running.base_url}, http_client=http
    )
    http.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def standin(running: StripeStandIn) -> StripeStandIn:
    running.reset(NIGHT)
    return running


def post(standin: StripeStandIn, key: str) -> requests.Response:
    headers = {"Authorization": "Bearer sk_test_1", "Idempotency-Key": key}
    url = f"{standin.base_url}/v1/transfers"
    return requests.post(url, data=TRANSFER, headers=headers, timeout=60)


def test_it_begins_anew_in_less_than_5_ms(
    standin: StripeStandIn, library: stripe.StripeClient
) -> None:
    def seconds() -> float:
        standin.faults.add(Fault("stripe", "execute_late", seconds=3600))
        with pytest.raises(stripe.APIConnectionError):
            library.v1.transfers.create(params=TRANSFER)
        for number in range(50):
            key: Any = {"idempotency_key": f"k{number}"}
            library.v1.transfers.create(params=TRANSFER, options=key)
        library.v1.coupons.create(params={"id": "c", "percent_off": 5})
        began = time.thread_time()
        standin.reset(NIGHT + timedelta(days=1))
        return time.thread_time() - began

    assert any(seconds() < 0.005 for _ in range(10)), "garbage may be collected meanwhile, once"
    standin.clock.advance(timedelta(days=1))
    assert library.v1.transfers.list().data == []
    assert library.v1.events.list().data == []
    assert library.v1.coupons.list().data == []
    assert len(standin.world.calls) == 3
    assert library.v1.accounts.retrieve(ACCOUNT).to_dict()["capabilities"] == {
        "transfers": "active"
    }
    assert library.v1.subscriptions.retrieve("sub_1").customer == CUSTOMER
    assert post(standin, "k1").headers.get("Idempotent-Replayed") is None


def test_its_clock_is_set_in_python(standin: StripeStandIn, library: stripe.StripeClient) -> None:
    made = library.v1.transfers.create(params=TRANSFER)
    assert made.created == int(NIGHT.timestamp())
    standin.clock.advance(timedelta(hours=25))
    assert library.v1.transfers.create(params=TRANSFER).created == made.created + 25 * 3600
    assert len(standin.state.transfers.newest_first(transfer_group="g")) == 2


def test_what_was_made_is_missing_from_lists_for_a_while(
    standin: StripeStandIn, library: stripe.StripeClient
) -> None:
    standin.faults.add(Fault("stripe", "lists_late", path="^/v1/", times=3, seconds=600))
    made = library.v1.transfers.create(params=TRANSFER)
    library.v1.customers.balance_transactions.create(
        CUSTOMER, params={"amount": -5, "currency": "usd"}
    )
    library.v1.coupons.create(params={"id": "c", "percent_off": 5})
    second = library.v1.transfers.create(params=TRANSFER)

    def counts() -> list[int]:
        return [
            len(library.v1.transfers.list(params={"transfer_group": "g"}).data),
            len(library.v1.customers.balance_transactions.list(CUSTOMER).data),
            len(library.v1.coupons.list().data),
        ]

    assert counts() == [1, 0, 0]
    assert library.v1.transfers.list().data[0].id == second.id
    assert library.v1.transfers.retrieve(made.id).id == made.id
    standin.clock.advance(timedelta(seconds=600))
    assert counts() == [2, 1, 1]


def test_keys_are_forgotten_early(standin: StripeStandIn) -> None:
    assert post(standin, "k").json() == post(standin, "k").json()
    standin.faults.add(Fault("stripe", "forgets_keys", path="^/v1/transfers$"))
    assert post(standin, "k").headers.get("Idempotent-Replayed") is None
    assert len(standin.state.transfers) == 2


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("rate_limited", 429),
        ("lock_timeout", 429),
        ("key_in_use", 409),
        ("server_error", 500),
        ("server_error_after", 500),
        ("cached_error", 500),
    ],
)
def test_a_refusal_says_whether_to_try_again(
    standin: StripeStandIn, kind: str, status: int
) -> None:
    headers = {"Stripe-Should-Retry": "false", "Stripe-Rate-Limited-Reason": "endpoint-rate"}
    standin.faults.add(Fault("stripe", kind, headers=headers))
    answer = post(standin, "k")
    assert answer.status_code == status
    assert answer.headers.items() >= headers.items()
    done = {"server_error_after": 1}.get(kind, 0)
    assert len(standin.state.transfers) == done


def test_an_error_answer_may_have_another_status_and_lack_a_header(
    standin: StripeStandIn,
) -> None:
    standin.faults.add(Fault("stripe", "server_error", status=503))
    standin.faults.add(
        Fault("stripe", "rate_limited", headers={"Stripe-Rate-Limited-Reason": None})
    )
    assert post(standin, "k").status_code == 503
    refused = post(standin, "k")
    assert refused.status_code == 429
    assert "Stripe-Rate-Limited-Reason" not in refused.headers


def test_the_library_does_not_repeat_what_should_not_be(standin: StripeStandIn) -> None:
    http = stripe.RequestsClient(timeout=60)
    client = stripe.StripeClient(
        "sk_test_1",
        base_addresses={"api": standin.base_url},
        http_client=http,
        max_network_retries=2,
    )
    headers = {"Stripe-Should-Retry": "false"}
    standin.faults.add(Fault("stripe", "server_error", headers=headers))
    with pytest.raises(stripe.APIError):
        client.v1.transfers.create(params=TRANSFER)
    http.close()  # type: ignore[no-untyped-call]
    assert standin.world.calls["stripe", "POST", "/v1/transfers"] == 1
