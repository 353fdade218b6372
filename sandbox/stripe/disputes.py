"""Disputes: a customer's bank takes a charge back, and gives it back if the platform wins.

https://docs.stripe.com/disputes/how-disputes-work. Opened and decided by the control plane.
"""

from __future__ import annotations

from sandbox.stripe import errors
from sandbox.stripe import params as p
from sandbox.stripe.collections import StripeObject
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.ids import new_id
from sandbox.stripe.params import Param

_ANSWERED_WITHIN_SECONDS = 7 * 24 * 3600


def open_(call: Call) -> StripeObject:
    """Dispute a charge, or an `amount` of it in minor units; the money leaves the balance.

    Raises:
        StripeError: no such charge, or less than the amount is left of it.
    """
    charge = call.state.charges.get(call.params["charge"], param="charge", status=400)
    left = charge["amount"] - charge["amount_refunded"]
    amount = call.params.get("amount", left)
    if not 0 < amount <= left:
        raise errors.StripeError(f"{left} of the charge can be disputed, and not {amount}.")
    dispute = _dispute(call, charge, amount)
    charge["disputed"] = True
    call.state.disputes.add(dispute)
    call.state.emit(call, "charge.dispute.created", dispute)
    _move(call, dispute, "dispute", -amount)
    call.state.emit(call, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def close(call: Call, status: str) -> StripeObject:
    """Decide a dispute, `won` (the money comes back) or `lost`.

    Raises:
        StripeError: no such dispute, or it has been decided.
    """
    dispute = call.state.disputes.get(call.ids["id"])
    if dispute["status"] in ("won", "lost"):
        raise errors.StripeError(f"The dispute is {dispute['status']} already.")
    previous = {"status": dispute["status"]}
    dispute["status"] = status
    if status == "won":
        _move(call, dispute, "dispute_reversal", dispute["amount"])
        call.state.emit(call, "charge.dispute.funds_reinstated", dispute)
    call.state.emit(call, "charge.dispute.closed", dispute, previous)
    return dispute


def _move(call: Call, dispute: StripeObject, kind: str, amount: int) -> None:
    moved = call.state.move_money(kind, dispute, amount, overdraw=True)
    dispute["balance_transactions"].append(call.state.balance_transactions.get(moved))


def _dispute(call: Call, charge: StripeObject, amount: int) -> StripeObject:
    return {
        "id": new_id("dp"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": call.state.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": call.state.now() + _ANSWERED_WITHIN_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "network_reason_code": None,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": None,
        "reason": call.params.get("reason", "general"),
        "status": "needs_response",
    }


def retrieve(call: Call) -> StripeObject:
    """One dispute."""
    return call.state.disputes.get(call.ids["id"])


def list_all(call: Call) -> StripeObject:
    """Disputes, newest first, also by charge and by payment intent."""
    narrowing = {name: call.params.get(name) for name in ("charge", "payment_intent")}
    return call.state.disputes.page("/v1/disputes", call.params, **narrowing)


ENDPOINTS = [
    Endpoint(
        "GET",
        "/v1/disputes",
        list_all,
        {
            **p.PAGE,
            "charge": Param(p.identifier),
            "created": Param(p.created),
            "payment_intent": Param(p.identifier),
        },
    ),
    Endpoint("GET", "/v1/disputes/{id}", retrieve),
]
