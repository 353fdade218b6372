"""Reading a program file: from its text to a Program, or to everything that is wrong with it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from goodword.program.problems import Problem, ProgramError, ProgramRefused, Unfit, as_written
from goodword.program.sections import read_sections
from goodword.rules.programs import Program

LARGEST_BYTES: Final = 1_000_000
LONGEST_LINE: Final = 2_000
"""In characters: on a dotted key, `a.a.a…`, tomllib spends the square of its length in memory."""

_PLACE = re.compile(
    r"(?P<what>.*) \((?:at )?(?P<place>line \d+, column \d+|end of document)\)", re.DOTALL
)
_A_FILE: Final = "a TOML file; GOODWORD_PROGRAM says where the program's own is"
_SHOWN_OF_LINE: Final = 60
_AS_TOML: Final = (
    'key = value, one a line: "text" in straight quotation marks, 90, true, 2026-01-31, '
    '["a", "list"]; a comment begins with # (toml.io)'
)
_EACH_ONCE: Final = (
    "each [section] once, and each key once in it; every rule begins with [[incentives]] (toml.io)"
)
_RULE = re.compile(
    r"\.(?:contracts\[(?P<contract>\d+)\](?:\.(?=incentives\[))?)?(?:incentives\[(?P<rule>\d+)\])?"
)


def load_program(path: str | Path) -> tuple[Program, str]:
    """Read the program file at `path`; return it and its text, as it is kept when published.

    Raises:
        ProgramRefused: the file is not there, not UTF-8, too large, or has errors.
    """
    file = str(path)
    try:
        with Path(path).open("rb") as opened:
            content = opened.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise _refused(file, Problem("", f"no file to read ({reason})", _A_FILE)) from None
    _check_size(len(content), file)
    try:
        source = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"a byte that is not UTF-8, at byte {error.start + 1}"
        raise _refused(file, Problem("", found, "text in UTF-8")) from None
    return read_program(source, file), source


def read_program(text: str, file: str) -> Program:
    """Read the text of a program file; `file` names it in errors.

    Raises:
        ProgramRefused: with every error of the text, not only the first.
    """
    _check_text(text, file)
    written: dict[str, Any] = {}
    try:
        written = tomllib.loads(text)
        return read_sections(written)
    except Unfit as unfit:
        raise _refused(file, *unfit.problems, written=written) from None
    except tomllib.TOMLDecodeError as error:
        raise _refused(file, _syntax_problem(str(error), text)) from None
    except RecursionError:
        raise _refused(file, Problem("", "tables or lists too deep to read", "TOML")) from None


def digest(source: str) -> str:
    """Return the SHA-256 of a program file's text, in hexadecimal: what tells versions apart."""
    return hashlib.sha256(source.encode()).hexdigest()


def _check_size(size: int, file: str) -> None:
    if size > LARGEST_BYTES:
        found = f"more than {LARGEST_BYTES:,} bytes"
        raise _refused(file, Problem("", found, f"a file of up to {LARGEST_BYTES:,} bytes"))


def _check_text(text: str, file: str) -> None:
    try:
        _check_size(len(text.encode()), file)
    except UnicodeEncodeError:
        raise _refused(file, Problem("", "half a character", "text in UTF-8")) from None
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > LONGEST_LINE:
            allowed = f"lines of up to {LONGEST_LINE:,} characters"
            raise _refused(file, Problem(f"line {number}", f"{len(line):,} characters", allowed))


def _syntax_problem(message: str, text: str) -> Problem:
    parts = _PLACE.fullmatch(message)
    what, place = (parts["what"], parts["place"]) if parts else (message, "")
    line = _line_at(place, text)
    shown = f"`{line}`, which cannot be read" if line else "what cannot be read"
    readable = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in what)
    is_twice = what.startswith("Cannot ")
    return Problem(place, f"{shown} ({readable})", _EACH_ONCE if is_twice else _AS_TOML)


def _line_at(place: str, text: str) -> str:
    """Return the line that a syntax error is on, short and safe; empty where there is none."""
    number = re.match(r"line (\d+)", place)
    lines = text.split("\n")
    if number is None or int(number[1]) > len(lines):
        return ""
    words = " ".join(lines[int(number[1]) - 1].split())
    line = "".join(char for char in words if char.isprintable())
    return line if len(line) <= _SHOWN_OF_LINE else f"{line[:_SHOWN_OF_LINE]}…"


def _refused(
    file: str, *problems: Problem, written: Mapping[str, Any] = MappingProxyType({})
) -> ProgramRefused:
    return ProgramRefused(
        tuple(
            ProgramError(
                file,
                problem.path.removeprefix("."),
                problem.found,
                problem.allowed,
                _called(problem.path, written),
            )
            for problem in problems
        )
    )


def _called(path: str, written: Mapping[str, Any]) -> str:
    """Name the rule or contract that a path leads into: nobody counts to the ninth of them."""
    found = _RULE.match(path)
    if found is None or not any(found.groups()) or path.endswith(".name"):
        return ""
    place: Any = written
    if found["contract"]:
        place = place["contracts"][int(found["contract"]) - 1]
    if found["rule"]:
        place = place["incentives"][int(found["rule"]) - 1]
    key = "name" if found["rule"] else "participant"
    name = place.get(key) if isinstance(place, dict) else None
    return as_written(name) if isinstance(name, str) else ""
