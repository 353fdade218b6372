"""Running a query: which rows, in which order, and what is shown of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from sandbox.salesforce.columns import Column, find_column, find_object
from sandbox.salesforce.conditions import Test, compile_condition
from sandbox.salesforce.literals import Scope, Span, literal
from sandbox.salesforce.org import Org
from sandbox.salesforce.soql import And, Comparison, Condition, Or, OrderKey, Query, error_at
from sandbox.salesforce.tables import LAST, Table
from sandbox.salesforce.values import BadValue, Record, Value, as_json, stamp

# How long a deleted record stays in the recycle bin, where queryAll finds it.
RECYCLE_BIN = timedelta(days=15)
_EVER = ("", LAST)
_STAMP = "SystemModstamp"


@dataclass(frozen=True)
class View:
    """Which rows a reader may see at all.

    Args:
        with_deleted: queryAll, which also shows the recycle bin.
        late: Ids of records whose transactions are not committed yet.
    """

    with_deleted: bool = False
    late: AbstractSet[str] = frozenset()


@dataclass(frozen=True)
class Result:
    """The rows of a query as they were when it ran, and the columns that it shows of them."""

    table: Table
    columns: tuple[Column, ...]
    rows: Sequence[Record]

    def records(self, start: int, end: int, version: str) -> list[dict[str, Any]]:
        """A part of the rows as the REST API shows them, of API version such as 59.0."""
        tree = _tree(self.columns)
        return [_show(self.table, row, tree, version) for row in self.rows[start:end]]


def run(org: Org, query: Query, view: View) -> Result:
    """Run a query.

    Raises:
        SalesforceError: INVALID_TYPE, INVALID_FIELD or another refusal of the query.
    """
    table = find_object(org, query)
    columns = tuple(find_column(org, query, table.kind, path) for path in query.paths)
    _refuse_duplicates(query, columns)
    rows = _matching(org, query, table, view)
    if query.limit is not None or query.offset:
        end = None if query.limit is None else query.offset + query.limit
        rows = islice(rows, query.offset, end)
    return Result(table, columns, list(rows))


def visible(org: Org, view: View) -> Test:
    """The function that says whether a view shows a row."""
    emptied = stamp(org.clock.now() - RECYCLE_BIN)
    late = view.late

    def live(row: Record) -> bool:
        return row.get("IsDeleted") is not True and row["Id"] not in late

    def binned(row: Record) -> bool:
        gone = row.get("IsDeleted") is True and str(row.get(_STAMP) or LAST) < emptied
        return not gone and row["Id"] not in late

    return binned if view.with_deleted else live


def _matching(org: Org, query: Query, table: Table, view: View) -> Iterator[Record]:
    """The rows of a query in its order, without its LIMIT and OFFSET."""
    scope = Scope(org, query, table.kind, lambda inner: _values(org, inner, view))
    keys = [(find_column(org, query, table.kind, key.path), key) for key in query.order]
    shown = visible(org, view)
    condition = compile_condition(scope, query.where) if query.where else None
    low, high = _bounds(scope, query.where) if query.where else _EVER
    whole = (low, high) == _EVER
    in_stamp_order = _is_stamp_order(keys)
    found: Iterable[Record] = (
        table.rows.values() if whole and not in_stamp_order else table.between(low, high)
    )
    rows = (row for row in found if shown(row) and (condition is None or condition(row)))
    return rows if in_stamp_order or not keys else iter(_sorted(rows, keys))


def _values(org: Org, query: Query, view: View) -> set[Value]:
    """The non-null values of a subselect's one field."""
    result = run(org, query, view)
    if len(result.columns) != 1:
        raise error_at(
            query, query.object_name, "MALFORMED_QUERY", "an inner query selects exactly one field"
        )
    read = result.columns[0].read
    return {value for row in result.rows if (value := read(row)) is not None}


def _refuse_duplicates(query: Query, columns: tuple[Column, ...]) -> None:
    seen: set[str] = set()
    for column, path in zip(columns, query.paths, strict=True):
        if column.path in seen:
            raise error_at(query, path, "INVALID_FIELD", f"duplicate field selected: {path}")
        seen.add(column.path)


def _is_stamp_order(keys: list[tuple[Column, OrderKey]]) -> bool:
    """Whether ORDER BY asks for the order that the table keeps."""
    paths = [column.path for column, _ in keys]
    plain = all(not key.descending and key.nulls_first for _, key in keys)
    return plain and paths in ([_STAMP], [_STAMP, "Id"])


def _sorted(rows: Iterable[Record], keys: list[tuple[Column, OrderKey]]) -> list[Record]:
    ordered = list(rows)
    for column, key in reversed(keys):  # sorts are stable: the first key is applied last
        read = column.read
        filled = [row for row in ordered if _sortable(read(row))]
        empty = [row for row in ordered if not _sortable(read(row))]
        filled.sort(key=lambda row, read=read: _sort_key(read(row)), reverse=key.descending)  # type: ignore[misc]
        ordered = empty + filled if key.nulls_first else filled + empty
    return ordered


def _sortable(value: Value) -> bool:
    return value is not None and not isinstance(value, BadValue | dict)


def _sort_key(value: Value) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _bounds(scope: Scope, condition: Condition) -> tuple[str, str]:
    """Stamps between which every row lies that a condition can hold for, both included."""
    match condition:
        case And(parts):
            bounds = [_bounds(scope, part) for part in parts]
            return max(low for low, _ in bounds), min(high for _, high in bounds)
        case Or(parts):
            bounds = [_bounds(scope, part) for part in parts]
            return min(low for low, _ in bounds), max(high for _, high in bounds)
        case Comparison(path, sign, token) if path.lower() == _STAMP.lower():
            return _stamp_bounds(sign, literal(scope, scope.column(path), token))
        case _:
            return _EVER


def _stamp_bounds(sign: str, value: Value | Span) -> tuple[str, str]:
    if not isinstance(value, str | Span):
        return _EVER
    low, high = (value.low, value.high) if isinstance(value, Span) else (value, value)
    return {
        "=": (low, high),
        ">": (low, LAST),
        ">=": (low, LAST),
        "<": ("", high),
        "<=": ("", high),
    }.get(sign, _EVER)


# What a query shows: fields by name, and under a relationship's name what it shows beyond it.
_Tree = dict[str, "Column | tuple[Column, int, _Tree]"]


def _tree(columns: Iterable[Column], depth: int = 0) -> _Tree:
    tree: _Tree = {}
    for column in columns:
        if len(column.steps) == depth:
            tree[column.field.name] = column
            continue
        name = column.steps[depth].name
        if name not in tree:
            beyond = [
                other
                for other in columns
                if len(other.steps) > depth and other.steps[depth].name == name
            ]
            tree[name] = (column, depth, _tree(beyond, depth + 1))
    return tree


def _show(table: Table, row: Record, tree: _Tree, version: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"attributes": attributes(table, row, version)}
    for name, entry in tree.items():
        if isinstance(entry, Column):
            value = row.get(name)
            if value is None and entry.field.type == "boolean":
                value = False
            shown[name] = as_json(value)
        else:
            column, depth, beyond = entry
            found = column.steps[depth].follow(row)
            shown[name] = None if found is None else _show(*found, beyond, version)
    return shown


def attributes(table: Table, row: Record, version: str) -> dict[str, str]:
    """What every record carries: its type and its address."""
    url = f"/services/data/v{version}/sobjects/{table.kind.name}/{row['Id']}"
    return {"type": table.kind.name, "url": url}
