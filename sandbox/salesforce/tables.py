"""The rows of one object, by Id and in the order of (SystemModstamp, Id)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator

from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.values import Record

# Sorts after every Id and every stamp.
LAST = "\uffff"


class Table:
    """The rows of one object.

    A row is never changed in place: a write puts a new one, so that whoever read the old one
    (a query's cursor) keeps what it read.

    Args:
        kind: the object.
        rows: the rows to begin with, each with an Id.
    """

    def __init__(self, kind: ObjectType, rows: Iterable[Record]) -> None:
        self.kind = kind
        self.rows: dict[str, Record] = {str(row["Id"]): row for row in rows}
        self._by_stamp = sorted(map(_key, self.rows.values()))

    def get(self, record_id: str) -> Record | None:
        """The row of that 18-character Id, deleted or not."""
        return self.rows.get(record_id)

    def put(self, row: Record) -> None:
        """Add a row, or put it in the place of the one with its Id."""
        record_id = str(row["Id"])
        self.remove(record_id)
        self.rows[record_id] = row
        insort(self._by_stamp, _key(row))

    def remove(self, record_id: str) -> None:
        """Forget a row as if it had never been."""
        row = self.rows.pop(record_id, None)
        if row is not None:
            del self._by_stamp[bisect_left(self._by_stamp, _key(row))]

    def between(self, low: str, high: str) -> Iterator[Record]:
        """The rows whose stamp lies in [low, high], in the order of (SystemModstamp, Id)."""
        start = bisect_left(self._by_stamp, (low, ""))
        end = bisect_right(self._by_stamp, (high, LAST))
        rows = self.rows
        return (rows[self._by_stamp[place][1]] for place in range(start, end))


def _key(row: Record) -> tuple[str, str]:
    return str(row.get("SystemModstamp") or ""), str(row["Id"])
