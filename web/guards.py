"""What every answer carries, and how much anybody may send."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 1024 * 1024
"""Bytes; forms and the provider's events are far smaller."""

_HEADERS = {
    # htmx is a file of ours; nothing is inline, and nothing comes from another host.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_OVER_TLS = "max-age=31536000"
_FOREVER = "public, max-age=31536000, immutable"
_PRIVATE = "no-store"
_TOO_LONG = 413


class TooLong(HTTPException):
    """Somebody sends more than any form or event holds."""

    def __init__(self) -> None:
        super().__init__(_TOO_LONG, f"At most {LARGEST_BODY:,} bytes may be sent at once.")


class Guards:
    """ASGI middleware: headers on every answer, and an end to what is sent too long."""

    def __init__(self, app: ASGIApp, *, over_tls: bool) -> None:
        self._app = app
        self._headers = dict(_HEADERS)
        if over_tls:
            self._headers["Strict-Transport-Security"] = _OVER_TLS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST_BODY:
                raise TooLong
            return message

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(scope, message)
            await send(message)

        await self._app(scope, limited, guarded)

    def _add(self, scope: Scope, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        is_static = scope["path"].startswith("/static/") and message["status"] < 400  # noqa: PLR2004 - HTTP
        headers.setdefault("Cache-Control", _FOREVER if is_static else _PRIVATE)
