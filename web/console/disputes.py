"""Disputes: what is contested, what was said in it, and the ruling."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Form, Response

from goodword.actions import disputes as actions
from goodword.actions import rulings
from goodword.db.queries import dispute_lists as queries
from goodword.db.queries import lists
from goodword.rules.disputes import HEARD, DisputeState, Outcome, next_step, read_share
from goodword.rules.rights import Action
from web.console import fields
from web.console.page import Page
from web.visits import Reader, Visit, allowed

PAGE = Page("/disputes", "Disputes")

Decider = Annotated[Visit, Depends(allowed(Action.RULE_DISPUTES))]


class Which(StrEnum):
    """Which disputes a list shows."""

    PENDING = "pending"
    ALL = "all"


@PAGE.router.get("")
def show_all(visit: Reader, which: Which = Which.PENDING, after: fields.After = None) -> Response:
    """List the disputes that are not over, or all, the first due first."""
    is_pending = which is Which.PENDING
    with visit.transaction() as tx:
        rows = queries.listed(tx, only_pending=is_pending, most=fields.ROWS, after=after)
    last = fields.after([row["id"] for row in rows])
    return visit.page(
        "disputes", rows=rows, everything=not is_pending, next_step=next_step, after=last
    )


@PAGE.router.get("/{number}")
def show(visit: Reader, number: fields.Number) -> Response:
    """Show one with both registrations, everything that was said, and what may be done now."""
    with visit.transaction() as tx:
        found = queries.one(tx, number)
        if found is None:
            raise actions.NoSuchDispute(number)
        sides = [
            side
            for each in (found["registration_id"], found["rival_id"])
            if each
            for side in lists.rows_of(tx, "registration", id=each)
        ]
    return visit.page(
        "dispute",
        it=found,
        sides=sides,
        next_step=next_step(found),
        is_heard=found["state"] in HEARD,
        may_appeal=found["state"] == DisputeState.DECIDED and visit.today <= found["decide_by"],
        most=visit.program.disputes.most_share_bps,
    )


@dataclass
class Said:
    """What a party or staff says; by nobody named, it is who is signed in."""

    by: fields.Name = ""
    words: fields.Words = ""


Saying = Annotated[Said, Depends()]


@PAGE.router.post("")
def open_(
    visit: Decider,
    registration: Annotated[int, Form(ge=1, le=fields.LAST_ID)],
    said: Saying,
) -> Response:
    """Contest who holds a registration's account; both partners are told."""
    contest = actions.Contest(
        registration, said.by or visit.actor, said.words, taken_by=visit.actor
    )
    with visit.transaction() as tx:
        number = actions.open_(tx, contest, visit.program.disputes, visit.today)
    return visit.go(f"{PAGE.address}/{number}", f"Dispute {number} is open.")


@PAGE.router.post("/{number}/statements")
def state(visit: Decider, number: fields.Number, said: Saying) -> Response:
    """Keep what a party or staff says; it is never changed."""
    by = said.by or visit.actor
    with visit.transaction() as tx:
        actions.state(tx, actions.Said(number, by, said.words, visit.actor), visit.today)
    return visit.go(f"{PAGE.address}/{number}", f"What {by} says is kept in dispute {number}.")


@dataclass
class Ruled:
    """A ruling as the form has it: `share` is a percentage."""

    outcome: Annotated[Outcome, Form()]
    instance: Annotated[int, Form(ge=1, le=2)]
    share: Annotated[str, Form(max_length=20)] = "0%"
    reason: fields.Words = ""


@PAGE.router.post("/{number}/ruling")
def rule(visit: Decider, number: fields.Number, given: Annotated[Ruled, Depends()]) -> Response:
    """Rule on a dispute; who lost may appeal once, to another person."""
    decision = rulings.Decision(
        number,
        visit.actor,
        given.outcome,
        given.reason,
        read_share(given.share or "0%"),
        given.instance,
    )
    with visit.transaction() as tx:
        after = rulings.rule(tx, decision, visit.program, visit.today)
    said = f"Dispute {number} is {after}: {given.outcome}."
    return visit.go(f"{PAGE.address}/{number}", said)


@PAGE.router.post("/{number}/appeal")
def appeal(visit: Decider, number: fields.Number, said: Saying) -> Response:
    """Take down that who lost appeals; another person rules, and that is the last."""
    appealed = actions.Appeal(number, said.by or visit.actor, said.words, visit.actor)
    with visit.transaction() as tx:
        actions.appeal(tx, appealed, visit.program.disputes, visit.today)
    told = f"Dispute {number} is appealed: another person rules."
    return visit.go(f"{PAGE.address}/{number}", told)


@PAGE.router.post("/{number}/withdraw")
def withdraw(visit: Decider, number: fields.Number, by: fields.Name = "") -> Response:
    """Withdraw a dispute for who opened it, or an appeal for who appealed."""
    with visit.transaction() as tx:
        after = actions.withdraw(tx, number, by or visit.actor, visit.today, visit.actor)
    return visit.go(f"{PAGE.address}/{number}", f"Dispute {number} is {after}.")
