"""The SMTP half of the sandbox: takes every mail, and shows what came."""

from __future__ import annotations

import asyncio
import email
import email.policy
import html
import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from email.message import EmailMessage
from itertools import count
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, Router

from sandbox.faults import Faults
from sandbox.pages import page
from sandbox.world import World


@dataclass(frozen=True)
class Message:
    """One mail as it came in.

    `to` are the recipients of the envelope, whatever the header says; `headers` are in the order
    of the mail, decoded; `text` and `html` are the bodies, or None.
    """

    id: int
    sender: str
    to: list[str]
    subject: str
    date: datetime | None
    message_id: str
    headers: list[tuple[str, str]]
    text: str | None
    html: str | None

    def json(self) -> dict[str, Any]:
        """As GET /mail.json lists it."""
        facts = asdict(self)
        facts["from"] = facts.pop("sender")
        facts["date"] = self.date.isoformat() if self.date else None
        return facts


class Mailbox:
    """Every mail that came in, oldest first. Thread-safe."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._ids = count(1)
        self._lock = threading.Lock()

    @property
    def messages(self) -> list[Message]:
        """The mails, oldest first."""
        with self._lock:
            return list(self._messages)

    def find(self, number: int) -> Message | None:
        """The mail with this id, or None."""
        return next((message for message in self.messages if message.id == number), None)

    def clear(self) -> None:
        """Throw every mail away; ids go on."""
        with self._lock:
            self._messages.clear()

    def receive(self, sender: str, recipients: list[str], content: bytes) -> None:
        """Keep a mail that came over SMTP."""
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        date = parsed["date"]
        with self._lock:
            self._messages.append(
                Message(
                    id=next(self._ids),
                    sender=str(parsed["from"] or sender),
                    to=recipients,
                    subject=str(parsed["subject"] or ""),
                    date=date.datetime if date is not None else None,
                    message_id=str(parsed["message-id"] or "").strip(),
                    headers=[(name, str(value)) for name, value in parsed.items()],
                    text=_body(parsed, "plain"),
                    html=_body(parsed, "html"),
                )
            )


def _body(parsed: EmailMessage, kind: str) -> str | None:
    part = parsed.get_body(preferencelist=(kind,))
    return None if part is None else str(part.get_content())


class SmtpHandler:
    """What aiosmtpd asks at each step of an SMTP transaction."""

    def __init__(self, mailbox: Mailbox, faults: Faults) -> None:
        self._mailbox = mailbox
        self._faults = faults

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, unless a fault refuses it."""
        if self._faults.take("smtp", "RCPT", address, {"refuse_recipient"}) is not None:
            return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"
        if self._faults.take("smtp", "RCPT", address, {"temporary"}) is not None:
            return f"451 4.3.0 <{address}>: Temporary lookup failure, try again later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail; a fault may lose the answer to it."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        recipients = [str(address) for address in envelope.rcpt_tos]
        self._mailbox.receive(str(envelope.mail_from), recipients, content)
        lost = [
            self._faults.take("smtp", "DATA", address, {"drop_after_data"})
            for address in recipients
        ]
        if any(lost) and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 2.0.0 Ok: queued"


class _Protocol(SMTP):
    """Closes the connection at once when a fault refuses it."""

    def __init__(self, faults: Faults, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._faults = faults

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        refused = self._faults.take("smtp", "CONNECT", "", {"refuse_connection"})
        if refused is not None and isinstance(transport, asyncio.WriteTransport):
            transport.abort()


def smtp_protocol(mailbox: Mailbox, faults: Faults) -> SMTP:
    """The protocol of one SMTP connection."""
    return _Protocol(
        faults,
        SmtpHandler(mailbox, faults),
        enable_SMTPUTF8=True,
        hostname="sandbox",
        ident="Goodword sandbox",
        auth_require_tls=False,
        authenticator=lambda *_: AuthResult(success=True),
    )


def router(world: World) -> Router:
    """GET /mail.json, DELETE /mail.json, GET /mail, GET /mail/{id}."""

    def as_json(_: Request) -> Response:
        return JSONResponse([message.json() for message in world.mailbox.messages])

    def clear(_: Request) -> Response:
        world.mailbox.clear()
        return Response(status_code=204)

    def show_all(_: Request) -> Response:
        return HTMLResponse(_list_page(world.mailbox.messages))

    def show(request: Request) -> Response:
        message = world.mailbox.find(request.path_params["id"])
        if message is None:
            text = f"There is no mail {request.path_params['id']}; /mail lists those that came."
            return HTMLResponse(page("No such mail", f"<p>{html.escape(text)}</p>"), 404)
        return HTMLResponse(_message_page(message))

    return Router(
        [
            Route("/mail.json", as_json, methods=["GET"]),
            Route("/mail.json", clear, methods=["DELETE"]),
            Route("/mail", show_all),
            Route("/mail/{id:int}", show),
        ]
    )


def _list_page(messages: list[Message]) -> str:
    rows = "".join(
        f'<tr><td><a href="/mail/{message.id}">{html.escape(message.subject) or "(none)"}</a></td>'
        f"<td>{html.escape(', '.join(message.to))}</td>"
        f"<td>{html.escape(message.date.isoformat(' ') if message.date else '')}</td></tr>"
        for message in reversed(messages)
    )
    table = f"<table><tr><th>Subject<th>To<th>Date</tr>{rows}</table>"
    count_of = f"<p>{len(messages)} {'mail' if len(messages) == 1 else 'mails'}, newest first.</p>"
    return page("Mailbox", count_of + (table if messages else ""))


def _message_page(message: Message) -> str:
    headers = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in message.headers
    )
    parts = f"<table>{headers}</table>"
    if message.html is not None:
        # sandbox="" lets the mail run no script, send no form and reach no other page.
        parts += f'<h2>HTML</h2><iframe sandbox="" srcdoc="{html.escape(message.html)}"></iframe>'
    if message.text is not None:
        parts += f"<h2>Text</h2><pre>{html.escape(message.text)}</pre>"
    return page(message.subject or "(no subject)", parts + '<p><a href="/mail">Mailbox</a></p>')
