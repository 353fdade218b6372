"""Reconciliation: what the provider's books and the ledger do not say alike, until it is closed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Form, Query, Response

from goodword.actions import adoptions, reconciliations
from goodword.db.queries import reconciliations as queries
from goodword.rules.rights import Action
from web.console import fields
from web.console.page import Page
from web.console.payouts import NoReason, Reason
from web.visits import Reader, Visit, allowed

PAGE = Page("/reconciliation", "Reconciliation")

_MOST_REWARDS = 500

Closer = Annotated[Visit, Depends(allowed(Action.SETTLE_PAYOUTS))]


class NotNumbers(ValueError):
    """The rewards of a movement are not given by their numbers."""

    def __init__(self) -> None:
        super().__init__(
            f"Give the rewards by their numbers, with commas, as 12, 13; at most {_MOST_REWARDS}."
        )


@PAGE.router.get("")
def show(visit: Reader, after: Annotated[int, Query(ge=0, le=fields.LAST_ID)] = 0) -> Response:
    """Show the open differences, the oldest first, and up to where the books were compared."""
    with visit.transaction() as tx:
        rows = queries.page(tx, after, fields.ROWS)
        open_ones = queries.open_differences(tx)
        until = queries.reconciled_until(tx)
    last = fields.after([row.id for row in rows])
    return visit.page("reconciliation", rows=rows, count=open_ones, until=until, after=last)


@PAGE.router.get("/{number}")
def show_one(visit: Reader, number: fields.Number) -> Response:
    """Show one difference, what was found and what can be done."""
    with visit.transaction() as tx:
        row = queries.one(tx, number)
        if row is None:
            raise reconciliations.NoSuchDifference(number)
        candidates = queries.unpaid_there(tx, row.destination, row.currency, fields.ROWS)
    return visit.page("difference", row=row, candidates=candidates)


@PAGE.router.post("/{number}/close")
def close(visit: Closer, number: fields.Number, reason: Reason) -> Response:
    """Close a difference that is explained outside Goodword."""
    with visit.transaction() as tx:
        closed = reconciliations.close(tx, _closing(visit, number, reason), visit.today)
    opens = f" It keeps nothing from {closed.destination} any more." if closed.destination else ""
    return visit.go(PAGE.address, f"Difference {number} is closed.{opens}")


@PAGE.router.post("/{number}/adopt")
def adopt(
    visit: Closer,
    number: fields.Number,
    reason: Reason,
    rewards: Annotated[str, Form(max_length=5_000)],
) -> Response:
    """Close a difference: its movement was the payout of rewards that look unpaid here."""
    closing, ids = _closing(visit, number, reason), _numbers(rewards)
    with visit.transaction() as tx:
        payout = adoptions.adopt(tx, closing, ids, visit.now, visit.today)
    said = f"Difference {number} is closed: its movement is payout {payout}, which is paid."
    return visit.go(f"/console/payouts/{payout}", said)


def _closing(visit: Visit, number: int, reason: str) -> reconciliations.Closing:
    if not reason.strip():
        raise NoReason
    return reconciliations.Closing(number, visit.actor, reason.strip())


def _numbers(given: str) -> list[int]:
    parts = [part.strip() for part in given.split(",") if part.strip()]
    if not parts or len(parts) > _MOST_REWARDS:
        raise NotNumbers
    if not all(
        part.isascii() and part.isdecimal() and int(part) <= fields.LAST_ID for part in parts
    ):
        raise NotNumbers
    return [int(part) for part in parts]
