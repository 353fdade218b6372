"""Bank files: what was handed over for a person to move, given out once, then confirmed or not."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Form, Response
from pydantic import Field

from goodword.actions import bank_files as actions
from goodword.actions import settlements
from goodword.db.queries import bank_files as queries
from goodword.rules.rights import Action
from web.console.fields import LAST_ID, ROWS, Number
from web.console.page import Page
from web.console.payouts import Found, NoReason, NothingChosen, Reason
from web.visits import Reader, Visit, allowed

PAGE = Page("/bank-files", "Bank files")

_MOST_LINES = 2000

Exporter = Annotated[Visit, Depends(allowed(Action.EXPORT_BANK_FILES))]
Settler = Annotated[Visit, Depends(allowed(Action.SETTLE_PAYOUTS))]
Lines = Annotated[
    list[Annotated[int, Field(ge=1, le=LAST_ID)]] | None, Form(max_length=_MOST_LINES)
]


class NotOfThisFile(ValueError):
    """A payout is said to be a line of a file that it is not in."""

    def __init__(self, payout_id: int, file: int) -> None:
        super().__init__(f"Payout {payout_id} is not in bank file {file}: load its page again.")


@PAGE.router.get("")
def show(visit: Reader) -> Response:
    """Show the newest files."""
    with visit.transaction() as tx:
        rows = queries.newest(tx, ROWS)
    return visit.page("bank_files", rows=rows)


@PAGE.router.get("/{number}")
def show_one(visit: Reader, number: Number) -> Response:
    """Show one file, and the payouts in it."""
    with visit.transaction() as tx:
        found = queries.one(tx, number)
    if found is None:
        raise actions.NoSuchFile(number)
    return visit.page("bank_file", file=found)


@PAGE.router.post(
    "/{number}/export",
    response_class=Response,
    responses={200: {"content": {"application/xml": {}}}},
)
def export(visit: Exporter, number: Number) -> Response:
    """Send the bytes of a file, and keep who got them."""
    with visit.transaction() as tx:
        exported = actions.export(tx, number, visit.actor)
    name = f"{exported.made.message_id}.xml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(exported.body, media_type="application/xml", headers=headers)


@PAGE.router.post("/{number}/settle")
def settle(
    visit: Settler,
    number: Number,
    found: Annotated[Found, Form()],
    reason: Reason,
    ids: Lines = None,
) -> Response:
    """Say of lines of a file that they have arrived, or that they never will: all, or none."""
    if not reason.strip():
        raise NoReason
    paid = settlements.BY_HAND if found is Found.PAID else None
    with visit.transaction() as tx:
        chosen = _of_the_file(queries.one(tx, number), number, ids or [])
        findings = [settlements.Finding(line, paid, visit.actor, reason.strip()) for line in chosen]
        settlements.settle_by_hand(tx, findings, visit.today)
    became = "paid" if paid else "not made, and the rewards are free"
    count = f"{len(chosen):,} payouts are" if len(chosen) > 1 else f"Payout {chosen[0]} is"
    return visit.go(f"{PAGE.address}/{number}", f"{count} {became}.")


def _of_the_file(file: dict[str, Any] | None, number: int, ids: list[int]) -> list[int]:
    if file is None:
        raise actions.NoSuchFile(number)
    if not ids:
        raise NothingChosen
    lines = {line["id"] for line in file["lines"]}
    for payout_id in ids:
        if payout_id not in lines:
            raise NotOfThisFile(payout_id, number)
    return sorted(set(ids))
