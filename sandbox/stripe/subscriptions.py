"""Subscriptions of customers: one price a month each, and the discounts on it.

They are put there by the company or by the control plane; the API reads and changes them.
"""

from __future__ import annotations

from typing import Any

from sandbox.stripe import discounts, errors
from sandbox.stripe import params as p
from sandbox.stripe.collections import StripeObject, listed
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.ids import new_id
from sandbox.stripe.metadata import merged
from sandbox.stripe.params import Param

STATUSES = (
    "active",
    "canceled",
    "incomplete",
    "incomplete_expired",
    "past_due",
    "paused",
    "trialing",
    "unpaid",
)
_URL = "/v1/subscriptions"


def loaded(row: dict[str, Any], now: int) -> StripeObject:
    """A subscription as a Company describes it.

    Args:
        row: `id`, `customer`, `price` (minor units a month), `currency`, and perhaps `metadata`
            and `status`.
        now: its start, a Unix time.
    """
    identifier = row["id"]
    return {
        "id": identifier,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": now,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": None, "type": "classic", "updated_at": None},
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": now,
        "currency": row["currency"],
        "customer": row["customer"],
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": listed("/v1/subscription_items", [_item(row, now)]),
        "latest_invoice": None,
        "livemode": False,
        "metadata": merged({}, row.get("metadata")),
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": None,
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": now,
        "status": row.get("status", "active"),
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": None,
        "trial_start": None,
    }


def _item(row: dict[str, Any], now: int) -> StripeObject:
    return {
        "id": new_id("si"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": now,
        "current_period_end": discounts.months_later(now, 1),
        "current_period_start": now,
        "discounts": [],
        "metadata": {},
        "price": _price(row, now),
        "quantity": 1,
        "subscription": row["id"],
        "tax_rates": [],
    }


def _price(row: dict[str, Any], now: int) -> StripeObject:
    return {
        "id": new_id("price"),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": now,
        "currency": row["currency"],
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": new_id("prod"),
        "recurring": {
            "interval": "month",
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": row["price"],
        "unit_amount_decimal": str(row["price"]),
    }


def get(call: Call, identifier: str) -> StripeObject:
    """One subscription as it is now, without the discounts that have ended."""
    subscription = call.state.subscriptions.get(identifier)
    discounts.drop_ended(call.state, subscription)
    return subscription


def retrieve(call: Call) -> StripeObject:
    """One subscription; its discounts are ids, or objects with `expand[]=discounts`."""
    return get(call, call.ids["id"])


def list_all(call: Call) -> StripeObject:
    """Subscriptions, newest first, also by customer and status; canceled ones when asked for."""
    status = call.params.get("status")
    wanted = {None: set(STATUSES) - {"canceled"}, "all": set(STATUSES)}.get(status, {status})
    page = call.state.subscriptions.page(
        _URL,
        call.params,
        where=lambda subscription: subscription["status"] in wanted,
        customer=call.params.get("customer"),
    )
    for subscription in page["data"]:
        discounts.drop_ended(call.state, subscription)
    return page


def update(call: Call) -> StripeObject:
    """Change a subscription's discounts, metadata or description.

    The given list of discounts takes the place of the present one.

    Raises:
        StripeError: the subscription is canceled, or a discount cannot be given.
    """
    subscription = retrieve(call)
    if subscription["status"] == "canceled" and set(call.params) - {"metadata"}:
        raise errors.StripeError(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    previous = {name: subscription[name] for name in call.params}
    if "discounts" in call.params:
        discounts.replace(call, subscription, call.params["discounts"])
    if "metadata" in call.params:
        subscription["metadata"] = merged(subscription["metadata"], call.params["metadata"])
    if "description" in call.params:
        subscription["description"] = call.params["description"]
    call.state.emit(call, "customer.subscription.updated", subscription, previous)
    return subscription


def change(call: Call, status: str) -> StripeObject:
    """Give a subscription a status, as its customer or Stripe would; for the control plane.

    Raises:
        StripeError: no such subscription, or it is canceled already.
    """
    subscription = get(call, call.ids["id"])
    if subscription["status"] == "canceled":
        raise errors.StripeError("A canceled subscription stays canceled.")
    previous = {"status": subscription["status"]}
    subscription["status"] = status
    if status != "canceled":
        call.state.emit(call, "customer.subscription.updated", subscription, previous)
        return subscription
    subscription["canceled_at"] = subscription["ended_at"] = call.state.now()
    subscription["cancellation_details"]["reason"] = "cancellation_requested"
    subscription["discounts"] = []
    call.state.emit(call, "customer.subscription.deleted", subscription)
    return subscription


def _wanted_discounts(name: str, value: object) -> list[dict[str, str]]:
    """A list of `{"coupon": id}` and `{"discount": id}`; an empty string takes all away."""
    if value == "":
        return []
    if not isinstance(value, list):
        raise errors.wrong(name, "Invalid array")
    for number, entry in enumerate(value):
        where = f"{name}[{number}]"
        if not isinstance(entry, dict):
            raise errors.wrong(where, "Invalid object")
        for key in entry:
            if key not in ("coupon", "discount"):
                raise errors.unknown(f"{where}[{key}]")
            p.identifier(f"{where}[{key}]", entry[key])
        if len(entry) != 1:
            raise errors.wrong(where, "Pass exactly one of coupon and discount.")
    return value


ENDPOINTS = [
    Endpoint(
        "GET",
        _URL,
        list_all,
        {
            **p.PAGE,
            "created": Param(p.created),
            "customer": Param(p.identifier),
            "status": Param(p.choice("all", *STATUSES)),
        },
    ),
    Endpoint("GET", _URL + "/{id}", retrieve),
    Endpoint(
        "POST",
        _URL + "/{id}",
        update,
        {
            "description": Param(p.string),
            "discounts": Param(_wanted_discounts),
            "metadata": Param(p.metadata),
        },
    ),
]
