"""Claims: import, and registrations list, show, approve, reject, extend, withdraw."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.nights import Date, read_date
from cli.output import console, emit, table
from goodword.wiring import wiring

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Number = Annotated[int, typer.Argument(help="The number of the registration.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept in the audit trail.")]
Actor = Annotated[str, typer.Option("--as", envvar="USER", help="Who decides.")]

registrations = typer.Typer(help="Partners' claims on accounts.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command("import")(import_file)
    app.add_typer(registrations, name="registrations", no_args_is_help=True)


def import_file(
    kind: Annotated[
        str, typer.Argument(help="participants, referrals, registrations, touches or events.")
    ],
    file: Annotated[Path, typer.Argument(help="A CSV file.", exists=True, dir_okay=False)],
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Take in a CSV file: every bad row is told, none of the good ones is lost."""
    from goodword.actions.imports import Kind  # noqa: PLC0415 - only here

    kinds = [member.value for member in Kind]
    if kind not in kinds:
        raise typer.BadParameter(f"{kind!r} is no kind of import; there are {', '.join(kinds)}")
    with file.open("rb") as opened:
        report = take_in(kind, opened, read_date(on))
    document = {
        "new": report.new,
        "changed": report.changed,
        "same": report.same,
        "refused": [
            {"line": row.line, "key": row.key, "reason": row.reason} for row in report.refused
        ],
    }

    def show() -> None:
        console.print(
            f"{kind}: {report.new:,} new, {report.changed:,} changed, {report.same:,} the same, "
            f"{len(report.refused):,} refused"
        )
        rows = [(row.line, row.key, row.reason) for row in report.refused]
        if rows:
            table("Refused", ("line", "key", "reason"), rows)

    emit(as_json, document, show)
    if report.refused:
        raise typer.Exit(1)


def take_in(kind: str, file: Any, on: date | None, actor: str = "import") -> Any:
    """Import an open file in chunks, one transaction each; returns the report."""
    from goodword.actions import import_files, imports  # noqa: PLC0415 - only here
    from goodword.db.queries import programs as queries  # noqa: PLC0415 - only here

    database = wiring().ready_database
    with database.transaction() as tx:
        newest = queries.newest(tx)
    if newest is None:
        raise typer.BadParameter("no program is published: run `goodword init` first")
    program = wiring().program(newest.source)
    today = on or program.date_of(datetime.now(UTC))
    batch = imports.Batch(imports.Kind(kind), today, program.zone, actor)
    report = imports.ImportReport()
    with database.exclusive("import"):
        for chunk in import_files.read_csv(file, batch.kind):
            with database.transaction() as tx:
                report += imports.save(tx, batch, chunk)
    return report


@registrations.command("list")
def list_(
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    as_json: AsJson = False,
) -> None:
    """List claims."""
    rows = _rows("registrations", state=state)
    shown = [
        (
            r["id"],
            r["partner"],
            r["company"],
            r["division"],
            r["state"],
            r["expires_on"],
            r["reasons"],
        )
        for r in rows
    ]
    columns = ("id", "partner", "company", "division", "state", "until", "reasons")
    emit(as_json, rows, lambda: table("Registrations", columns, shown))


@registrations.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """Show one claim with everything that is known of it."""
    show_one("registration", number, as_json=as_json)


@registrations.command()
def approve(
    number: Number, reason: Reason, actor: Actor, on: Date = None, as_json: AsJson = False
) -> None:
    """Approve a claim that waits for staff."""
    _decide(number, "approved", reason, actor, on, as_json=as_json)


@registrations.command()
def reject(
    number: Number, reason: Reason, actor: Actor, on: Date = None, as_json: AsJson = False
) -> None:
    """Reject a claim, with a reason that the partner may read."""
    _decide(number, "rejected", reason, actor, on, as_json=as_json)


@registrations.command()
def extend(
    number: Number, reason: Reason, actor: Actor, on: Date = None, as_json: AsJson = False
) -> None:
    """Extend a live claim by the program's extension."""
    _decide(number, "extended", reason, actor, on, as_json=as_json)


@registrations.command()
def withdraw(
    number: Number, reason: Reason, actor: Actor, on: Date = None, as_json: AsJson = False
) -> None:
    """Withdraw a claim."""
    _decide(number, "withdrawn", reason, actor, on, as_json=as_json)


def _decide(  # noqa: PLR0913 - one for each word of the command line
    number: int, state: str, reason: str, actor: str, on: str | None, *, as_json: bool
) -> None:
    from goodword.actions import registrations as actions  # noqa: PLC0415 - only here
    from goodword.db.queries import programs as queries  # noqa: PLC0415 - only here

    with wiring().ready_database.transaction() as tx:
        newest = queries.newest(tx)
        if newest is None:
            raise typer.BadParameter("no program is published: run `goodword init` first")
        program = wiring().program(newest.source)
        today = read_date(on) or program.date_of(datetime.now(UTC))
        ruling = actions.StaffRuling(number, actions.State(state), reason, actor)
        actions.decide(tx, ruling, program.registrations, program.time_zone, today)
    document = {"id": number, "state": state}
    emit(as_json, document, lambda: console.print(f"Registration {number} is {state}."))


def _rows(name: str, **filters: object) -> list[dict[str, Any]]:
    from goodword.db.queries.lists import rows_of  # noqa: PLC0415 - only here

    with wiring().ready_database.transaction() as tx:
        return rows_of(tx, name, **filters)


def show_one(name: str, number: int, *, as_json: bool) -> None:
    """Show one row of a list, or say that there is none."""
    rows = _rows(name, id=number)
    if not rows:
        raise typer.BadParameter(f"there is no {name} {number}")
    shown = [(field, value) for field, value in rows[0].items() if value not in (None, "", [])]
    emit(as_json, rows[0], lambda: table(f"{name.capitalize()} {number}", ("", ""), shown))
