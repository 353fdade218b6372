"""Coupons: free months or part of one bill, on the participant's own subscription.

A coupon is named by its payout's reference and can be redeemed once, whoever asks: that, and not
an idempotency key, is why it is never given twice. A payout is paid when its coupon was redeemed.

It takes two calls, one that makes the coupon and one that puts it on the subscription. A send
begins by reading how far an earlier one came, and does only what is missing:

- It ended before the coupon was made, or after: a coupon alone gives nobody anything. The next
  send makes it, or finds it. `resource_already_exists` is an earlier request of ours that came
  through late; a coupon of this name with other terms is held for a person.
- It ended while the coupon was put on, and Stripe did it: the next send sees the discount, or that
  the coupon was redeemed (its months ran out meanwhile): paid. Stripe did not do it: it is tried
  again. It does it later: the second of the two is refused, since the coupon is used up, and
  changes nothing. So a refusal is believed only when the coupon has not been redeemed.
- The update has the payout's own key. Stripe wants the same body under it, but the body is the
  whole list of discounts, which others may have changed: then it is tried with a new key, which
  is safe for the same reason.

Stripe replaces a subscription's discounts as a whole and has no versions of them. The list is read
right before it is written, with the others kept by their own ids; what somebody else adds within
that moment is lost, as with any program that changes them, and stands in Stripe's events
(`customer.discount.deleted`). Somebody else may overwrite ours in the same way: it is read once
more, and when it is gone at once, a person decides, as it cannot be redeemed again.

One thing must not be done: delete a coupon at Stripe while its payout is not settled. Its name
becomes free, and with it the proof that it was redeemed.
Sources: docs.stripe.com/billing/subscriptions/coupons, docs.stripe.com/api/subscriptions/update,
docs.stripe.com/changelog/2018-05-21 (letters, digits, - and _ in the id).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import stripe

from goodword.adapters import stripe_subscriptions as subscriptions
from goodword.adapters.payments import NotPayable, UnsafeCall
from goodword.adapters.stripe_answers import asking, classify, code_of
from goodword.adapters.stripe_client import READ
from goodword.adapters.stripe_rails import PAGE, REFERENCE, StripeApi, reference_of
from goodword.adapters.stripe_refusals import refused
from goodword.rules.payouts import Answer, Held, Movement, Paid, Refused, TryLater, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stripe.params import CouponCreateParams, CouponListParams, SubscriptionUpdateParams

    from goodword.adapters.payments import Payment

_MINOR, _CURRENCY, _SUBSCRIPTION = (
    "goodword_amount_minor",
    "goodword_currency",
    "goodword_subscription",
)
_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")  # Stripe names no length; a reference has at most 200
_LONGEST_NAME = 40
_TERMS = ("percent_off", "duration", "duration_in_months", "max_redemptions")


class Coupons:
    """The rail `stripe_coupon`: the destination is a subscription, the amount is the worth."""

    def __init__(self, api: StripeApi) -> None:
        self._api = api

    def request(self, payment: Payment) -> dict[str, Any]:
        """Put a benefit into a coupon's parameters, and `subscription`, where it is redeemed.

        The worth goes into the metadata, so that the coupon can be compared with the ledger.
        """
        if not _ID.fullmatch(payment.reference):
            raise UnsafeCall(f"{payment.reference!r} cannot be a coupon's id")
        return {
            "subscription": payment.destination,
            "id": payment.reference,
            **_terms(payment),
            "max_redemptions": 1,
            "name": payment.description[:_LONGEST_NAME],
            "metadata": {
                REFERENCE: payment.reference,
                _MINOR: str(payment.amount.minor),
                _CURRENCY: payment.amount.currency,
                _SUBSCRIPTION: payment.destination,
            },
        }

    def send(self, request: Mapping[str, Any], idempotency_key: str) -> Answer:
        """Make the coupon and put it on the subscription, as far as that is not done yet."""
        name = request["id"]
        subscription = subscriptions.read(self._api, request["subscription"])
        if subscriptions.discount_by(subscription, name):
            return Paid(name)
        coupon = self._kept(name)
        if coupon and coupon["times_redeemed"] and not _differs(coupon, request):
            return Paid(name)
        if wait := _no_use(subscription):
            return wait
        coupon = coupon or self._make(request, f"{idempotency_key}:coupon")
        if _differs(coupon, request):
            return Held(f"Stripe has a coupon {name} with other terms than this payout's")
        return self._apply(name, subscription, idempotency_key)

    def find(self, request: Mapping[str, Any]) -> Iterator[Movement]:
        """Find the coupon of a stored request, if it was redeemed."""
        with asking(self._api.key):
            coupon = self._kept(request["id"])
            if coupon and coupon["times_redeemed"]:
                yield _movement(coupon)

    def made(self, created: Mapping[str, int]) -> Iterator[Movement]:
        """List our coupons that were made in a window and redeemed."""
        params = cast("CouponListParams", {"created": created, "limit": PAGE})
        with asking(self._api.key):
            for coupon in self._api.client.v1.coupons.list(params, READ).auto_paging_iter():
                made = coupon.to_dict()
                if reference_of(made) and made["times_redeemed"]:
                    yield _movement(made)

    def _kept(self, name: str) -> dict[str, Any] | None:
        try:
            return self._api.client.v1.coupons.retrieve(name, options=READ).to_dict()
        except stripe.InvalidRequestError as error:
            if code_of(error) == "resource_missing":
                return None
            raise

    def _make(self, request: Mapping[str, Any], idempotency_key: str) -> dict[str, Any]:
        params = {name: value for name, value in request.items() if name != "subscription"}
        try:
            made = self._api.client.v1.coupons.create(
                cast("CouponCreateParams", params),
                {"idempotency_key": idempotency_key},
            )
        except stripe.InvalidRequestError as error:
            if code_of(error) != "resource_already_exists":
                raise
            made = self._api.client.v1.coupons.retrieve(request["id"], options=READ)
        return made.to_dict()

    def _apply(self, name: str, before: Mapping[str, Any], idempotency_key: str) -> Answer:
        kept = [{"discount": discount["id"]} for discount in before["discounts"]]
        params = {"discounts": [*kept, {"coupon": name}], "expand": subscriptions.SHOWN}
        try:
            after = self._api.client.v1.subscriptions.update(
                before["id"],
                cast("SubscriptionUpdateParams", params),
                {"idempotency_key": idempotency_key},
            ).to_dict()
        except stripe.StripeError as error:
            return self._believed(name, before, classify(error, self._api.key))
        if not subscriptions.discount_by(after, name):
            return Unknown(f"Stripe answered 200 without coupon {name} on {before['id']}")
        return self._still_there(name, before["id"])

    def _believed(self, name: str, before: Mapping[str, Any], answer: Answer) -> Answer:
        """Believe a definite no of the update only if the coupon is unused and the list was right.

        A list that others changed meanwhile names a discount that is gone, or is another body
        under the same key: nothing was done, and a new attempt reads the list anew.
        """
        if not isinstance(answer, Refused | Held):
            return answer
        coupon = self._kept(name)
        if coupon and coupon["times_redeemed"]:
            return Paid(name)
        after = subscriptions.read(self._api, before["id"])
        if isinstance(answer, Held) or after["discounts"] != before["discounts"]:
            what = f"Others changed the discounts of {before['id']}: {answer.reason}"
            return TryLater("discounts_changed", what)
        return answer

    def _still_there(self, name: str, subscription: str) -> Answer:
        try:
            after = subscriptions.read(self._api, subscription)
        except stripe.StripeError:
            return Paid(name)  # as the update itself answered
        if subscriptions.discount_by(after, name):
            return Paid(name)
        return Held(
            f"Coupon {name} was redeemed, and something else that changed the discounts of "
            f"{subscription} took it off at once: give the benefit by hand at Stripe, or decide "
            "that the bill was discounted"
        )


def _terms(payment: Payment) -> dict[str, Any]:
    """Percentages are text, as they were written: they are never a float here."""
    match payment.benefit:
        case {"months": int() as months} if months > 0:
            return {"percent_off": "100", "duration": "repeating", "duration_in_months": months}
        case {"percent_off": int() | str() as percent}:
            return {"percent_off": str(percent), "duration": "once"}
    raise NotPayable(
        Refused(
            "no_benefit",
            f"{payment.benefit!r} is no benefit that a coupon can give",
            'Write months or percent_off at the incentive in the program file, for example "20%"',
        )
    )


def _differs(coupon: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    """Compare what a coupon gives and is for with what was stored."""
    given, asked = ({name: terms.get(name) for name in _TERMS} for terms in (coupon, request))
    for terms in (given, asked):
        terms["percent_off"] = Decimal(str(terms["percent_off"] or 0))
    # Beside ours, anybody may write on it at Stripe.
    written = request["metadata"].items() <= (coupon["metadata"] or {}).items()
    return given != asked or not written


def _no_use(subscription: Mapping[str, Any]) -> Refused | TryLater | None:
    """Say why a coupon would give nothing now."""
    if said := subscriptions.ended(subscription):
        return refused("subscription_ended", said)
    if said := subscriptions.already_free(subscription):
        return TryLater("bill_already_free", said)
    return None


def _movement(coupon: Mapping[str, Any]) -> Movement:
    written = coupon["metadata"]
    return Movement(
        external_id=coupon["id"],
        reference=reference_of(coupon),
        amount_minor=int(written[_MINOR]),
        currency=written[_CURRENCY],
        destination=written[_SUBSCRIPTION],
        reversed_minor=0,
        created_at=datetime.fromtimestamp(coupon["created"], UTC),
    )
