"""What a page of the console is: its routes, and its place in the navigation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from goodword.rules.rights import Action
from web.refusals import ConsoleRoute

ANSWERS: dict[int | str, dict[str, Any]] = {
    204: {"description": "For htmx: its header says which page to load"},
    303: {"description": "Done, or first to be signed in: the next page"},
    "4XX": {"description": "Refused, by a page with the reason", "content": {"text/html": {}}},
    503: {"description": "Not now, by such a page", "content": {"text/html": {}}},
}
"""What the application's OpenAPI document says of every page and form besides its own answer."""


def _routes() -> APIRouter:
    return APIRouter(
        route_class=ConsoleRoute, default_response_class=HTMLResponse, responses=ANSWERS
    )


@dataclass(frozen=True)
class Page:
    """One noun's pages below /console, with the name that the navigation has for them.

    `path` begins with a slash; `title` is empty for what the navigation does not show; `action`
    says for whom it does.
    """

    path: str
    title: str = ""
    action: Action = Action.READ
    router: APIRouter = field(default_factory=_routes)

    @property
    def address(self) -> str:
        """Where it is."""
        return f"/console{self.path}"

    def with_filters(self, given: Mapping[str, str]) -> str:
        """Return its address with these filters; an empty one, which asks for all, is left out."""
        asked = urlencode({name: value for name, value in given.items() if value})
        return f"{self.address}?{asked}" if asked else self.address

    def holds(self, path: str) -> bool:
        """Tell whether an address is its own or below it; below the home page is everything."""
        return path == self.address or (bool(self.path) and path.startswith(f"{self.address}/"))
