"""What a query's literals stand for, checked against the type of the column beside them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from lark import Token

from sandbox.salesforce.columns import Column, find_column
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.ids import long_id
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.soql import Query, error_at
from sandbox.salesforce.values import IDS, NUMBERS, UnreadableValueError, Value, parse, stamp

# The values of a query's one field, for IN (SELECT …).
Subselect = Callable[[Query], set[Value]]

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_DAY = timedelta(days=1)
_FIRST_DAY = datetime(1700, 1, 1, tzinfo=UTC)  # the first that Salesforce's dates reach


@dataclass(frozen=True)
class Span:
    """A half-open span of days or instants, canonical: what a date literal stands for."""

    low: str
    high: str


@dataclass(frozen=True)
class Scope:
    """What the conditions of one query are compiled against."""

    org: Org
    query: Query
    kind: ObjectType
    subselect: Subselect

    def column(self, path: Token) -> Column:
        """The column of a path, which must be one that can be filtered on."""
        column = find_column(self.org, self.query, self.kind, path)
        if column.field.has("unfilterable") or column.field.type == "address":
            raise self.error(
                path, f"field '{column.field.name}' can not be filtered in a query call"
            )
        return column

    def error(self, token: Token, message: str, code: str = "INVALID_FIELD") -> SalesforceError:
        """A refusal at a place in the query."""
        return error_at(self.query, token, code, message)


def literal(scope: Scope, column: Column, token: Token) -> Value | Span:
    """What a literal stands for when it is compared with a column.

    Raises:
        SalesforceError: the literal is not of the column's type.
    """
    if token.type == "WORD" and token.lower() == "null":
        return None
    family = family_of(column.field.type)
    if family in {"date", "dateTime"} and token.type == "WORD":
        return _date_literal(scope, token, family)
    if token.type not in _LITERALS[family]:
        raise not_of_type(scope, column, token, family)
    if token.type != "STRING":
        return _plain(scope, column, token)
    text = unquote(token)
    if family == "id" and text:
        record_id = long_id(text)
        if record_id is None:
            raise scope.error(token, f"invalid ID field: {text}", "INVALID_QUERY_FILTER_OPERATOR")
        return record_id
    return text or None  # an empty string is a null to Salesforce


def unquote(token: Token) -> str:
    r"""The text of a quoted literal, its escapes undone; `\%` and `\_` are left to LIKE."""
    return re.sub(
        r"\\(.)",
        lambda match: match[0] if match[1] in "%_" else _ESCAPES.get(match[1].lower(), match[1]),
        token[1:-1],
        flags=re.DOTALL,
    )


_LITERALS = {
    "id": {"STRING"},
    "string": {"STRING"},
    "double": {"NUMBER"},
    "date": {"DATE"},
    "dateTime": {"DATETIME"},
    "boolean": {"WORD"},
}


def family_of(type_name: str) -> str:
    """The kind of literal that a field type is compared with, in Salesforce's own words."""
    if type_name in IDS:
        return "id"
    if type_name in NUMBERS:
        return "double"
    return {"date": "date", "datetime": "dateTime", "boolean": "boolean"}.get(type_name, "string")


def _plain(scope: Scope, column: Column, token: Token) -> Value:
    """The value of a literal that stands without quotes."""
    type_name = "double" if column.field.type in NUMBERS else column.field.type
    try:
        return parse(type_name, token)
    except UnreadableValueError as error:
        raise not_of_type(scope, column, token, family_of(column.field.type)) from error


def not_of_type(scope: Scope, column: Column, token: Token, family: str) -> SalesforceError:
    """The refusal of a literal of another type than the column's."""
    quotes = "should be" if family in {"id", "string"} else "should not be"
    return scope.error(
        token,
        f"value of filter criterion for field '{column.field.name}' must be of type {family} "
        f"and {quotes} enclosed in quotes",
    )


def _date_literal(scope: Scope, token: Token, family: str) -> Span:
    """TODAY, YESTERDAY and LAST_N_DAYS:n, which includes today; days are the org's, in UTC."""
    now = scope.org.clock.now()
    today = datetime.combine(now.date(), time(), now.tzinfo)
    name, _, number = token.upper().partition(":")
    if name == "LAST_N_DAYS" and number.isdigit() and int(number) <= (today - _FIRST_DAY).days:
        low, high = today - int(number) * _DAY, today + _DAY
    elif token.upper() in {"TODAY", "YESTERDAY"}:
        low = today if name == "TODAY" else today - _DAY
        high = low + _DAY
    else:
        raise scope.error(
            token,
            f"unexpected token: '{token}' (this sandbox knows the date literals TODAY, YESTERDAY "
            "and LAST_N_DAYS:n)",
            "MALFORMED_QUERY",
        )
    if family == "date":
        return Span(low.date().isoformat(), high.date().isoformat())
    return Span(stamp(low), stamp(high))
