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

from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from goodword.money import Money
from goodword.rules.counts import tallied

_WIDE = 140
"""Columns where nobody's window says: in a file or a pipe."""

_GAP = 2
"""Columns of the window between two of a table."""

_LEAST = 8
"""Columns of the window below which a column of words goes last."""

_LITTLE = 6
"""What a column may lack to be shown whole before the others share what is left."""

_NUMBER = re.compile(r"-?[\d,]+(\.\d+)?( [A-Z]{3}| s)?")
_FIGURE = re.compile(rf"(?:{_NUMBER.pattern}|\d{{4}}-\d\d-\d\d)?")
"""What is never broken: a number, an amount, a day; or nothing."""

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
    """Print a table; one without rows is said in a sentence. Columns of numbers end flush.

    In a window that is too narrow, columns with nothing in them are left out, and cells go on in
    the next line, between words where that can be: days, amounts and ids are copied.
    """
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
    shown = _fitting([[column, *cells] for column, *cells in zip(columns, *filled, strict=True)])
    for (heading, *cells), width in zip(shown, _widths(shown), strict=True):
        numbers = any(cells) and all(_NUMBER.fullmatch(cell) for cell in cells if cell)
        justify: JustifyMethod = "right" if numbers else "left"
        drawn.add_column(heading, overflow="fold", justify=justify, width=width)
    for row in list(zip(*shown, strict=True))[1:]:
        drawn.add_row(*map(Text, row))
    console.print(drawn)


def _fitting(columns: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """Leave out the columns without a cell, where all of them do not fit side by side."""
    if sum(max(map(cell_len, column)) + _GAP for column in columns) - _GAP <= console.width:
        return columns
    return [column for column in columns if any(column[1:])]


def _widths(columns: Sequence[Sequence[str]]) -> list[int]:
    """Share the window's columns out: figures whole, then words whole, then as few lines as can be.

    Args:
        columns: of each column its heading and its cells.
    """
    room = max(console.width - _GAP * (len(columns) - 1), len(columns))
    whole = [max(map(cell_len, column)) for column in columns]
    widths = [max(map(_longest_word, column)) for column in columns]
    words = [at for at, (_, *cells) in enumerate(columns) if not all(map(_FIGURE.fullmatch, cells))]
    while sum(widths) > room:
        broken = [at for at in words if widths[at] > _LEAST] or range(len(widths))
        widths[max(broken, key=widths.__getitem__)] -= 1
    for at in sorted(range(len(widths)), key=lambda at: whole[at] - widths[at]):
        lacks = whole[at] - widths[at]
        widths[at] += lacks if lacks <= min(_LITTLE, room - sum(widths)) else 0
    for _ in range(min(room, sum(whole)) - sum(widths)):
        widths[max(range(len(widths)), key=lambda at: whole[at] / max(widths[at], 1))] += 1
    return widths


def _longest_word(cell: str) -> int:
    return (
        cell_len(cell) if _FIGURE.fullmatch(cell) else max(map(cell_len, cell.split()), default=0)
    )


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
    told = (tallied(count, name) for name, count in outcomes.items())
    return ", ".join(told) or "nothing to do"
