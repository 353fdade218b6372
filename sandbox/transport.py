"""Faults of the way between an API and its client, done around the API's own work.

The protocol class hands each request its connection, because a server that must not answer has
to close it, and ASGI alone cannot say so.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.faults import TRANSPORT_KINDS, Fault
from sandbox.world import World

# The APIs whose requests can fail, by the start of their paths.
PREFIXES = {"/services/": "salesforce", "/v1/": "stripe", "/v2/": "stripe"}

# (status, headers, JSON body) of an API's own error answer.
ErrorAnswer = tuple[int, dict[str, str], Any]


class ConnectionProtocol(H11Protocol):
    """HTTP/1.1 whose requests find their connection in `scope["state"]["connection"]`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keep the connection where each of its requests is given it."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": transport}


class FaultyTransport:
    """ASGI middleware: counts the calls, and loses, delays or replaces answers as told.

    Args:
        app: the APIs.
        world: whose faults and counts these are.
        routes: every route of the APIs, for the path templates of the counts.
        stopping: set when the server stops, which ends every hold.
    """

    def __init__(
        self, app: ASGIApp, world: World, routes: list[BaseRoute], stopping: asyncio.Event
    ) -> None:
        self._app = app
        self._world = world
        # Routes are tried one after the other, twice a request: only those that can match.
        self._routes = {
            prefix: [one for one in routes if getattr(one, "path", prefix).startswith(prefix)]
            for prefix in PREFIXES
        }
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, unless a fault strikes it."""
        prefix = next((one for one in PREFIXES if scope.get("path", "").startswith(one)), None)
        if scope["type"] != "http" or prefix is None:
            await self._app(scope, receive, send)
            return
        api = PREFIXES[prefix]
        self._world.calls[api, scope["method"], self._template(prefix, scope)] += 1
        fault = self._world.faults.take(api, scope["method"], scope["path"], TRANSPORT_KINDS)
        if fault is None:
            await self._app(scope, receive, send)
            return
        await _Exchange(self._app, scope, receive, send, self._stopping).suffer(fault)

    def _template(self, prefix: str, scope: Scope) -> str:
        for route in self._routes[prefix]:
            match, _ = route.matches(scope)
            if match is Match.FULL:
                return str(getattr(route, "path", scope["path"]))
        return str(scope["path"])


class _Exchange:
    """One request that a fault strikes."""

    def __init__(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, stopping: asyncio.Event
    ) -> None:
        self._app = app
        self._scope = scope
        self._receive = receive
        self._send = send
        self._stopping = stopping

    async def suffer(self, fault: Fault) -> None:
        """Do to the request what the fault says."""
        request = await self._read()
        kind = fault.kind
        if kind in {"timeout_before", "drop_before"}:
            await self._lose(fault, held=kind == "timeout_before")
        elif kind in {"server_error", "rate_limited"}:
            await _answer_error(self._send, self._error(fault))
        else:
            answer = await self._work(request)
            await self._spoil(fault, answer)

    async def _spoil(self, fault: Fault, answer: list[Message]) -> None:
        if fault.kind in {"timeout_after", "drop_after"}:
            await self._lose(fault, held=fault.kind == "timeout_after")
        elif fault.kind == "server_error_after":
            await _answer_error(self._send, self._error(fault))
        elif fault.kind == "slow":
            await self._hold(fault.seconds)
            for message in answer:
                await self._send(message)
        else:
            await self._cut(answer, well_framed=fault.kind == "garbled")

    async def _read(self) -> bytes:
        body = b""
        while True:
            message = await self._receive()
            body += bytes(message.get("body", b""))
            if not message.get("more_body"):
                return body

    async def _work(self, request: bytes) -> list[Message]:
        """Let the API do its work, and keep its answer instead of sending it."""
        answer: list[Message] = []

        bodies = [request]

        async def replay() -> Message:
            if not bodies:  # whoever asks again waits for the client to go
                return await self._receive()
            return {"type": "http.request", "body": bodies.pop(), "more_body": False}

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(self._scope, replay, keep)
        return answer

    async def _hold(self, seconds: float) -> None:
        """Wait, but no longer than the client and the server do."""
        waits = {
            asyncio.create_task(self._gone()),
            asyncio.create_task(_wait(self._stopping)),
        }
        _, pending = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _lose(self, fault: Fault, *, held: bool) -> None:
        if held:
            await self._hold(fault.seconds)
        await drop(self._scope, self._receive)

    async def _cut(self, answer: list[Message], *, well_framed: bool) -> None:
        """Send 200 and the first half of the body; its length is the whole's, or the half's."""
        whole = b"".join(message.get("body", b"") for message in answer[1:])
        half = whole[: len(whole) // 2]
        length = len(half) if well_framed else len(whole)
        headers = [pair for pair in answer[0]["headers"] if pair[0].lower() != b"content-length"]
        headers.append((b"content-length", str(length).encode()))
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._send({"type": "http.response.body", "body": half, "more_body": not well_framed})
        if not well_framed:
            self._scope["state"]["connection"].close()
            await self._gone()

    def _error(self, fault: Fault) -> ErrorAnswer:
        status, headers, body = ERRORS[fault.api, "rate_limited" if _limits(fault) else "error"]()
        return (
            fault.status or status,
            fault.with_headers(headers),
            body if fault.body is None else fault.body,
        )


def _limits(fault: Fault) -> bool:
    return fault.kind == "rate_limited"


async def drop(scope: Scope, receive: Receive) -> None:
    """Close the connection of a request without an answer."""
    scope["state"]["connection"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _answer_error(send: Send, answer: ErrorAnswer) -> None:
    status, headers, body = answer
    payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    head = {"content-type": "application/json", "content-length": str(len(payload)), **headers}
    pairs = [(name.lower().encode(), value.encode()) for name, value in head.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": payload})


def _stripe_error() -> ErrorAnswer:
    message = "An unknown error occurred"
    return 500, {}, {"error": {"message": message, "type": "api_error"}}


def _stripe_rate_limited() -> ErrorAnswer:
    error = {
        "code": "rate_limit",
        "message": "Request rate limit exceeded. You can learn more about rate limits here "
        "https://stripe.com/docs/rate-limits.",
        "type": "invalid_request_error",
    }
    return 429, {"Stripe-Rate-Limited-Reason": "global-rate"}, {"error": error}


def _salesforce_error() -> ErrorAnswer:
    message = "An unexpected error occurred. Please include this ErrorId if you contact support"
    return 500, {}, [{"errorCode": "UNKNOWN_EXCEPTION", "message": message}]


def _salesforce_rate_limited() -> ErrorAnswer:
    message = "Too many requests: the concurrent request limit of this organization is exceeded"
    return 429, {"Retry-After": "1"}, [{"errorCode": "TOO_MANY_REQUESTS", "message": message}]


ERRORS: dict[tuple[str, str], Callable[[], ErrorAnswer]] = {
    ("stripe", "error"): _stripe_error,
    ("stripe", "rate_limited"): _stripe_rate_limited,
    ("salesforce", "error"): _salesforce_error,
    ("salesforce", "rate_limited"): _salesforce_rate_limited,
}
