"""Notices to staff: what the chat tool was told, telling it again, and each morning's digests."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response

from goodword.actions import notices
from goodword.db.queries import messages
from goodword.db.queries import notices as queries
from goodword.rules.rights import Action
from web.console import fields
from web.console.page import Page
from web.visits import Reader, Visit, allowed

PAGE = Page("/notices", "Notices")

Teller = Annotated[Visit, Depends(allowed(Action.RESEND_MESSAGES))]

_NIGHTS = 7
"""So many mornings are shown; the page of the messages has those before."""


class NoChatTool(Exception):
    """No chat tool is set, so nobody would be told."""

    def __init__(self) -> None:
        super().__init__(notices.NOT_SET)


class NotFailed(Exception):
    """A notice is told again only when it failed."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Notice {number} is not failed: nothing was done.")


@PAGE.router.get("")
def show(visit: Reader, after: fields.After = None) -> Response:
    """Show the newest notices to the chat tool, and the newest digests by e-mail."""
    with visit.transaction() as tx:
        rows = queries.listed(tx, fields.ROWS, after)
        digests = messages.digests(tx, _NIGHTS, fields.ROWS)
    return visit.page(
        "notices",
        rows=rows,
        digests=digests,
        is_set=visit.wired.chat is not None,
        not_set=notices.NOT_SET,
        after=fields.after([row["id"] for row in rows]),
    )


@PAGE.router.post("/test")
def try_out(visit: Teller) -> Response:
    """Tell the chat tool that it is reached."""
    if visit.wired.chat is None:
        raise NoChatTool
    with visit.transaction() as tx:
        notices.try_out(tx, visit.program.name, visit.actor, visit.now, visit.today)
    return visit.go(PAGE.address, f"A notice to try it out is queued. {_WHEN}")


@PAGE.router.post("/{number}/resend")
def resend(visit: Teller, number: fields.Number) -> Response:
    """Queue a notice that failed again."""
    if visit.wired.chat is None:
        raise NoChatTool
    with visit.transaction() as tx:
        if not notices.release(tx, number, visit.actor):
            raise NotFailed(number)
    return visit.go(PAGE.address, f"Notice {number} is queued again. {_WHEN}")


_WHEN = "The deployment take-up-reruns tells it within five minutes; without it, the next night."
