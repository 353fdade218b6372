"""Signing in, question by question, and out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from goodword.actions import credentials, sessions
from goodword.actions.sessions import Attempt, NewPassword
from goodword.db.queries import staff as queries
from goodword.rules.sign_in import LONGEST_PASSWORD, SHORTEST_PASSWORD, Step, WeakPassword
from web import rendering, visits
from web.console.page import Page
from web.visits import Elsewhere, HalfIn, Visit

PAGE = Page("/sign-in")
FACTOR = Page("/second-factor")
PASSWORD = Page("/password")
OUT = Page("/sign-out")

_SEE_OTHER, _UNAUTHORIZED, _UNPROCESSABLE = 303, 401, 422
_LONGEST = 256
"""Characters of a field of these forms; more is no name, password or code."""

_WRONG = (
    "This name and password do not belong together, or a first password is older than 24 hours. "
    "An administrator can give a new one."
)
_NOT_PRESENT = "The present password is not this one."
_WRONG_CODE = "This is not the code of this moment, or it was used already: wait for the next one."

Field = Annotated[str, Form(max_length=_LONGEST)]


def _may_change(visit: HalfIn) -> Visit:
    if visit.session.step not in {Step.PASSWORD, Step.IN}:
        raise Elsewhere(visits.STEPS[visit.session.step])
    return visit


Coding = Annotated[Visit, Depends(visits.at(Step.FACTOR))]
Enrolling = Annotated[Visit, Depends(visits.at(Step.ENROL))]
Changing = Annotated[Visit, Depends(_may_change)]


@PAGE.router.get("")
def ask(request: Request, next: str = "") -> Response:  # noqa: A002 - what the address says
    """Ask for name and password."""
    return _ask(request, visits.own_path(next))


def _ask(request: Request, after: str, wrong: str = "", status: int = 200) -> Response:
    held = visits.token_of(request)
    token = held or credentials.token()
    answer = rendering.page(
        request,
        "sign_in",
        status,
        form_token=credentials.form_token(token),
        after=after,
        wrong=wrong,
        issuer=visits.wiring_of(request).settings.oidc.issuer,
    )
    return answer if held else visits.give_token(request, answer, token)


@PAGE.router.post("")
def sign_in(request: Request, name: Field, password: Field, after: Field = "") -> Response:
    """Take name and password, and go on to what comes next."""
    wired, path = visits.wiring_of(request), visits.own_path(after)
    attempt = Attempt("password", name.strip(), visits.address_of(request), datetime.now(UTC))
    with wired.database.transaction() as tx:
        number = sessions.begin_attempt(tx, attempt)
    with wired.database.transaction() as tx:
        token = sessions.with_password(tx, number, attempt, password)
    if token is None:
        return _ask(request, path, _WRONG, _UNAUTHORIZED)
    return _further(request, token, path)


def _further(request: Request, token: str, after: str) -> Response:
    """Give the browser its next token and go where the next question is asked, or in."""
    wired = visits.wiring_of(request)
    with wired.database.transaction() as tx:
        session = queries.session(tx, credentials.fingerprint(token))
    assert session is not None, "it was opened a moment ago"
    is_in = session.step is Step.IN
    path = after if is_in else f"{visits.STEPS[session.step]}?next={quote(after)}"
    return visits.give_token(request, RedirectResponse(path, _SEE_OTHER), token)


# The second factor ------------------------------------------------------------------------------


@FACTOR.router.get("")
def ask_code(visit: Coding, next: str = "") -> Response:  # noqa: A002 - what the address says
    """Ask for a code."""
    return visit.page("second_factor", wrong="", after=visits.own_path(next))


@FACTOR.router.post("")
def take_code(visit: Coding, code: Field, after: Field = "") -> Response:
    """Take a code."""
    path, token = visits.own_path(after), _take(visit, code)
    if token is None:
        return visit.page("second_factor", _UNAUTHORIZED, wrong=_WRONG_CODE, after=path)
    return _further(visit.request, token, path)


@FACTOR.router.get("/new")
def set_up(visit: Enrolling, next: str = "") -> Response:  # noqa: A002 - as above
    """Ask for the password before a key is shown: a session alone sets nothing up."""
    return visit.page("second_factor_new", wrong="", after=visits.own_path(next))


@FACTOR.router.post("/new")
def show_key(visit: Enrolling, password: Field, after: Field = "") -> Response:
    """Show what an authenticator app is set up with, this once."""
    path, number = visits.own_path(after), _begin(visit, "password")
    with visit.transaction() as tx:
        secret = sessions.new_factor(tx, number, visit.here, password, visit.wired.vault)
    if secret is None:
        return visit.page("second_factor_new", _UNPROCESSABLE, wrong=_NOT_PRESENT, after=path)
    return _ask_first_code(visit, path, secret=secret)


def _ask_first_code(
    visit: Visit, after: str, status: int = 200, *, secret: str = "", wrong: str = ""
) -> Response:
    address = credentials.factor_address(secret, visit.actor) if secret else ""
    given = {"secret": secret, "address": address, "after": after, "wrong": wrong}
    return visit.page("second_factor_key", status, **given)


@FACTOR.router.post("/new/code")
def take_first_code(visit: Enrolling, code: Field, after: Field = "") -> Response:
    """Take the first code of an app that was set up: from now on one is asked for."""
    path, token = visits.own_path(after), _take(visit, code)
    if token is None:
        return _ask_first_code(visit, path, _UNAUTHORIZED, wrong=_WRONG_CODE)
    return _further(visit.request, token, path)


def _begin(visit: Visit, kind: str) -> int:
    attempt = Attempt(kind, visit.actor, visit.here.address, visit.now)
    with visit.transaction() as tx:
        return sessions.begin_attempt(tx, attempt)


def _take(visit: Visit, code: str) -> str | None:
    number = _begin(visit, "code")
    with visit.transaction() as tx:
        return sessions.with_code(tx, number, visit.here, code, visit.wired.vault)


# The password -----------------------------------------------------------------------------------


@PASSWORD.router.get("")
def ask_password(visit: Changing, next: str = "") -> Response:  # noqa: A002 - as above
    """Ask for a new password: of somebody who has a first one, or wants another."""
    return _ask_password(visit, visits.own_path(next))


def _ask_password(visit: Visit, after: str, wrong: str = "", status: int = 200) -> Response:
    lengths = {"shortest": SHORTEST_PASSWORD, "longest": LONGEST_PASSWORD}
    return visit.page("password", status, after=after, wrong=wrong, **lengths)


@dataclass
class PasswordForm:
    """What is typed to change a password."""

    current: Field
    new: Field
    again: Field
    after: Field = ""


@PASSWORD.router.post("")
def change_password(visit: Changing, form: Annotated[PasswordForm, Depends()]) -> Response:
    """Change the password, and sign out wherever else they are."""
    path, number = visits.own_path(form.after), _begin(visit, "password")
    given = NewPassword(form.current, form.new, form.again)
    try:
        with visit.transaction() as tx:
            token = sessions.change_password(tx, number, visit.here, given)
    except WeakPassword as refusal:
        return _ask_password(visit, path, str(refusal), _UNPROCESSABLE)
    if token is None:
        return _ask_password(visit, path, _NOT_PRESENT, _UNPROCESSABLE)
    return _further(visit.request, token, path)


# Out --------------------------------------------------------------------------------------------


@OUT.router.post("")
def sign_out(visit: HalfIn) -> Response:
    """End the session."""
    with visit.transaction() as tx:
        sessions.sign_out(tx, visit.here)
    answer = RedirectResponse(visits.SIGN_IN, _SEE_OTHER)
    return visits.give_token(visit.request, answer, credentials.token())
