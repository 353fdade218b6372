"""The sandbox as one process on loopback: Salesforce and Stripe over HTTP, mail over SMTP.

Each API gives `router(world)`, a Starlette router with absolute paths. The transport faults are
done around them (sandbox/transport.py), so their own code needs none of that.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from sandbox import control, mailbox
from sandbox.clock import VirtualClock
from sandbox.faults import Faults
from sandbox.mailbox import Mailbox, smtp_protocol
from sandbox.salesforce import api as salesforce_api
from sandbox.salesforce.org import Org
from sandbox.stripe import api as stripe_api
from sandbox.stripe.state import StripeState
from sandbox.transport import ConnectionProtocol, FaultyTransport
from sandbox.world import Company, World

HOST = "127.0.0.1"
_TICK_SECONDS = 0.05
_START_SECONDS = 60
_STOP_SECONDS = 90  # longer than a webhook waits for its receiver
# How long a request that works, rather than waits, may go on once the server stops.
_PATIENCE_SECONDS = 2


class StartError(RuntimeError):
    """The sandbox did not come up."""


def build_world(
    company: Company, clock: VirtualClock | None = None, *, latency_seconds: float = 0
) -> World:
    """A world loaded with a company, before anyone has called it."""
    clock = clock or VirtualClock()
    faults = Faults()
    return World(
        company=company,
        clock=clock,
        salesforce=Org(company, clock),
        stripe=StripeState(company, clock, faults, latency_seconds=latency_seconds),
        mailbox=Mailbox(),
        faults=faults,
    )


def create_app(world: World, stopping: asyncio.Event | None = None) -> ASGIApp:
    """The HTTP half of a world. `stopping`, when set, ends every request that a fault holds."""
    # Stripe's are first because routes are tried in turn, and its calls are the most.
    routes = [
        route
        for router in (stripe_api, salesforce_api, control, mailbox)
        for route in router.router(world).routes
    ]
    app = Starlette(routes=routes)
    return FaultyTransport(app, world, routes, stopping or asyncio.Event())


class Sandbox:
    """A running sandbox, in a thread of its own.

    Use it as a context manager, or call `start` and `stop`. `world` can be read, and its clock
    and faults used, from any thread.

    Args:
        company: the data it is loaded with.
        clock: its clock; None for one that runs with real time.
        port: for HTTP; 0 for any free one.
        smtp_port: for mail; 0 for any free one.
        latency_seconds: how long, in real seconds, each call to Stripe takes.
    """

    def __init__(
        self,
        company: Company,
        clock: VirtualClock | None = None,
        *,
        port: int = 0,
        smtp_port: int = 0,
        latency_seconds: float = 0,
    ) -> None:
        self.world = build_world(company, clock, latency_seconds=latency_seconds)
        self._wanted = (port, smtp_port)
        self._sockets: list[socket.socket] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._up = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """Where HTTP is served, without a slash at the end."""
        return f"http://{HOST}:{self._sockets[0].getsockname()[1]}"

    @property
    def smtp_port(self) -> int:
        """The port on 127.0.0.1 that takes mail."""
        return int(self._sockets[1].getsockname()[1])

    def start(self) -> None:
        """Listen, and return when both ports answer.

        Raises:
            OSError: a wanted port is taken.
            StartError: the server ended while starting.
        """
        self._up.clear()
        with contextlib.ExitStack() as on_failure:
            self._sockets = [on_failure.enter_context(_listening(port)) for port in self._wanted]
            on_failure.pop_all()
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        if not self._up.wait(_START_SECONDS) or self._stopping is None:
            raise StartError("the sandbox did not come up; its thread's error says why")

    def stop(self) -> None:
        """Stop at once, ending requests that are held, and close both ports."""
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
        self._thread = None

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._stopping = None
            self._up.set()  # so that start() does not wait for what has failed

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = _Server(
            uvicorn.Config(
                create_app(self.world, self._stopping),
                http=ConnectionProtocol,
                lifespan="off",
                ws="none",
                log_config=None,
                date_header=False,  # the APIs say the time of the sandbox's clock
                access_log=False,
                timeout_keep_alive=60,
            ),
            self._up,
            self._stopping,
        )
        smtp = await self._loop.create_server(
            lambda: smtp_protocol(self.world.mailbox, self.world.faults), sock=self._sockets[1]
        )
        self.world.stripe.courier.start()
        ticking = asyncio.create_task(self._tick())
        try:
            await server.serve(sockets=[self._sockets[0]])
        finally:
            ticking.cancel()
            await _accept_no_more(self._sockets[1])
            smtp.close()
            await asyncio.to_thread(self.world.stripe.courier.stop)

    async def _tick(self) -> None:
        """Do what waits for a clock that runs by itself."""
        while True:
            self.world.clock.run_due()
            await asyncio.sleep(_TICK_SECONDS)


class _Server(uvicorn.Server):
    """Says when it listens, and stops at once, whatever its clients are waiting for."""

    def __init__(
        self, config: uvicorn.Config, up: threading.Event, stopping: asyncio.Event
    ) -> None:
        super().__init__(config)
        self._up = up
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._up.set()

    async def main_loop(self) -> None:
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in sockets or []:
            await _accept_no_more(listening)
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        for connection in self.server_state.connections:
            connection.transport.abort()
        if self.server_state.tasks:
            _, busy = await asyncio.wait(self.server_state.tasks, timeout=_PATIENCE_SECONDS)
            for task in busy:
                task.cancel()


async def _accept_no_more(listening: socket.socket) -> None:
    """Let nobody else in, and wait until who came last is in, and can be closed: a few turns."""
    asyncio.get_running_loop().remove_reader(listening)
    for _ in range(5):
        await asyncio.sleep(0)


def run_forever(sandbox: Sandbox, when_up: Callable[[Sandbox], None]) -> None:
    """Run a sandbox in the foreground until the process is told to end (Ctrl-C or SIGTERM).

    Args:
        sandbox: not started yet.
        when_up: called once it answers, to say where.
    """
    ended = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: ended.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with sandbox:
            when_up(sandbox)
            ended.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listening(port: int) -> socket.socket:
    # The protocol is named because asyncio sends small answers at once only on sockets that do.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError:
        listening.close()
        raise
    listening.listen(socket.SOMAXCONN)
    return listening
