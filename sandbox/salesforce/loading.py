"""Raw rows, as a Data Loader exports them, on their way into an org."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.values import Record, read

if TYPE_CHECKING:
    from sandbox.world import Row


def typed(kind: ObjectType, row: Mapping[str, str | None]) -> Record:
    """A raw row's values by the types of their fields."""
    values: Record = {}
    for name, text in row.items():
        field = kind.field(name)
        if field is not None:
            values[field.name] = read(field.type, text)
    return values


def without_nulls(row: Row) -> Row:
    """The raw row with only the cells that say something."""
    return {name: text for name, text in row.items() if text}


def columns(rows: list[Row]) -> dict[str, Iterable[str]]:
    """Each column with an iterable of its non-empty values."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: _Cells(rows, name) for name in names}


class _Cells:
    """The non-empty cells of one column, read when they are asked for."""

    def __init__(self, rows: list[Row], name: str) -> None:
        self._rows, self._name = rows, name

    def __iter__(self) -> Iterator[str]:
        return (text for row in self._rows if (text := row.get(self._name)))


def key_prefix(rows: list[Row]) -> str:
    """The first three characters of an object's Ids, as its data has them."""
    first = rows[0].get("Id") if rows else None
    return first[:3] if first else "a00"
