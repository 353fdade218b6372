"""Payouts: those that wait for somebody, why, and what to do; rerun, settled, explained."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from fastapi import Depends, Form, Response
from pydantic import Field
from sqlalchemy import Row

from goodword.actions import reruns, reversals, settlements
from goodword.db.queries import payout_lists as queries
from goodword.money import Money
from goodword.rules.explanations import Kind
from goodword.rules.payouts import BY_HAND, PayoutState, Rail
from goodword.rules.reversals import ReversalRefused
from goodword.rules.rights import Action
from web.console import fields
from web.console.explained import story
from web.console.page import Page
from web.visits import Reader, Visit, allowed

PAGE = Page("/payouts", "Payouts")

Rerunner = Annotated[Visit, Depends(allowed(Action.RERUN_PAYOUTS))]
Settler = Annotated[Visit, Depends(allowed(Action.SETTLE_PAYOUTS))]
Chosen = Annotated[
    list[Annotated[int, Field(ge=1, le=fields.LAST_ID)]] | None, Form(max_length=fields.ROWS)
]
Reason = Annotated[str, Form(min_length=1, max_length=500)]


class NoSuchPayout(LookupError):
    """There is no payout of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no payout {number}.")


class NothingChosen(ValueError):
    """No payout was chosen."""

    def __init__(self) -> None:
        super().__init__("No payout was chosen: go back and tick those to rerun.")


class NoReason(ValueError):
    """A finding came without what it is known by."""

    def __init__(self) -> None:
        super().__init__("Say by what you know it: the audit trail keeps it.")


class NoName(ValueError):
    """A payout is said to be paid, and its movement has no name."""

    def __init__(self) -> None:
        super().__init__(
            "Give the provider's id of the movement, such as tr_1Abc: what comes back of it is "
            "known by that name."
        )


class Found(StrEnum):
    """What somebody found of a payout that waits for a person."""

    PAID = "paid"
    NOT_MADE = "not_made"


@PAGE.router.get("")
def show(
    visit: Reader,
    state: PayoutState | Literal[""] = "",
    after: fields.After = None,
) -> Response:
    """Show the payouts that wait for somebody, or those in one state."""
    with visit.transaction() as tx:
        if state:
            rows = queries.in_state(tx, state, after, fields.ROWS)
        else:
            rows = queries.waiting(tx, after, fields.ROWS)
        asked = queries.asked(tx, fields.ROWS)
        again = len(queries.rerunnable(tx))
    last = fields.after([row.id for row in rows])
    return visit.page(
        "payouts", rows=rows, state=state, states=PayoutState, asked=asked, again=again, after=last
    )


@PAGE.router.get("/asked")
def show_asked(visit: Reader) -> Response:
    """Show the reruns that are asked for, alone: a part of the list."""
    with visit.transaction() as tx:
        asked = queries.asked(tx, fields.ROWS)
    return visit.page("_payouts_asked", asked=asked)


@PAGE.router.post("/rerun")
def rerun(
    visit: Rerunner, ids: Chosen = None, *, every: Annotated[bool, Form()] = False
) -> Response:
    """Ask for payouts to be rerun, those chosen or every one that a rerun is for."""
    with visit.transaction() as tx:
        chosen = queries.rerunnable(tx) if every else ids
        if not chosen:
            raise NothingChosen
        new = reruns.ask(tx, chosen, visit.actor)
    to = f"/payouts/{chosen[0]}" if len(chosen) == 1 else "/payouts"
    return visit.go(f"/console{to}", _asked(new))


def _asked(new: list[int]) -> str:
    match len(new):
        case 0:
            return "Nothing was changed: that rerun is asked for already, or was done."
        case 1:
            return f"The rerun of payout {new[0]} is asked for."
        case count:
            return f"The rerun of {count:,} payouts is asked for."


@PAGE.router.get("/{number}")
def show_one(visit: Reader, number: fields.Number) -> Response:
    """Show one payout: where it stands, what can be done, and its whole story."""
    row = read(visit, number)
    told = story(visit, Kind.PAYOUT, number)
    return visit.page(
        "payout",
        row=row,
        steps=_steps(row),
        story=told,
        is_by_hand=Rail(row.rail) in BY_HAND,
        most=queries.REWARDS_SHOWN,
        reversible=_reversible(visit, number),
    )


def _reversible(visit: Visit, number: int) -> Money | None:
    """Return how much would come back if somebody took it back now; None: nothing."""
    if not visit.may(Action.REVERSE_PAYOUTS):
        return None
    try:
        with visit.transaction() as tx:
            return -reversals.foresee(tx, number, visit.today).money
    except ReversalRefused:
        return None


@PAGE.router.get("/{number}/progress")
def show_progress(visit: Reader, number: fields.Number) -> Response:
    """Show how far a rerun has come, alone: a part of the page of the payout."""
    row = read(visit, number)
    return visit.page("_payout_progress", row=row, steps=_steps(row))


def read(visit: Visit, number: int) -> Row[Any]:
    """Return one payout as queries/payout_lists.py has it.

    Raises:
        NoSuchPayout: there is none of this number.
    """
    with visit.transaction() as tx:
        row = queries.one(tx, number)
    if row is None:
        raise NoSuchPayout(number)
    return row


_ON_ITS_WAY = ("planned", "submitting")


def _steps(row: Row[Any]) -> list[tuple[str, bool]]:
    """Return the steps of a rerun, each with whether it is reached; the last says how it ended."""
    stands = row.next_state or row.state
    if row.next_id is None and row.state == "refused":
        reached, end = 1, "paid"
    elif stands in _ON_ITS_WAY:
        reached, end = 2 + _ON_ITS_WAY.index(stands), "paid"
    else:
        reached, end = 4, stands
    names = ("asked for", *_ON_ITS_WAY, end)
    return [(name, place < reached) for place, name in enumerate(names)]


@PAGE.router.post("/{number}/settle")
def settle(
    visit: Settler,
    number: fields.Number,
    found: Annotated[Found, Form()],
    reason: Reason,
    external_id: fields.Name = "",
) -> Response:
    """Settle a payout that is held or was handed over, by what somebody found."""
    if not reason.strip():
        raise NoReason
    paid = _movement(visit, number, external_id.strip()) if found is Found.PAID else None
    finding = settlements.Finding(number, paid, visit.actor, reason.strip())
    with visit.transaction() as tx:
        settlements.settle_by_hand(tx, [finding], visit.today)
    return visit.go(f"/console/payouts/{number}", settled(number, is_paid=paid is not None))


def _movement(visit: Visit, number: int, given: str) -> str:
    if Rail(read(visit, number).rail) in BY_HAND:
        return settlements.BY_HAND
    if not given:
        raise NoName
    return given


def settled(number: int, *, is_paid: bool) -> str:
    """Say what became of a payout that somebody settled."""
    if is_paid:
        return f"Payout {number} is paid. The next letters tell the participant."
    return f"Payout {number} is not made, and its rewards are free: rerun it to pay them anew."
