"""How commands speak: tables for people, one JSON document for programs, sentences for refusals.

Names come from people, companies and other systems. Nothing in them is taken for markup, and no
control character reaches a terminal.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from goodword.money import Money
from goodword.rules.nights import counted

_WIDE = 140
"""Columns where nobody's window says: in a file or a pipe."""

_NUMBER = re.compile(r"-?[\d,]+(\.\d+)?( [A-Z]{3}| s)?")

console = Console(
    highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else _WIDE
)
"""Where results go. Logs and progress go to standard error."""

progress_console = Console(stderr=True, highlight=False, markup=False, emoji=False)


def emit(as_json: bool, document: object, show: Any) -> None:
    """Print one JSON document, or let `show()` print for people."""
    if as_json:
        json.dump(document, sys.stdout, default=_for_json, ensure_ascii=False, indent=2)
        print()
    else:
        show()


def _for_json(value: object) -> object:
    if isinstance(value, Money):
        return value.to_dict()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def say(sentence: str, style: str = "") -> None:
    """Print a sentence, or some lines, that may have somebody's words in them."""
    console.print(_safe(sentence, style))


def complain(sentence: str) -> None:
    """Print to standard error what went wrong; nothing breaks its lines but itself."""
    progress_console.print(_safe(sentence, "red"), soft_wrap=True)


def _safe(sentence: str, style: str) -> Text:
    return Text("\n".join(plain(line) for line in sentence.split("\n")), style)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; one without rows is said in a sentence. Columns of numbers end flush."""
    filled = [[_cell(value) for value in row] for row in rows]
    if not filled:
        say(f"{title}: none")
        return
    drawn = Table(
        title=Text(plain(title), "bold"),
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="bold",
        show_header=any(columns),
    )
    for place, column in enumerate(columns):
        cells = {row[place] for row in filled} - {""}
        numbers = bool(cells) and all(_NUMBER.fullmatch(cell) for cell in cells)
        drawn.add_column(column, overflow="fold", justify="right" if numbers else "left")
    for row in filled:
        drawn.add_row(*map(Text, row))
    console.print(drawn)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(map(_cell, value))
    if isinstance(value, Mapping):
        return " ".join(_cell(item) for item in value.values() if item is not None)
    return plain(str(value))


def plain(text: str) -> str:
    """Write out what a terminal would obey: escapes, line breaks, marks that turn text round."""
    if text.isprintable():
        return text
    return "".join(_written_out(character) for character in text)


def _written_out(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode()


def money(minor: int, currency: str) -> str:
    """Write an amount for a terminal: 1,234.50 USD."""
    return str(Money(minor, currency))


def counts(outcomes: Mapping[str, int]) -> str:
    """Write what a stage did on one line."""
    told = (counted(count, name) for name, count in outcomes.items())
    return ", ".join(told) or "nothing to do"
