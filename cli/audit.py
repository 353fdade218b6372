"""The audit trail: audit list, export, head."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from cli.arguments import Actor, AsJson, acting, read_date
from cli.output import complain, emit, say, table
from goodword.actions.audit_exports import Format
from goodword.rules.counts import counted
from goodword.rules.rights import Action
from goodword.wiring import wiring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from goodword.db.queries.audit import Filter

_SHOWN = 50

Who = Annotated[str, typer.Option("--by", help="Only what this actor did.")]
Did = Annotated[str, typer.Option("--action", help='Only this, such as "approved".')]
About = Annotated[
    str, typer.Option("--about", metavar="KIND[:ID]", help="Only this, such as reward:17.")
]
Since = Annotated[
    date | None, typer.Option(parser=read_date, metavar="YYYY-MM-DD", help="From this day (UTC).")
]
Until = Annotated[
    date | None,
    typer.Option(parser=read_date, metavar="YYYY-MM-DD", help="Through this day (UTC)."),
]

audit = typer.Typer(help="Who did what, when, why, to what.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(audit, name="audit", no_args_is_help=True)


def _filter(by: str, action: str, about: str, since: date | None, until: date | None) -> Filter:
    from goodword.db.queries.audit import Filter

    subject, _, number = about.partition(":")
    if number and not number.isdecimal():
        raise typer.BadParameter("give what it is about as reward, or reward:17")
    return Filter(by, action, subject, int(number) if number else None, since, until)


@audit.command("list")
def list_events(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    by: Who = "",
    action: Did = "",
    about: About = "",
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """List the newest events, of those that are asked for."""
    from goodword.db.queries import audit as queries

    chosen = _filter(by, action, about, since, until)
    with wiring().ready_database.transaction() as tx:
        events = queries.page(tx, chosen, None, _SHOWN)
    document = [dict(event._mapping) for event in events]  # noqa: SLF001 - a row's own
    rows = [
        (
            e.id,
            f"{e.at:%Y-%m-%d %H:%M:%S}",
            e.actor,
            e.action,
            f"{e.subject} {e.subject_id}",
            e.reason,
        )
        for e in events
    ]
    columns = ("id", "at (UTC)", "who", "did", "to", "why")

    def show() -> None:
        table("Audit trail, newest first", columns, rows)
        if len(rows) == _SHOWN:
            say(f"Only the newest {_SHOWN} are shown: `goodword audit export` writes all.")

    emit(as_json, document, show)


@audit.command()
def export(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    actor: Actor,
    as_: Annotated[Format, typer.Option("--format", help="For spreadsheets, or for programs.")],
    to: Annotated[
        Path | None, typer.Option(dir_okay=False, help="A new file; standard output without.")
    ] = None,
    by: Who = "",
    action: Did = "",
    about: About = "",
    since: Since = None,
    until: Until = None,
) -> None:
    """Write events in their order as CSV or JSON lines; the export is itself an event."""
    from goodword.actions import audit_exports

    chosen = _filter(by, action, about, since, until)
    with acting(actor, Action.EXPORT) as tx, _opened(to) as out:
        count = audit_exports.export(tx, out, as_, chosen, actor)
    complain(f"{counted(count, 'event')}.")


@contextmanager
def _opened(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    # Never over what is there: it may be the export that somebody compares this one with.
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8", newline="") as out:
        yield out


@audit.command()
def head(as_json: AsJson = False) -> None:
    """Print the newest event's number and hash, to be kept where nobody can change it.

    `goodword check --audit --noted ID:HASH` then tells whether the trail still holds it.
    """
    from goodword.db.queries import audit as queries

    with wiring().ready_database.transaction() as tx:
        newest = queries.page(tx, queries.Filter(), None, 1)
    document = {"id": newest[0].id, "hash": newest[0].hash} if newest else None
    said = f"{newest[0].id}:{newest[0].hash}" if newest else "There is no event yet."
    emit(as_json, document, lambda: say(said))
