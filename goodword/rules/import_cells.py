"""Cells of an import file: plain text, words, days and instants, each read or refused.

A reader takes a row and the column to read. Space around a value does not count; an empty cell
says nothing. A refusal is a sentence about one column, so that a row can have several.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from goodword.rules.crm_values import Impossible, shown

LONGEST = 255
"""Characters of a cell. Claims are found by indexed names, and an index entry has 2,700 bytes."""

_TURNS_TEXT_AROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NOT_UTF8 = range(0xDC80, 0xDD00)  # where Python keeps the bytes that are no UTF-8
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What rows are read against.

    Attributes:
        today: the business date; what comes after the day that follows it is refused.
        zone: the program's; a day or a time without an offset is one of this zone.
        participants: numbers by key, of at least every participant that the rows name.
        domain_of: the registrable domain of a web or e-mail address, None when it has none.
        of_one_company: a registrable domain again, with the address it is of; None when it may be
            of several companies.
        name_key: the normal form of a company's name, empty when nothing of it counts.
        iban: the normal form of an IBAN; raises ValueError with what it is when it is none.
        bic: the same of a BIC.
    """

    today: date
    zone: ZoneInfo
    participants: Mapping[str, int]
    domain_of: Callable[[str], str | None]
    of_one_company: Callable[[str | None, str], str | None]
    name_key: Callable[[str], str]
    iban: Callable[[str], str]
    bic: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Given:
    """One row as the file gives it: the text of every column of its kind."""

    cells: Mapping[str, str]
    around: Surroundings


Reader = Callable[[Given, str], Any]
"""Reads one column of a row; raises Impossible with the sentence why it cannot."""


def optional(row: Given, column: str) -> str | None:
    """Read a text of one line, None when it is empty.

    Raises:
        Impossible: it is too long, not UTF-8, or has a line break or control character in it.
    """
    return checked(column, row.cells[column].strip(), LONGEST) or None


def needed(row: Given, column: str) -> str:
    """Read a text of one line that is never empty.

    Raises:
        Impossible: it is empty, or as `optional` says.
    """
    return optional(row, column) or empty(column)


def filled(read: Reader) -> Reader:
    """Return a reader that reads the same, but refuses an empty cell."""
    return lambda row, column: read(row, column) or empty(column)


def empty(column: str) -> NoReturn:
    """Refuse an empty cell.

    Raises:
        Impossible: always.
    """
    raise Impossible(column, "is empty: fill it in")


def checked(column: str, value: str, longest: int) -> str:
    """Return a text that a database, a letter and a page can hold on one line.

    Raises:
        Impossible: it cannot be held so.
    """
    if not value.isprintable():  # nearly every text is; the others are looked at closely
        for character in value:
            _check(column, character)
    if len(value) > longest:
        raise Impossible(column, f"has {len(value):,} characters: the most is {longest:,}")
    return value


def _check(column: str, character: str) -> None:
    if ord(character) in _NOT_UTF8:
        raise Impossible(column, "is not UTF-8: save the file as “CSV UTF-8”")
    if character in "\r\n\u2028\u2029":
        raise Impossible(column, "has a line break in it: write it on one line")
    if unicodedata.category(character) in {"Cc", "Cs"} or character in _TURNS_TEXT_AROUND:
        name = f"U+{ord(character):04X}"
        raise Impossible(column, f"has the control character {name} in it: take it out")


def word(*allowed: str) -> Reader:
    """Return a reader of a cell that holds one of these words."""

    def read(row: Given, column: str) -> str | None:
        value = optional(row, column)
        if value is not None and value not in allowed:
            raise Impossible(column, f"is {shown(value)}: write one of {', '.join(allowed)}")
        return value

    return read


def shaped(shape: str, example: str) -> Reader:
    """Return a reader of a cell that has the shape of a regular expression."""
    pattern = re.compile(shape)

    def read(row: Given, column: str) -> str | None:
        value = optional(row, column)
        if value is not None and not pattern.fullmatch(value):
            raise Impossible(column, f"is {shown(value)}: write it like {example}")
        return value

    return read


def instant(row: Given, column: str) -> datetime | None:
    """Read an instant (ISO 8601) into UTC, None when it is empty.

    Without an offset it is one of the program's zone, and a day alone is its first moment there.

    Raises:
        Impossible: it is no instant, or not between 1900 and tomorrow.
    """
    value = optional(row, column)
    if value is None:
        return None
    around = row.around
    try:
        at = _moment(value)
    except ValueError:
        example = "2026-06-30T14:00:00-04:00"
        raise Impossible(
            column, f"is {shown(value)}, which is no instant such as {example}"
        ) from None
    # The years first: at the ends of the calendar there is no way to UTC.
    if _FIRST_YEAR <= at.year <= around.today.year + 1:
        at = (at if at.tzinfo else at.replace(tzinfo=around.zone)).astimezone(UTC)
        if at.astimezone(around.zone).date() <= around.today + timedelta(days=1):
            return at
    raise Impossible(column, f"is {value}{_not_between(around)}")


def _not_between(around: Surroundings) -> str:
    return f", which is not between {_FIRST_YEAR} and {around.today + timedelta(days=1)}"


def _moment(value: str) -> datetime:
    # fromisoformat alone would also take 20260630 and 2026-W27-2, which are more often a mistake
    if _DAY.fullmatch(value):
        return datetime.combine(date.fromisoformat(value), time())
    return datetime.fromisoformat(value if _INSTANT.fullmatch(value) else "")


def day(column: str, value: str, around: Surroundings) -> date:
    """Read a day that has come, part of a cell.

    Raises:
        Impossible: it is no day, or not between 1900 and tomorrow.
    """
    try:
        found = date.fromisoformat(value if _DAY.fullmatch(value) else "")
    except ValueError:
        why = f"has {shown(value)}, which is no day such as 2026-06-30"
        raise Impossible(column, why) from None
    if found.year >= _FIRST_YEAR and found <= around.today + timedelta(days=1):
        return found
    raise Impossible(column, f"has {value}{_not_between(around)}")
