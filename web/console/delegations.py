"""Delegations: who decides on rewards in whose place, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Query, Response

from goodword.actions import delegations as actions
from goodword.db.queries import approvals as queries
from goodword.db.queries import staff
from goodword.rules.delegations import Delegation
from goodword.rules.rights import Action, may
from web.console import fields
from web.console.page import Page
from web.visits import Reader, Visit, allowed

PAGE = Page("/delegations", "Standing in")

Giver = Annotated[Visit, Depends(allowed(Action.DELEGATE))]


@PAGE.router.get("")
def show(visit: Reader, all_: Annotated[Literal["", "yes"], Query(alias="all")] = "") -> Response:
    """Show the delegations that are not over, or all."""
    with visit.transaction() as tx:
        rows = queries.delegations(tx, visit.today, everything=bool(all_))
        members = [one for one in staff.everyone(tx) if one.is_active]
    approvers = [one.name for one in members if may(one.roles, Action.DECIDE_REWARDS)]
    return visit.page(
        "delegations",
        rows=rows,
        everything=bool(all_),
        approvers=approvers if visit.may(Action.MANAGE_STAFF) else [visit.actor],
        members=[one.name for one in members],
    )


@dataclass
class Place:
    """Who decides in whose place, and why, as the form says it."""

    delegator: fields.Name
    delegate: fields.Name
    since: fields.Day
    until: fields.Day
    reason: fields.Words = ""


@PAGE.router.post("")
def delegate(visit: Giver, place: Annotated[Place, Depends()]) -> Response:
    """Let somebody decide in another's place, for some days."""
    given = Delegation(place.delegator, place.delegate, place.since, place.until)
    with visit.transaction() as tx:
        actions.delegate(tx, given, actions.Made(visit.actor, place.reason), visit.today)
    return visit.go(
        PAGE.address,
        f"{given.delegate} decides in the place of {given.delegator} from {given.since} through "
        f"{given.until}.",
    )


@PAGE.router.post("/{number}/end")
def end(visit: Giver, number: fields.Number, reason: fields.Words = "") -> Response:
    """End a delegation before its last day; what was decided by it stands."""
    with visit.transaction() as tx:
        actions.end(tx, number, actions.Made(visit.actor, reason), visit.today)
    return visit.go(PAGE.address, f"Delegation {number} is over.")
