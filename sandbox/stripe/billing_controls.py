"""What a test can do as a customer of the company, its bank, or a person in the dashboard."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from sandbox.control_types import Control, ControlError
from sandbox.stripe import disputes, invoices, refunds, subscriptions
from sandbox.stripe import params as p
from sandbox.stripe.endpoints import Call
from sandbox.stripe.ids import new_id
from sandbox.world import World

_SUBSCRIPTION = {"customer": str, "price": int, "currency": str, "metadata": dict, "status": str}
_BILL = {
    "customer": str,
    "subscription": str,
    "amount": int,
    "currency": str,
    "invoice_metadata": dict,
    "charge_metadata": dict,
}
_REFUND = {"charge": str, "amount": int, "metadata": dict, "reason": str}
_DISPUTE = {"charge": str, "amount": int, "reason": str}


def _check(body: Any, allowed: dict[str, type], *needed: str) -> None:
    """Check the names and the types of what a control was given.

    Raises:
        ControlError: one is unknown, missing or of another type.
    """
    wrong = sorted(
        name for name, value in body.items() if type(value) is not allowed.get(name, object)
    )
    lacking = [name for name in needed if name not in body]
    if wrong or lacking or body.get("amount", 1) < 1:
        raise ControlError(
            "this takes "
            + ", ".join(f"{name} ({kind.__name__})" for name, kind in allowed.items())
            + (f"; {', '.join(needed)} must be there" if needed else "")
            + "; amounts are minor units from 1"
        )


def _call(world: World, identifier: str = "", params: Any = None) -> Call:
    return Call(world.stripe, new_id("req"), ids={"id": identifier}, params=params or {})


def _put_subscription(world: World, request: Request, body: Any) -> Any:
    _check(body, _SUBSCRIPTION, "customer", "price", "currency")
    status = p.choice(*subscriptions.STATUSES)("status", body.get("status", "active"))
    row = {**body, "id": request.path_params["id"], "status": status}
    state = world.stripe
    with state.lock:
        state.customers.get(row["customer"])
        made = state.subscriptions.add(subscriptions.loaded(row, state.now()))
        state.emit(_call(world), "customer.subscription.created", made)
        return made


def _change_subscription(world: World, request: Request, body: Any) -> Any:
    _check(body, {"status": str}, "status")
    status = p.choice(*subscriptions.STATUSES)("status", body["status"])
    with world.stripe.lock:
        return dict(subscriptions.change(_call(world, request.path_params["id"]), status))


def _bill(world: World, _: Request, body: Any) -> Any:
    _check(body, _BILL)
    with world.stripe.lock:
        return dict(invoices.bill(_call(world, params=body)))


def _refund(world: World, _: Request, body: Any) -> Any:
    _check(body, _REFUND, "charge")
    with world.stripe.lock:
        return dict(refunds.create(_call(world, params=body)))


def _dispute(world: World, _: Request, body: Any) -> Any:
    _check(body, _DISPUTE, "charge")
    with world.stripe.lock:
        return dict(disputes.open_(_call(world, params=body)))


def _decide_dispute(world: World, request: Request, body: Any) -> Any:
    _check(body, {"status": str}, "status")
    status = p.choice("won", "lost")("status", body["status"])
    with world.stripe.lock:
        return dict(disputes.close(_call(world, request.path_params["id"]), status))


CONTROLS: dict[tuple[str, str], Control] = {
    ("PUT", "/sandbox/stripe/subscriptions/{id}"): _put_subscription,
    ("POST", "/sandbox/stripe/subscriptions/{id}"): _change_subscription,
    ("POST", "/sandbox/stripe/bills"): _bill,
    ("POST", "/sandbox/stripe/refunds"): _refund,
    ("POST", "/sandbox/stripe/disputes"): _dispute,
    ("POST", "/sandbox/stripe/disputes/{id}"): _decide_dispute,
}
