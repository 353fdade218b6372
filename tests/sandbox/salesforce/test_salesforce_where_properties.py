"""SOQL's WHERE against a plain Python filter, on any conditions over any rows."""

from __future__ import annotations

import operator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.clock import VirtualClock
from sandbox.salesforce.ids import new_id
from sandbox.salesforce.org import Org
from sandbox.salesforce.queries import View, run
from sandbox.salesforce.soql import parse
from sandbox.world import Company

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, str | None]
START = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

texts = st.text(alphabet="aAbB%_'\\ é", min_size=1, max_size=4)
amounts = st.decimals(min_value=-5, max_value=5, places=2)
instants = st.integers(0, 5).map(lambda n: START + timedelta(seconds=n))
days = st.integers(1, 5).map(lambda n: f"2026-01-0{n}")


def nullable(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


rows = st.fixed_dictionaries(
    {
        "Name": nullable(texts),
        "Amount": nullable(amounts),
        "CloseDate": nullable(days),
        "at": instants,
    }
)


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def compared(
    field: str,
    values: st.SearchStrategy[Any],
    write: Callable[[Any], str],
    fold: Callable[[Any], Any],
) -> st.SearchStrategy[Any]:
    """A comparison with a value: the SOQL, and the same as a Python function."""

    def build(sign: str, value: Any) -> Any:
        soql = f"{field} {sign} {write(value)}"
        if sign == "!=":
            return soql, lambda row: row[field] is None or fold(row[field]) != fold(value)
        order = ORDERS[sign]
        return soql, lambda row: row[field] is not None and order(fold(row[field]), fold(value))

    return st.builds(build, st.sampled_from([*ORDERS, "!="]), values)


def null_test(field: str, equal: bool) -> Any:  # noqa: FBT001 - drawn by hypothesis
    sign = "=" if equal else "!="
    return f"{field} {sign} null", lambda row: (row[field] is None) is equal


def among(values: list[str], negated: bool) -> Any:  # noqa: FBT001 - the same
    folded = {value.casefold() for value in values}
    soql = f"Name {'NOT ' if negated else ''}IN ({', '.join(map(quoted, values))})"
    return (
        soql,
        lambda row: (row["Name"] is not None and row["Name"].casefold() in folded) is not negated,
    )


simple = st.one_of(
    compared("Name", texts, quoted, str.casefold),
    compared("Amount", amounts, str, Decimal),
    compared("CloseDate", days, str, str),
    compared("SystemModstamp", instants, lambda at: at.isoformat(), lambda at: at),
    st.builds(null_test, st.sampled_from(["Name", "Amount", "CloseDate"]), st.booleans()),
    st.builds(among, st.lists(texts, min_size=1, max_size=3), st.booleans()),
)


def joined(word: str, together: Callable[[Any], bool]) -> Callable[[list[Any]], Any]:
    def build(parts: list[Any]) -> Any:
        soql = f" {word} ".join(f"({text})" for text, _ in parts)
        return soql, lambda row: together(test(row) for _, test in parts)

    return build


conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(joined("AND", all)),
        st.lists(inner, min_size=2, max_size=3).map(joined("OR", any)),
        inner.map(lambda part: (f"NOT ({part[0]})", lambda row: not part[1](row))),
    ),
    max_leaves=6,
)


def loaded(drawn: list[dict[str, Any]]) -> tuple[Org, list[dict[str, Any]]]:
    """An org with the rows, and the rows with their Ids, in the order that the org keeps."""
    table: list[Row] = []
    plain: list[dict[str, Any]] = []
    for number, row in enumerate(drawn, start=1):
        record_id = new_id("006", number)
        amount = None if row["Amount"] is None else str(row["Amount"])
        table.append(
            {
                "Id": record_id,
                "Name": row["Name"],
                "Amount": amount,
                "CloseDate": row["CloseDate"],
                "StageName": "Prospecting",
                "SystemModstamp": row["at"].isoformat(),
            }
        )
        plain.append({**row, "Id": record_id, "SystemModstamp": row["at"]})
    org = Org(Company("x", "00D000000000001AAA", {"Opportunity": table}), VirtualClock(START))
    return org, plain


@settings(max_examples=300, deadline=None)
@given(st.lists(rows, max_size=8), conditions)
def test_where_finds_exactly_what_a_plain_filter_finds(
    drawn: list[dict[str, Any]], condition: tuple[str, Callable[[Any], bool]]
) -> None:
    org, plain = loaded(drawn)
    soql, holds = condition
    found = run(org, parse(f"SELECT Id FROM Opportunity WHERE {soql}"), View()).rows
    assert {row["Id"] for row in found} == {row["Id"] for row in plain if holds(row)}


@settings(max_examples=100, deadline=None)
@given(st.lists(rows, max_size=20), st.integers(1, 4))
def test_paging_by_stamp_and_id_meets_every_row_once_in_order(
    drawn: list[dict[str, Any]], size: int
) -> None:
    org, plain = loaded(drawn)
    select = (
        "SELECT Id, SystemModstamp FROM Opportunity WHERE SystemModstamp >= 2026-01-01T00:00:00Z"
    )
    met: list[str] = []
    after = ""
    while page := run(
        org, parse(f"{select}{after} ORDER BY SystemModstamp, Id LIMIT {size}"), View()
    ).rows:
        met += [str(row["Id"]) for row in page]
        at, last = page[-1]["SystemModstamp"], page[-1]["Id"]
        after = f" AND (SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '{last}'))"
    ordered = sorted(plain, key=lambda row: (row["SystemModstamp"], row["Id"]))
    assert met == [row["Id"] for row in ordered]
