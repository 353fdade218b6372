"""Payouts: from a connected account's balance to its bank, `pending` until told otherwise.

A payout can be `paid` and still fail afterwards.
"""

from __future__ import annotations

from sandbox.stripe import errors
from sandbox.stripe import params as p
from sandbox.stripe.collections import StripeObject
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.ids import new_id
from sandbox.stripe.metadata import merged
from sandbox.stripe.params import Param

_ARRIVES_AFTER_SECONDS = 2 * 24 * 3600
# What may follow what: https://docs.stripe.com/payouts
_NEXT = {"pending": {"paid", "failed", "canceled"}, "paid": {"failed"}}


def create(call: Call) -> StripeObject:
    """Pay an amount, in minor units, of a connected account's balance to its bank.

    Raises:
        StripeError: the account is unknown, may not pay out, or has too little.
    """
    owner = _owner(call)
    p.check_divisible(call.params["currency"], call.params["amount"], payout=True)
    account = call.state.accounts.get(owner, param="account", status=400)
    if not account["payouts_enabled"]:
        raise errors.StripeError(
            "Cannot create payouts: this account has requirements that need to be collected.",
            code="payouts_not_allowed",
        )
    held, currency = call.state.held[owner], call.params["currency"]
    if held[currency] < call.params["amount"]:
        raise errors.StripeError(
            "You have insufficient funds in your Stripe account for this transfer.",
            code="balance_insufficient",
        )
    held[currency] -= call.params["amount"]
    payout = call.state.payouts[owner].add(_payout(call))
    call.state.emit(call, "payout.created", payout)
    return payout


def _payout(call: Call) -> StripeObject:
    return {
        "id": new_id("po"),
        "object": "payout",
        "amount": call.params["amount"],
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": call.state.now() + _ARRIVES_AFTER_SECONDS,
        "automatic": False,
        "balance_transaction": None,
        "created": call.state.now(),
        "currency": call.params["currency"],
        "description": call.params.get("description"),
        "destination": new_id("ba"),
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": merged({}, call.params.get("metadata")),
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": call.params.get("statement_descriptor"),
        "status": "pending",
        "trace_id": None,
        "type": "bank_account",
    }


def retrieve(call: Call) -> StripeObject:
    """One payout of the connected account."""
    return call.state.payouts[_owner(call)].get(call.ids["id"])


def list_all(call: Call) -> StripeObject:
    """The payouts of the connected account, newest first, also by status."""
    payouts = call.state.payouts[_owner(call)]
    return payouts.page("/v1/payouts", call.params, status=call.params.get("status"))


def change(call: Call, status: str, failure_code: str | None = None) -> StripeObject:
    """Let a payout arrive or fail; for the control plane. A failure gives the money back.

    Raises:
        StripeError: no such payout, or it cannot come to that status any more.
    """
    owner, payout = _find(call)
    if status not in _NEXT.get(payout["status"], set()):
        raise errors.StripeError(f"A payout that is {payout['status']} cannot become {status}.")
    previous = {"status": payout["status"]}
    payout["status"] = status
    if status != "paid":
        call.state.held[owner][payout["currency"]] += payout["amount"]
    if status == "failed":
        payout["failure_code"] = failure_code or "account_closed"
        payout["failure_message"] = "The bank account has been closed"
    as_owner = Call(call.state, call.request_id, account=owner)
    call.state.emit(as_owner, f"payout.{status}", payout, previous)
    return payout


def _find(call: Call) -> tuple[str, StripeObject]:
    for owner, payouts in call.state.payouts.items():
        payout = payouts.find(call.ids["id"])
        if payout is not None:
            return owner, payout
    raise errors.no_such("payout", call.ids["id"])


def _owner(call: Call) -> str:
    if call.account is None:
        raise errors.StripeError(
            "The sandbox keeps payouts of connected accounts only: send the Stripe-Account header."
        )
    return call.account


ENDPOINTS = [
    Endpoint(
        "POST",
        "/v1/payouts",
        create,
        {
            "amount": Param(p.amount, required=True),
            "currency": Param(p.currency, required=True),
            "description": Param(p.string),
            "metadata": Param(p.metadata),
            "statement_descriptor": Param(p.string),
        },
        on_account=True,
    ),
    Endpoint(
        "GET",
        "/v1/payouts",
        list_all,
        {
            **p.PAGE,
            "created": Param(p.created),
            "status": Param(p.choice("canceled", "failed", "in_transit", "paid", "pending")),
        },
        on_account=True,
    ),
    Endpoint("GET", "/v1/payouts/{id}", retrieve, on_account=True),
]
