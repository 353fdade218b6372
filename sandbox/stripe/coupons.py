"""Coupons: what a discount takes off, for how long, and how often it can be given.

https://docs.stripe.com/api/coupons
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from sandbox.stripe import errors
from sandbox.stripe import params as p
from sandbox.stripe.collections import StripeObject
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.ids import new_id
from sandbox.stripe.metadata import merged
from sandbox.stripe.params import Param

_MAX_PERCENT = 100
_ID_LENGTH = 8


def create(call: Call) -> StripeObject:
    """A new coupon, under an id of the caller's choice or a drawn one.

    Raises:
        StripeError: the id is taken (`resource_already_exists`), or the parameters do not fit
            each other.
    """
    _check_together(call)
    identifier = call.params.get("id") or new_id("")[1 : 1 + _ID_LENGTH]
    if call.state.coupons.find(identifier) is not None:
        raise errors.StripeError(
            "Coupon already exists.", code="resource_already_exists", param="id"
        )
    coupon = call.state.coupons.add(
        {
            "id": identifier,
            "object": "coupon",
            "amount_off": call.params.get("amount_off"),
            "created": call.state.now(),
            "currency": call.params.get("currency"),
            "duration": call.params.get("duration", "once"),
            "duration_in_months": call.params.get("duration_in_months"),
            "livemode": False,
            "max_redemptions": call.params.get("max_redemptions"),
            "metadata": merged({}, call.params.get("metadata")),
            "name": call.params.get("name"),
            "percent_off": call.params.get("percent_off"),
            "redeem_by": None,
            "times_redeemed": 0,
            "valid": True,
        }
    )
    call.state.emit(call, "coupon.created", coupon)
    return coupon


def _check_together(call: Call) -> None:
    given = call.params.keys()
    if ("percent_off" in given) == ("amount_off" in given):
        raise errors.wrong(
            "percent_off", "You must pass either `percent_off` or `amount_off`, and not both."
        )
    if "amount_off" in given and "currency" not in given:
        raise errors.missing("currency")
    if "currency" in given and "amount_off" not in given:
        raise errors.wrong("currency", "`currency` can only be passed with `amount_off`.")
    repeats = call.params.get("duration") == "repeating"
    if repeats and "duration_in_months" not in given:
        raise errors.missing("duration_in_months")
    if "duration_in_months" in given and not repeats:
        raise errors.wrong(
            "duration_in_months", "`duration_in_months` needs `duration` to be `repeating`."
        )


def redeem(coupon: StripeObject) -> None:
    """Count one redemption. The caller has checked that the coupon is valid."""
    coupon["times_redeemed"] += 1
    most = coupon["max_redemptions"]
    coupon["valid"] = most is None or coupon["times_redeemed"] < most


def retrieve(call: Call) -> StripeObject:
    """One coupon, with how often it has been redeemed."""
    return call.state.coupons.get(call.ids["id"])


def list_all(call: Call) -> StripeObject:
    """Coupons, newest first."""
    return call.state.coupons.page("/v1/coupons", call.params)


def _percent(name: str, value: object) -> float:
    """A percentage above 0 and up to 100, with at most two decimals.

    A float, because Stripe's own answer has a JSON number there; it is no money.
    """
    try:
        percent = Decimal(p.identifier(name, value))
    except InvalidOperation as error:
        raise errors.wrong(name, f"Invalid decimal: {value}") from error
    if not percent.is_finite() or not 0 < percent <= _MAX_PERCENT:
        raise errors.wrong(name, "This value must be greater than 0 and at most 100.")
    if percent != round(percent, 2):
        raise errors.wrong(name, "This value can have at most two decimals.")
    return float(percent)


def _count(name: str, value: object) -> int:
    number = p.integer(name, value)
    if number < 1:
        raise errors.wrong(
            name,
            "This value must be greater than or equal to 1.",
            "parameter_invalid_integer",
        )
    return number


ENDPOINTS = [
    Endpoint(
        "POST",
        "/v1/coupons",
        create,
        {
            "id": Param(p.identifier),
            "amount_off": Param(p.amount),
            "currency": Param(p.currency),
            "duration": Param(p.choice("forever", "once", "repeating")),
            "duration_in_months": Param(_count),
            "max_redemptions": Param(_count),
            "metadata": Param(p.metadata),
            "name": Param(p.string),
            "percent_off": Param(_percent),
        },
    ),
    Endpoint("GET", "/v1/coupons", list_all, {**p.PAGE, "created": Param(p.created)}),
    Endpoint("GET", "/v1/coupons/{id}", retrieve),
]
