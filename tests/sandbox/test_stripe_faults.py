"""Answers that are lost, late, cut or replaced, as the real library meets them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import stripe

from sandbox.server import Sandbox
from sandbox.world import Company
from tests.waiting import until

US = "acct_1UsPartner"
PARAMS: Any = {"amount": 100, "currency": "usd", "destination": US}
Control = Callable[..., Any]


def transfers(sandbox: Sandbox) -> int:
    return len(sandbox.world.stripe.transfers)


@pytest.mark.parametrize(
    ("kind", "done"),
    [
        ("drop_before", 0),
        ("drop_after", 1),
        ("timeout_before", 0),
        ("timeout_after", 1),
        ("truncated", 1),
    ],
)
def test_a_lost_answer_tells_nothing_of_whether_the_work_is_done(
    sandbox: Sandbox, client: stripe.StripeClient, control: Control, kind: str, done: int
) -> None:
    control("POST", "faults", {"api": "stripe", "kind": kind, "seconds": 0.05})
    with pytest.raises(stripe.APIConnectionError):
        client.v1.transfers.create(params=PARAMS)
    assert transfers(sandbox) == done


def test_a_garbled_answer_is_a_200_that_cannot_be_read(
    sandbox: Sandbox, client: stripe.StripeClient, control: Control
) -> None:
    control("POST", "faults", {"api": "stripe", "kind": "garbled"})
    with pytest.raises(stripe.APIError) as unread:
        client.v1.transfers.create(params=PARAMS)
    assert unread.value.http_status == 200
    assert transfers(sandbox) == 1


@pytest.mark.parametrize(("kind", "done"), [("server_error", 0), ("server_error_after", 1)])
def test_a_500_tells_nothing_either(
    sandbox: Sandbox, client: stripe.StripeClient, control: Control, kind: str, done: int
) -> None:
    control("POST", "faults", {"api": "stripe", "kind": kind})
    with pytest.raises(stripe.APIError) as failed:
        client.v1.transfers.create(params=PARAMS)
    assert failed.value.http_status == 500
    assert transfers(sandbox) == done


def test_a_client_that_gives_up_finds_the_work_done(sandbox: Sandbox, control: Control) -> None:
    control("POST", "faults", {"api": "stripe", "kind": "timeout_after", "seconds": 600})
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            sandbox.base_url + "/v1/transfers",
            data=PARAMS,
            headers={"Authorization": "Bearer sk_test_1"},
            timeout=(60, 0.2),
        )
    until(lambda: transfers(sandbox) > 0)  # it may be done only after the client has gone
    assert transfers(sandbox) == 1


def test_a_slow_answer_comes_whole(client: stripe.StripeClient, control: Control) -> None:
    control("POST", "faults", {"api": "stripe", "kind": "slow", "seconds": 0.1})
    assert client.v1.transfers.create(params=PARAMS).amount == 100


def test_a_held_request_stops_neither_the_others_nor_the_server(company: Company) -> None:
    sandbox = Sandbox(company)
    sandbox.start()
    serving = sandbox._thread
    assert serving is not None
    url, headers = sandbox.base_url, {"Authorization": "Bearer sk_test_1"}
    fault = {"api": "stripe", "kind": "timeout_before", "seconds": 600}
    requests.post(url + "/sandbox/faults", json=fault, timeout=60)
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(requests.get, url + "/v1/transfers", headers=headers, timeout=300)
        until(lambda: requests.get(url + "/sandbox/faults", timeout=60).json()[0]["fired"] > 0)
        assert requests.get(url + "/v1/balance", headers=headers, timeout=60).ok
        sandbox.stop()
        assert not serving.is_alive(), "it did not wait the 600 seconds"
        assert isinstance(held.exception(timeout=60), requests.ConnectionError)


def test_a_fault_strikes_its_method_and_path_after_so_many_calls(
    client: stripe.StripeClient, control: Control
) -> None:
    fault = {"api": "stripe", "kind": "server_error", "method": "GET", "path": "events", "after": 1}
    control("POST", "faults", {**fault, "times": 2})
    outcomes = []
    for _ in range(4):
        client.v1.transfers.list()
        try:
            client.v1.events.list()
            outcomes.append("ok")
        except stripe.APIError:
            outcomes.append("failed")
    assert outcomes == ["ok", "failed", "failed", "ok"]
    assert control("GET", "faults")[0]["fired"] == 2


def test_the_library_finds_its_transfer_when_it_repeats_a_lost_call(
    sandbox: Sandbox, control: Control
) -> None:
    control("POST", "faults", {"api": "stripe", "kind": "drop_after"})
    http = stripe.RequestsClient(timeout=60)
    client = stripe.StripeClient(
        "sk_test_1",
        base_addresses={"api": sandbox.base_url},
        http_client=http,
        max_network_retries=1,
    )
    made = client.v1.transfers.create(params=PARAMS, options={"idempotency_key": "k"})
    http.close()  # type: ignore[no-untyped-call]
    assert transfers(sandbox) == 1
    assert sandbox.world.stripe.transfers.find(made.id) is not None
