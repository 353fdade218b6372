"""What a page of the console is: its routes, and its place in the navigation."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi import APIRouter

from goodword.rules.rights import Action
from web.refusals import ConsoleRoute


@dataclass(frozen=True)
class Page:
    """One noun's pages below /console, with the name that the navigation has for them.

    `path` begins with a slash; `title` is empty for what the navigation does not show; `action`
    says for whom it does.
    """

    path: str
    title: str = ""
    action: Action = Action.READ
    router: APIRouter = field(default_factory=lambda: APIRouter(route_class=ConsoleRoute))

    @property
    def address(self) -> str:
        """Where it is."""
        return f"/console{self.path}"

    def holds(self, path: str) -> bool:
        """Tell whether an address is its own or below it; below the home page is everything."""
        return path == self.address or (bool(self.path) and path.startswith(f"{self.address}/"))
