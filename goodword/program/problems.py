"""What is wrong with a program file: where, what was found, and what is allowed there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Final

ABSENT: Final = object()
"""Stands for a value that the file does not give; every reader refuses it, saying what it wants."""

_SHOWN_CHARACTERS = 60
_SHOWN_ITEMS = 4
_SHOWN_WHOLE = 10**18
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not allowed. `path` leads to it from where it was read: `.key`, `[2]`."""

    path: str
    found: str
    allowed: str


class Unfit(Exception):
    """A value that cannot be read, with everything that is wrong in it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems)
        self.problems = problems

    @classmethod
    def of(cls, value: object, allowed: str) -> Unfit:
        """Refuse one whole value."""
        return cls(Problem("", as_written(value), allowed))

    def under(self, step: str) -> Iterator[Problem]:
        """Tell the same problems from one level further out; `step` is `.key` or `[2]`."""
        for problem in self.problems:
            yield Problem(step + problem.path, problem.found, problem.allowed)


@dataclass(frozen=True, slots=True)
class ProgramError:
    """One error of a program file. `key` is its path, lists counted from 1: `incentives[2].pay`.

    `called` is the name of the rule or contract that it lies in, quoted; empty where there is none.
    """

    file: str
    key: str
    found: str
    allowed: str
    called: str = ""

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        called = f" ({self.called})" if self.called else ""
        return f"{where}{called}: found {self.found}; allowed: {self.allowed}"


class ProgramRefused(ValueError):
    """A program file with errors, all of them; nothing of it is used."""

    _SHOWN = 50

    def __init__(self, errors: tuple[ProgramError, ...]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        count = "1 error" if len(self.errors) == 1 else f"{len(self.errors)} errors"
        lines = [f"The program file has {count} and was not used (lists are counted from 1):"]
        lines += [f"  {error}" for error in self.errors[: self._SHOWN]]
        if len(self.errors) > self._SHOWN:
            lines.append(f"  and {len(self.errors) - self._SHOWN} more")
        return "\n".join(lines)


def key_step(key: str) -> str:
    """Return `.key`, quoted as TOML does where a bare key could not stand."""
    return f".{key}" if _BARE_KEY.fullmatch(key) else f".{_quoted(key)}"


def as_written(value: object) -> str:
    """Show a value much as the file writes it: on one line, short, safe on a terminal."""
    if value is ABSENT:
        return "nothing"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return _list_as_written(value)
    if isinstance(value, date | time):  # a datetime is a date too
        return value.isoformat()
    if isinstance(value, int) and abs(value) > _SHOWN_WHOLE:
        return "a whole number too large to show"
    return str(value)


def _list_as_written(items: list[object]) -> str:
    # A list inside it is not opened, so that a deeply nested file cannot exhaust the stack.
    shown = ["[…]" if isinstance(item, list) else as_written(item) for item in items[:_SHOWN_ITEMS]]
    if len(items) > _SHOWN_ITEMS:
        shown.append("…")
    return f"[{', '.join(shown)}]"


def _quoted(text: str) -> str:
    clipped = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
    return "".join(
        char if char.isprintable() else f"\\u{ord(char):04x}"
        for char in json.dumps(clipped, ensure_ascii=False)
    )
