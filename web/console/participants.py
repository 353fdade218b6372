"""Participants: looked through, and one with what they brought, earned and were paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Response

from goodword.db.queries import participant_lists as queries
from goodword.rules.participants import KINDS, PARTNERS, STATUSES
from goodword.rules.tiers import TIERS
from web.console import fields
from web.console.page import Page
from web.visits import Reader

PAGE = Page("/participants", "Participants")

NEWEST = 20
"""Rows of each noun on a participant's page; the nouns' own lists have the others."""


class NoSuchParticipant(LookupError):
    """There is no participant of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no participant {number}: the list shows those there are.")


@dataclass
class Asked:
    """Which participants are asked for, as the address says it; empty fields ask for all."""

    name: fields.Asked = ""
    kind: fields.Asked = ""
    status: fields.Asked = ""
    tier: fields.Asked = ""

    @property
    def chosen(self) -> queries.Filter:
        """The same for the query."""
        return queries.Filter(self.name.strip(), self.kind, self.status, self.tier)

    @property
    def address(self) -> str:
        """The address of the page that asks so."""
        return PAGE.with_filters(vars(self))


CHOICES = {"kind": KINDS, "status": STATUSES, "tier": TIERS}


@PAGE.router.get("")
def show_all(
    visit: Reader, asked: Annotated[Asked, Depends()], after: fields.After = None
) -> Response:
    """List participants, the newest first."""
    with visit.transaction() as tx:
        rows = queries.page(tx, asked.chosen, after, fields.ROWS)
    last = fields.after([row.id for row in rows])
    return visit.page("participants", rows=rows, asked=asked, choices=CHOICES, after=last)


@PAGE.router.get("/{number}")
def show(visit: Reader, number: fields.Number) -> Response:
    """Show one: what they are owed, what is in the way of paying it, and how it came about."""
    with visit.transaction() as tx:
        found = queries.one(tx, number)
        if found is None:
            raise NoSuchParticipant(number)
        around = queries.around(tx, found, NEWEST)
    return visit.page("participant", it=found, around=around, most=NEWEST, partners=PARTNERS)
