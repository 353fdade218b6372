"""Stripe: one payment provider with four rails, each in a module of its own.

Transfers to connected accounts, credits on customers' balances, coupons on subscriptions, and
reversals of transfers. Amounts pass stripe_amounts.py, answers stripe_answers.py, and every
payment is found again by its reference (stripe_rails.py).
Source: docs.stripe.com/api, and there idempotent_requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import stripe

from goodword.adapters import stripe_amounts, stripe_readiness
from goodword.adapters.payments import (
    NotPayable,
    NotReady,
    ProviderUnreachable,
    Reached,
    UnsafeCall,
)
from goodword.adapters.stripe_answers import asking, classify
from goodword.adapters.stripe_client import READ, StripeAccess, connect
from goodword.adapters.stripe_coupons import Coupons
from goodword.adapters.stripe_credits import Credits
from goodword.adapters.stripe_rails import StripeApi, StripeRail, created
from goodword.adapters.stripe_reversals import Reversals
from goodword.adapters.stripe_transfers import Transfers
from goodword.rules.payouts import Answer, LookedUp, Movement, NotAnswered, Rail, Unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from goodword.adapters.payments import Payment

_LONGEST_KEY = 240  # Stripe takes 255; a coupon's making adds a word to its payout's key


class StripePayouts:
    """The payment provider Stripe; `PaymentProvider` says what each method promises."""

    def __init__(self, access: StripeAccess) -> None:
        self._api = StripeApi(connect(access), access.api_key)
        self._transfers = Transfers(self._api)
        self._credits = Credits(self._api)
        self._coupons = Coupons(self._api)
        self._reversals = Reversals(self._api)
        self._rails: dict[Rail, StripeRail] = {
            Rail.STRIPE_TRANSFER: self._transfers,
            Rail.STRIPE_CREDIT: self._credits,
            Rail.STRIPE_COUPON: self._coupons,
            Rail.STRIPE_REVERSAL: self._reversals,
        }

    def reach(self) -> Reached:
        """Ask Stripe for the key's own account; an account has no mode, so its balance says it."""
        with asking(self._api.key):
            account = self._api.client.v1.accounts.retrieve_current(options=READ)
            live = self._api.client.v1.balance.retrieve(options=READ).livemode
            return Reached(account.id, "live" if live else "test")

    def balance(self) -> dict[str, int]:
        """Ask Stripe what of the platform's balance is available."""
        with asking(self._api.key):
            found = self._api.client.v1.balance.retrieve(options=READ).to_dict()
            minor = {}
            for part in found["available"]:
                currency = part["currency"].upper()
                whole = stripe_amounts.whole_minor(part["amount"], currency)
                if whole is not None:
                    minor[currency] = whole
            return minor

    def request(self, payment: Payment) -> dict[str, Any]:
        """Put a payment into Stripe's parameters, and the ids that are sent in a call's URL.

        Raises:
            NotPayable: Stripe can never pay this on this rail, or no destination is known.
            UnsafeCall: the reference cannot name a coupon.
        """
        if not payment.destination:
            raise NotPayable(stripe_readiness.no_destination(payment.rail))
        return self._rails[payment.rail].request(payment)

    def send(self, rail: Rail, request: Mapping[str, Any], idempotency_key: str) -> Answer:
        """Send a stored request once, and say what the answer means for the money.

        Raises:
            UnsafeCall: the key is missing or too long (the library would put a random one in its
                place, which a crash loses), the amount is no whole number (sent unchecked), or a
                coupon could be redeemed more than once.
        """
        _refuse_unsafe(rail, request, idempotency_key)
        try:
            return self._rails[rail].send(request, idempotency_key)
        except stripe.StripeError as error:
            return classify(error, self._api.key)
        except Exception as error:  # noqa: BLE001 - the request may have left: never a crash
            return Unknown(f"the answer could not be taken in ({type(error).__name__})")

    def look_up(self, rail: Rail, request: Mapping[str, Any]) -> LookedUp | NotAnswered:
        """Find every movement that carries the reference of a stored request, of any age.

        No window of time is applied: a clock that differs from Stripe's would then turn "paid"
        into "not there".
        """
        try:
            return LookedUp(tuple(self._rails[rail].find(request)))
        except ProviderUnreachable as error:
            return NotAnswered(str(error))

    def movements(
        self,
        since: datetime,
        until: datetime,
        customers: Collection[str] = (),
    ) -> Iterator[Movement]:
        """List our movements of a window: on each rail, and the transfers that came back in it.

        A transfer is listed once. What came back without our reference shows in its
        `reversed_minor`; our own reversals are movements as well.

        Raises:
            ProviderUnreachable: a list could not be read to its end.
        """
        window = created(since, until)
        listed = set()
        for transfer in self._transfers.made(window):
            listed.add(transfer.external_id)
            yield transfer
        for name, ours in self._reversals.made(window):
            if ours:
                yield ours
            if name not in listed:
                listed.add(name)
                if transfer_of := self._transfers.one(name):
                    yield transfer_of
        yield from self._credits.made(window, customers)
        yield from self._coupons.made(window)

    def readiness(
        self,
        rail: Rail,
        destinations: Collection[tuple[str, str]],
    ) -> dict[tuple[str, str], NotReady | NotAnswered | None]:
        """Say of each destination and currency whether it can be paid now; never of reversals."""
        return stripe_readiness.ask(self._api, rail, destinations)


def _refuse_unsafe(rail: Rail, request: Mapping[str, Any], idempotency_key: str) -> None:
    if not idempotency_key or len(idempotency_key) > _LONGEST_KEY:
        raise UnsafeCall(
            f"an idempotency key has 1 to {_LONGEST_KEY} characters, not {len(idempotency_key)}; "
            "without a stored key a repeated payment could be made twice",
        )
    if rail is Rail.STRIPE_COUPON:
        if request.get("max_redemptions") != 1:
            raise UnsafeCall("a stored coupon can be redeemed exactly once")
        return
    amount = request.get("amount")
    if type(amount) is not int or amount == 0:
        raise UnsafeCall(f"a stored amount is a whole number of Stripe's units, not {amount!r}")
