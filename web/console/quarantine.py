"""Quarantine: the records that were set aside, and correcting one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from goodword.actions import record_corrections as actions
from goodword.db.queries import quarantines as queries
from goodword.rules.rights import Action
from web.console import fields
from web.console.page import Page
from web.visits import Reader, Visit, allowed

PAGE = Page("/quarantine", "Quarantine")

_CELL = "cell."
_REFUSED = 409

Corrector = Annotated[Visit, Depends(allowed(Action.CORRECT_RECORDS))]


@PAGE.router.get("")
def show_all(visit: Reader, source: fields.Asked = "", after: fields.After = None) -> Response:
    """List the records that were set aside, each with its reason, oldest first."""
    with visit.transaction() as tx:
        rows = queries.page(tx, source, after, fields.ROWS)
        sources = queries.sources(tx)
    asked = PAGE.with_filters({"source": source})
    last = fields.after([row.id for row in rows])
    return visit.page(
        "quarantine", rows=rows, sources=sources, source=source, asked=asked, after=last
    )


@PAGE.router.get("/{number}")
def show(visit: Reader, number: fields.Number) -> Response:
    """Show one record as it came, in a form where it can be corrected here."""
    return _record(visit, number)


async def typed(request: Request) -> dict[str, str]:
    """Return the cells of the form, by field."""
    form = await request.form()
    return {
        name.removeprefix(_CELL): str(value)
        for name, value in form.items()
        if name.startswith(_CELL)
    }


@PAGE.router.post("/{number}")
def correct(
    visit: Corrector,
    number: fields.Number,
    cells: Annotated[dict[str, str], Depends(typed)],
    seen: fields.Name,
    reason: fields.Words = "",
) -> Response:
    """Read the record once more with these cells; what is still wrong is said beside them."""
    # A browser sends the line breaks of a text as CR LF.
    written = {name: cell.replace("\r\n", "\n") for name, cell in cells.items()}
    correction = actions.Correction(number, written, reason, visit.actor, seen)
    try:
        with visit.transaction() as tx:
            actions.correct(tx, correction, visit.program, visit.today)
    except actions.CorrectionRefused as refusal:
        return _record(visit, number, written, str(refusal), reason)
    return visit.go(PAGE.address, f"Record {number} is corrected and taken in.")


def _record(
    visit: Visit,
    number: int,
    written: dict[str, str] | None = None,
    refusal: str = "",
    reason: str = "",
) -> Response:
    with visit.transaction() as tx:
        kept = queries.open_record(tx, number)
    if kept is None:
        raise actions.NoSuchRecord(number)
    cells = {
        name: actions.as_cell(value)
        for name, value in sorted(kept.record.items())
        if name not in actions.LOCKED
    }
    return visit.page(
        "quarantined",
        _REFUSED if refusal else 200,
        it=kept,
        cells={**cells, **{name: cell for name, cell in (written or {}).items() if name in cells}},
        problem=kept.reason,
        refusal=refusal,
        reason=reason,
        why_not=actions.why_not(kept.source, kept.record),
    )
