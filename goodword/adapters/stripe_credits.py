"""Credits on customers' balances, which Stripe takes off their next invoice.

A credit is found again by its metadata, among all of its customer's balance transactions: no
list of Stripe filters by metadata. Source: docs.stripe.com/api/customer_balance_transactions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from goodword.adapters import stripe_amounts
from goodword.adapters.stripe_answers import NotThere, asking
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
    from collections.abc import Collection, Iterator, Mapping

    from stripe.params import (
        CustomerBalanceTransactionCreateParams,
        CustomerBalanceTransactionListParams,
    )

    from goodword.adapters.payments import Payment
    from goodword.rules.payouts import Answer, Movement


class Credits:
    """The rail `stripe_credit`."""

    def __init__(self, api: StripeApi) -> None:
        self._api = api

    def request(self, payment: Payment) -> dict[str, Any]:
        """Put a payment into the parameters of a credit, and `customer`, for its URL."""
        return {
            "customer": payment.destination,
            # A negative amount lowers what the customer owes: that is the credit.
            "amount": -stripe_amounts.payable(payment.rail, payment.amount),
            "currency": payment.amount.currency.lower(),
            "description": payment.description,
            "metadata": {REFERENCE: payment.reference},
        }

    def send(self, request: Mapping[str, Any], idempotency_key: str) -> Answer:
        """Make the credit."""
        params = {name: value for name, value in request.items() if name != "customer"}
        entries = self._api.client.v1.customers.balance_transactions
        made = entries.create(
            request["customer"],
            cast("CustomerBalanceTransactionCreateParams", params),
            {"idempotency_key": idempotency_key},
        )
        return paid(made)

    def find(self, request: Mapping[str, Any]) -> Iterator[Movement]:
        """Find a stored request's credits among all balance transactions of its customer."""
        wanted = request["metadata"][REFERENCE]
        return (c for c in self._list(request["customer"], {}) if c.reference == wanted)

    def made(self, created: Mapping[str, int], customers: Collection[str]) -> Iterator[Movement]:
        """List our credits of a window to the customers named.

        A customer that Stripe does not know (any more) has no credits here; what we paid to it
        then shows in the reconciliation as missing.
        """
        for customer in dict.fromkeys(customers):
            try:
                yield from self._list(customer, {"created": created})
            except NotThere:
                continue

    def _list(self, customer: str, matching: Mapping[str, Any]) -> Iterator[Movement]:
        params = cast("CustomerBalanceTransactionListParams", {**matching, "limit": PAGE})
        with asking(self._api.key):
            entries = self._api.client.v1.customers.balance_transactions
            for entry in entries.list(customer, params, READ).auto_paging_iter():
                made = entry.to_dict()
                if reference_of(made):
                    yield movement(made, customer, -made["amount"])
