"""explain: the whole story of one reward, conversion, registration, referral or payout."""

from __future__ import annotations

import textwrap
from typing import Annotated

import typer

from cli.output import console, emit
from goodword.db.queries import explanations as queries
from goodword.db.queries import programs as program_queries
from goodword.rules import explanations
from goodword.wiring import wiring

_WIDTH = 100


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(explain)


def explain(
    kind: Annotated[explanations.Kind, typer.Argument(help="What to explain.")],
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document on standard output.")
    ] = False,
) -> None:
    """Say why: every fact, rule, version, decision and movement behind one thing."""
    with wiring().ready_database.transaction() as tx:
        case = queries.read(tx, kind, number)
        published = program_queries.versions(tx)
    versions = {
        version.number: explanations.Version(
            version.number, version.effective_on, wiring().program(version.source)
        )
        for version in published
    }
    story = explanations.tell(case, versions)
    emit(as_json, explanations.as_document(case, versions, story), lambda: show(story))


def show(story: explanations.Story) -> None:
    """Print a story for people: headings, and sentences of at most 100 columns."""
    console.print(textwrap.fill(_plain(story.title), _WIDTH), style="bold", markup=False)
    for section in story.sections:
        console.print(f"\n{section.heading}", style="bold cyan", markup=False)
        for sentence in section.sentences:
            console.print(_wrapped(sentence), markup=False)


def _wrapped(sentence: str) -> str:
    return textwrap.fill(
        _plain(sentence),
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="    ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _plain(text: str) -> str:
    """Write out what could steer a terminal: names come from outside."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
