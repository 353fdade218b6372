"""Transfers from the platform to connected accounts.

A transfer is found again by its `transfer_group`, which is the payout's reference, and carries it
in its metadata too. Source: docs.stripe.com/api/transfers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from goodword.adapters import stripe_amounts
from goodword.adapters.stripe_answers import asking
from goodword.adapters.stripe_client import READ
from goodword.adapters.stripe_rails import (
    PAGE,
    REFERENCE,
    StripeApi,
    movement,
    paid,
    reference_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stripe.params import TransferCreateParams, TransferListParams

    from goodword.adapters.payments import Payment
    from goodword.rules.payouts import Answer, Movement


class Transfers:
    """The rail `stripe_transfer`."""

    def __init__(self, api: StripeApi) -> None:
        self._api = api

    def request(self, payment: Payment) -> dict[str, Any]:
        """Put a payment into the parameters of a transfer."""
        return {
            "destination": payment.destination,
            "amount": stripe_amounts.payable(payment.rail, payment.amount),
            "transfer_group": payment.reference,
            "currency": payment.amount.currency.lower(),
            "description": payment.description,
            "metadata": {REFERENCE: payment.reference},
        }

    def send(self, request: Mapping[str, Any], idempotency_key: str) -> Answer:
        """Make the transfer."""
        params = cast("TransferCreateParams", dict(request))
        made = self._api.client.v1.transfers.create(params, {"idempotency_key": idempotency_key})
        return paid(made)

    def find(self, request: Mapping[str, Any]) -> Iterator[Movement]:
        """Find all transfers of a stored request's group, which only that payout has.

        Also one whose metadata somebody has taken off at Stripe: the group cannot be changed.
        """
        return self._list({"transfer_group": request["transfer_group"]}, _movement)

    def made(self, created: Mapping[str, int]) -> Iterator[Movement]:
        """List our transfers of a window."""
        return self._list({"created": created}, _ours)

    def one(self, identifier: str) -> Movement | None:
        """Read one transfer; None when it is not ours."""
        with asking(self._api.key):
            found = self._api.client.v1.transfers.retrieve(identifier, options=READ)
            return _ours(found.to_dict())

    def _list(
        self, matching: Mapping[str, Any], read: Callable[[Mapping[str, Any]], Movement | None]
    ) -> Iterator[Movement]:
        params = cast("TransferListParams", {**matching, "limit": PAGE})
        with asking(self._api.key):
            for transfer in self._api.client.v1.transfers.list(params, READ).auto_paging_iter():
                if found := read(transfer.to_dict()):
                    yield found


def _ours(made: Mapping[str, Any]) -> Movement | None:
    # Only ours are read further: others may be in currencies that this program does not know.
    return _movement(made) if reference_of(made) else None


def _movement(made: Mapping[str, Any]) -> Movement:
    return movement(made, made["destination"], made["amount"], made["amount_reversed"])
