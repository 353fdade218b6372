"""simulate: what another program file would have given for the company's own past."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import AsJson, read_date
from cli.output import emit
from cli.simulation_output import Simulated, document, show
from goodword.rules import comparisons
from goodword.rules.comparisons import Worth
from goodword.rules.histories import Days, Outlook
from goodword.wiring import wiring

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from goodword.rules.programs import Program


class DaysRefused(ValueError):
    """The last day is before the first one."""

    def __init__(self, days: Days) -> None:
        super().__init__(
            f"--from {days.first} is after --to {days.last}: give the first day, then the last"
        )


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(simulate)


def simulate(
    file: Annotated[
        Path, typer.Option("--program", metavar="FILE", help="The program file to try.")
    ],
    first: Annotated[
        date,
        typer.Option("--from", parser=read_date, metavar="YYYY-MM-DD", help="The first day."),
    ],
    last: Annotated[
        date, typer.Option("--to", parser=read_date, metavar="YYYY-MM-DD", help="The last day.")
    ],
    as_json: AsJson = False,
) -> None:
    """Replay your own past through another program file, writing nothing."""
    from goodword.program import load_program

    days = Days(first, last)
    if first > last:
        raise DaysRefused(days)
    program, _ = load_program(file)
    with wiring().ready_database.transaction() as tx, uncollected():
        found = run(tx, program, days)
    emit(as_json, document(found), lambda: show(found))


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: what is read stays, and there is ever more to look through."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def run(tx: Connection, program: Program, days: Days) -> Simulated:
    """Try a program on the past in a transaction that can write nothing from then on.

    Raises:
        NoProgram: none is published.
    """
    from goodword.actions import simulations

    tried = simulations.attempt(tx, program, days, wiring().program)
    worth = _worth(tx, (tried.before, tried.in_force), (tried.after, program), days)
    return Simulated(program.name, days, tried.people, tried.before, tried.after, worth)


def _worth(
    tx: Connection, before: tuple[Outlook, Program], after: tuple[Outlook, Program], days: Days
) -> dict[str, tuple[Worth, Worth]]:
    from goodword.db.queries import simulations as queries

    currencies = {
        currency
        for outlook, _ in (before, after)
        for currency in (*outlook.proceeds.minor, *(each.currency for each in outlook.rewards))
    }
    sides: list[dict[str, Worth]] = []
    for outlook, program in (before, after):
        customers = sorted(set().union(*outlook.proceeds.customers.values()))
        lifetimes = queries.lifetimes(tx, customers)
        sides.append(
            {
                each: comparisons.worth(outlook, each, lifetimes, program.figures, days)
                for each in currencies
            }
        )
    return {each: (sides[0][each], sides[1][each]) for each in sorted(currencies)}
