"""Quarantine: quarantine, which lists what was set aside, and quarantine correct."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.arguments import Actor, AsJson, Date, Number, acting, newest_program, rows_of, show_list
from cli.output import emit, say
from goodword.rules.rights import Action

quarantine = typer.Typer(help="Records that were set aside, each with its reason.")

Cells = Annotated[
    list[str],
    typer.Option(
        "--set", metavar="FIELD=VALUE", help="A field and what it should say; once for each."
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="How you know; it is kept in the trail.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(quarantine, name="quarantine", invoke_without_command=True)


@quarantine.callback(invoke_without_command=True)
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the records that were set aside, each with its reason."""
    if context.invoked_subcommand:
        return
    rows = rows_of("quarantine")
    names = ("id", "source", "external_id", "reason")
    shown: list[tuple[object, ...]] = [tuple(row[name] for name in names) for row in rows]

    def show() -> None:
        show_list("Quarantine", ("id", "source", "record", "reason"), shown)
        if rows:
            say(
                "\nCorrect them where they come from: the next night takes them up. Or correct what"
                " came here: goodword quarantine correct ID --set FIELD=VALUE --reason ..."
            )

    emit(as_json, rows, show)


@quarantine.command()
def correct(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    number: Number,
    cells: Cells,
    reason: Reason,
    actor: Actor,
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Correct a record that was set aside, and take it in as the night would."""
    from goodword.actions import record_corrections as actions

    program, today = newest_program(on)
    correction = actions.Correction(number, dict(map(_cell, cells)), reason, actor)
    with acting(actor, Action.CORRECT_RECORDS) as tx:
        actions.correct(tx, correction, program, today)
    document = {"id": number, "corrected": sorted(correction.cells)}
    emit(as_json, document, lambda: say(f"Record {number} is corrected and taken in."))


def _cell(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals:
        raise typer.BadParameter(f"{given!r} names no value: write --set Amount=500.00")
    return name.strip(), value
