"""Stripe's objects of one kind, kept in the order of their making, and their lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Reversible
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
        shown: whether lists show an object yet; None when they always do.
    """

    def __init__(
        self,
        noun: str,
        indexed: Iterable[str] = (),
        shown: Callable[[StripeObject], bool] | None = None,
    ) -> None:
        self.noun = noun
        self._shown = shown
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
        return list(self._newest_first(equal))

    def _newest_first(self, equal: Mapping[str, Any]) -> Iterator[StripeObject]:
        wanted = {name: value for name, value in equal.items() if value is not None}
        indexed = next((name for name in wanted if name in self._index), None)
        rows: Reversible[StripeObject]
        rows = self._index[indexed].get(wanted[indexed], []) if indexed else self._objects.values()
        return (row for row in reversed(rows) if all(row[n] == v for n, v in wanted.items()))

    def page(
        self,
        url: str,
        params: Mapping[str, Any],
        *,
        where: Callable[[StripeObject], bool] | None = None,
        **equal: Any,
    ) -> dict[str, Any]:
        """One page of a list, as Stripe answers it.

        Args:
            url: the list's own path.
            params: checked; `limit`, `starting_after`, `ending_before`, `created` are read.
            where: what else the listed objects must be.
            equal: fields and the values that they must have; None does not narrow.

        Raises:
            StripeError: the object to start after or end before is not in the list.
        """
        tests = [test for test in (self._shown, where) if test is not None]
        rows = (
            row
            for row in self._newest_first(equal)
            if _in_range(row, params) and all(test(row) for test in tests)
        )
        size = params.get("limit", _DEFAULT_LIMIT)
        if "ending_before" in params:
            newer = self._up_to(rows, params, "ending_before")
            return listed(url, newer[-size:], has_more=len(newer) > size)
        if "starting_after" in params:
            self._up_to(rows, params, "starting_after")
        taken = list(islice(rows, size + 1))
        return listed(url, taken[:size], has_more=len(taken) > size)

    def _up_to(
        self, rows: Iterator[StripeObject], params: Mapping[str, Any], name: str
    ) -> list[StripeObject]:
        """Take the rows before the object that a cursor names, and that object itself away."""
        before: list[StripeObject] = []
        for row in rows:
            if row["id"] == params[name]:
                return before
            before.append(row)
        raise errors.no_such(self.noun, params[name], param=name, status=400)


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
