"""How commands speak: tables for people, one JSON document for programs, sentences for refusals."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from goodword.money import Money

_WIDE = 140
"""Columns where nobody's window says: in a file or a pipe."""

console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)
"""Where results go. Logs and progress go to standard error."""

progress_console = Console(stderr=True, highlight=False)


def emit(as_json: bool, document: object, show: Any) -> None:
    """Print one JSON document, or let `show()` print for people."""
    if as_json:
        json.dump(document, sys.stdout, default=_plain, ensure_ascii=False, indent=2)
        print()
    else:
        show()


def _plain(value: object) -> object:
    if isinstance(value, Money):
        return {"minor": value.minor, "currency": value.currency}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; one without rows is said in a sentence."""
    filled = [[_cell(value) for value in row] for row in rows]
    if not filled:
        console.print(f"{title}: none")
        return
    drawn = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in filled:
        drawn.add_row(*row)
    console.print(drawn)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(str(item) for item in value)
    return str(value).replace("[", r"\[")


def money(minor: int, currency: str) -> str:
    """Write an amount for a terminal: 1,234.50 USD."""
    return str(Money(minor, currency))


def counts(outcomes: Mapping[str, int]) -> str:
    """Write what a stage did on one line."""
    return ", ".join(f"{count:,} {name}" for name, count in outcomes.items()) or "nothing to do"
