"""Stripe: transfers to connected accounts, credits on customers' balances, and finding them again.

A payment is found again by its reference: `transfer_group` and metadata of a transfer, metadata
of a credit. Amounts pass stripe_amounts.py, answers stripe_answers.py.
Source: docs.stripe.com/api, the pages transfers, customer_balance_transactions and
idempotent_requests.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import stripe

from goodword.adapters import stripe_amounts, stripe_readiness
from goodword.adapters.payments import NotPayable, NotReady, ProviderUnreachable, UnsafeCall
from goodword.adapters.stripe_answers import NotThere, asking, classify
from goodword.adapters.stripe_client import READ, StripeAccess, connect
from goodword.rules.payouts import (
    Answer,
    LookedUp,
    Movement,
    NotAnswered,
    Paid,
    Rail,
    Refused,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from stripe.params import (
        CustomerBalanceTransactionCreateParams,
        CustomerBalanceTransactionListParams,
        TransferCreateParams,
        TransferListParams,
    )

    from goodword.adapters.payments import Payment

REFERENCE = "goodword_payout"
"""Metadata key that carries a payout's reference."""

_LONGEST_KEY = 255  # docs.stripe.com/api/idempotent_requests
_ASKED_AT_ONCE = 8  # enough to fill 20 calls a second at 150 ms and more each
_PAGE = 100  # the most that a list gives at once


class StripePayouts:
    """The payment provider Stripe; `PaymentProvider` says what each method promises."""

    def __init__(self, access: StripeAccess) -> None:
        self._key = access.api_key
        self._client = connect(access)

    def reach(self) -> str:
        """Ask Stripe for the platform's balance: "live" or "test", as the API key is.

        Raises:
            ProviderUnreachable: no answer, or the key is not accepted.
        """
        with asking(self._key):
            return "live" if self._client.v1.balance.retrieve(options=READ).livemode else "test"

    def request(self, payment: Payment) -> dict[str, Any]:
        """Put a payment into Stripe's parameters; a credit also carries `customer`, for its URL.

        Raises:
            NotPayable: Stripe can never pay this amount on this rail, or no destination is known.
        """
        if not payment.destination:
            raise NotPayable(_NO_DESTINATION[payment.rail])
        amount = stripe_amounts.to_stripe(payment.rail, payment.amount)
        if isinstance(amount, Refused):
            raise NotPayable(amount)
        common = {
            "currency": payment.amount.currency.lower(),
            "description": payment.description,
            "metadata": {REFERENCE: payment.reference},
        }
        if payment.rail is Rail.STRIPE_CREDIT:
            # A negative amount lowers what the customer owes: that is the credit.
            return {"customer": payment.destination, "amount": -amount, **common}
        return {
            "destination": payment.destination,
            "amount": amount,
            "transfer_group": payment.reference,
            **common,
        }

    def send(self, rail: Rail, request: Mapping[str, Any], idempotency_key: str) -> Answer:
        """Send a stored request once, and say what the answer means for the money.

        Raises:
            UnsafeCall: the key is missing or too long (the library would put a random one in its
                place, which a crash loses), or the amount is no whole number (sent unchecked).
        """
        _refuse_unsafe(request, idempotency_key)
        try:
            moved = self._create(rail, request, {"idempotency_key": idempotency_key})
            external_id = moved.to_dict().get("id")
        except stripe.StripeError as error:
            return classify(error, self._key)
        except Exception as error:  # noqa: BLE001 - the request may have left: never a crash
            return Unknown(f"the answer could not be taken in ({type(error).__name__})")
        if not isinstance(external_id, str) or not external_id:
            return Unknown("Stripe answered 200 without naming what it made")
        return Paid(external_id)

    def look_up(self, rail: Rail, request: Mapping[str, Any]) -> LookedUp | NotAnswered:
        """Find every movement that carries the reference of a stored request, of any age.

        No window of time is applied: a clock that differs from Stripe's would then turn "paid"
        into "not there". Transfers are found by `transfer_group`. Credits have no such filter, so
        all of the customer's balance transactions are read.
        """
        reference = request["metadata"][REFERENCE]
        try:
            if rail is Rail.STRIPE_TRANSFER:
                found = list(self._transfers({"transfer_group": reference}))
            else:
                credits_of = self._credits(request["customer"], {})
                found = [credit for credit in credits_of if credit.reference == reference]
        except ProviderUnreachable as error:
            return NotAnswered(str(error))
        return LookedUp(tuple(found))

    def movements(
        self,
        since: datetime,
        until: datetime,
        customers: Collection[str] = (),
    ) -> Iterator[Movement]:
        """List the program's transfers of a window, and the credits of the customers named.

        A customer that Stripe does not know (any more) has no credits here; what we paid to it
        then shows in the reconciliation as missing.

        Raises:
            ProviderUnreachable: a list could not be read to its end.
        """
        # Stripe keeps whole seconds: rounding both bounds up keeps neighbouring windows apart.
        created = {"gte": math.ceil(since.timestamp()), "lt": math.ceil(until.timestamp())}
        yield from (move for move in self._transfers({"created": created}) if move.reference)
        for customer in dict.fromkeys(customers):
            try:
                yield from (m for m in self._credits(customer, {"created": created}) if m.reference)
            except NotThere:
                continue

    def readiness(
        self,
        rail: Rail,
        destinations: Collection[str],
    ) -> dict[str, NotReady | NotAnswered | None]:
        """Say of each destination whether it can be paid now; eight are asked at once."""
        distinct = list(dict.fromkeys(destinations))
        with ThreadPoolExecutor(max_workers=_ASKED_AT_ONCE) as pool:
            answers = pool.map(lambda destination: self._ready(rail, destination), distinct)
            return dict(zip(distinct, answers, strict=True))

    def _create(
        self,
        rail: Rail,
        request: Mapping[str, Any],
        options: stripe.RequestOptions,
    ) -> stripe.StripeObject:
        if rail is Rail.STRIPE_TRANSFER:
            transfer = cast("TransferCreateParams", dict(request))
            return self._client.v1.transfers.create(transfer, options)
        params = {name: value for name, value in request.items() if name != "customer"}
        credit = cast("CustomerBalanceTransactionCreateParams", params)
        return self._client.v1.customers.balance_transactions.create(
            request["customer"],
            credit,
            options,
        )

    def _transfers(self, matching: Mapping[str, Any]) -> Iterator[Movement]:
        params = cast("TransferListParams", {**matching, "limit": _PAGE})
        with asking(self._key):
            page = self._client.v1.transfers.list(params, READ)
            for transfer in page.auto_paging_iter():
                made = transfer.to_dict()
                yield _movement(made, made["destination"], made["amount"], made["amount_reversed"])

    def _credits(self, customer: str, matching: Mapping[str, Any]) -> Iterator[Movement]:
        params = cast("CustomerBalanceTransactionListParams", {**matching, "limit": _PAGE})
        with asking(self._key):
            page = self._client.v1.customers.balance_transactions.list(customer, params, READ)
            for entry in page.auto_paging_iter():
                made = entry.to_dict()
                yield _movement(made, customer, -made["amount"], 0)

    def _ready(self, rail: Rail, destination: str) -> NotReady | NotAnswered | None:
        if not destination:
            return NotReady("no_destination", _NO_DESTINATION[rail].reason)
        try:
            with asking(self._key):
                if rail is Rail.STRIPE_TRANSFER:
                    account = self._client.v1.accounts.retrieve(destination, options=READ)
                    return stripe_readiness.account(account.to_dict())
                customer = self._client.v1.customers.retrieve(destination, options=READ)
                return stripe_readiness.customer(customer.to_dict())
        except NotThere as error:
            return stripe_readiness.unknown(rail, destination, str(error))
        except ProviderUnreachable as error:
            return NotAnswered(str(error))


_NO_DESTINATION = {
    Rail.STRIPE_TRANSFER: Refused(
        "no_destination",
        "The participant has no Stripe account on record",
        "Import the participant with stripe_account filled in",
    ),
    Rail.STRIPE_CREDIT: Refused(
        "no_destination",
        "The participant has no Stripe customer on record",
        "Import the participant with stripe_customer filled in",
    ),
}


def _refuse_unsafe(request: Mapping[str, Any], idempotency_key: str) -> None:
    if not idempotency_key or len(idempotency_key) > _LONGEST_KEY:
        raise UnsafeCall(
            f"an idempotency key has 1 to {_LONGEST_KEY} characters, not {len(idempotency_key)}; "
            "without a stored key a repeated payment could be made twice",
        )
    amount = request.get("amount")
    if type(amount) is not int or amount == 0:
        raise UnsafeCall(f"a stored amount is a whole number of Stripe's units, not {amount!r}")


def _movement(
    made: Mapping[str, Any],
    destination: str | None,
    amount: int,
    reversed_amount: int,
) -> Movement:
    currency = made["currency"].upper()
    metadata = made["metadata"] or {}
    return Movement(
        external_id=made["id"],
        reference=metadata.get(REFERENCE) or "",
        amount_minor=stripe_amounts.from_stripe(amount, currency),
        currency=currency,
        destination=destination or "",
        reversed_minor=stripe_amounts.from_stripe(reversed_amount, currency),
        created_at=datetime.fromtimestamp(made["created"], UTC),
    )
