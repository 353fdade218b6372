"""What the Stripe stand-in knows while it runs."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.stripe import accounts, customers, errors, subscriptions
from sandbox.stripe.collections import Collection, StripeObject
from sandbox.stripe.expansion import copy
from sandbox.stripe.idempotency import IdempotencyKeys
from sandbox.stripe.ids import new_id
from sandbox.stripe.rate import RateLimit
from sandbox.stripe.webhooks import Courier

if TYPE_CHECKING:
    from sandbox.clock import VirtualClock
    from sandbox.faults import Faults
    from sandbox.stripe.endpoints import Call
    from sandbox.world import Company

# The version whose shapes the objects have; the stripe library 16.1.0 pins it.
API_VERSION = "2026-10-28.endive"
# What the platform's balance holds in each currency until it is set, in minor units.
DEFAULT_AVAILABLE = 1_000_000_000_000
# Types of balance transactions that are not called like their reporting categories.
_TYPES = {
    "dispute": "adjustment",
    "dispute_reversal": "adjustment",
    "transfer_reversal": "transfer_refund",
}


class StripeState:
    """Accounts, customers, transfers and all the rest. `lock` guards everything but `courier`.

    `available` is the platform's balance and `held` that of each connected account, by currency,
    in minor units; `payouts` are kept by connected account.

    Args:
        company: whose connected accounts, customers and subscriptions are there from the start.
        clock: the instants of objects and the ages of idempotency keys.
        faults: those of webhooks and of late lists are taken from here.
        latency_seconds: how long, in real seconds, each call takes.
    """

    def __init__(
        self, company: Company, clock: VirtualClock, faults: Faults, *, latency_seconds: float = 0
    ) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.faults = faults
        self.latency_seconds = latency_seconds
        self.rate = RateLimit()
        self.courier = Courier(clock, faults)
        self._company = company
        self.reset()

    def reset(self) -> None:
        """Become what the company is loaded with, as of the clock's present instant.

        Keys, events, webhook endpoints and everything that was made since are gone. No request
        may be on its way.
        """
        self.keys = IdempotencyKeys()
        self.rate.set(None)
        self.courier.forget()
        self.platform = accounts.platform(accounts.PLATFORM, self.now())
        self._unlisted: dict[str, datetime] = {}
        self._keep_objects()
        self._load(self._company)
        self._fill_balances()

    def _fill_balances(self) -> None:
        self.available: defaultdict[str, int] = defaultdict(lambda: DEFAULT_AVAILABLE)
        self.held: defaultdict[str, defaultdict[str, int]]
        self.held = defaultdict(lambda: defaultdict(int))
        # Shown by the balance before anything moves; any other currency appears when it does.
        shown = {account["default_currency"] for account in self.accounts.newest_first()}
        self.available.update(dict.fromkeys({"usd", *shown}, DEFAULT_AVAILABLE))

    def _load(self, company: Company) -> None:
        for row in company.stripe_accounts:
            self.accounts.add(accounts.loaded(row, self.now()))
        for row in company.stripe_customers:
            self.customers.add(customers.loaded(row, self.now()))
        for row in company.stripe_subscriptions:
            self.subscriptions.add(subscriptions.loaded(row, self.now()))

    def _keep_objects(self) -> None:
        kept = partial(Collection, shown=self._is_listed)
        self.accounts = kept("account")
        self.customers = kept("customer", indexed=["email"])
        self.transfers = kept("transfer", indexed=["transfer_group", "destination"])
        self.reversals = kept("transfer reversal", indexed=["transfer"])
        self.credits = kept("customer balance transaction", indexed=["customer"])
        self.balance_transactions = kept("balance transaction", indexed=["source"])
        self.payouts: defaultdict[str, Collection] = defaultdict(lambda: kept("payout"))
        self.coupons = kept("coupon")
        self.discounts = kept("discount")
        self.subscriptions = kept("subscription", indexed=["customer"])
        self.invoices = kept("invoice", indexed=["customer"])
        self.invoice_payments = kept("invoice payment", indexed=["invoice"])
        self.charges = kept("charge", indexed=["customer", "payment_intent"])
        self.refunds = kept("refund", indexed=["charge"])
        self.disputes = kept("dispute", indexed=["charge"])
        self.events = kept("event")
        self.endpoints = kept("webhook endpoint")

    @property
    def expandable(self) -> dict[str, tuple[Collection, ...]]:
        """Where the objects are whose ids stand in a property, by the property's name."""
        movements = (self.transfers, self.reversals, self.charges, self.refunds, self.disputes)
        return {
            "balance_transaction": (self.balance_transactions,),
            "charge": (self.charges,),
            "coupon": (self.coupons,),
            "customer": (self.customers,),
            "destination": (self.accounts,),
            "discount": (self.discounts,),
            "discounts": (self.discounts,),
            "invoice": (self.invoices,),
            "latest_invoice": (self.invoices,),
            "source": movements,
            "subscription": (self.subscriptions,),
            "transfer": (self.transfers,),
        }

    def unlist(self, identifier: str, seconds: float) -> None:
        """Keep a new object out of every list of its kind, for so long on the virtual clock."""
        self._unlisted[identifier] = self.clock.now() + timedelta(seconds=seconds)

    def _is_listed(self, one: StripeObject) -> bool:
        until = self._unlisted.get(one["id"])
        return until is None or until <= self.clock.now()

    def now(self) -> int:
        """The present instant of the sandbox as a Unix time."""
        return int(self.clock.now().timestamp())

    def emit(
        self,
        call: Call,
        kind: str,
        subject: StripeObject,
        previous: dict[str, Any] | None = None,
    ) -> None:
        """Record an event, and send it to the webhook endpoints that ask for its type.

        Args:
            call: the request that caused it; its idempotency key goes into the event.
            kind: the event's type, for example `transfer.created`.
            subject: the object, copied as it is now.
            previous: the values before an update, of the attributes that changed.
        """
        data: dict[str, Any] = {"object": copy(subject)}
        if previous is not None:
            data["previous_attributes"] = previous
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": call.request_id, "idempotency_key": call.key},
            "type": kind,
        }
        if call.account is not None:
            event["account"] = call.account
        takers = [
            endpoint
            for endpoint in self.endpoints.newest_first(status="enabled")
            if {"*", kind} & set(endpoint["enabled_events"])
        ]
        event["pending_webhooks"] = len(takers)
        self.events.add(event)
        for endpoint in takers:
            self.courier.send(event, endpoint)

    def move_money(
        self, kind: str, source: StripeObject, amount: int, *, overdraw: bool = False
    ) -> str:
        """Add an amount, in minor units, to the platform's balance, and give the movement's id.

        Args:
            kind: its reporting category, for example `transfer_reversal`.
            source: the object that it is about.
            amount: below zero for what leaves the balance.
            overdraw: whether the balance may fall below zero.

        Raises:
            StripeError: the balance would fall below zero.
        """
        currency = source["currency"]
        if amount < 0 and self.available[currency] + amount < 0 and not overdraw:
            raise errors.StripeError(
                "You have insufficient available funds in your Stripe account. Try adding funds "
                "directly to your available balance by creating Charges using the "
                "4000000000000077 test card. See: "
                "https://stripe.com/docs/testing#available-balance",
                code="balance_insufficient",
            )
        self.available[currency] += amount
        movement = {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": self.now(),
            "balance_type": "payments",
            "created": self.now(),
            "currency": currency,
            "description": source.get("description"),
            "exchange_rate": None,
            "fee": 0,
            "fee_details": [],
            "net": amount,
            "reporting_category": kind,
            "source": source["id"],
            "status": "available",
            "type": _TYPES.get(kind, kind),
        }
        return str(self.balance_transactions.add(movement)["id"])
