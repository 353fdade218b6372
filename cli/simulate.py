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
from cli.simulated import Simulated, document, show
from goodword.rules import comparisons
from goodword.rules.comparisons import Worth
from goodword.rules.histories import Days, Outlook, Proceeds
from goodword.wiring import wiring

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from goodword.rules.programs import Program


class DaysRefused(ValueError):  # noqa: N818 - it says what was refused
    """The last day is before the first one."""

    def __init__(self, days: Days) -> None:
        super().__init__(
            f"--from {days.first} is after --to {days.last}: give the first day, then the last"
        )


class NoProgram(LookupError):  # noqa: N818 - it says what is missing
    """Nothing has been published, so there is no past to compare with."""

    def __init__(self) -> None:
        super().__init__("No program is published yet: there is no past to compare with.")


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
    from goodword.program import load_program  # noqa: PLC0415 - only here

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
    """Read the past in a transaction that can write nothing, and simulate it.

    Raises:
        NoProgram: none is published.
    """
    from goodword.db.queries import (  # noqa: PLC0415 - only here
        invoices,
        programs,
        recorded_rewards,
        suspicions,
        tiers,
    )
    from goodword.db.queries import simulations as queries  # noqa: PLC0415 - as above
    from goodword.rules import outlooks  # noqa: PLC0415 - as above
    from goodword.rules import simulations as rules  # noqa: PLC0415 - as above

    queries.read_only(tx)
    published = {v.number: wiring().program(v.source) for v in programs.versions(tx)}
    if not published:
        raise NoProgram
    whole = Days(rules.run_up(days.first, program), days.last)
    people, known = queries.people(tx), queries.kept(tx, whole)
    leads = queries.leads(tx, whole, known)
    if any(version.stages != program.stages for version in published.values()):
        leads = queries.leads_by(tx, whole, program.time_zone, program.stages, known)
    past = rules.Past(
        people,
        tuple(leads),
        suspicions.introduced(tx, program.suspicion),
        {number: version.attribution for number, version in published.items()},
        tiers.changes(tx),
    )
    proceeds, unconverted = Proceeds(), dict[str, str]()
    paid = invoices.past(tx, whole, known)
    found = queries.deals(tx, whole, program.time_zone, known, paid)
    deals = rules.noting(found, days, proceeds, unconverted)
    after = rules.simulate(program, days, deals, past)
    in_force = wiring().program(programs.in_force(tx, days.last).source)
    before = Outlook(
        tuple(recorded_rewards.rewards(tx, days, people, known)),
        *outlooks.paid(recorded_rewards.dues(tx, whole), in_force.payouts, days),
        proceeds,
        unconverted,
        recorded_rewards.payments(tx, days),
    )
    worth = _worth(tx, (before, in_force), (after, program), days)
    return Simulated(program.name, days, people, before, after, worth)


def _worth(
    tx: Connection, before: tuple[Outlook, Program], after: tuple[Outlook, Program], days: Days
) -> dict[str, tuple[Worth, Worth]]:
    from goodword.db.queries import simulations as queries  # noqa: PLC0415 - only here

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
