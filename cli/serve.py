"""Serving: the web application, which takes the payment provider's webhooks."""

from __future__ import annotations

import errno
import logging
import socket
from typing import Annotated

import typer

from cli.output import say
from goodword.wiring import wiring

_LAST_PORT = 65535


class NoWebhookSecret(Exception):  # noqa: N818 - it says what is missing
    """Nothing that Stripe sends could be told from what anybody sends."""

    def __init__(self) -> None:
        super().__init__(
            "GOODWORD_STRIPE_WEBHOOK_SECRET is not set: in the Stripe Dashboard (Developers, "
            "Webhooks) add an endpoint with the address of this server and /hooks/stripe, payload "
            "style “snapshot”, and give its signing secret (whsec_…). Events of connected accounts "
            "need an endpoint of their own: give both secrets with a comma between them."
        )


class AddressTaken(Exception):  # noqa: N818 - it says what was found
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
    """Serve /hooks/stripe, /healthz and /readyz until Ctrl-C; TLS is for a proxy before it."""
    import uvicorn  # noqa: PLC0415 - only here

    from web.app import create_app  # noqa: PLC0415 - FastAPI is only needed here

    wired = wiring()
    if not wired.settings.stripe.webhook_secret:
        raise NoWebhookSecret
    assert wired.ready_database, "its tables are looked at before anybody is answered"
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO)
    # No access log and no server header: neither says anything that a proxy does not.
    config = uvicorn.Config(
        create_app(wired), host=host, port=port, log_level="warning", server_header=False
    )
    with _bound(host, port) as listening:
        where = "{}:{}".format(*listening.getsockname()[:2])
        say(f"Goodword listens on http://{where} (webhooks: /hooks/stripe), until Ctrl-C.")
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
