"""How a refusal reads: every page's route turns what the program refuses into a page that says so.

Whatever the program raises on purpose is a sentence for a person. Anything else is a mistake in the
program: it is logged with its trace, and the page says only that.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy import exc
from starlette.exceptions import HTTPException

from goodword.db.session import gave_way
from goodword.rules.rights import NotAllowed
from goodword.rules.sign_in import TooManyAttempts
from web import arrivals, rendering
from web.visits import Elsewhere, Forged, own_path

_SEE_OTHER, _NO_CONTENT = 303, 204
_WRONG_INPUT, _NOT_ALLOWED, _NOT_FOUND, _REFUSED, _TOO_MANY, _BROKEN, _UNAVAILABLE = (
    400, 403, 404, 409, 429, 500, 503,
)  # fmt: skip
_log = logging.getLogger("goodword")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ConsoleRoute(APIRoute):
    """A route whose refusals are pages."""

    def get_route_handler(self) -> Handler:
        """Return FastAPI's handler, inside one that answers what it raises."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                await arrivals.read(request)
                return await answer(request)
            except Elsewhere as elsewhere:
                return _elsewhere(request, elsewhere.path)
            except Exception as error:  # noqa: BLE001 - each is told apart below
                return refused(request, error)

        return handle


def _elsewhere(request: Request, path: str) -> Response:
    if request.headers.get("hx-request") == "true":
        # htmx would put the page into the part that it asked for.
        return Response(status_code=_NO_CONTENT, headers={"HX-Redirect": path})
    return RedirectResponse(path, _SEE_OTHER)


async def not_there(request: Request, error: Exception) -> Response:
    """Answer what no route takes: in the console by a page, elsewhere by a line."""
    status, sentence = _said(error)
    path = request.url.path
    if not path.startswith("/console"):
        return PlainTextResponse(f"{sentence}\n", status)
    if status == _NOT_FOUND and path.endswith("/"):
        # Starlette would do so by itself, and send the browser to whatever host it named.
        return RedirectResponse(own_path(path.rstrip("/")))
    if status == _NOT_FOUND:
        sentence = "There is no such page."
    return rendering.page(
        request, "refused", status, sentence=sentence, title=_TITLES.get(status, "Not done")
    )


def refused(request: Request, error: Exception) -> Response:
    """Return the page that says why something was refused."""
    status, sentence = _said(error)
    if status == _BROKEN:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    # With the navigation of who is signed in, as far as that is known and can be asked.
    visit = None if status >= _BROKEN else getattr(request.state, "visit", None)
    title = _TITLES.get(status, "Not done")
    return rendering.page(request, "refused", status, visit=visit, sentence=sentence, title=title)


_TITLES = {
    _WRONG_INPUT: "That cannot be read",
    _NOT_ALLOWED: "Not allowed",
    _NOT_FOUND: "Not found",
    _REFUSED: "Not done",
    _TOO_MANY: "Too many attempts",
    _BROKEN: "Something broke",
    _UNAVAILABLE: "Not now",
}


def _said(error: Exception) -> tuple[int, str]:
    if isinstance(error, HTTPException):
        return error.status_code, str(error.detail)
    if isinstance(error, RequestValidationError):
        return _WRONG_INPUT, _wrong_input(error)
    if isinstance(error, (NotAllowed, Forged)):
        return _NOT_ALLOWED, str(error)
    if isinstance(error, TooManyAttempts):
        return _TOO_MANY, str(error)
    if gave_way(error):
        return _REFUSED, (
            "Something else was being written at the same moment, and this had to give way. "
            "Nothing was done: look again, and send it once more."
        )
    if isinstance(error, (exc.OperationalError, exc.TimeoutError)):
        return _UNAVAILABLE, "The database does not answer. Nothing was done: try again soon."
    if type(error).__module__.startswith(("goodword.", "web.")):
        return _status(error), str(error)
    return _BROKEN, "This is a mistake in the program, and it has been logged. Nothing was done."


def _status(refusal: Exception) -> int:
    if isinstance(refusal, LookupError):
        return _NOT_FOUND
    if isinstance(refusal, ConnectionError):
        return _UNAVAILABLE
    return _WRONG_INPUT if isinstance(refusal, ValueError) else _REFUSED


def _field(place: tuple[int | str, ...]) -> str:
    names = [part for part in place if isinstance(part, str)]
    return rendering.words(names[-1])


def _wrong_input(error: RequestValidationError) -> str:
    """Say which fields are wrong, by name; what was typed is not repeated."""
    found = (
        f"{_field(wrong['loc'])}: {wrong['msg'][0].lower()}{wrong['msg'][1:]}"
        for wrong in error.errors()
    )
    return f"{'; '.join(found)}. Go back, correct it, and send it again."
