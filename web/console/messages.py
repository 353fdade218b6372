"""Messages: what was written to whom, how it reads, and sending it again."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Row

from goodword.actions import messages
from goodword.adapters.letters import Letter, TemplateFailed
from goodword.db.queries import messages as queries
from goodword.rules.messages import FOR_A_PERSON, MessageState
from goodword.rules.rights import Action
from web.console import fields
from web.console.page import Page
from web.visits import Reader, Visit, allowed

PAGE = Page("/messages", "Messages")

# A letter is the company's own template with what others wrote in it: it runs nothing, loads
# nothing, opens nothing, and stands in a frame of ours only.
_ALONE = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)

Resender = Annotated[Visit, Depends(allowed(Action.RESEND_MESSAGES))]


class NoSuchMessage(LookupError):
    """There is no message of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no message {number}.")


class NotForAPerson(Exception):
    """A message is sent again only when it failed or may not have arrived."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Message {number} is neither failed nor unconfirmed: nothing was done.")


@PAGE.router.get("")
def show(
    visit: Reader,
    state: MessageState | Literal["", "all"] = "",
    template: fields.Asked = "",
    after: fields.After = None,
) -> Response:
    """Show the messages that wait for somebody, or those of a state and of a kind."""
    states = {"": FOR_A_PERSON, "all": tuple(MessageState)}.get(state) or (MessageState(state),)
    with visit.transaction() as tx:
        rows = queries.page(tx, states, template, after, fields.ROWS)
    return visit.page(
        "messages",
        rows=rows,
        state=state,
        states=MessageState,
        kind=template,
        kinds=visit.wired.letters.names(),
        here=PAGE.with_filters({"state": state, "template": template}),
        after=fields.after([row.id for row in rows]),
    )


@PAGE.router.get("/{number}")
def show_one(visit: Reader, number: fields.Number) -> Response:
    """Show one message as its reader has it, or why it cannot be written."""
    row = _read(visit, number)
    letter, failure = None, ""
    try:
        letter = _written(visit, row)
    except TemplateFailed as error:
        failure = str(error)
    may_resend = row.state in FOR_A_PERSON and visit.may(Action.RESEND_MESSAGES)
    return visit.page("message", row=row, letter=letter, failure=failure, may_resend=may_resend)


@PAGE.router.get("/{number}/letter")
def show_letter(visit: Reader, number: fields.Number) -> Response:
    """Send the HTML of one message, alone: what the frame of its page shows."""
    letter = _written(visit, _read(visit, number))
    return HTMLResponse(letter.html, headers={"Content-Security-Policy": _ALONE})


@PAGE.router.post("/{number}/resend")
def resend(visit: Resender, number: fields.Number) -> Response:
    """Queue a failed or unconfirmed message again."""
    with visit.transaction() as tx:
        if not messages.release(tx, number, visit.actor):
            raise NotForAPerson(number)
    said = f"Message {number} is queued again; the next night sends it."
    return visit.go(f"{PAGE.address}/{number}", said)


def _read(visit: Visit, number: int) -> Row[Any]:
    with visit.transaction() as tx:
        rows = queries.by_ids(tx, [number])
    if not rows:
        raise NoSuchMessage(number)
    return rows[0]


def _written(visit: Visit, row: Row[Any]) -> Letter:
    return visit.wired.letters.write(visit.program, row.template, row.locale, row.context)
