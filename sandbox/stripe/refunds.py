"""Refunds: a charge given back to its customer, in parts or whole."""

from __future__ import annotations

from sandbox.stripe import errors
from sandbox.stripe import params as p
from sandbox.stripe.collections import StripeObject
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.ids import new_id
from sandbox.stripe.metadata import merged
from sandbox.stripe.params import Param


def create(call: Call) -> StripeObject:
    """Give back an amount of a charge, in minor units, or all that has not been given back.

    Raises:
        StripeError: no such charge; it is disputed; nothing, or less than the amount, is left of
            it; or the platform's balance is too small.
    """
    charge = _charge_of(call)
    left = charge["amount"] - charge["amount_refunded"]
    amount = call.params.get("amount", left)
    _check(charge, amount, left)
    refund = _refund(call, charge, amount)
    refund["balance_transaction"] = call.state.move_money("refund", refund, -amount)
    call.state.refunds.add(refund)
    previous = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    call.state.emit(call, "refund.created", refund)
    call.state.emit(call, "charge.refunded", charge, previous)
    return refund


def _charge_of(call: Call) -> StripeObject:
    identifier, intent = call.params.get("charge"), call.params.get("payment_intent")
    if identifier is not None:
        return call.state.charges.get(identifier, param="charge", status=400)
    if intent is None:
        raise errors.missing("charge")
    found = call.state.charges.newest_first(payment_intent=intent)
    if not found:
        raise errors.no_such("payment_intent", intent, param="payment_intent", status=400)
    return found[0]


def _check(charge: StripeObject, amount: int, left: int) -> None:
    if left == 0:
        raise errors.StripeError(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if charge["disputed"]:
        raise errors.StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if amount > left:
        raise errors.StripeError(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            param="amount",
        )


def _refund(call: Call, charge: StripeObject, amount: int) -> StripeObject:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": call.state.now(),
        "currency": charge["currency"],
        "destination_details": None,
        "metadata": merged({}, call.params.get("metadata")),
        "payment_intent": charge["payment_intent"],
        "reason": call.params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def retrieve(call: Call) -> StripeObject:
    """One refund."""
    return call.state.refunds.get(call.ids["id"])


def list_all(call: Call) -> StripeObject:
    """Refunds, newest first, also by charge and by payment intent."""
    narrowing = {name: call.params.get(name) for name in ("charge", "payment_intent")}
    return call.state.refunds.page("/v1/refunds", call.params, **narrowing)


ENDPOINTS = [
    Endpoint(
        "POST",
        "/v1/refunds",
        create,
        {
            "amount": Param(p.amount),
            "charge": Param(p.identifier),
            "metadata": Param(p.metadata),
            "payment_intent": Param(p.identifier),
            "reason": Param(p.choice("duplicate", "fraudulent", "requested_by_customer")),
        },
    ),
    Endpoint(
        "GET",
        "/v1/refunds",
        list_all,
        {
            **p.PAGE,
            "charge": Param(p.identifier),
            "created": Param(p.created),
            "payment_intent": Param(p.identifier),
        },
    ),
    Endpoint("GET", "/v1/refunds/{id}", retrieve),
]
