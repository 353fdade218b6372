"""The program file: program check, publish, show."""

from __future__ import annotations

from collections.abc import Iterable
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


class NoSuchVersion(LookupError):  # noqa: N818 - it says what was found
    """There is no published version of this number, or none at all."""

    def __init__(self, version: int | None, published: Iterable[int]) -> None:
        listed = ", ".join(map(str, published))
        super().__init__(
            f"There is no version {version}; published: {listed}."
            if listed
            else "No program is published yet: run `goodword init` first."
        )


program = typer.Typer(help="The rules: check a file, publish it, show them as sentences.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(program, name="program", no_args_is_help=True)


@program.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Check a program file; every mistake is named with its key, value and what is allowed."""
    from goodword.program import load_program  # noqa: PLC0415 - only here

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
    from goodword.program import load_program  # noqa: PLC0415 - only here

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
    from goodword.actions import programs  # noqa: PLC0415 - only here
    from goodword.db.queries import programs as queries  # noqa: PLC0415 - only here
    from goodword.program import digest  # noqa: PLC0415 - only here

    newest = queries.newest(tx)
    if newest is not None and wiring().program(newest.source) == read:
        return None
    return programs.publish(tx, source, digest(source), read.effective_on, actor)


@program.command()
def schema() -> None:
    """Print the JSON Schema of program files, for editors (config/program.schema.json)."""
    from goodword.program.schema import schema as printed  # noqa: PLC0415 - only here

    typer.echo(printed(), nl=False)


@program.command()
def show(
    version: Annotated[int | None, typer.Option(help="A version; the newest without.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the published rules as plain sentences."""
    from goodword.db.queries import programs as queries  # noqa: PLC0415 - only here
    from goodword.program import describe  # noqa: PLC0415 - only here

    with wiring().ready_database.transaction() as tx:
        versions = {found.number: found for found in queries.versions(tx)}
    chosen = versions.get(version or max(versions, default=0))
    if chosen is None:
        raise NoSuchVersion(version, versions)
    sentences = describe(wiring().program(chosen.source))

    def shown() -> None:
        say(f"Version {chosen.number}, in force from {chosen.effective_on}", "bold")
        for sentence in sentences:
            say(f"- {sentence}")

    document = {"version": chosen.number, "effective_on": chosen.effective_on, "rules": sentences}
    emit(as_json, document, shown)
