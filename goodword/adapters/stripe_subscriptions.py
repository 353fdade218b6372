"""A subscription at Stripe, as far as a coupon on it is concerned.

Sources: docs.stripe.com/api/subscriptions, docs.stripe.com/api/discounts.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from goodword.adapters.stripe_client import READ
from goodword.phrases import because

if TYPE_CHECKING:
    from collections.abc import Mapping

    from goodword.adapters.stripe_rails import StripeApi

SHOWN = ["customer", "discounts.source.coupon"]
"""What is expanded wherever a subscription is read; its discounts are bare ids otherwise."""

_WHOLE = 100
_LASTS = {"once": because("until its next invoice"), "forever": because("without an end")}


def read(api: StripeApi, identifier: str) -> dict[str, Any]:
    """Read a subscription with its customer, its discounts and their coupons.

    Raises:
        StripeError: as the library raises it.
    """
    return api.client.v1.subscriptions.retrieve(identifier, {"expand": SHOWN}, READ).to_dict()


def discount_by(subscription: Mapping[str, Any], coupon: str) -> Mapping[str, Any] | None:
    """Return the discount that a coupon gives this subscription now."""
    discounts: list[Mapping[str, Any]] = subscription["discounts"]
    return next((one for one in discounts if _coupon(one).get("id") == coupon), None)


def ended(subscription: Mapping[str, Any]) -> str | None:
    """Say why no bill is to come that a coupon could lower; None when one is.

    One that is `incomplete` takes no discount either, and is paid for or expired within 23 hours.
    """
    name, status = subscription["id"], subscription["status"]
    if status in {"canceled", "incomplete", "incomplete_expired"}:
        state = status.replace("_", " and ")
        return because("Stripe subscription {account} is {state}", account=name, state=state)
    if subscription.get("cancel_at_period_end"):
        return because(
            "Stripe subscription {account} was cancelled and ends with the period that is paid",
            account=name,
        )
    return None


def already_free(subscription: Mapping[str, Any]) -> str | None:
    """Say until when the bill is free by another coupon; None when it is not.

    A second coupon's months would run at the same time, and be lost.
    """
    for discount in subscription["discounts"]:
        coupon = _coupon(discount)
        if coupon.get("percent_off") == _WHOLE:
            end = discount.get("end")
            lasts = _LASTS.get(coupon.get("duration", ""), because("for now"))
            if end:
                lasts = because("until {on}", on=datetime.fromtimestamp(end, UTC).date())
            return because(
                "Stripe subscription {account} is free already, {lasts}, by {coupon}",
                account=subscription["id"],
                lasts=lasts,
                coupon=coupon["id"],
            )
    return None


def _coupon(discount: Mapping[str, Any]) -> Mapping[str, Any]:
    coupon = discount["source"]["coupon"] or {}
    return {"id": coupon} if isinstance(coupon, str) else coupon
