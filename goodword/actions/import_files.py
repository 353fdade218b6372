"""Import files: CSV as spreadsheets write it, cut into rows and chunks of them.

A row that cannot be cut is refused with its line, and reading goes on with the line after it: an
unclosed quotation mark costs one row, not the rest of the file.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from typing import BinaryIO

from goodword.rules.crm_values import shown
from goodword.rules.imports import Kind, columns, optional_columns

CHUNK_ROWS = 5_000
_LONGEST_ROW = 100  # lines; a cell of more has lost its closing quotation mark


class HeaderRefused(ValueError):
    """The first line does not name the columns of this kind of file; nothing was imported."""

    def __init__(self, kind: Kind, why: Sequence[str]) -> None:
        may_lack = optional_columns(kind)
        needed = ",".join(column for column in columns(kind) if column not in may_lack)
        more = f"; it may have {','.join(sorted(may_lack))} as well" if may_lack else ""
        super().__init__(
            f"The first line of a file of {kind} names its columns: {'; '.join(why)}. "
            f"It has each of these once, in any order: {needed}{more}"
        )


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of the file, from `line` to `last_line`: its cells by column, or what is wrong."""

    line: int
    last_line: int
    cells: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


def read_csv(file: BinaryIO, kind: Kind, size: int = CHUNK_ROWS) -> Iterator[list[RawRow]]:
    """Cut a file into chunks of up to `size` rows.

    UTF-8 with or without a byte order mark, any line ends, cells in quotation marks with line
    breaks inside. Empty lines, and lines of nothing but commas, are no rows.

    Raises:
        HeaderRefused: at once, before the first chunk is asked for.
    """
    text = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
    records = _records(_Lines(text))
    header = next(records, None)
    names = [name.strip() for name in header.cells] if header else []
    try:
        _check_header(kind, names, header.problem if header else "the file is empty")
    except HeaderRefused:
        text.detach()  # the file is for whoever opened it to close
        raise
    return _chunks(text, _rows(records, names), size)


def _chunks(text: io.TextIOWrapper, rows: Iterator[RawRow], size: int) -> Iterator[list[RawRow]]:
    try:
        while chunk := list(islice(rows, size)):
            yield chunk
    finally:
        text.detach()  # as above


def _check_header(kind: Kind, names: Sequence[str], problem: str) -> None:
    known = columns(kind)
    why = [problem] if problem else []
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        why = ["its columns are not parted by commas: save the file as “CSV UTF-8 (comma)”"]
    elif not "".join(names).isprintable():
        why = ["it is not UTF-8: save the file as “CSV UTF-8”"]
    elif not problem:
        unknown = [name for name in names if name not in known]
        absent = [name for name in known if name not in names]
        missing = [name for name in absent if name not in optional_columns(kind)]
        twice = sorted({name for name in names if names.count(name) > 1})
        why += [f"{shown(name)} is unknown{_nearest(name, absent)}" for name in unknown]
        why += [f"{name} is missing" for name in missing]
        why += [f"{shown(name)} is there more than once" for name in twice]
    if why:
        raise HeaderRefused(kind, why)


def _nearest(name: str, absent: Sequence[str]) -> str:
    near = get_close_matches(name.casefold(), absent, n=1)
    return f" (is it {near[0]}?)" if near else ""


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    last_line: int
    cells: Sequence[str] = ()
    problem: str = ""


class _TooLong(Exception):
    def __init__(self) -> None:
        super().__init__(f"it goes on for more than {_LONGEST_ROW} lines")


class _Lines:
    """The file's lines, of which those after the first of the record at hand can come again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again = deque[str]()
        self._record: list[str] = []
        self._finished = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._record) == _LONGEST_ROW:
            raise _TooLong
        line = self._again.popleft() if self._again else next(self._lines)
        self._record.append(line)
        return line

    def keep_first(self) -> None:
        """Let the record at hand be its first line only."""
        self._again.extendleft(reversed(self._record[1:]))
        del self._record[1:]

    def finish(self) -> tuple[int, int]:
        """Return the record's first and last line, and begin another."""
        first, self._finished = self._finished + 1, self._finished + len(self._record)
        self._record.clear()
        return first, self._finished


def _records(lines: _Lines) -> Iterator[_Record]:
    reader = csv.reader(lines, strict=True)
    width = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong) as error:
            lines.keep_first()
            yield _Record(*lines.finish(), problem=_uncut(error))
            continue
        width = width or len(cells)
        if any(cells):
            if len(cells) != width:
                # Lines that a lost quotation mark took in are rows of their own.
                lines.keep_first()
            yield _Record(*lines.finish(), cells)
        else:
            lines.finish()


def _uncut(error: Exception) -> str:
    return (
        f"the row cannot be read ({error}): look at its quotation marks; "
        'inside a quoted cell, write "" for one'
    )


def _rows(records: Iterable[_Record], names: Sequence[str]) -> Iterator[RawRow]:
    for record in records:
        problem = record.problem
        if not problem and len(record.cells) != len(names):
            problem = f"the row has {len(record.cells)} cells, the first line {len(names)}"
        cells = dict(zip(names, record.cells, strict=False))
        yield RawRow(record.line, record.last_line, cells, problem)
