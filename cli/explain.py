"""explain: the whole story of one reward, conversion, registration, referral or payout."""

from __future__ import annotations

import re
from typing import Annotated

import typer
from rich.cells import cell_len

from cli.arguments import AsJson
from cli.output import console, emit, plain
from goodword.db.queries import explanations as queries
from goodword.rules import explanations
from goodword.wiring import wiring

_WIDEST, _INDENT = 100, 4


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(explain)


def explain(
    kind: Annotated[explanations.Kind, typer.Argument(help="What to explain.")],
    number: Annotated[int, typer.Argument(metavar="ID", help="Its number.")],
    locale: Annotated[
        str,
        typer.Option(help="The language of the sentences: en, ja or ms. JSON has English ones."),
    ] = "en",
    as_json: AsJson = False,
) -> None:
    """Say why: every fact, rule, version, decision and movement behind one thing."""
    with wiring().ready_database.transaction() as tx:
        case = queries.read(tx, kind, number)
        versions = queries.versions(tx, wiring().program)
    story = explanations.tell(case, versions)
    language = wiring().language(locale)
    told = story.written(language) if language else story
    emit(as_json, explanations.as_document(case, versions, story), lambda: show(told))


def show(story: explanations.Story) -> None:
    """Print a story for people: headings, and sentences as wide as a page or the window."""
    width = min(console.width, _WIDEST)
    for line in _lines(story.title, width):
        console.print(line, style="bold", markup=False)
    for section in story.sections:
        console.print(f"\n{section.heading}", style="bold cyan", markup=False)
        for sentence in section.sentences:
            _print(sentence, width)


def _print(sentence: str, width: int) -> None:
    """Print a sentence, its first line less indented."""
    for number, line in enumerate(_lines(sentence, width - _INDENT)):
        console.print(" " * (_INDENT if number else _INDENT // 2) + line, markup=False)


_WIDE = r"\u2e80-\uffef"
_OPENING, _CLOSING = r"[\u300c\uff08]*", r"[\u3001\u3002\u300d\uff09\uff1a\uff1b]*"
_UNIT = re.compile(f" +|{_OPENING}(?:[^ {_WIDE}]+|[{_WIDE}]){_CLOSING}")
"""A word, or one letter of those that are written without spaces, with the marks beside it."""


def _lines(text: str, width: int) -> list[str]:
    """Break a text into lines of so many columns, of which a wide letter takes two."""
    lines = [""]
    for unit in _UNIT.findall(plain(text)):
        if cell_len(lines[-1] + unit.rstrip(" ")) > width and lines[-1].strip():
            lines.append("")
        lines[-1] += unit if lines[-1] else unit.lstrip(" ")
    return [line.rstrip(" ") for line in lines]
