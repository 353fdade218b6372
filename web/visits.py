"""A visit: who asks for a page, in which session, and how it is answered.

Pages declare what they need by annotation: `Reader` for anybody who is signed in, or
`Annotated[Visit, Depends(allowed(Action.…))]` for what only some roles may do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from goodword.actions import credentials, sessions
from goodword.db.queries import programs as program_queries
from goodword.db.queries import staff as queries
from goodword.rules import rights, sign_in
from goodword.rules.programs import Program
from goodword.rules.rights import Action
from goodword.wiring import Wiring
from web import rendering

SIGN_IN = "/console/sign-in"
STEPS = {
    sign_in.Step.FACTOR: "/console/second-factor",
    sign_in.Step.PASSWORD: "/console/password",
    sign_in.Step.ENROL: "/console/second-factor/new",
    sign_in.Step.IN: "/console",
}
"""Where each question of signing in is asked."""

_SEE_OTHER = 303
_NOTED_EVERY = timedelta(minutes=1)


class Elsewhere(Exception):
    """The answer is another page: to sign in, or the next question of signing in."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


class Forged(Exception):
    """A form came without the token of the browser's own page."""

    def __init__(self) -> None:
        super().__init__(
            "This form did not come from a page that you have open here, or you signed in anew "
            "since. Nothing was done: go back, load the page again, and send it once more."
        )


@dataclass
class Visit:
    """One request of somebody who has a session, and this process's wiring.

    `now` is the clock of this request, read once.
    """

    request: Request
    wired: Wiring
    session: queries.SessionOf
    token: str
    now: datetime
    _open: Connection | None = field(default=None, init=False, repr=False)

    @property
    def member(self) -> queries.Member:
        """Who is signed in."""
        return self.session.member

    @property
    def actor(self) -> str:
        """Their name, as actions and the audit trail want it."""
        return self.member.name

    @property
    def here(self) -> sessions.Here:
        """The session with its address and instant, as the actions of signing in want it."""
        return sessions.Here(self.session, address_of(self.request), self.now)

    def may(self, action: Action) -> bool:
        """Tell whether a role of theirs allows it; templates ask so too."""
        return rights.may(self.member.roles, action)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a transaction, committed at the end; `program` and `today` are read in it."""
        with self.wired.database.transaction() as tx:
            self._open = tx
            try:
                yield tx
            finally:
                self._open = None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        # Never a second connection beside the first: enough requests at once, each with one and
        # waiting for another, would wait for each other until all are given up.
        if self._open is not None:
            yield self._open
            return
        with self.transaction() as tx:
            yield tx

    @cached_property
    def program(self) -> Program:
        """The program published last.

        Raises:
            NoProgram: none is published.
        """
        with self._reading() as tx:
            newest = program_queries.require_newest(tx)
        return self.wired.program(newest.source)

    @property
    def today(self) -> date:
        """The business date of this request, in the program's time zone."""
        return self.program.date_of(self.now)

    @property
    def is_partial(self) -> bool:
        """Whether htmx asks, and wants a part of a page only."""
        return self.request.headers.get("hx-request") == "true"

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        """Render a template of templates/console with this visit and what it is given."""
        return rendering.page(self.request, template, status, visit=self, **context)

    def go(self, path: str, said: str = "") -> Response:
        """Go to another page (after a form, always), which shows what was done."""
        if said:
            with self.transaction() as tx:
                sessions.notify(tx, self.session.id, said)
        return RedirectResponse(path, _SEE_OTHER)

    @cached_property
    def notice(self) -> str | None:
        """What was done a moment ago, to be shown once."""
        if self.session.notice:
            with self.transaction() as tx:
                sessions.touch(tx, self.here)
        return self.session.notice


def address_of(request: Request) -> str:
    """Return the network address that asks; behind a proxy, the one that the proxy says."""
    return request.client.host if request.client else "nowhere"


def wiring_of(request: Request) -> Wiring:
    """Return the wiring that the application was made with."""
    wired: Wiring = request.app.state.wired
    return wired


# The cookie -------------------------------------------------------------------------------------


def cookie_name(wired: Wiring) -> str:
    """Return the cookie's name; over TLS one that no other host and no plain page can set."""
    return "__Host-goodword" if _is_secure(wired) else "goodword"


def _is_secure(wired: Wiring) -> bool:
    return wired.settings.base_url.startswith("https://")


def token_of(request: Request) -> str:
    """Return the token that the browser holds; it may be of no session."""
    return request.cookies.get(cookie_name(wiring_of(request)), "")


def give_token(request: Request, response: Response, token: str) -> Response:
    """Give the browser a token to hold until it is closed."""
    give_cookie(request, response, "", token)
    return response


def give_cookie(request: Request, response: Response, suffix: str, content: str) -> None:
    """Give the browser a cookie that no script reads, to hold until it is closed."""
    response.set_cookie(
        cookie_name(wiring_of(request)) + suffix,
        content,
        httponly=True,
        samesite="lax",
        secure=_came_over_tls(request),
        path="/",
    )


def take_cookie(request: Request, response: Response, suffix: str) -> None:
    """Have the browser forget a cookie; one over TLS it forgets only when told so in full."""
    response.delete_cookie(
        cookie_name(wiring_of(request)) + suffix,
        httponly=True,
        samesite="lax",
        secure=_came_over_tls(request),
        path="/",
    )


def _came_over_tls(request: Request) -> bool:
    """Tell whether browsers reach us over TLS, as the settings say, or else the proxy."""
    return _is_secure(wiring_of(request)) or request.url.scheme == "https"


# What a request must bring ----------------------------------------------------------------------


async def own_form(request: Request) -> None:
    """Refuse whatever changes something and did not come from a page of ours.

    Raises:
        Forged: the form brings no token, or another's.
    """
    if request.method in {"GET", "HEAD"}:
        return
    form = await request.form()
    brought = form.get("token") or request.headers.get("x-form-token", "")
    held = token_of(request)
    if not held or not credentials.is_form_token(str(brought), held):
        raise Forged


def half_in(request: Request) -> Visit:
    """Return the visit of somebody who gave a right password, and may have more to answer.

    Raises:
        Elsewhere: nobody is signed in.
    """
    wired, token, now = wiring_of(request), token_of(request), datetime.now(UTC)
    with wired.database.transaction() as tx:
        session = queries.session(tx, credentials.fingerprint(token)) if token else None
        if session is None or session.is_over(now):
            raise Elsewhere(_back_after_sign_in(request))
        visit = Visit(request, wired, session, token, now)
        request.state.visit = visit
        # A page that asks by itself how something goes on is open, and perhaps nobody is there.
        is_asked_by_itself = visit.is_partial and request.method == "GET"
        is_used = not is_asked_by_itself and now - session.used_at > _NOTED_EVERY
        if is_used and not session.notice:
            sessions.touch(tx, visit.here)
    return visit


HalfIn = Annotated[Visit, Depends(half_in)]


def signed_in(visit: HalfIn) -> Visit:
    """Return the visit of somebody of whom nothing more is asked.

    Raises:
        Elsewhere: something is.
    """
    if visit.session.step is not sign_in.Step.IN:
        raise Elsewhere(STEPS[visit.session.step])
    return visit


Reader = Annotated[Visit, Depends(signed_in)]
"""Anybody who is signed in: every role may read everything."""


def at(step: sign_in.Step) -> Callable[[Visit], Visit]:
    """Return the dependency of a page that asks one question of signing in."""

    def check(visit: HalfIn) -> Visit:
        if visit.session.step is not step:
            raise Elsewhere(STEPS[visit.session.step])
        return visit

    return check


def allowed(action: Action) -> Callable[[Visit], Visit]:
    """Return the dependency of a page that only some roles may use; refuses with NotAllowed."""

    def check(visit: Reader) -> Visit:
        rights.check(visit.actor, visit.member.roles, action)
        return visit

    return check


def _back_after_sign_in(request: Request) -> str:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    is_page = request.method == "GET" and request.headers.get("hx-request") != "true"
    return f"{SIGN_IN}?next={quote(asked, safe='')}" if is_page else SIGN_IN


def own_path(given: str) -> str:
    """Return a path of the console that a link named, or the home page: never another host's."""
    inside = given == "/console" or given.startswith(("/console/", "/console?"))
    return given if inside and given.isprintable() and "\\" not in given else "/console"
