"""Charges: what customers have paid, and what of it went back.

Made by the control plane, with an invoice (sandbox/stripe/invoices.py); the API reads them.
"""

from __future__ import annotations

from sandbox.stripe import params as p
from sandbox.stripe.collections import StripeObject
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.ids import new_id
from sandbox.stripe.metadata import merged
from sandbox.stripe.params import Param


def pay(call: Call, customer: StripeObject, amount: int, currency: str) -> StripeObject:
    """Charge a customer an amount, in minor units; it goes to the platform's balance.

    `call.params["charge_metadata"]` is the charge's metadata.
    """
    charge = _charge(call, customer, amount, currency)
    charge["balance_transaction"] = call.state.move_money("charge", charge, amount)
    call.state.charges.add(charge)
    call.state.emit(call, "charge.succeeded", charge)
    return charge


def _charge(call: Call, customer: StripeObject, amount: int, currency: str) -> StripeObject:
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {
            "address": None,
            "email": customer["email"],
            "name": customer["name"],
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": None,
        "captured": True,
        "created": call.state.now(),
        "currency": currency,
        "customer": customer["id"],
        "description": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": merged({}, call.params.get("charge_metadata")),
        "on_behalf_of": None,
        "outcome": None,
        "paid": True,
        "payment_intent": new_id("pi"),
        "payment_method": None,
        "payment_method_details": None,
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def retrieve(call: Call) -> StripeObject:
    """One charge."""
    return call.state.charges.get(call.ids["id"])


def list_all(call: Call) -> StripeObject:
    """Charges, newest first, also by customer and by payment intent."""
    narrowing = {name: call.params.get(name) for name in ("customer", "payment_intent")}
    return call.state.charges.page("/v1/charges", call.params, **narrowing)


ENDPOINTS = [
    Endpoint(
        "GET",
        "/v1/charges",
        list_all,
        {
            **p.PAGE,
            "created": Param(p.created),
            "customer": Param(p.identifier),
            "payment_intent": Param(p.identifier),
        },
    ),
    Endpoint("GET", "/v1/charges/{id}", retrieve),
]
