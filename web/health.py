"""Is the process alive, and can it do its work?"""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from goodword.wiring import Wiring

OK, UNAVAILABLE = 200, 503


def router(wired: Wiring) -> APIRouter:
    """Return `GET /healthz` (alive) and `GET /readyz` (the database answers)."""
    made = APIRouter()

    @made.get("/healthz", response_class=PlainTextResponse)
    def healthz() -> PlainTextResponse:
        return PlainTextResponse("alive\n")

    @made.get(
        "/readyz",
        response_class=PlainTextResponse,
        responses={UNAVAILABLE: {"content": {"text/plain": {}}}},
    )
    def readyz() -> PlainTextResponse:
        try:
            with wired.database.transaction() as tx:
                tx.execute(text("SELECT FROM provider_events LIMIT 0"))
        except SQLAlchemyError:
            return PlainTextResponse("the database does not answer\n", UNAVAILABLE)
        return PlainTextResponse("ready\n")

    return made
