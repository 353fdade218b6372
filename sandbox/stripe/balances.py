"""The platform's balance and its movements."""

from __future__ import annotations

from typing import Any

from sandbox.stripe import params as p
from sandbox.stripe.collections import StripeObject
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.params import Param


def retrieve(call: Call) -> StripeObject:
    """What is available in each currency, in minor units; a connected account's when named."""
    state = call.state
    amounts = state.available if call.account is None else state.held[call.account]
    available = [_part(currency, amounts[currency]) for currency in sorted(amounts)]
    pending = [_part(currency, 0) for currency in sorted(amounts)]
    return {"object": "balance", "available": available, "livemode": False, "pending": pending}


def _part(currency: str, amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


def retrieve_transaction(call: Call) -> StripeObject:
    """One movement of the platform's balance."""
    return call.state.balance_transactions.get(call.ids["id"])


def list_transactions(call: Call) -> StripeObject:
    """The movements of the platform's balance, newest first."""
    narrowing = {name: call.params.get(name) for name in ("type", "source", "currency")}
    return call.state.balance_transactions.page(
        "/v1/balance_transactions", call.params, **narrowing
    )


ENDPOINTS = [
    Endpoint("GET", "/v1/balance", retrieve, on_account=True),
    Endpoint(
        "GET",
        "/v1/balance_transactions",
        list_transactions,
        {
            **p.PAGE,
            "created": Param(p.created),
            "currency": Param(p.currency),
            "source": Param(p.identifier),
            "type": Param(p.identifier),
        },
    ),
    Endpoint("GET", "/v1/balance_transactions/{id}", retrieve_transaction),
]
