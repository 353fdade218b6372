"""A shop on trial: its customers pay at Stripe's stand-in, which tells the running web application.

Everything is real but the orchestrator: HTTP both ways, signatures, PostgreSQL, and the program's
own tasks as plain functions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import requests
import stripe
from sqlalchemy import text

from benchmarks.served import running
from goodword.wiring import close, wiring
from sandbox.stripe.standin import StripeStandIn
from tests import factories as make
from tests.waiting import PATIENT, until
from tests.web import browsing
from tests.web.browsing import Console
from tests.web.identity import CLIENT, SECRET, Provider

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from goodword.db.session import Database

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
ACCOUNT, CUSTOMER = "acct_ann", "cus_shop"


@pytest.fixture(scope="session")
def stand_in() -> Iterator[StripeStandIn]:
    accounts = [{"id": ACCOUNT, "default_currency": "usd"}]
    with StripeStandIn(accounts=accounts, customers=[{"id": CUSTOMER}], at=NOW) as running:
        yield running


@dataclass(frozen=True)
class Shop:
    """One database, one Stripe, and the web application between them."""

    database: Database
    stripe: StripeStandIn
    url: str
    client: stripe.StripeClient

    # What happens at Stripe ----------------------------------------------------------------------

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        """Do what a customer, a bank or a person in the dashboard does."""
        answer = requests.post(
            f"{self.stripe.base_url}/sandbox/stripe/{path}", json=body, timeout=PATIENT
        )
        assert answer.ok, answer.text
        return cast("dict[str, Any]", answer.json())

    def pays(self, minor: int, currency: str = "USD", **metadata: Any) -> str:
        """Charge the customer, in Stripe's units; returns the charge's id."""
        bill = {"customer": CUSTOMER, "amount": minor, "currency": currency.lower(), **metadata}
        return str(self.control("bills", **bill)["charge"]["id"])

    def pays_for(self, deal: str, minor: int, currency: str = "USD") -> str:
        """Charge the customer for a deal, which the charge names."""
        return self.pays(minor, currency, charge_metadata={"opportunity_id": deal})

    def refund(self, charge: str, minor: int | None = None) -> str:
        amount = {} if minor is None else {"amount": minor}
        return str(self.control("refunds", charge=charge, **amount)["id"])

    # What the program does -----------------------------------------------------------------------

    def subscribe(self, *types: str) -> str:
        """Have Stripe send these events to the application; returns the signing secret."""
        wanted = cast("Any", {"url": f"{self.url}/hooks/stripe", "enabled_events": list(types)})
        return str(self.client.v1.webhook_endpoints.create(wanted).secret)

    def post(self, body: bytes, **headers: str) -> requests.Response:
        return requests.post(
            f"{self.url}/hooks/stripe", data=body, headers=headers, timeout=PATIENT
        )

    def signed(self, body: str, secret: str) -> requests.Response:
        header = stripe.WebhookSignature.generate_signature_header(body, secret)
        return self.post(body.encode(), **{"Stripe-Signature": header})

    def delivered(self, count: int) -> list[int | None]:
        """Wait until Stripe has tried so many deliveries; returns what each was answered."""
        courier = self.stripe.state.courier
        until(lambda: len(courier.deliveries) >= count)
        return [delivery.status for delivery in courier.deliveries]

    def catch_up(self, now: datetime | None = None) -> Counter[str]:
        from tasks import provider_events  # noqa: PLC0415 - Prefect

        return plain(provider_events.catch_up)(now or self.stripe.clock.now())

    def take_up(self) -> Counter[str]:
        from goodword.db.queries import provider_events as queries  # noqa: PLC0415 - as below
        from tasks import provider_events  # noqa: PLC0415 - Prefect

        with self.database.transaction() as tx:
            waiting = queries.open_events(tx)
        return plain(provider_events.take_up)(waiting, self.today)

    def hear(self) -> None:
        """List what no webhook brought, and take up everything."""
        self.catch_up()
        self.take_up()

    def night(self) -> None:
        """Hear, take back and approve, as a night does before it pays."""
        from tasks import approvals, rewards  # noqa: PLC0415 - Prefect

        self.hear()
        plain(rewards.take_back)(self.today)
        plain(approvals.approve)(self.today)

    @property
    def today(self) -> date:
        return self.stripe.clock.now().date()

    def later(self, **delta: float) -> None:
        self.stripe.clock.advance(timedelta(**delta))

    # What there is to see ------------------------------------------------------------------------

    def rows(self, statement: str, **given: Any) -> list[tuple[Any, ...]]:
        with self.database.transaction() as tx:
            return [tuple(row) for row in tx.execute(text(statement), given)]

    def inbox(self) -> dict[str, tuple[str, str]]:
        """Return each event's type with how it came and how it stands; the last of a type."""
        found = self.rows("SELECT type, via, state FROM provider_events ORDER BY received_at, id")
        return {kind: (via, state) for kind, via, state in found}

    def taken(self) -> list[int]:
        """Return what each clawback takes, oldest first."""
        found = self.rows("SELECT -amount_minor FROM rewards WHERE amount_minor < 0 ORDER BY id")
        return [minor for [minor] in found]


def plain(task: Any) -> Callable[..., Counter[str]]:
    """Return the function that Prefect would run."""
    return cast("Callable[..., Counter[str]]", task.fn)


@pytest.fixture
def shop(
    database: Database, stand_in: StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    stand_in.reset(NOW)
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("GOODWORD_DATABASE_URL", url)
    monkeypatch.setenv("GOODWORD_STRIPE_API_KEY", "sk_test_shop")
    monkeypatch.setenv("GOODWORD_STRIPE_API_BASE", stand_in.base_url)
    monkeypatch.setenv("GOODWORD_STRIPE_MAX_PER_SECOND", "1000")
    client = stripe.StripeClient("sk_test_shop", base_addresses={"api": stand_in.base_url})
    close()
    with database.transaction() as tx:
        make.program(tx)
    from web.app import create_app  # noqa: PLC0415 - FastAPI

    with running(create_app(Late())) as address:
        yield Shop(database, stand_in, address, client)
    close()


class Late:
    """This process's wiring as it is when a request comes: the secret is known only then."""

    def __getattr__(self, name: str) -> Any:
        return getattr(wiring(), name)


@pytest.fixture
def secret(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have Stripe tell the application everything, and the application know Stripe's secret."""
    given = shop.subscribe("*")
    monkeypatch.setenv("GOODWORD_STRIPE_WEBHOOK_SECRET", f"whsec_old, {given}")
    close()
    return given


# The console ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def _console_url() -> Iterator[str]:
    from web.app import create_app  # noqa: PLC0415 - FastAPI

    with running(create_app(Late())) as address:
        yield address
    close()


@pytest.fixture
def console(
    database: Database, _console_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Console]:
    """Serve the console over an empty company with the sample program, and nobody on the staff."""
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("GOODWORD_DATABASE_URL", url)
    monkeypatch.setenv("GOODWORD_HOME", str(tmp_path))
    close()
    with database.transaction() as tx:
        make.program(tx)
    yield Console(database, _console_url)
    close()


@pytest.fixture(scope="module")
def running_provider() -> Iterator[Provider]:
    """Run the stand-in for an identity provider."""
    provider = Provider()
    with running(provider.app()) as provider.url:
        yield provider


@pytest.fixture
def provider(
    running_provider: Provider, console: Console, monkeypatch: pytest.MonkeyPatch
) -> Provider:
    """Let the staff sign in by a provider, whose client this console is."""
    for name, value in {
        "ISSUER": running_provider.url,
        "CLIENT_ID": CLIENT,
        "CLIENT_SECRET": SECRET,
        "ROLES": "approver=finance, operator=partner team",
    }.items():
        monkeypatch.setenv(f"GOODWORD_OIDC_{name}", value)
    monkeypatch.setenv("GOODWORD_BASE_URL", console.url)
    close()
    console.add("administrator", name="ada")
    running_provider.start_anew()
    return running_provider


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium, for the tests of one module."""
    with browsing.chromium() as browser:
        yield browser
