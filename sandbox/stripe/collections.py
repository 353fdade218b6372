"""Stripe's objects of one kind, kept in the order of their making, and their lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from sandbox.stripe import errors

StripeObject = dict[str, Any]
_DEFAULT_LIMIT = 10


class Collection:
    """Every object of one kind.

    Args:
        noun: what an error calls one of them, for example `transfer`.
        indexed: fields that lists are often narrowed by; each is looked up, not searched for.
    """

    def __init__(self, noun: str, indexed: Iterable[str] = ()) -> None:
        self.noun = noun
        self._objects: dict[str, StripeObject] = {}
        self._index: dict[str, dict[Any, list[StripeObject]]] = {name: {} for name in indexed}

    def __len__(self) -> int:
        return len(self._objects)

    def add(self, new: StripeObject) -> StripeObject:
        """Keep a new object; the indexed fields may not change afterwards."""
        self._objects[new["id"]] = new
        for name, entries in self._index.items():
            entries.setdefault(new[name], []).append(new)
        return new

    def find(self, identifier: str) -> StripeObject | None:
        """The object with this id, or None."""
        return self._objects.get(identifier)

    def get(self, identifier: str, *, param: str = "id", status: int = 404) -> StripeObject:
        """The object with this id.

        Raises:
            StripeError: there is none; `param` and `status` say where the id came from.
        """
        found = self._objects.get(identifier)
        if found is None:
            raise errors.no_such(self.noun, identifier, param=param, status=status)
        return found

    def remove(self, identifier: str) -> StripeObject:
        """Take an object away; only of a kind that has no index.

        Raises:
            StripeError: there is none with this id.
        """
        self.get(identifier)
        return self._objects.pop(identifier)

    def newest_first(self, **equal: Any) -> list[StripeObject]:
        """Those whose fields equal the given values, newest first; None does not narrow."""
        wanted = {name: value for name, value in equal.items() if value is not None}
        indexed = next((name for name in wanted if name in self._index), None)
        rows: Iterable[StripeObject]
        rows = (
            self._index[indexed].get(wanted[indexed], [])
            if indexed
            else list(self._objects.values())
        )
        return [row for row in reversed(rows) if all(row[n] == v for n, v in wanted.items())]

    def page(self, url: str, params: Mapping[str, Any], **equal: Any) -> dict[str, Any]:
        """One page of a list, as Stripe answers it.

        Args:
            url: the list's own path.
            params: checked; `limit`, `starting_after`, `ending_before`, `created` are read.
            equal: fields and the values that they must have; None does not narrow.

        Raises:
            StripeError: the object to start after or end before does not exist.
        """
        rows = [row for row in self.newest_first(**equal) if _in_range(row, params)]
        size = params.get("limit", _DEFAULT_LIMIT)
        if "ending_before" in params:
            rows = rows[: self._position(rows, params, "ending_before")]
            return listed(url, rows[-size:], has_more=len(rows) > size)
        if "starting_after" in params:
            rows = rows[self._position(rows, params, "starting_after") + 1 :]
        return listed(url, list(islice(rows, size)), has_more=len(rows) > size)

    def _position(self, rows: list[StripeObject], params: Mapping[str, Any], name: str) -> int:
        self.get(params[name], param=name, status=400)
        ids = [row["id"] for row in rows]
        if params[name] not in ids:
            raise errors.no_such(self.noun, params[name], param=name, status=400)
        return ids.index(params[name])


def listed(url: str, rows: list[StripeObject], *, has_more: bool = False) -> dict[str, Any]:
    """A list object."""
    return {"object": "list", "data": rows, "has_more": has_more, "url": url}


_BOUNDS: dict[str, Callable[[int, int], bool]] = {
    "gt": int.__gt__,
    "gte": int.__ge__,
    "lt": int.__lt__,
    "lte": int.__le__,
}


def _in_range(row: StripeObject, params: Mapping[str, Any]) -> bool:
    bounds = params.get("created", {})
    return all(_BOUNDS[name](row["created"], instant) for name, instant in bounds.items())
