"""The audit trail: who did what, found by whoever needs it, and exported by auditors."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Form, Response
from fastapi.responses import StreamingResponse

from goodword.actions import audit_exports
from goodword.actions.audit_exports import Format
from goodword.db.queries import audit as queries
from goodword.rules.rights import Action
from web.console import fields
from web.console.page import Page
from web.visits import Reader, Visit, allowed

PAGE = Page("/audit", "Audit trail")

_IN_MEMORY = 1024 * 1024
_CHUNK = 64 * 1024
_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.JSONL: "application/jsonl"}

Exporter = Annotated[Visit, Depends(allowed(Action.EXPORT))]


@dataclass
class Asked:
    """What of the trail is asked for, as the address says it; empty fields ask for everything."""

    by: fields.Asked = ""
    did: fields.Asked = ""
    about: fields.Asked = ""
    number: fields.Asked = ""
    since: fields.Asked = ""
    until: fields.Asked = ""

    @property
    def chosen(self) -> queries.Filter:
        """The same for the query. Raises NotReadable."""
        return queries.Filter(
            self.by.strip(),
            self.did.strip(),
            self.about,
            _number(self.number.strip()),
            _day(self.since),
            _day(self.until),
        )

    @property
    def address(self) -> str:
        """The address of the page that asks so."""
        return PAGE.with_filters(vars(self))


class NotReadable(ValueError):
    """A filter is no number, or no day."""

    def __init__(self, given: str, what: str) -> None:
        super().__init__(f"{given!r} is no {what}.")


def _number(given: str) -> int | None:
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and int(given) <= fields.LAST_ID):
        raise NotReadable(given, "number")
    return int(given)


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise NotReadable(given, "day, such as 2026-06-30") from None


Filters = Annotated[Asked, Depends()]


@PAGE.router.get("")
def show(visit: Reader, asked: Filters, after: fields.After = None) -> Response:
    """Show the newest events of those asked for, and older ones from `after` on."""
    with visit.transaction() as tx:
        events = queries.page(tx, asked.chosen, after, fields.ROWS)
        subjects = queries.subjects(tx)
    last = fields.after([event.id for event in events])
    return visit.page("audit", events=events, subjects=subjects, asked=asked, after=last)


@PAGE.router.post(
    "/export",
    response_class=Response,
    responses={200: {"content": {key: {} for key in _TYPES.values()}}},
)
def export(
    visit: Exporter, asked: Filters, as_: Annotated[Format, Form(alias="format")]
) -> Response:
    """Send the events that are asked for as a file; the export is itself an event."""
    with ExitStack() as unless_sent:
        # Written whole first: a slow reader would hold the transaction open.
        out: Any = unless_sent.enter_context(
            tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="")
        )
        with visit.transaction() as tx:
            audit_exports.export(tx, out, as_, asked.chosen, visit.actor)
        out.seek(0)
        unless_sent.pop_all()
    name = f"audit-{visit.now:%Y-%m-%d}.{as_}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_read(out), media_type=_TYPES[as_], headers=headers)


def _read(out: Any) -> Any:
    with out:
        while part := out.read(_CHUNK):
            yield part
