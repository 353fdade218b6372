"""The console over real HTTP, and somebody who may see all of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI, Request

from goodword.actions import sessions, staff
from goodword.db.queries import staff as staff_queries
from goodword.rules.rights import Role
from goodword.wiring import wiring
from web import visits
from web.app import create_app


def signed_in(actor: str) -> str:
    """Put somebody with every role on the staff; returns the token of their session."""
    now = datetime.now(UTC)
    ada = staff.NewMember("ada", "ada@example.com", frozenset(Role))
    with wiring().database.transaction() as tx:
        staff.insert(tx, ada, actor)
        member = staff_queries.named(tx, "ada")
        assert member is not None
        return sessions.with_provider(tx, member, "127.0.0.1", now)


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """Run an application on a free port of this machine; its address."""
    # A connection that is closed while its owner takes it up again is an error there; after the
    # usual five seconds that would be so on a machine that has stood still for as long.
    config = uvicorn.Config(app, port=0, log_level="warning", timeout_keep_alive=600)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def serving(now: datetime | None = None) -> Iterator[str]:
    """Run the application on a free port of this machine, its pages as of an instant; its address.

    Args:
        now: the instant that pages go by; the clock's where none is given.
    """
    app = create_app(wiring())

    def then(request: Request) -> visits.Visit:
        visit = visits.half_in(request)
        return replace(visit, now=now or visit.now)

    app.dependency_overrides[visits.half_in] = then
    with running(app) as address:
        yield address
