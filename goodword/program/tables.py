"""Readers of whole tables and lists, which collect every problem inside them before they refuse.

A reader is a function from what TOML gave to what the rules want; it raises Unfit. Readers of
tables and lists are made of the readers of what they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

from goodword.program.problems import ABSENT, Problem, Unfit, as_written, key_step
from goodword.program.shapes import shape_of, shaped, then
from goodword.program.wording import listed

T = TypeVar("T")
Read: TypeAlias = Callable[[object], T]
CheckTable: TypeAlias = Callable[[Mapping[str, Any]], Iterable[Problem]]
CheckList: TypeAlias = Callable[[list[tuple[int, T]]], Iterable[Problem]]


def table(
    readers: Mapping[str, Read[Any]],
    optional: Collection[str] = (),
    check: CheckTable | None = None,
) -> Read[dict[str, Any]]:
    """Make the reader of a table with these keys and no others.

    Args:
        readers: how the value of each key is read, in the order in which errors are told.
        optional: the keys that may be left out; they are then left out of the result.
        check: looks at the values that could be read, together; the others are not there.
    """

    @shaped(
        {
            "type": "object",
            "properties": {key: shape_of(reader) for key, reader in readers.items()},
            "required": [key for key in readers if key not in optional and _must_be(readers[key])],
            "additionalProperties": False,
        }
    )
    def read(value: object) -> dict[str, Any]:
        written = {} if value is ABSENT else value
        if not isinstance(written, dict):
            raise Unfit.of(value, f"a table with {listed(readers)}")
        problems = [_unknown(key, readers) for key in written if key not in readers]
        values: dict[str, Any] = {}
        for key, reader in readers.items():
            if key not in written and key in optional:
                continue
            try:
                values[key] = reader(written.get(key, ABSENT))
            except Unfit as unfit:
                problems.extend(unfit.under(key_step(key)))
        problems.extend(check(values) if check else ())
        if problems:
            raise Unfit(*problems)
        return values

    return read


def _must_be(read: Read[Any]) -> bool:
    """Tell whether a key has to be there: of a table with nothing needed in it, it has not."""
    shape = shape_of(read)
    return shape.get("type") != "object" or bool(shape.get("required"))


def record(
    build: type[T],
    readers: Mapping[str, Read[Any]],
    check: CheckTable | None = None,
    renamed: Mapping[str, str] = MappingProxyType({}),
) -> Read[T]:
    """Make the reader of a table whose keys are the fields of a dataclass, with its defaults.

    Args:
        build: the dataclass.
        readers: as for `table`.
        check: as for `table`.
        renamed: the field by the key that is called otherwise, as most_share of most_share_bps.
    """
    may_be_left_out = defaulted(build)
    optional = [key for key in readers if renamed.get(key, key) in may_be_left_out]
    return then(
        table(readers, optional, check),
        lambda values: build(**{renamed.get(key, key): each for key, each in values.items()}),
    )


def defaulted(build: Any) -> frozenset[str]:
    """Name the fields of a dataclass that have a default: those a file may leave out."""
    return frozenset(
        field.name
        for field in fields(build)
        if field.default is not MISSING or field.default_factory is not MISSING
    )


def many(
    read_item: Read[T],
    what: str,
    least: int,
    most: int,
    check: CheckList[T] | None = None,
) -> Read[tuple[T, ...]]:
    """Make the reader of a list.

    Args:
        read_item: reads one of it.
        what: what it is a list of, in the plural and with an example.
        least: how many it holds at least.
        most: how many it holds at most.
        check: looks at the items that could be read, with their places (counted from 1);
            when it is not given, no item may stand in the list twice.
    """
    allowed = f"a list of {least} to {most:,} {what}"
    check = check or _repeated

    @shaped(
        {
            "type": "array",
            "items": shape_of(read_item),
            "minItems": least,
            "maxItems": most,
            "description": allowed,
        }
    )
    def read(value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise Unfit.of(value, allowed)
        if not least <= len(value) <= most:
            found = as_written(value) if len(value) < least else f"{len(value):,} of them"
            raise Unfit(Problem("", found, allowed))
        problems: list[Problem] = []
        items: list[tuple[int, T]] = []
        for place, item in enumerate(value, start=1):
            try:
                items.append((place, read_item(item)))
            except Unfit as unfit:
                problems.extend(unfit.under(f"[{place}]"))
        problems.extend(check(items))
        if problems:
            raise Unfit(*problems)
        return tuple(item for _, item in items)

    return read


def _repeated(items: list[tuple[int, Any]]) -> Iterable[Problem]:
    first: dict[Any, int] = {}
    for place, item in items:
        if first.setdefault(item, place) != place:
            yield Problem(f"[{place}]", f"{as_written(item)} a second time", "each once")


def _unknown(key: str, readers: Mapping[str, Read[Any]]) -> Problem:
    near = get_close_matches(key[:100], readers, n=1, cutoff=0.7)
    nearest = f"{near[0]} is the nearest key; " if near else ""
    known = f"the keys here are {listed(readers)}"
    if len(readers) == 1:
        known = f"the only key here is {listed(readers)}"
    return Problem(key_step(key), "an unknown key", nearest + known)
