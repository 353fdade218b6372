"""Customers of the company, and the credit that stands on their balance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.stripe import errors
from sandbox.stripe import params as p
from sandbox.stripe.collections import StripeObject
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.ids import new_id
from sandbox.stripe.metadata import merged
from sandbox.stripe.params import Param

if TYPE_CHECKING:
    from sandbox.stripe.state import StripeState

_FACTS = {
    "description": Param(p.string),
    "email": Param(p.string),
    "metadata": Param(p.metadata),
    "name": Param(p.string),
    "phone": Param(p.string),
    "preferred_locales": Param(p.strings),
}


def loaded(row: dict[str, Any], now: int) -> StripeObject:
    """A customer as a Company describes it: id, currency, email, name, metadata."""
    return {**_customer(row, now), "id": row["id"], "currency": row.get("currency")}


def _customer(facts: Any, now: int) -> StripeObject:
    identifier = new_id("cus")[:18]
    return {
        "id": identifier,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": facts.get("description"),
        "discount": None,
        "email": facts.get("email"),
        "invoice_prefix": identifier[4:12].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": merged({}, facts.get("metadata")),
        "name": facts.get("name"),
        "next_invoice_sequence": 1,
        "phone": facts.get("phone"),
        "preferred_locales": facts.get("preferred_locales") or [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def create(call: Call) -> StripeObject:
    """A new customer, whose currency is not set yet."""
    customer = call.state.customers.add(_customer(call.params, call.state.now()))
    call.state.emit(call, "customer.created", customer)
    return customer


def retrieve(call: Call) -> StripeObject:
    """One customer, with its balance in minor units; below zero is credit."""
    return call.state.customers.get(call.ids["id"])


def update(call: Call) -> StripeObject:
    """Change what people wrote about a customer."""
    customer = call.state.customers.get(call.ids["id"])
    changed = dict(call.params)
    if "metadata" in changed:
        changed["metadata"] = merged(customer["metadata"], changed["metadata"])
    previous = {name: customer[name] for name in changed}
    customer.update(changed)
    call.state.emit(call, "customer.updated", customer, previous)
    return customer


def list_all(call: Call) -> StripeObject:
    """Customers, newest first, also by e-mail."""
    return call.state.customers.page("/v1/customers", call.params, email=call.params.get("email"))


def credit(call: Call) -> StripeObject:
    """Move a customer's balance; a negative amount is a credit.

    The first movement sets the currency of a customer who has none.

    Raises:
        StripeError: no such customer, or its currency is another.
    """
    customer = call.state.customers.get(call.ids["customer"])
    currency = call.params["currency"]
    p.check_divisible(currency, call.params["amount"])
    settle_currency(customer, currency)
    return move(call.state, customer, call.params["amount"], call.params)


def settle_currency(customer: StripeObject, currency: str) -> None:
    """Give a customer its currency, if it has none yet.

    Raises:
        StripeError: it has another.
    """
    if customer["currency"] not in (None, currency):
        raise errors.StripeError(
            "You cannot combine currencies on a single customer. This customer has had a "
            "subscription, coupon, or invoice item with currency " + customer["currency"],
            param="currency",
        )
    customer["currency"] = currency


def move(
    state: StripeState, customer: StripeObject, amount: int, facts: Mapping[str, Any]
) -> StripeObject:
    """Move a customer's balance by an amount, in minor units, and record it.

    Args:
        state: where it is recorded.
        customer: whose currency is set.
        amount: below zero for credit given, above for credit used.
        facts: perhaps `description`, `metadata`, `invoice` and `type`.
    """
    customer["balance"] += amount
    return state.credits.add(
        {
            "id": new_id("cbtxn"),
            "object": "customer_balance_transaction",
            "amount": amount,
            "checkout_session": None,
            "created": state.now(),
            "credit_note": None,
            "currency": customer["currency"],
            "customer": customer["id"],
            "customer_account": None,
            "description": facts.get("description"),
            "ending_balance": customer["balance"],
            "invoice": facts.get("invoice"),
            "livemode": False,
            "metadata": merged({}, facts.get("metadata")),
            "type": facts.get("type", "adjustment"),
        }
    )


def retrieve_credit(call: Call) -> StripeObject:
    """One movement of a customer's balance."""
    customer = call.state.customers.get(call.ids["customer"])
    movement = call.state.credits.get(call.ids["id"])
    if movement["customer"] != customer["id"]:
        raise errors.no_such(call.state.credits.noun, call.ids["id"])
    return movement


def list_credits(call: Call) -> StripeObject:
    """The movements of one customer's balance, newest first."""
    customer = call.state.customers.get(call.ids["customer"])
    url = f"/v1/customers/{customer['id']}/balance_transactions"
    return call.state.credits.page(url, call.params, customer=customer["id"])


_CREDITS = "/v1/customers/{customer}/balance_transactions"

ENDPOINTS = [
    Endpoint("POST", "/v1/customers", create, _FACTS),
    Endpoint(
        "GET",
        "/v1/customers",
        list_all,
        {**p.PAGE, "created": Param(p.created), "email": Param(p.identifier)},
    ),
    Endpoint("GET", "/v1/customers/{id}", retrieve),
    Endpoint("POST", "/v1/customers/{id}", update, _FACTS),
    Endpoint(
        "POST",
        _CREDITS,
        credit,
        {
            "amount": Param(p.signed_amount, required=True),
            "currency": Param(p.currency, required=True),
            "description": Param(p.string),
            "metadata": Param(p.metadata),
        },
    ),
    Endpoint("GET", _CREDITS, list_credits, {**p.PAGE, "created": Param(p.created)}),
    Endpoint("GET", _CREDITS + "/{id}", retrieve_credit),
]
