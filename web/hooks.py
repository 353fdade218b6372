"""Webhooks: the raw event is kept, and answered; everything else is the hearing's business.

Stripe tries an event again for three days until it is answered with 200, so what could not be kept
is answered with 503, and what never can be with 400. What is too long never gets here (guards).
"""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from goodword.actions import provider_events
from goodword.adapters.news import NotGenuine, NotReadable
from goodword.rules.provider_events import ProviderEvent
from goodword.wiring import Wiring

_EVENT = {
    "type": "object",
    "required": ["id", "object", "type", "created", "data"],
    "properties": {
        "id": {"type": "string"},
        "object": {"const": "event"},
        "type": {"type": "string"},
        "account": {"type": "string"},
        "created": {"type": "integer"},
        "data": {
            "type": "object",
            "required": ["object"],
            "properties": {"object": {"type": "object"}},
        },
    },
}
"""As much of an event as is read here, for the OpenAPI document."""

_log = logging.getLogger("goodword")


def router(wired: Wiring) -> APIRouter:
    """Return `POST /hooks/stripe`."""
    made = APIRouter()

    @made.post(
        "/hooks/stripe",
        response_class=PlainTextResponse,
        responses={status: {"content": {"text/plain": {}}} for status in (400, 413, 503)},
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": _EVENT}}}},
    )
    async def stripe(request: Request) -> PlainTextResponse:
        body = await request.body()  # as it came: that is what was signed
        try:
            event = wired.news.genuine(body, request.headers.get("stripe-signature"))
        except (NotGenuine, NotReadable) as refusal:
            _log.warning("a webhook was refused: %s", refusal)
            return _answer(400, str(refusal))
        try:
            is_new = await run_in_threadpool(_keep, wired, event)
        except SQLAlchemyError:
            _log.exception("event %s could not be kept; it will come again", event.id)
            return _answer(503, "the event could not be kept; send it again")
        return _answer(200, "kept" if is_new else "known")

    return made


def _answer(status: int, sentence: str) -> PlainTextResponse:
    return PlainTextResponse(f"{sentence}\n", status)


def _keep(wired: Wiring, event: ProviderEvent) -> bool:
    with wired.database.transaction() as tx:
        return bool(provider_events.receive(tx, [event], provider_events.WEBHOOK))
