"""Invoices, and what pays them.

The control plane bills a customer; the invoice is final and paid at once. An invoice names no
charge, and a charge no invoice: an invoice payment stands between them, with the payment intent
of both (https://docs.stripe.com/api/invoice-payment).
"""

from __future__ import annotations

from typing import Any

from sandbox.stripe import charges, customers, discounts, errors, subscriptions
from sandbox.stripe import params as p
from sandbox.stripe.collections import StripeObject, listed
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.ids import new_id
from sandbox.stripe.metadata import merged
from sandbox.stripe.params import Param


def bill(call: Call) -> StripeObject:
    """Bill a customer, less the subscription's discounts and the customer's credit.

    Args:
        call: `params` has `customer` or `subscription`, and perhaps `amount` (minor units; the
            subscription's price when left out), `currency`, `invoice_metadata` and
            `charge_metadata`.

    Returns:
        `{"invoice": …, "charge": …}`; the charge is None when nothing was left to pay.

    Raises:
        StripeError: no such customer or subscription, the subscription is canceled, the currency
            is not the customer's, or neither an amount nor a subscription is given.
    """
    subscription = _subscription(call)
    customer_id = subscription["customer"] if subscription else call.params.get("customer", "")
    customer = call.state.customers.get(customer_id, param="customer", status=400)
    invoice = _priced(call, customer, subscription)
    charge = None
    if invoice["amount_due"]:
        charge = charges.pay(call, customer, invoice["amount_due"], invoice["currency"])
        call.state.invoice_payments.add(_payment(call, invoice, charge))
    call.state.invoices.add(invoice)
    if subscription:
        _renewed(call, subscription, invoice)
    call.state.emit(call, "invoice.paid", invoice)
    return {"invoice": invoice, "charge": charge}


def _subscription(call: Call) -> StripeObject | None:
    if "subscription" not in call.params:
        return None
    subscription = subscriptions.get(call, call.params["subscription"])
    if subscription["status"] == "canceled":
        raise errors.StripeError("A canceled subscription is not billed.")
    return subscription


def _priced(call: Call, customer: StripeObject, subscription: StripeObject | None) -> StripeObject:
    """The invoice, with its discounts and the customer's credit taken off."""
    facts = _facts(call, customer, subscription)
    given = subscription["discounts"] if subscription else []
    amounts = discounts.taken_off(call.state, given, facts["subtotal"])
    total = facts["subtotal"] - sum(one["amount"] for one in amounts)
    starting = customer["balance"]
    due = max(total + starting, 0)
    invoice = _invoice(call, customer, subscription) | {
        **facts,
        "amount_due": due,
        "amount_paid": due,
        "discounts": list(given),
        "starting_balance": starting,
        "total": total,
        "total_discount_amounts": amounts,
        "total_excluding_tax": total,
    }
    if due != total:
        applied = {"invoice": invoice["id"], "type": "applied_to_invoice"}
        # Credit is used up, or debt collected: the balance moves by what the total and the
        # amount due differ in.
        customers.move(call.state, customer, total - due, applied)
    invoice["ending_balance"] = customer["balance"]
    return invoice


def _facts(call: Call, customer: StripeObject, subscription: StripeObject | None) -> dict[str, Any]:
    price = subscription["items"]["data"][0]["price"] if subscription else {}
    subtotal = call.params.get("amount", price.get("unit_amount"))
    currency = call.params.get("currency") or price.get("currency") or customer["currency"]
    if subtotal is None or currency is None:
        raise errors.missing("amount" if subtotal is None else "currency")
    customers.settle_currency(customer, currency)
    return {"subtotal": subtotal, "subtotal_excluding_tax": subtotal, "currency": currency}


def _invoice(call: Call, customer: StripeObject, subscription: StripeObject | None) -> StripeObject:
    now, identifier = call.state.now(), new_id("in")
    number = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] += 1
    return {
        "id": identifier,
        "object": "invoice",
        "amount_overpaid": 0,
        "amount_remaining": 0,
        "attempt_count": 1,
        "attempted": True,
        "auto_advance": False,
        "billing_reason": "subscription_cycle" if subscription else "manual",
        "collection_method": "charge_automatically",
        "created": now,
        "customer": customer["id"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "lines": listed(f"/v1/invoices/{identifier}/lines", []),
        "livemode": False,
        "metadata": merged({}, call.params.get("invoice_metadata")),
        "number": f"{customer['invoice_prefix']}-{number:04}",
        "parent": _parent(subscription) if subscription else None,
        "period_end": now,
        "period_start": now,
        "status": "paid",
        "status_transitions": {
            "finalized_at": now,
            "marked_uncollectible_at": None,
            "paid_at": now,
            "voided_at": None,
        },
    }


def _parent(subscription: StripeObject) -> StripeObject:
    return {
        "quote_details": None,
        "subscription_details": {
            "metadata": dict(subscription["metadata"]),
            "subscription": subscription["id"],
            "subscription_proration_date": None,
        },
        "type": "subscription_details",
    }


def _payment(call: Call, invoice: StripeObject, charge: StripeObject) -> StripeObject:
    now = call.state.now()
    return {
        "id": new_id("inpay"),
        "object": "invoice_payment",
        "amount_paid": charge["amount"],
        "amount_requested": charge["amount"],
        "created": now,
        "currency": charge["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": charge["payment_intent"], "type": "payment_intent"},
        "status": "paid",
        "status_transitions": {"canceled_at": None, "paid_at": now},
    }


def _renewed(call: Call, subscription: StripeObject, invoice: StripeObject) -> None:
    discounts.drop_used(call.state, subscription)
    subscription["latest_invoice"] = invoice["id"]
    now, item = call.state.now(), subscription["items"]["data"][0]
    item["current_period_start"] = now
    item["current_period_end"] = discounts.months_later(now, 1)


def retrieve(call: Call) -> StripeObject:
    """One invoice."""
    return call.state.invoices.get(call.ids["id"])


def list_all(call: Call) -> StripeObject:
    """Invoices, newest first, also by customer and by subscription."""
    wanted = call.params.get("subscription")

    def of_it(invoice: StripeObject) -> bool:
        parent = invoice["parent"]
        return wanted is None or (
            parent is not None and parent["subscription_details"]["subscription"] == wanted
        )

    return call.state.invoices.page(
        "/v1/invoices", call.params, where=of_it, customer=call.params.get("customer")
    )


def list_payments(call: Call) -> StripeObject:
    """What paid invoices, newest first, also by invoice and by payment intent."""
    intent = call.params.get("payment", {}).get("payment_intent")
    return call.state.invoice_payments.page(
        "/v1/invoice_payments",
        call.params,
        where=lambda one: intent in (None, one["payment"]["payment_intent"]),
        invoice=call.params.get("invoice"),
    )


def _paid_by(name: str, value: object) -> dict[str, str]:
    given = p.mapping(name, value)
    for key in given:
        if key not in ("payment_intent", "type"):
            raise errors.unknown(f"{name}[{key}]")
    p.choice("payment_intent")(f"{name}[type]", given.get("type"))
    return given


ENDPOINTS = [
    Endpoint(
        "GET",
        "/v1/invoices",
        list_all,
        {
            **p.PAGE,
            "created": Param(p.created),
            "customer": Param(p.identifier),
            "subscription": Param(p.identifier),
        },
    ),
    Endpoint("GET", "/v1/invoices/{id}", retrieve),
    Endpoint(
        "GET",
        "/v1/invoice_payments",
        list_payments,
        {**p.PAGE, "invoice": Param(p.identifier), "payment": Param(_paid_by)},
    ),
]
