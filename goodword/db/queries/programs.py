"""Published programs: which version was in force when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text


def version_on(on: str) -> str:
    """Return SQL for the version in force on a date; before the first one there is, the first."""
    return f"""
COALESCE(
    (SELECT v.id FROM program_versions v WHERE v.effective_on <= {on}
     ORDER BY v.effective_on DESC, v.id DESC LIMIT 1),
    (SELECT v.id FROM program_versions v ORDER BY v.effective_on, v.id LIMIT 1))
"""


class NoProgram(Exception):
    """No program file has been published."""

    def __init__(self) -> None:
        super().__init__("No program is published yet: run `goodword init` first.")


class NoSuchVersion(LookupError):
    """There is no published version of this number."""

    def __init__(self, version: int | None, published: Iterable[int]) -> None:
        listed = ", ".join(map(str, published))
        super().__init__(f"There is no version {version}; published: {listed}.")


@dataclass(frozen=True, slots=True)
class Version:
    """One published version: its number, its first day, and the text of its file."""

    number: int
    effective_on: date
    source: str


def versions(tx: Connection) -> list[Version]:
    """Return every published version, oldest first."""
    rows = tx.execute(text("SELECT id, effective_on, source FROM program_versions ORDER BY id"))
    return [Version(row.id, row.effective_on, row.source) for row in rows]


def version(tx: Connection, number: int | None = None) -> Version:
    """Return a published version, or the newest where no number is given.

    Raises:
        NoProgram: none is published.
        NoSuchVersion: it is not there.
    """
    published = {found.number: found for found in versions(tx)}
    if not published:
        raise NoProgram
    found = published.get(max(published) if number is None else number)
    if found is None:
        raise NoSuchVersion(number, published)
    return found


def numbers(tx: Connection) -> Callable[[date], int]:
    """Return what tells the number of the version in force on a date, as `version_on` has it.

    For many dates: read once, and looked up without the database.
    """
    rows = tx.execute(text("SELECT effective_on, id FROM program_versions ORDER BY 1, 2")).all()
    days, ids = [row.effective_on for row in rows], [row.id for row in rows]
    return lambda on: int(ids[max(bisect_right(days, on) - 1, 0)])


def newest(tx: Connection) -> Version | None:
    """Return the version published last, or None when none is."""
    row = tx.execute(
        text("SELECT id, effective_on, source FROM program_versions ORDER BY id DESC LIMIT 1")
    ).one_or_none()
    return Version(row.id, row.effective_on, row.source) if row else None


def require_newest(tx: Connection) -> Version:
    """Return the version published last.

    Raises:
        NoProgram: none is.
    """
    found = newest(tx)
    if found is None:
        raise NoProgram
    return found


def in_force(tx: Connection, on: date) -> Version:
    """Return the version in force on a date; one must be published."""
    row = tx.execute(
        text(
            "SELECT id, effective_on, source FROM program_versions WHERE id = " + version_on(":on")
        ),
        {"on": on},
    ).one()
    return Version(row.id, row.effective_on, row.source)
