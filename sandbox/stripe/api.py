"""Stripe's HTTP protocol: authentication, versions, idempotency, errors and the routes."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from sandbox.faults import Fault
from sandbox.stripe import (
    accounts,
    balances,
    charges,
    coupons,
    customers,
    disputes,
    errors,
    events,
    invoices,
    payouts,
    refunds,
    subscriptions,
    transfers,
    webhooks,
)
from sandbox.stripe.endpoints import Call, Endpoint
from sandbox.stripe.errors import ParameterError, StripeError
from sandbox.stripe.expansion import expanded
from sandbox.stripe.idempotency import Answer
from sandbox.stripe.ids import new_id
from sandbox.stripe.params import check, decode
from sandbox.stripe.state import API_VERSION, StripeState
from sandbox.transport import drop
from sandbox.world import World

ENDPOINTS: list[Endpoint] = [
    *accounts.ENDPOINTS,
    *balances.ENDPOINTS,
    *charges.ENDPOINTS,
    *coupons.ENDPOINTS,
    *customers.ENDPOINTS,
    *disputes.ENDPOINTS,
    *events.ENDPOINTS,
    *invoices.ENDPOINTS,
    *payouts.ENDPOINTS,
    *refunds.ENDPOINTS,
    *subscriptions.ENDPOINTS,
    *transfers.ENDPOINTS,
    *webhooks.ENDPOINTS,
]

_FAULTS = frozenset({"lock_timeout", "key_in_use", "execute_late", "cached_error"})
_METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]


@dataclass(frozen=True)
class _Asked:
    """A request as it came in, before its parameters are checked."""

    endpoint: Endpoint
    call: Call
    path: str
    parameters: Mapping[str, Any]
    failure: StripeError | None = None


def router(world: World) -> Router:
    """Every route under /v1; nothing of /v2 is there."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in ENDPOINTS:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    routes = [
        Route(path, _serve(world, endpoints), methods=_METHODS)
        for path, endpoints in by_path.items()
    ]
    routes += [
        Route(f"/{version}/{{rest:path}}", _serve(world, {}), methods=_METHODS)
        for version in ("v1", "v2")
    ]
    return Router(routes)


def _serve(
    world: World, endpoints: Mapping[str, Endpoint]
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        request_id = new_id("req")
        try:
            answer = await _handle(world, endpoints, request, request_id)
        except StripeError as refusal:
            answer = _refused(refusal, request_id)
        if answer is None:
            await drop(request.scope, request.receive)
            return Response()
        return _response(request, answer, request_id, world.clock.now())

    return serve


async def _handle(
    world: World, endpoints: Mapping[str, Endpoint], request: Request, request_id: str
) -> Answer | None:
    """The answer to one request; None when it is never to be answered."""
    state = world.stripe
    _authenticated(request)
    with state.lock:
        if not state.rate.accept():
            raise errors.rate_limited()
    endpoint = endpoints.get(request.method)
    if endpoint is None:
        raise errors.unrecognized(request.method, request.url.path)
    asked = await _asked(state, endpoint, request, request_id)
    if world.faults.take("stripe", request.method, request.url.path, {"forgets_keys"}):
        with state.lock:
            state.keys.forget()
    fault = world.faults.take("stripe", request.method, request.url.path, _FAULTS)
    if fault is None:
        return await _answer(asked)
    if fault.kind == "lock_timeout":
        raise _struck(errors.lock_timeout(), fault)
    if fault.kind == "key_in_use":
        raise _struck(errors.key_in_use(asked.call.key or ""), fault)
    if fault.kind == "cached_error":
        return await _answer(replace(asked, failure=_struck(errors.server_error(), fault)))
    world.clock.call_at(
        world.clock.now() + timedelta(seconds=fault.seconds), lambda: _execute_late(asked)
    )
    return None


def _struck(refusal: StripeError, fault: Fault) -> StripeError:
    refusal.headers = fault.with_headers(refusal.headers)
    return refusal


def _authenticated(request: Request) -> str:
    """The secret key of a request, from Bearer or Basic authentication."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    key = credentials.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError) as error:
            raise errors.no_key() from error
    if not key:
        raise errors.no_key()
    if not key.startswith("sk_test_"):
        raise errors.invalid_key(key)
    return key


async def _asked(
    state: StripeState, endpoint: Endpoint, request: Request, request_id: str
) -> _Asked:
    encoded = request.url.query
    if request.method == "POST":
        encoded = (await request.body()).decode(errors="replace")
    call = Call(
        state=state,
        request_id=request_id,
        ids=request.path_params,
        key=request.headers.get("idempotency-key") if request.method == "POST" else None,
        account=_account(state, endpoint, request),
        api_key=_authenticated(request),
    )
    return _Asked(endpoint, call, request.url.path, decode(encoded))


def _account(state: StripeState, endpoint: Endpoint, request: Request) -> str | None:
    """The connected account that a request is made for."""
    account = request.headers.get("stripe-account")
    if account is not None and not endpoint.on_account:
        raise StripeError(
            f"The sandbox does not serve {request.method} {endpoint.path} on behalf of a connected "
            "account: send it without the Stripe-Account header."
        )
    if account is not None and state.accounts.find(account) is None:
        raise errors.account_invalid(_authenticated(request), account)
    return account


async def _answer(asked: _Asked) -> Answer:
    """Do the work once for its idempotency key, or repeat what is kept under the key."""
    state = asked.call.state
    with state.lock:
        kept = _begin(asked)
    if kept is not None:
        return kept
    if state.latency_seconds:
        await asyncio.sleep(state.latency_seconds)
    with state.lock:
        return _finish(asked)


def _execute_late(asked: _Asked) -> None:
    """Do the work of a request whose client has long gone, as if it arrived only now."""
    state = asked.call.state
    with state.lock:
        try:
            if _begin(asked) is None:
                _finish(asked)
        except StripeError:
            return  # refused, and nobody is there to be told


def _begin(asked: _Asked) -> Answer | None:
    call = asked.call
    if call.key is None:
        return None
    # A connected account has keys of its own, so the account is a part of the path.
    path = asked.path if call.account is None else f"{call.account}:{asked.path}"
    kept = call.state.keys.begin(call.key, path, asked.parameters, call.state.clock.now())
    return None if kept is None else replace(kept, replayed=True)


def _finish(asked: _Asked) -> Answer:
    """Execute, and keep the answer under the key unless the endpoint never began to execute."""
    call = asked.call
    try:
        answer = _execute(asked)
    except ParameterError:
        if call.key is not None:
            call.state.keys.release(call.key)
        raise
    except StripeError as refusal:
        answer = _refused(refusal, call.request_id)
    if call.key is not None:
        call.state.keys.finish(call.key, answer)
    return answer


def _execute(asked: _Asked) -> Answer:
    call = replace(asked.call, params=check(asked.parameters, asked.endpoint.params))
    if asked.failure is not None:
        raise asked.failure
    done = asked.endpoint.run(call)
    if asked.endpoint.method == "POST":
        late = call.state.faults.take("stripe", "POST", asked.path, {"lists_late"})
        if late is not None:
            call.state.unlist(done["id"], late.seconds)
    return Answer(200, expanded(call.state, done, asked.parameters), call.request_id)


def _refused(refusal: StripeError, request_id: str) -> Answer:
    return Answer(refusal.status, refusal.body(), request_id, refusal.headers)


def _response(request: Request, answer: Answer, request_id: str, now: datetime) -> Response:
    headers = {
        "Date": format_datetime(now, usegmt=True),
        "Request-Id": request_id,
        "Stripe-Version": request.headers.get("stripe-version", API_VERSION),
        **answer.headers,
    }
    key = request.headers.get("idempotency-key")
    if key is not None and request.method == "POST":
        headers["Idempotency-Key"] = key
        headers["Original-Request"] = answer.request_id
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    return JSONResponse(answer.body, answer.status, headers)
