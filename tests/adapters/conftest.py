"""A running Stripe stand-in, the adapter that talks to it, and payments on each of its rails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
import stripe

from goodword.adapters.payments import Payment
from goodword.adapters.stripe import StripePayouts
from goodword.adapters.stripe_client import StripeAccess
from goodword.money import Money
from goodword.rules.paces import Lease
from goodword.rules.payouts import Answer, Rail
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.stripe import customers, subscriptions
from sandbox.world import Company, World

KEY = "sk_test_abcdefghijklmnop"
NUMBERS = count(1)


class Unpaced:
    """As many slots as anybody asks for, at once."""

    def lease(self, slots: int) -> Lease:
        return Lease(slots=slots, wait_seconds=0, spacing_seconds=0)

    def slow_down(self) -> None:
        """Nobody is too fast here."""


class Bench:
    """What the tests of Stripe's rails share; `client` is somebody else with the same key."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.base_url
        self.world: World = sandbox.world
        self.client = stripe.StripeClient(KEY, base_addresses={"api": self.url})
        self.provider = self.connected()
        self.impatient = self.connected(timeout=(60, 0.4))

    def connected(self, **access: Any) -> StripePayouts:
        given = {"api_key": KEY, "api_base": self.url, "timeout": (60, 60), **access}
        return StripePayouts(StripeAccess(pace=Unpaced(), **given))

    def payment(self, rail: Rail, amount: str = "12.50 USD", **given: Any) -> Payment:
        """Return a payment on a rail, to a destination that takes it unless one is given."""
        money = Money.parse(amount)
        facts: dict[str, Any] = {
            "reference": f"gw-{next(NUMBERS)}",
            "rail": rail,
            "amount": -money if rail is Rail.STRIPE_REVERSAL else money,
            "description": "Referral reward",
            "benefit": {"months": 1} if rail is Rail.STRIPE_COUPON else None,
        }
        if "destination" not in given:
            facts["destination"] = self._destination(rail)
        return Payment(**{**facts, **given})

    def prepared(self, rail: Rail, amount: str = "12.50 USD", **given: Any) -> Any:
        """Return a payment's stored parameters and its key."""
        asked = self.payment(rail, amount, **given)
        return self.provider.request(asked), f"{asked.reference}:1"

    def subscription(self, status: str = "active", customer: str | None = None) -> str:
        """Subscribe a customer, by default one who has no credit that would lower the bills."""
        state = self.world.stripe
        if customer is None:
            customer = f"cus_{next(NUMBERS)}"
            state.customers.add(customers.loaded({"id": customer}, state.now()))
        row = {"id": f"sub_{next(NUMBERS)}", "customer": customer, "price": 4900}
        made = subscriptions.loaded({**row, "currency": "usd", "status": status}, state.now())
        return str(state.subscriptions.add(made)["id"])

    def transfer(self, amount: int = 5000) -> str:
        """Make a transfer that is not Goodword's."""
        params: Any = {"amount": amount, "currency": "usd", "destination": "acct_1ready"}
        return self.client.v1.transfers.create(params).id

    def strike(self, kind: str, path: str | None = None, **how: Any) -> None:
        """Let the next calls fail, by default those that change something."""
        self.world.faults.add(Fault("stripe", kind, **{"method": "POST", "path": path, **how}))

    def lost(self, kind: str, path: str | None, rail: Rail, request: Any, key: str) -> Answer:
        """Send a payment whose call of this path, by default its first one, is lost that way.

        One that is never answered is given up soon, and so may be another on a busy machine: it is
        sent until the right one was struck.
        """
        self.strike(kind, path)
        provider = self.impatient if kind.startswith("timeout") else self.provider
        answer = provider.send(rail, request, key)
        while not self._has_struck():
            answer = provider.send(rail, request, key)
        return answer

    def _has_struck(self) -> bool:
        """Whether the last fault has struck; a call that was given up may have yet to arrive."""
        deadline = time.monotonic() + 5
        while not (times := self.world.faults.list()[-1][1]) and time.monotonic() < deadline:
            time.sleep(0.01)
        return times > 0

    def calls(self, method: str, path: str) -> int:
        return self.world.calls["stripe", method, path]

    def _destination(self, rail: Rail) -> str:
        makers: dict[Rail, Callable[[], str]] = {
            Rail.STRIPE_TRANSFER: lambda: "acct_1ready",
            Rail.STRIPE_CREDIT: lambda: "cus_ready",
            Rail.STRIPE_COUPON: self.subscription,
            Rail.STRIPE_REVERSAL: self.transfer,
        }
        return makers[rail]()


@pytest.fixture(scope="session")
def running_stripe() -> Iterator[Sandbox]:
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
def bench(running_stripe: Sandbox) -> Iterator[Bench]:
    yield Bench(running_stripe)
    world = running_stripe.world
    world.faults.clear()
    world.clock.set(datetime.now(UTC))
    world.clock.resume()
    world.stripe.available["usd"] = 10**12


@pytest.fixture
def provider(bench: Bench) -> StripePayouts:
    return bench.provider
