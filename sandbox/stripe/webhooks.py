"""Webhook endpoints, and the signed delivery of events to them.

https://docs.stripe.com/webhooks: the signature is HMAC-SHA256 over `{time}.{body}`; a delivery
that is not answered with 2xx is tried again for three days.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import ipaddress
import json
import queue
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from sandbox.clock import VirtualClock
from sandbox.faults import Faults
from sandbox.stripe import params as p
from sandbox.stripe.collections import StripeObject
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.errors import wrong
from sandbox.stripe.ids import new_id
from sandbox.stripe.params import Param

_TIMEOUT_SECONDS = 60  # a busy machine is not a receiver that is gone
# On the virtual clock, after the first failure, the second, and so on; then Stripe gives up.
_RETRIES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18000, 36000, 36000, 36000, 36000, 36000)
)
_KINDS = frozenset({"webhook_late", "webhook_lost", "webhook_twice", "webhook_out_of_order"})


def signature(payload: str, secret: str, at: int) -> str:
    """The `Stripe-Signature` header of a payload; `at` is a Unix time, of the real clock."""
    digest = hmac.new(secret.encode(), f"{at}.{payload}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


@dataclass(frozen=True)
class Delivery:
    """One attempt to deliver an event; `status` is None when nobody answered."""

    event: str
    type: str
    url: str
    attempt: int
    status: int | None


@dataclass(frozen=True)
class _Parcel:
    event: StripeObject
    url: str
    secret: str
    attempt: int = 1


class Courier:
    """Delivers events in the background, one after the other.

    Args:
        clock: late deliveries and retries wait for it.
        faults: webhook_late, webhook_lost, webhook_twice and webhook_out_of_order; their path is
            searched in the event's type.
    """

    def __init__(self, clock: VirtualClock, faults: Faults) -> None:
        self.deliveries: list[Delivery] = []
        self._clock = clock
        self._faults = faults
        self._queue: queue.Queue[_Parcel | None] = queue.Queue()
        self._held_back: list[_Parcel] = []
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to deliver."""
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the delivery in hand; what waits is dropped."""
        if self._thread is None:
            return
        self._queue.put(None)
        self._thread.join(_TIMEOUT_SECONDS + 1)
        self._thread = None

    def forget(self) -> None:
        """Drop what waits to be delivered, and the record of what was.

        What is on its way arrives, and is neither recorded nor tried again.
        """
        with contextlib.suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
        self._held_back.clear()
        self.deliveries = []

    def send(self, event: StripeObject, endpoint: StripeObject) -> None:
        """Deliver an event to an endpoint, unless a fault has it otherwise."""
        parcel = _Parcel(event, endpoint["url"], endpoint["secret"])
        fault = self._faults.take("stripe", "POST", event["type"], _KINDS)
        if fault is not None and fault.kind == "webhook_lost":
            return
        if fault is not None and fault.kind == "webhook_out_of_order":
            self._held_back.append(parcel)
            return
        if fault is not None and fault.kind == "webhook_late":
            late = self._clock.now() + timedelta(seconds=fault.seconds)
            self._clock.call_at(late, lambda: self._queue.put(parcel))
            return
        for _ in range(2 if fault is not None else 1):
            self._queue.put(parcel)
        while self._held_back:
            self._queue.put(self._held_back.pop(0))

    def _run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while (parcel := self._queue.get()) is not None:
                self._deliver(session, parcel)

    def _deliver(self, session: requests.Session, parcel: _Parcel) -> None:
        payload = json.dumps(parcel.event, indent=2)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature(payload, parcel.secret, int(time.time())),
        }
        recorded, status = self.deliveries, None
        try:
            answer = session.post(
                parcel.url,
                data=payload.encode(),
                headers=headers,
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
            status = answer.status_code
        except requests.RequestException:
            status = None  # nobody answered: recorded below, and tried again
        if recorded is not self.deliveries:
            return  # all is forgotten meanwhile
        # Who sees the delivery may move the clock at once: its retry must wait there already.
        if status is None or not requests.codes.ok <= status < requests.codes.multiple_choices:
            self._try_again(parcel)
        event = parcel.event
        recorded.append(Delivery(event["id"], event["type"], parcel.url, parcel.attempt, status))

    def _try_again(self, parcel: _Parcel) -> None:
        if parcel.attempt > len(_RETRIES):
            return
        again = _Parcel(parcel.event, parcel.url, parcel.secret, parcel.attempt + 1)
        at = self._clock.now() + _RETRIES[parcel.attempt - 1]
        self._clock.call_at(at, lambda: self._queue.put(again))


def create(call: Call) -> StripeObject:
    """Register an endpoint. The secret is in this answer only, as at Stripe."""
    url = call.params["url"]
    if not _on_loopback(url):
        raise wrong("url", f"Invalid URL: {url}. The sandbox delivers to http on loopback only.")
    if not call.params["enabled_events"]:
        raise wrong("enabled_events", "Invalid array: at least one event type is needed")
    endpoint = {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": call.params.get("api_version"),
        "application": None,
        "created": call.state.now(),
        "description": call.params.get("description"),
        "enabled_events": call.params["enabled_events"],
        "livemode": False,
        "metadata": call.params.get("metadata", {}),
        "secret": f"whsec_{new_id('s')[2:]}",
        "status": "enabled",
        "url": url,
    }
    return call.state.endpoints.add(endpoint)


def retrieve(call: Call) -> StripeObject:
    """One endpoint, without its secret."""
    return _public(call.state.endpoints.get(call.ids["id"]))


def list_all(call: Call) -> StripeObject:
    """Every endpoint, newest first, without their secrets."""
    page = call.state.endpoints.page("/v1/webhook_endpoints", call.params)
    return {**page, "data": [_public(endpoint) for endpoint in page["data"]]}


def delete(call: Call) -> StripeObject:
    """Take an endpoint away; what is on its way to it still arrives."""
    endpoint = call.state.endpoints.remove(call.ids["id"])
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def _public(endpoint: StripeObject) -> dict[str, Any]:
    return {name: value for name, value in endpoint.items() if name != "secret"}


def _on_loopback(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


ENDPOINTS = [
    Endpoint(
        "POST",
        "/v1/webhook_endpoints",
        create,
        {
            "url": Param(p.identifier, required=True),
            "enabled_events": Param(p.strings, required=True),
            "api_version": Param(p.string),
            "description": Param(p.string),
            "metadata": Param(p.metadata),
        },
    ),
    Endpoint("GET", "/v1/webhook_endpoints", list_all, p.PAGE),
    Endpoint("GET", "/v1/webhook_endpoints/{id}", retrieve),
    Endpoint("DELETE", "/v1/webhook_endpoints/{id}", delete),
]
