"""What a test can change at Stripe from outside: what owners, banks and Stripe itself would do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.requests import Request

from sandbox.control_types import Control, ControlError
from sandbox.stripe import accounts, customers, payouts, transfers
from sandbox.stripe.endpoints import Call
from sandbox.stripe.ids import new_id
from sandbox.world import World

_CAPABILITY = frozenset({"active", "inactive", "pending"})
_ACCOUNT = frozenset({"country", "default_currency", "email", "transfers", "payouts_enabled"})
_CHANGE = frozenset({"transfers", "payouts_enabled", "charges_enabled", "closed"})
_CUSTOMER = frozenset({"currency", "email", "name", "description", "phone", "metadata"})


def _check(body: Any, allowed: frozenset[str]) -> None:
    unknown = sorted(set(body) - allowed)
    if unknown:
        raise ControlError(f"{', '.join(unknown)}: only {', '.join(sorted(allowed))} can be given")
    if body.get("transfers", "active") not in _CAPABILITY:
        raise ControlError(f"transfers is one of {', '.join(sorted(_CAPABILITY))}")


def _call(world: World, identifier: str = "") -> Call:
    return Call(world.stripe, new_id("req"), ids={"id": identifier})


def _change_account(world: World, request: Request, body: Any) -> Any:
    _check(body, _CHANGE)
    with world.stripe.lock:
        return dict(accounts.change(_call(world, request.path_params["id"]), body))


def _put_account(world: World, request: Request, body: Any) -> Any:
    _check(body, _ACCOUNT)
    row = {**body, "id": request.path_params["id"]}
    with world.stripe.lock:
        return world.stripe.accounts.add(accounts.loaded(row, world.stripe.now()))


def _put_customer(world: World, request: Request, body: Any) -> Any:
    _check(body, _CUSTOMER)
    row = {**body, "id": request.path_params["id"]}
    with world.stripe.lock:
        return world.stripe.customers.add(customers.loaded(row, world.stripe.now()))


def _change_payout(world: World, request: Request, body: Any) -> Any:
    call = _call(world, request.path_params["id"])
    with world.stripe.lock:
        return dict(payouts.change(call, body["status"], body.get("failure_code")))


def _set_platform(world: World, _: Request, body: Any) -> Any:
    _check(body, frozenset({"id"}))
    with world.stripe.lock:
        world.stripe.platform = accounts.platform(body["id"], world.stripe.now())
        return world.stripe.platform


def _reverse_transfer(world: World, request: Request, body: Any) -> Any:
    """As a person does in the dashboard: no idempotency key, and no metadata."""
    _check(body, frozenset({"amount"}))
    call = Call(
        world.stripe, new_id("req"), ids={"transfer": request.path_params["id"]}, params=body
    )
    with world.stripe.lock:
        return dict(transfers.reverse(call))


def _set_balance(world: World, _: Request, body: Any) -> Any:
    if not all(isinstance(amount, int) for amount in body.values()):
        raise ControlError('the balance takes minor units by currency, such as {"usd": 100000}')
    with world.stripe.lock:
        world.stripe.available.update({code.lower(): amount for code, amount in body.items()})
        return dict(world.stripe.available)


def _set_latency(world: World, _: Request, body: Any) -> Any:
    world.stripe.latency_seconds = float(body["seconds"])
    return {"seconds": world.stripe.latency_seconds}


def _set_rate(world: World, request: Request, body: Any) -> Any:
    per_second = body["per_second"]
    if per_second is not None and (not isinstance(per_second, int) or per_second < 1):
        raise ControlError("per_second is a whole number from 1, or null for no limit")
    with world.stripe.lock:
        world.stripe.rate.set(per_second)
    return _show_rate(world, request, body)


def _show_rate(world: World, _: Request, __: Any) -> Any:
    rate = world.stripe.rate
    return {
        "per_second": rate.per_second,
        "refused": rate.refused,
        "most_in_a_second": rate.most_in_a_second,
    }


def _show_transfers(world: World, _: Request, __: Any) -> Any:
    with world.stripe.lock:
        return [dict(transfer) for transfer in world.stripe.transfers.newest_first()]


def _show_deliveries(world: World, _: Request, __: Any) -> Any:
    return [asdict(delivery) for delivery in list(world.stripe.courier.deliveries)]


CONTROLS: dict[tuple[str, str], Control] = {
    ("POST", "/sandbox/stripe/accounts/{id}"): _change_account,
    ("PUT", "/sandbox/stripe/accounts/{id}"): _put_account,
    ("PUT", "/sandbox/stripe/customers/{id}"): _put_customer,
    ("POST", "/sandbox/stripe/payouts/{id}"): _change_payout,
    ("POST", "/sandbox/stripe/account"): _set_platform,
    ("POST", "/sandbox/stripe/transfers/{id}/reversals"): _reverse_transfer,
    ("POST", "/sandbox/stripe/balance"): _set_balance,
    ("POST", "/sandbox/stripe/latency"): _set_latency,
    ("POST", "/sandbox/stripe/rate"): _set_rate,
    ("GET", "/sandbox/stripe/rate"): _show_rate,
    ("GET", "/sandbox/stripe/transfers"): _show_transfers,
    ("GET", "/sandbox/stripe/deliveries"): _show_deliveries,
}
