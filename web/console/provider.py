"""Signing in by the company's identity provider: there, and back with its answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from goodword.actions import sessions, staff
from goodword.actions.credentials import Unsealable
from goodword.rules.sign_in import roles_of
from goodword.wiring import Wiring
from web import visits
from web.console.page import Page

PAGE = Page("/sign-in")

_SEE_OTHER = 303
_ASKING = "-asking"
_log = logging.getLogger("goodword")


class NoProvider(LookupError):
    """No identity provider is set up."""

    def __init__(self) -> None:
        super().__init__(
            "No identity provider is set up here (GOODWORD_OIDC_ISSUER, _CLIENT_ID and "
            "_CLIENT_SECRET): sign in with your name and password."
        )


class NotAsked(Exception):
    """An answer came that this browser did not ask for."""

    def __init__(self) -> None:
        super().__init__(
            "This browser did not ask the identity provider, or too long ago: sign in again."
        )


@PAGE.router.get("/provider")
def ask(request: Request, next: str = "") -> Response:  # noqa: A002 - what the address says
    """Send the browser to the identity provider."""
    from goodword.adapters.identity import Asking  # noqa: PLC0415 - Authlib: only who needs it

    wired = visits.wiring_of(request)
    if wired.identity is None:
        raise NoProvider
    asking = Asking.new(visits.own_path(next))
    with _told():
        address = wired.identity.address(asking)
    answer = RedirectResponse(address, _SEE_OTHER)
    sealed = wired.vault.seal(json.dumps(asking.to_dict()))
    visits.give_cookie(request, answer, _ASKING, sealed)
    return answer


@PAGE.router.get("/answer")
def take(request: Request) -> Response:
    """Take what the provider says, and let in whom it names, with the roles of their groups."""
    from goodword.adapters.identity import Asking  # noqa: PLC0415 - as above

    wired, now = visits.wiring_of(request), datetime.now(UTC)
    if wired.identity is None:
        raise NoProvider
    asking = Asking(**_asked(request, wired))
    # The one call of the web over the network: nobody can be let in before the answer is known.
    with _told():
        person = wired.identity.person(dict(request.query_params), asking)
    identified = staff.Identified(
        person.identity,
        person.name,
        person.email,
        roles_of(person.groups, wired.settings.oidc.roles),
    )
    with wired.database.transaction() as tx:
        member = staff.take_in(tx, identified)
        token = sessions.with_provider(tx, member, visits.address_of(request), now)
    answer = RedirectResponse(asking.after, _SEE_OTHER)
    visits.take_cookie(request, answer, _ASKING)
    return visits.give_token(request, answer, token)


@contextmanager
def _told() -> Iterator[None]:
    """Tell operators, in the log, what the page tells somebody who can repair nothing."""
    from goodword.adapters.identity_answers import NotIdentified  # noqa: PLC0415 - as above

    try:
        yield
    except NotIdentified as refusal:
        _log.warning("nobody was let in by the identity provider: %s", refusal.why)
        raise


def _asked(request: Request, wired: Wiring) -> dict[str, str]:
    """Return what this browser was sent away with, ten minutes ago at the most."""
    sealed = request.cookies.get(visits.cookie_name(wired) + _ASKING, "")
    try:
        asked: dict[str, str] = json.loads(wired.vault.open_recent(sealed))
    except Unsealable:
        raise NotAsked from None
    return asked
