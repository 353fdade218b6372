"""Imports: import, which takes in a CSV file of participants, claims, touches or events."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.arguments import AsJson, Date, newest_program
from cli.output import emit, say, table
from goodword.rules.imports import Kind
from goodword.wiring import wiring


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("import")(import_file)


def import_file(
    kind: Annotated[Kind, typer.Argument(help="What the file holds.")],
    file: Annotated[Path, typer.Argument(help="A CSV file.", exists=True, dir_okay=False)],
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Take in a CSV file: every bad row is told, none of the good ones is lost."""
    with file.open("rb") as opened:
        report = take_in(kind, opened, on)
    document = {
        "new": report.new,
        "changed": report.changed,
        "same": report.same,
        "refused": [
            {"line": row.line, "key": row.key, "reason": row.reason} for row in report.refused
        ],
    }

    def show() -> None:
        say(
            f"{kind}: {report.new:,} new, {report.changed:,} changed, {report.same:,} the same, "
            f"{len(report.refused):,} refused"
        )
        if report.refused:
            rows = [(row.line, row.key, row.reason) for row in report.refused]
            say("")
            table("Refused", ("line", "key", "reason"), rows)
            say("\nCorrect these rows and import the file again: what is taken in stays the same.")

    emit(as_json, document, show)
    if report.refused:
        raise typer.Exit(1)


def take_in(kind: str, file: Any, on: date | None, actor: str = "import") -> Any:
    """Import an open file in chunks, one transaction each; returns the report."""
    from goodword.actions import import_files, imports

    program, today = newest_program(on)
    database = wiring().database
    batch = imports.Batch(Kind(kind), today, program.zone, actor, moved_kinds=program.tiers.kinds)
    report = imports.ImportReport()
    with database.exclusive("import"):
        for chunk in import_files.read_csv(file, batch.kind):
            with database.transaction() as tx:
                report += imports.save(tx, batch, chunk)
    return report
