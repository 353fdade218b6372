"""Discounts: coupons as they act on one subscription, from an instant on and to an end.

https://docs.stripe.com/api/discounts: a `once` coupon acts on one invoice, a `repeating` one for
as many months as it says, a `forever` one until it is taken away.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from sandbox.stripe import coupons, errors
from sandbox.stripe.collections import StripeObject
from sandbox.stripe.endpoints import Call
from sandbox.stripe.ids import new_id

if TYPE_CHECKING:
    from sandbox.stripe.state import StripeState

_MONTHS_A_YEAR = 12
_PERCENT = 100


def replace(call: Call, subscription: StripeObject, wanted: Sequence[dict[str, str]]) -> None:
    """Put these discounts, and no others, on a subscription.

    Args:
        call: the request that asks for it.
        subscription: whose discounts are replaced.
        wanted: each `{"coupon": id}`, for a new discount, or `{"discount": id}`, to keep one.

    Raises:
        StripeError: a coupon does not exist, is used up, or is of another currency; or a discount
            is not on the subscription. Then nothing has changed.
    """
    present: list[str] = subscription["discounts"]
    kept_or_made: list[str | StripeObject] = [
        _kept(present, number, entry["discount"])
        if "discount" in entry
        else _redeemable(call.state, subscription, wanted, number)
        for number, entry in enumerate(wanted)
    ]
    after = [
        one if isinstance(one, str) else _redeem(call, subscription, one) for one in kept_or_made
    ]
    for identifier in set(present) - set(after):
        gone = call.state.discounts.get(identifier)
        call.state.emit(call, "customer.discount.deleted", gone)
    subscription["discounts"] = after


def _kept(present: list[str], number: int, identifier: str) -> str:
    if identifier not in present:
        param = f"discounts[{number}][discount]"
        raise errors.no_such("discount", identifier, param=param, status=400)
    return identifier


def _redeemable(
    state: StripeState,
    subscription: StripeObject,
    wanted: Sequence[dict[str, str]],
    number: int,
) -> StripeObject:
    """The coupon of one entry, which must have a redemption left after the entries before it."""
    identifier, param = wanted[number]["coupon"], f"discounts[{number}][coupon]"
    coupon = state.coupons.get(identifier, param=param, status=400)
    before = sum(entry.get("coupon") == identifier for entry in wanted[:number])
    most = coupon["max_redemptions"]
    if most is not None and coupon["times_redeemed"] + before >= most:
        raise errors.StripeError(
            f"Coupon expired: {identifier}", code="coupon_expired", param=param
        )
    if coupon["currency"] not in (None, subscription["currency"]):
        raise errors.StripeError(
            f"The coupon {identifier} takes off {coupon['currency']}, and the subscription is in "
            f"{subscription['currency']}.",
            param=param,
        )
    return coupon


def _redeem(call: Call, subscription: StripeObject, coupon: StripeObject) -> str:
    coupons.redeem(coupon)
    start, months = call.state.now(), coupon["duration_in_months"]
    discount = call.state.discounts.add(
        {
            "id": new_id("di"),
            "object": "discount",
            "checkout_session": None,
            "customer": subscription["customer"],
            "customer_account": None,
            "end": None if months is None else months_later(start, months),
            "invoice": None,
            "invoice_item": None,
            "promotion_code": None,
            "source": {"coupon": coupon["id"], "type": "coupon"},
            "start": start,
            "subscription": subscription["id"],
            "subscription_item": None,
        }
    )
    call.state.emit(call, "customer.discount.created", discount)
    return str(discount["id"])


def drop_ended(state: StripeState, subscription: StripeObject) -> None:
    """Take away the discounts whose end has come."""
    now = state.now()
    subscription["discounts"] = [
        identifier
        for identifier in subscription["discounts"]
        if (end := state.discounts.get(identifier)["end"]) is None or end > now
    ]


def drop_used(state: StripeState, subscription: StripeObject) -> None:
    """Take away the discounts that act on one invoice only, once there is one."""
    subscription["discounts"] = [
        identifier
        for identifier in subscription["discounts"]
        if _coupon(state, identifier)["duration"] != "once"
    ]


def taken_off(state: StripeState, identifiers: Sequence[str], subtotal: int) -> list[StripeObject]:
    """What each discount takes off, in turn, of what those before it have left.

    Returns:
        `{"amount": minor units, "discount": id}` for each; together never more than `subtotal`.
    """
    left, amounts = subtotal, []
    for identifier in identifiers:
        coupon = _coupon(state, identifier)
        if coupon["percent_off"] is None:
            off = min(coupon["amount_off"], left)
        else:
            part = left * Decimal(str(coupon["percent_off"])) / _PERCENT
            off = int(part.to_integral_value(ROUND_HALF_UP))
        left -= off
        amounts.append({"amount": off, "discount": identifier})
    return amounts


def _coupon(state: StripeState, discount: str) -> StripeObject:
    return state.coupons.get(state.discounts.get(discount)["source"]["coupon"])


def months_later(instant: int, months: int) -> int:
    """The Unix time some calendar months later; the 31st becomes the last day of a short month."""
    start = datetime.fromtimestamp(instant, UTC)
    years, month = divmod(start.month - 1 + months, _MONTHS_A_YEAR)
    year, month = start.year + years, month + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())
