"""Events, and their signed delivery."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import stripe

from sandbox.clock import VirtualClock
from tests.receiver import Receiver, receiver
from tests.waiting import until

Pay = Callable[..., stripe.Transfer]
Control = Callable[..., Any]


class Listener:
    """A web server of the tester's own that takes webhooks."""

    def __init__(self, opened: Receiver) -> None:
        self._opened = opened
        self.url = opened.url

    def says(self, status: int) -> None:
        self._opened.says(status)

    def next_signed(self) -> tuple[bytes, str]:
        """The next body that came, and its signature."""
        until(lambda: bool(self._opened.told))
        headers, body = self._opened.told.pop(0)
        return body, headers["Stripe-Signature"]

    def next(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.next_signed()[0])
        return event

    def has_nothing_more(self) -> bool:
        return not self._opened.told


@pytest.fixture
def listener() -> Iterator[Listener]:
    with receiver() as opened:
        yield Listener(opened)


@pytest.fixture
def secret(client: stripe.StripeClient, listener: Listener) -> str:
    endpoint = client.v1.webhook_endpoints.create(
        params={"url": listener.url, "enabled_events": ["transfer.created", "transfer.reversed"]}
    )
    assert endpoint.secret is not None
    return endpoint.secret


def test_an_event_carries_the_key_of_the_request_that_caused_it(
    client: stripe.StripeClient, pay: Pay
) -> None:
    made = pay("payout-7:1")
    event = client.v1.events.list(params={"type": "transfer.created"}).data[0]
    assert event.to_dict()["request"]["idempotency_key"] == "payout-7:1"
    assert event.to_dict()["data"]["object"]["id"] == made.id
    assert client.v1.events.retrieve(event.id).type == "transfer.created"


def test_events_are_narrowed_by_type_and_time(
    client: stripe.StripeClient, pay: Pay, clock: VirtualClock
) -> None:
    clock.set(clock.now())
    made = pay("k")
    clock.advance(timedelta(hours=1))
    client.v1.transfers.reversals.create(made.id, params={"amount": 1})
    client.v1.transfers.update(made.id, params={"metadata": {"a": "1"}})
    kinds = [event.type for event in client.v1.events.list().data]
    assert kinds == ["transfer.updated", "transfer.reversed", "transfer.created"]
    since: Any = {"gte": int(clock.now().timestamp())}
    assert len(client.v1.events.list(params={"created": since}).data) == 2
    updated = client.v1.events.list(params={"type": "transfer.updated"}).data[0]
    assert updated.to_dict()["data"]["previous_attributes"] == {"metadata": {}}


def test_an_event_shows_its_object_as_it_was(client: stripe.StripeClient, pay: Pay) -> None:
    made = pay("k")
    client.v1.transfers.reversals.create(made.id)
    created = client.v1.events.list(params={"type": "transfer.created"}).data[0]
    assert created.to_dict()["data"]["object"]["reversed"] is False


def test_a_delivery_is_signed(
    client: stripe.StripeClient, listener: Listener, secret: str, pay: Pay
) -> None:
    made = pay("k")
    body, signature = listener.next_signed()
    event = client.construct_event(body, signature, secret)
    assert event.to_dict()["data"]["object"]["id"] == made.id
    with pytest.raises(stripe.SignatureVerificationError):
        client.construct_event(body, signature, "whsec_other")


def test_only_the_types_asked_for_are_delivered(
    client: stripe.StripeClient, listener: Listener, secret: str, pay: Pay
) -> None:
    assert secret
    made = pay("k")
    client.v1.transfers.update(made.id, params={"metadata": {"a": "1"}})
    client.v1.transfers.reversals.create(made.id)
    assert [listener.next()["type"] for _ in range(2)] == ["transfer.created", "transfer.reversed"]


def test_a_delivery_that_fails_is_tried_again(
    listener: Listener, secret: str, pay: Pay, clock: VirtualClock, control: Control
) -> None:
    assert secret
    clock.set(clock.now())
    listener.says(500)
    listener.says(500)
    pay("k")
    ids = [listener.next()["id"]]
    for attempt, wait in ((1, 5), (2, 300)):
        until(lambda n=attempt: len(control("GET", "stripe/deliveries")) == n)  # type: ignore[misc]
        clock.advance(timedelta(seconds=wait))
        ids.append(listener.next()["id"])
    assert len(set(ids)) == 1
    until(lambda: len(control("GET", "stripe/deliveries")) == 3)
    assert [one["status"] for one in control("GET", "stripe/deliveries")] == [500, 500, 200]


def test_events_come_twice_late_and_out_of_order(
    listener: Listener, secret: str, pay: Pay, clock: VirtualClock, control: Control
) -> None:
    assert secret
    clock.set(clock.now())
    for fault in (
        {"kind": "webhook_twice"},
        {"kind": "webhook_late", "seconds": 3600},
        {"kind": "webhook_out_of_order"},
    ):
        control("POST", "faults", {"api": "stripe", "path": "transfer.created", **fault})
    twice, late, third, fourth = (pay(f"k{number}").id for number in range(4))

    def came() -> str:
        return str(listener.next()["data"]["object"]["id"])

    assert [came() for _ in range(4)] == [twice, twice, fourth, third]
    clock.advance(timedelta(seconds=3600))
    assert came() == late


def test_a_lost_event_is_never_delivered_and_is_listed(
    client: stripe.StripeClient,
    listener: Listener,
    secret: str,
    pay: Pay,
    control: Control,
) -> None:
    assert secret
    control("POST", "faults", {"api": "stripe", "kind": "webhook_lost"})
    lost, delivered = pay("lost"), pay("delivered")
    control("POST", "clock", {"advance_seconds": 3 * 86_400})
    assert listener.next()["data"]["object"]["id"] == delivered.id
    assert listener.has_nothing_more()
    events = client.v1.events.list(params={"type": "transfer.created"}).data
    assert [one.to_dict()["data"]["object"]["id"] for one in events] == [delivered.id, lost.id]


def test_what_customers_and_banks_do_is_delivered_too(
    client: stripe.StripeClient, listener: Listener, control: Control
) -> None:
    client.v1.webhook_endpoints.create(params={"url": listener.url, "enabled_events": ["*"]})
    for fault in ({"kind": "webhook_twice"}, {"kind": "webhook_out_of_order"}):
        path = "invoice.paid" if fault["kind"] == "webhook_twice" else "dispute.created"
        control("POST", "faults", {"api": "stripe", "path": path, **fault})
    billed = control("POST", "stripe/bills", {"customer": "cus_Dollars", "amount": 900})
    charge = billed["charge"]["id"]
    control("POST", "stripe/refunds", {"charge": charge, "amount": 100})
    control("POST", "stripe/disputes", {"charge": charge})
    pending = "acct_1PendingPartner"
    control("POST", f"stripe/accounts/{pending}", {"transfers": "active"})
    came = [listener.next() for _ in range(8)]
    assert [event["type"] for event in came] == [
        "charge.succeeded",
        "invoice.paid",
        "invoice.paid",
        "refund.created",
        "charge.refunded",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.created",
        "account.updated",
    ]
    assert came[-1]["account"] == pending


def test_an_endpoint_shows_its_secret_once_and_can_be_taken_away(
    client: stripe.StripeClient, secret: str
) -> None:
    assert secret.startswith("whsec_")
    (endpoint,) = client.v1.webhook_endpoints.list().data
    assert "secret" not in endpoint.to_dict()
    assert "secret" not in client.v1.webhook_endpoints.retrieve(endpoint.id).to_dict()
    assert client.v1.webhook_endpoints.delete(endpoint.id).deleted
    assert client.v1.webhook_endpoints.list().data == []


def test_nothing_is_delivered_outside_loopback(client: stripe.StripeClient) -> None:
    for url in ("http://example.com/hooks", "https://127.0.0.1/hooks", "http://10.0.0.1/", "x"):
        with pytest.raises(stripe.InvalidRequestError, match="loopback"):
            client.v1.webhook_endpoints.create(params={"url": url, "enabled_events": ["*"]})
