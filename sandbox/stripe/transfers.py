"""Transfers from the platform to connected accounts, and their reversals.

A transfer has no status. It is reversed in parts, and counts as `reversed` only when whole.
"""

from __future__ import annotations

from typing import Any

from sandbox.stripe import errors
from sandbox.stripe import params as p
from sandbox.stripe.collections import StripeObject, listed
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.ids import new_id
from sandbox.stripe.metadata import merged
from sandbox.stripe.params import Param


def create(call: Call) -> StripeObject:
    """Move an amount, in minor units, to a connected account.

    Raises:
        StripeError: no such destination, its transfers capability is not active, or the
            platform's balance is too small.
    """
    params, state = call.params, call.state
    p.check_divisible(params["currency"], params["amount"])
    account = state.accounts.find(params["destination"])
    if account is None:
        raise errors.no_such("destination", params["destination"], param="destination", status=400)
    if account["capabilities"].get("transfers") != "active":
        raise errors.StripeError(
            "Your destination account needs to have at least one of the following capabilities "
            "enabled: transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    transfer = _transfer(call)
    transfer["balance_transaction"] = state.move_money("transfer", transfer, -transfer["amount"])
    state.held[account["id"]][transfer["currency"]] += transfer["amount"]
    state.transfers.add(transfer)
    state.emit(call, "transfer.created", transfer)
    return transfer


def _transfer(call: Call) -> StripeObject:
    identifier = new_id("tr")
    return {
        "id": identifier,
        "object": "transfer",
        "amount": call.params["amount"],
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": call.state.now(),
        "currency": call.params["currency"],
        "description": call.params.get("description"),
        "destination": call.params["destination"],
        "destination_payment": new_id("py"),
        "livemode": False,
        "metadata": merged({}, call.params.get("metadata")),
        "reversals": {**listed(f"/v1/transfers/{identifier}/reversals", []), "total_count": 0},
        "reversed": False,
        "source_transaction": None,
        "source_type": call.params.get("source_type", "card"),
        "transfer_group": call.params.get("transfer_group"),
    }


def retrieve(call: Call) -> StripeObject:
    """One transfer."""
    return call.state.transfers.get(call.ids["id"])


def update(call: Call) -> StripeObject:
    """Change the description or metadata of a transfer; nothing else can change."""
    return _update(call, call.state.transfers.get(call.ids["id"]), "transfer.updated")


def _update(call: Call, subject: StripeObject, kind: str | None) -> StripeObject:
    changed: dict[str, Any] = dict(call.params)
    if "metadata" in changed:
        changed["metadata"] = merged(subject["metadata"], changed["metadata"])
    previous = {name: subject[name] for name in changed}
    subject.update(changed)
    if kind is not None:
        call.state.emit(call, kind, subject, previous)
    return subject


def list_all(call: Call) -> StripeObject:
    """Transfers, newest first, also by group and by destination."""
    narrowing = {name: call.params.get(name) for name in ("transfer_group", "destination")}
    return call.state.transfers.page("/v1/transfers", call.params, **narrowing)


def reverse(call: Call) -> StripeObject:
    """Take back an amount, in minor units, or all that has not been taken back.

    Raises:
        StripeError: nothing, or less than the amount, is left to reverse; or the connected
            account has paid it out already.
    """
    transfer = call.state.transfers.get(call.ids["transfer"])
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = call.params.get("amount", left)
    if left == 0 or amount > left:
        raise errors.StripeError(
            f"Transfer {transfer['id']} is already fully reversed."
            if left == 0
            else f"Reversal amount ({amount}) is greater than the unreversed amount on transfer "
            f"({left})",
            param=None if left == 0 else "amount",
        )
    held = call.state.held[transfer["destination"]]
    if held[transfer["currency"]] < amount:
        raise errors.StripeError(
            f"Insufficient funds: the account {transfer['destination']} has less than this "
            "reversal takes back.",
            code="balance_insufficient",
        )
    reversal = _reversal(call, transfer, amount)
    reversal["balance_transaction"] = call.state.move_money("transfer_reversal", reversal, amount)
    held[transfer["currency"]] -= amount
    call.state.reversals.add(reversal)
    _record(transfer, reversal)
    call.state.emit(call, "transfer.reversed", transfer)
    return reversal


def _reversal(call: Call, transfer: StripeObject, amount: int) -> StripeObject:
    return {
        "id": new_id("trr"),
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": None,
        "created": call.state.now(),
        "currency": transfer["currency"],
        "destination_payment_refund": new_id("pyr"),
        "metadata": merged({}, call.params.get("metadata")),
        "source_refund": None,
        "transfer": transfer["id"],
    }


def _record(transfer: StripeObject, reversal: StripeObject) -> None:
    transfer["amount_reversed"] += reversal["amount"]
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    shown = 10
    reversals = transfer["reversals"]
    reversals["data"] = [reversal, *reversals["data"]][:shown]
    reversals["total_count"] += 1
    reversals["has_more"] = reversals["total_count"] > shown


def retrieve_reversal(call: Call) -> StripeObject:
    """One reversal of one transfer."""
    transfer = call.state.transfers.get(call.ids["transfer"])
    reversal = call.state.reversals.get(call.ids["id"])
    if reversal["transfer"] != transfer["id"]:
        raise errors.no_such(call.state.reversals.noun, call.ids["id"])
    return reversal


def update_reversal(call: Call) -> StripeObject:
    """Change the metadata of a reversal."""
    return _update(call, retrieve_reversal(call), None)


def list_reversals(call: Call) -> StripeObject:
    """The reversals of one transfer, newest first."""
    transfer = call.state.transfers.get(call.ids["transfer"])
    url = f"/v1/transfers/{transfer['id']}/reversals"
    return call.state.reversals.page(url, call.params, transfer=transfer["id"])


_REVERSALS = "/v1/transfers/{transfer}/reversals"

ENDPOINTS = [
    Endpoint(
        "POST",
        "/v1/transfers",
        create,
        {
            "amount": Param(p.amount, required=True),
            "currency": Param(p.currency, required=True),
            "destination": Param(p.identifier, required=True),
            "description": Param(p.string),
            "metadata": Param(p.metadata),
            "source_type": Param(p.choice("bank_account", "card", "fpx")),
            "transfer_group": Param(p.identifier),
        },
    ),
    Endpoint(
        "GET",
        "/v1/transfers",
        list_all,
        {
            **p.PAGE,
            "created": Param(p.created),
            "destination": Param(p.identifier),
            "transfer_group": Param(p.identifier),
        },
    ),
    Endpoint("GET", "/v1/transfers/{id}", retrieve),
    Endpoint(
        "POST",
        "/v1/transfers/{id}",
        update,
        {"description": Param(p.string), "metadata": Param(p.metadata)},
    ),
    Endpoint(
        "POST",
        _REVERSALS,
        reverse,
        {
            "amount": Param(p.amount),
            "description": Param(p.string),
            "metadata": Param(p.metadata),
        },
    ),
    Endpoint("GET", _REVERSALS, list_reversals, p.PAGE),
    Endpoint("GET", _REVERSALS + "/{id}", retrieve_reversal),
    Endpoint("POST", _REVERSALS + "/{id}", update_reversal, {"metadata": Param(p.metadata)}),
]
