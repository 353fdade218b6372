"""Registrations: looked through, one with everything about it, and decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Form, Response

from goodword.actions import registrations as actions
from goodword.actions.registrations import Seen, StaffRuling
from goodword.db.queries import lists
from goodword.db.queries import registration_lists as queries
from goodword.rules.explanations import Kind
from goodword.rules.registrations import RegistrationState as State
from goodword.rules.rights import Action
from web.console import fields
from web.console.explained import story
from web.console.page import Page
from web.visits import Reader, Visit, allowed

PAGE = Page("/registrations", "Registrations")

RIVALS = 10
SOON = ("7", "14", "30", "90")
"""Within how many days registrations end, as the filter offers it."""

Decider = Annotated[Visit, Depends(allowed(Action.DECIDE_CLAIMS))]


class NoSuchRegistration(LookupError):
    """There is no registration of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no registration {number}: the list shows those there are.")


class NotReadable(ValueError):
    """A field holds what it cannot."""


@dataclass
class Asked:
    """Which registrations are asked for, as the address says it; empty fields ask for all."""

    state: fields.Asked = ""
    partner: fields.Asked = ""
    account: fields.Asked = ""
    ends_within: fields.Asked = ""

    def chosen(self, today: date) -> queries.Filter:
        """Return the same for the query; days are counted from today.

        Raises:
            NotReadable: a state or a number of days that there is not.
        """
        if self.state and self.state not in set(State):
            listed = ", ".join(State)
            raise NotReadable(f"{self.state!r} is no state of a registration: {listed}.")
        if self.ends_within and self.ends_within not in SOON:
            listed = ", ".join(SOON)
            raise NotReadable(f"{self.ends_within!r} is none of the days to choose: {listed}.")
        days = timedelta(days=int(self.ends_within or 0))
        ends_by = today + days if self.ends_within else None
        return queries.Filter(self.state, self.partner.strip(), self.account.strip(), ends_by)

    @property
    def address(self) -> str:
        """The address of the page that asks so."""
        return PAGE.with_filters(vars(self))


@PAGE.router.get("")
def show_all(
    visit: Reader, asked: Annotated[Asked, Depends()], after: fields.After = None
) -> Response:
    """List registrations, newest first; those that end soon by the day they end."""
    with visit.transaction() as tx:
        rows = queries.page(tx, asked.chosen(visit.today), after, fields.ROWS)
    last = fields.after([row.id for row in rows])
    return visit.page(
        "registrations", rows=rows, asked=asked, states=list(State), soon=SOON, after=last
    )


@PAGE.router.get("/{number}")
def show(visit: Reader, number: fields.Number) -> Response:
    """Show one: how it stands, who else wants the account, what is open, how it came about."""
    with visit.transaction() as tx:
        found = lists.rows_of(tx, "registration", id=number)
        rivals = queries.rivals(tx, number, RIVALS)
        around = queries.open_around(tx, number)
    if not found:
        raise NoSuchRegistration(number)
    state, is_disputed = State(found[0]["state"]), any(each.what == "dispute" for each in around)
    can = [each for each in Decision if state in actions.may_become(each.state)]
    if is_disputed:  # what is ruled there decides
        can = [each for each in can if each not in {Decision.APPROVE, Decision.REJECT}]
    return visit.page(
        "registration",
        it=found[0],
        rivals=rivals,
        around=around,
        can=can,
        days=visit.program.registrations.of(found[0]["partner_kind"]).extension_days,
        story=story(visit, Kind.REGISTRATION, number),
    )


class Decision(StrEnum):
    """What staff can do with a registration, by the name of its button."""

    APPROVE = "approve"
    REJECT = "reject"
    EXTEND = "extend"
    WITHDRAW = "withdraw"

    @property
    def state(self) -> State:
        """The registration's state after it."""
        return _NEXT[self]


_NEXT = {
    Decision.APPROVE: State.APPROVED,
    Decision.REJECT: State.REJECTED,
    Decision.EXTEND: State.EXTENDED,
    Decision.WITHDRAW: State.WITHDRAWN,
}


@dataclass
class Ruled:
    """Why somebody decides so, and how the registration stood on their screen."""

    seen: Annotated[State, Form()]
    seen_until: Annotated[str, Form(max_length=10)] = ""
    reason: fields.Words = ""
    note: fields.Words = ""

    def as_seen(self) -> Seen:
        """Return how it stood. Raises NotReadable."""
        try:
            return Seen(self.seen, date.fromisoformat(self.seen_until) if self.seen_until else None)
        except ValueError:
            raise NotReadable(f"{self.seen_until!r} is no day, such as 2026-06-30.") from None


@PAGE.router.post("/{number}/{decision}")
def decide(
    visit: Decider, number: fields.Number, decision: Decision, given: Annotated[Ruled, Depends()]
) -> Response:
    """Decide about a registration as it was seen."""
    ruling = StaffRuling(
        number, decision.state, given.reason, visit.actor, given.note, given.as_seen()
    )
    program = visit.program
    with visit.transaction() as tx:
        actions.decide(tx, ruling, program.registrations, program.time_zone, visit.today)
    return visit.go(f"{PAGE.address}/{number}", f"Registration {number} is {decision.state}.")
