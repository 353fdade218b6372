"""Reversals: transfers that come back, by our own request or by anybody else's.

Our own are found again by their metadata, among the reversals of their transfer. All of them pass
the platform's balance. Sources: docs.stripe.com/api/transfer_reversals,
docs.stripe.com/reports/balance-transaction-types (`transfer_refund`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import stripe

from goodword.adapters import stripe_amounts
from goodword.adapters.payments import ProviderUnreachable
from goodword.adapters.stripe_answers import asking, classify, said_by
from goodword.adapters.stripe_client import READ
from goodword.adapters.stripe_rails import (
    PAGE,
    REFERENCE,
    StripeApi,
    movement,
    paid,
    reference_of,
)
from goodword.rules.payouts import Answer, Movement, Paid, Refused, TryLater

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stripe.params import (
        BalanceTransactionListParams,
        TransferReversalCreateParams,
        TransferReversalListParams,
    )

    from goodword.adapters.payments import Payment

_CAME_BACK = ("transfer_refund", "transfer_failure", "transfer_cancel")
"""Types of balance transactions by which a transfer's money returns to the platform."""


class Reversals:
    """The rail `stripe_reversal`: the destination is the transfer, the amount is negative."""

    def __init__(self, api: StripeApi) -> None:
        self._api = api

    def request(self, payment: Payment) -> dict[str, Any]:
        """Put what is taken back into the parameters of a reversal, and `transfer`, for its URL."""
        return {
            "transfer": payment.destination,
            "amount": stripe_amounts.payable(payment.rail, -payment.amount),
            "description": payment.description,
            "metadata": {REFERENCE: payment.reference},
        }

    def send(self, request: Mapping[str, Any], idempotency_key: str) -> Answer:
        """Reverse that part of the transfer.

        Stripe gives no code to "already reversed" (github.com/stripe/stripe-ruby/issues/1058), so
        that after a refusal the transfer itself is read: an earlier attempt that was executed late
        may be what left nothing. Too little balance is the connected account's here, which the
        platform cannot top up: a refusal, and not a cause to wait.
        """
        params = {name: value for name, value in request.items() if name != "transfer"}
        try:
            made = self._api.client.v1.transfers.reversals.create(
                request["transfer"],
                cast("TransferReversalCreateParams", params),
                {"idempotency_key": idempotency_key},
            )
        except stripe.StripeError as error:
            answer = classify(error, self._api.key)
            if isinstance(answer, TryLater):
                return _insufficient(request["transfer"], said_by(error, self._api.key))
            return self._told(request, answer) if isinstance(answer, Refused) else answer
        return paid(made)

    def find(self, request: Mapping[str, Any]) -> Iterator[Movement]:
        """Find a stored request's reversals among all of its transfer."""
        wanted = request["metadata"][REFERENCE]
        params: TransferReversalListParams = {"limit": PAGE}
        with asking(self._api.key):
            reversals = self._api.client.v1.transfers.reversals
            for reversal in reversals.list(request["transfer"], params, READ).auto_paging_iter():
                made = reversal.to_dict()
                if reference_of(made) == wanted:
                    yield _movement(made)

    def made(self, created: Mapping[str, int]) -> Iterator[tuple[str, Movement | None]]:
        """List what came back in a window: the transfer, and our own reversal, if it was ours."""
        for kind in _CAME_BACK:
            matching = {"type": kind, "created": created, "limit": PAGE, "expand": ["data.source"]}
            params = cast("BalanceTransactionListParams", matching)
            with asking(self._api.key):
                page = self._api.client.v1.balance_transactions.list(params, READ)
                for entry in page.auto_paging_iter():
                    source = entry.to_dict()["source"]
                    if source["object"] == "transfer_reversal":
                        ours = _movement(source) if reference_of(source) else None
                        yield source["transfer"], ours
                    elif source["object"] == "transfer":
                        yield source["id"], None

    def _told(self, request: Mapping[str, Any], refused: Refused) -> Paid | Refused:
        """Say what of the transfer is left, when that is why the reversal was refused."""
        name = request["transfer"]
        try:
            for ours in self.find(request):
                return Paid(ours.external_id)
            with asking(self._api.key):
                transfer = self._api.client.v1.transfers.retrieve(name, options=READ)
                left = transfer.amount - transfer.amount_reversed
        except ProviderUnreachable:
            return refused
        if left == 0:
            return Refused(
                "already_reversed",
                f"All of transfer {name} was taken back already: {refused.reason}",
                "Nothing is left to take back; the night's reconciliation books what came back",
            )
        if left < request["amount"]:
            return Refused(
                "reversal_too_large",
                f"Less than this is left of transfer {name}: {refused.reason}",
                "Let the night's reconciliation book what came back, then take back the rest",
            )
        return refused


def _insufficient(transfer: str, said: str) -> Refused:
    return Refused(
        "insufficient_funds",
        f"The account that transfer {transfer} went to has too little balance: {said}",
        "Ask the participant to pay it back, or take it back again when the account has money; "
        "until then it is netted against later rewards",
    )


def _movement(made: Mapping[str, Any]) -> Movement:
    return movement(made, made["transfer"], -made["amount"])
