"""The program file: program check, publish, show."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import AsJson, acting
from cli.output import emit, say
from goodword.rules.rights import Action
from goodword.wiring import wiring

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from goodword.rules.programs import Program

File = Annotated[Path, typer.Argument(help="A program file, such as config/program.toml.")]


program = typer.Typer(help="The rules: check a file, publish it, show them as sentences.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(program, name="program", no_args_is_help=True)


@program.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Check a program file; every mistake is named with its key, value and what is allowed."""
    from goodword.program import load_program

    read, _ = load_program(file)
    said = f"{file} is good: {read.name}, in force from {read.effective_on}"
    emit(as_json, {"file": str(file), "good": True}, lambda: say(said))


@program.command()
def publish(
    file: File,
    actor: Annotated[str, typer.Option("--as", help="Who publishes, for the audit trail.")],
    as_json: AsJson = False,
) -> None:
    """Publish a program file as a new version, in force from its effective_on date."""
    from goodword.program import load_program

    read, source = load_program(file)
    with acting(actor, Action.PUBLISH_PROGRAM) as tx:
        number = publish_rules(tx, read, source, actor)
    said = (
        f"version {number}, in force from {read.effective_on}"
        if number
        else "nothing, since the newest version says the same"
    )
    emit(as_json, {"version": number}, lambda: say(f"Published: {said}."))


def publish_rules(tx: Connection, read: Program, source: str, actor: str) -> int | None:
    """Publish a program with its text, unless the newest version has the same rules already.

    Other comments are no other rules: a later release explains more in the sample company's file,
    and whoever runs it has nothing to publish.

    Returns:
        The number of the new version, or None when there is none.

    Raises:
        RulesOfThePast: a night has run for its first day, or a later one.
    """
    from goodword.actions import programs
    from goodword.db.queries import programs as queries
    from goodword.program import digest

    newest = queries.newest(tx)
    if newest is not None and wiring().program(newest.source) == read:
        return None
    return programs.publish(tx, source, digest(source), read.effective_on, actor)


@program.command()
def schema() -> None:
    """Print the JSON Schema of program files, for editors (config/program.schema.json)."""
    from goodword.program.schema import schema as printed

    typer.echo(printed(), nl=False)


@program.command()
def show(
    file: Annotated[
        Path | None, typer.Argument(help="A program file; without, what is published.")
    ] = None,
    version: Annotated[
        int | None, typer.Option(help="A published version; the newest without.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the rules as plain sentences: those that are published, or those of a file."""
    from goodword.program import describe, load_program

    document: dict[str, object]
    if file is None:
        number, read = _published(version)
        what, document = f"Version {number}", {"version": number}
    elif version is not None:
        raise typer.BadParameter("give a program file or --version, not both")
    else:
        read, _ = load_program(file)
        what, document = str(file), {"file": str(file)}
    sentences = describe(read)

    def shown() -> None:
        say(f"{what}, in force from {read.effective_on}", "bold")
        for sentence in sentences:
            say(f"- {sentence}")

    document |= {"effective_on": read.effective_on, "rules": sentences}
    emit(as_json, document, shown)


def _published(version: int | None) -> tuple[int, Program]:
    from goodword.db.queries import programs as queries

    with wiring().ready_database.transaction() as tx:
        chosen = queries.version(tx, version)
    return chosen.number, wiring().program(chosen.source)


@program.command()
def diff(
    before: Annotated[
        int | None, typer.Argument(help="A version; without, the one before.")
    ] = None,
    after: Annotated[int | None, typer.Argument(help="A version; the newest without.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show by rule what two published versions do not say alike."""
    from goodword.db.queries import programs as queries
    from goodword.program import differences

    with wiring().ready_database.transaction() as tx:
        new = queries.version(tx, after)
        old = queries.version(tx, before or max(new.number - 1, 1))
    found = differences(wiring().program(old.source), wiring().program(new.source))

    def shown() -> None:
        say(f"From version {old.number} to version {new.number}", "bold")
        heading = None
        for each in found:
            if each.heading != heading:
                heading = each.heading
                say(heading, "bold")
            if each.before is not None:
                say(f"- {each.before}", "red")
            if each.after is not None:
                say(f"+ {each.after}", "green")
        if not found:
            say("Both say the same.")

    document = {
        "before": old.number,
        "after": new.number,
        "differences": [asdict(each) for each in found],
    }
    emit(as_json, document, shown)
