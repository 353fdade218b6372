"""Serving: the web application: the console, and the payment provider's webhooks."""

from __future__ import annotations

import errno
import logging
import socket
from typing import Annotated

import typer

from cli.output import complain, say
from goodword.wiring import wiring

_LAST_PORT = 65535


_WEBHOOKS_REFUSED = (
    "GOODWORD_STRIPE_WEBHOOK_SECRET is not set, so every webhook is refused: in the Stripe "
    "Dashboard (Developers, Webhooks) add an endpoint with the address of this server and "
    "/hooks/stripe, payload style “snapshot”, and give its signing secret (whsec_…). Events of "
    "connected accounts need an endpoint of their own: give both secrets with a comma between."
)
_NO_STAFF = (
    "Nobody is on the staff yet, so nobody can sign in: goodword staff add NAME "
    "--email ADDRESS --role administrator"
)


class AddressTaken(Exception):
    """Another program listens there."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port} is taken on this machine: choose another with --port.")


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(serve)


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=_LAST_PORT, help="0 for any free one.")] = 8000,
) -> None:
    """Serve /console, /hooks/stripe, /healthz and /readyz until Ctrl-C; TLS is for a proxy."""
    import uvicorn

    from goodword.db.queries import staff
    from web.app import create_app  # FastAPI is only needed here

    wired = wiring()
    with wired.ready_database.transaction() as tx:
        lacks_staff = staff.is_empty(tx)
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO)
    # No access log and no server header: neither says anything that a proxy does not.
    config = uvicorn.Config(
        create_app(wired), host=host, port=port, log_level="warning", server_header=False
    )
    with _bound(host, port) as listening:
        where = "{}:{}".format(*listening.getsockname()[:2])
        say(f"Goodword listens on http://{where} until Ctrl-C: /console, /hooks/stripe.")
        if lacks_staff:
            complain(_NO_STAFF)
        if not wired.settings.stripe.webhook_secret:
            complain(_WEBHOOKS_REFUSED)
        uvicorn.Server(config).run(sockets=[listening])


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise AddressTaken(host, port) if error.errno == errno.EADDRINUSE else error from None
    return listening
