"""What the night gave to partners, what the CRM refused of it, and giving a lead or deal back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Query, Response

from goodword.actions import routings as actions
from goodword.db.queries import routings as queries
from goodword.rules.rights import Action
from web.console import fields
from web.console.page import Page
from web.visits import Reader, Visit, allowed

PAGE = Page("/registrations/routed", "Routed")

Decider = Annotated[Visit, Depends(allowed(Action.DECIDE_CLAIMS))]


@PAGE.router.get("")
def show(visit: Reader, after: Annotated[int, Query(ge=0, le=fields.LAST_ID)] = 0) -> Response:
    """Show what is with partners now, the oldest first."""
    with visit.transaction() as tx:
        rows = queries.open_(tx, after, fields.ROWS)
    return visit.page("routed", rows=rows, after=fields.after([row["id"] for row in rows]))


@dataclass
class Declining:
    """Which lead or deal its partner does not want, and why."""

    record: Annotated[str, Form(min_length=1, max_length=fields.LONGEST)]
    partner: fields.Name
    reason: fields.Words = ""


@PAGE.router.post("/decline")
def decline(visit: Decider, given: Annotated[Declining, Depends()]) -> Response:
    """Decline a lead or deal as its partner says; the next night takes it back, for good."""
    declined = actions.Declined(given.record, given.partner, given.reason, visit.actor)
    with visit.transaction() as tx:
        actions.decline(tx, declined, visit.today)
    said = f"{given.record} is declined; the next night gives it back. It is not offered again."
    return visit.go(PAGE.address, said)
