"""A small company's sandbox, and the real Stripe client that calls it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import stripe

from sandbox.clock import VirtualClock
from sandbox.server import Sandbox
from sandbox.world import Company

US, JP, PENDING = "acct_1UsPartner", "acct_1JpPartner", "acct_1PendingPartner"
CUSTOMER, DOLLAR_CUSTOMER = "cus_NoCurrency", "cus_Dollars"


@pytest.fixture
def company() -> Company:
    account = {"country": "US", "default_currency": "usd", "transfers": "active"}
    return Company(
        name="Test company",
        org_id="00D000000000001EAA",
        tables={"Account": [{"Id": "001000000000001AAA", "Name": "Acme"}]},
        stripe_accounts=[
            {**account, "id": US},
            {**account, "id": JP, "country": "JP", "default_currency": "jpy"},
            {**account, "id": PENDING, "transfers": "pending", "payouts_enabled": False},
        ],
        stripe_customers=[
            {"id": CUSTOMER, "currency": None, "email": "ana@customer.example"},
            {"id": DOLLAR_CUSTOMER, "currency": "usd", "email": "bo@customer.example"},
        ],
        imports={"participants": "key,kind\np1,customer\n"},
    )


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def sandbox(company: Company, clock: VirtualClock) -> Iterator[Sandbox]:
    with Sandbox(company, clock) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[stripe.StripeClient]:
    http = stripe.RequestsClient(timeout=60)
    yield stripe.StripeClient(
        "sk_test_1", base_addresses={"api": sandbox.base_url}, http_client=http
    )
    http.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def control(sandbox: Sandbox) -> Callable[..., Any]:
    """Call the control plane: control("POST", "faults", {...}) answers the JSON."""

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(
            method, f"{sandbox.base_url}/sandbox/{path}", json=body, timeout=60
        )
        assert answer.ok, answer.text
        return answer.json()

    return call


@pytest.fixture
def pay(client: stripe.StripeClient) -> Callable[..., stripe.Transfer]:
    """Transfer 100 dollars under a key, with whatever parameters the test changes."""

    def transfer(key: str, **changed: Any) -> stripe.Transfer:
        params: Any = {"amount": 10_000, "currency": "usd", "destination": US, **changed}
        return client.v1.transfers.create(params=params, options={"idempotency_key": key})

    return transfer
