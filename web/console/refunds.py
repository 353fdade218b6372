"""Refunds: what customers got back or dispute, and which deal each is about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Form, Query, Response

from goodword.actions import refunds as actions
from goodword.db.queries import provider_events
from goodword.db.queries import refunds as queries
from goodword.money import Money
from goodword.rules.rights import Action
from web.console import fields
from web.console.page import Page
from web.visits import Reader, Visit, allowed

PAGE = Page("/refunds", "Refunds")

Placer = Annotated[Visit, Depends(allowed(Action.PLACE_REFUNDS))]
Identifier = Annotated[str, Form(min_length=1, max_length=fields.LONGEST)]


class Which(StrEnum):
    """Which refunds are shown."""

    OPEN = "open"
    ALL = "all"


class NoDeal(ValueError):
    """A refund is said to be about a deal, and no deal is named."""

    def __init__(self) -> None:
        super().__init__("Name the deal by its id in the CRM (006…), or say that it is about none.")


@PAGE.router.get("")
def show(
    visit: Reader,
    which: Which = Which.OPEN,
    after: Annotated[str, Query(max_length=fields.LONGEST)] = "",
) -> Response:
    """Show the refunds that a person must place, or all; and the events that failed."""
    only_open = which is Which.OPEN
    with visit.transaction() as tx:
        rows = queries.listed(tx, only_open=only_open, most=fields.ROWS, after=after)
        events = provider_events.failed(tx, fields.ROWS)
    last = rows[-1]["id"] if len(rows) == fields.ROWS else None
    return visit.page(
        "refunds", rows=rows, events=events, which=which, after=last, most=fields.ROWS
    )


@PAGE.router.post("/link")
def link(
    visit: Placer,
    refund: Identifier,
    opportunity: fields.Name = "",
    *,
    none: Annotated[bool, Form()] = False,
) -> Response:
    """Say which deal a refund is about, or that it is about none of the program's."""
    deal = None if none else opportunity.strip()
    if deal == "":
        raise NoDeal
    with visit.transaction() as tx:
        actions.link(tx, refund, deal, visit.actor)
    return visit.go(PAGE.address, f"{refund} is about {deal or 'no deal'}.")


@dataclass
class Manual:
    """A refund that was made outside Stripe, as its form says it."""

    opportunity: Identifier
    amount: Annotated[str, Form(max_length=40)]
    on: fields.Day
    reason: fields.Words = ""
    key: fields.Name = ""


@PAGE.router.post("/record")
def record(visit: Placer, given: Annotated[Manual, Depends()]) -> Response:
    """Record a refund that was made outside Stripe; the same one again changes nothing."""
    amount = Money.parse(given.amount)
    manual = actions.Manual(
        given.opportunity.strip(), amount, given.on, given.reason.strip(), given.key.strip()
    )
    with visit.transaction() as tx:
        name, is_new = actions.record_manual(tx, manual, visit.actor, visit.today)
    said = "is recorded" if is_new else "was recorded before: nothing was done"
    return visit.go(PAGE.address, f"The refund of {amount} ({name}) {said}.")
