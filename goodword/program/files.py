"""Reading a program file: from its text to a Program, or to everything that is wrong with it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Final

from goodword.program.problems import Problem, ProgramError, ProgramRefused, Unfit
from goodword.program.sections import read_sections
from goodword.rules.programs import Program

LARGEST_BYTES: Final = 1_000_000
LONGEST_LINE: Final = 2_000
"""In characters: on a dotted key, `a.a.a…`, tomllib spends the square of its length in memory."""

_PLACE = re.compile(
    r"(?P<what>.*) \((?:at )?(?P<place>line \d+, column \d+|end of document)\)", re.DOTALL
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
        raise _refused(file, Problem("", f"no file to read ({reason})", "a TOML file")) from None
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
    try:
        return read_sections(tomllib.loads(text))
    except Unfit as unfit:
        raise _refused(file, *unfit.problems) from None
    except tomllib.TOMLDecodeError as error:
        raise _refused(file, _syntax_problem(str(error))) from None
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


def _syntax_problem(message: str) -> Problem:
    parts = _PLACE.fullmatch(message)
    what, place = (parts["what"], parts["place"]) if parts else (message, "")
    readable = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in what)
    return Problem(place, f"what TOML cannot be read from ({readable})", "TOML 1.0 (toml.io)")


def _refused(file: str, *problems: Problem) -> ProgramRefused:
    return ProgramRefused(
        tuple(
            ProgramError(file, problem.path.removeprefix("."), problem.found, problem.allowed)
            for problem in problems
        )
    )
