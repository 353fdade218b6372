"""WHERE, compiled to a function of a row.

Comparisons are checked against the field's type as Salesforce checks them, when the query is
compiled: no condition is ever dropped. Text is compared without regard to case, Ids as their
18-character form, and a null differs from every value. A BadValue satisfies no comparison but
`!= null`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from lark import Token

from sandbox.salesforce.columns import Column, Reader, find_column
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.ids import long_id
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.soql import (
    And,
    Comparison,
    Condition,
    Membership,
    Not,
    Or,
    Query,
    error_at,
)
from sandbox.salesforce.values import (
    IDS,
    NUMBERS,
    BadValue,
    Record,
    UnreadableValueError,
    Value,
    parse,
    stamp,
)

Test = Callable[[Record], bool]
# The values of a query's one field, for IN (SELECT …).
Subselect = Callable[[Query], set[Value]]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_DAY = timedelta(days=1)


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


def compile_condition(scope: Scope, condition: Condition) -> Test:
    """The function that says whether a row satisfies a condition.

    Raises:
        SalesforceError: a field that is not there, or a comparison that its type does not allow.
    """
    match condition:
        case And(parts):
            return _all([compile_condition(scope, part) for part in parts])
        case Or(parts):
            return _any([compile_condition(scope, part) for part in parts])
        case Not(part):
            inner = compile_condition(scope, part)
            return lambda row: not inner(row)
        case Membership():
            return _membership(scope, condition)
        case Comparison():
            return _comparison(scope, condition)


def literal(scope: Scope, column: Column, token: Token) -> Value | Span:
    """What a literal stands for when it is compared with a column.

    Raises:
        SalesforceError: the literal is not of the column's type.
    """
    if token.type == "WORD" and token.lower() == "null":
        return None
    family = _family(column.field.type)
    if family in {"date", "dateTime"} and token.type == "WORD":
        return _date_literal(scope, token, family)
    if token.type not in _LITERALS[family]:
        raise _not_of_type(scope, column, token, family)
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


def _family(type_name: str) -> str:
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
        raise _not_of_type(scope, column, token, _family(column.field.type)) from error


def _not_of_type(scope: Scope, column: Column, token: Token, family: str) -> SalesforceError:
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
    if name == "LAST_N_DAYS" and number:
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


def _comparison(scope: Scope, condition: Comparison) -> Test:
    column = scope.column(condition.path)
    value = literal(scope, column, condition.literal)
    sign = condition.operator
    family = _family(column.field.type)
    if sign == "LIKE":
        return _like(scope, condition, column, family)
    if family == "boolean" and sign not in {"=", "!="}:
        raise scope.error(condition.path, "invalid operator on boolean field")
    if value is None:
        return _null_test(column.read, sign)
    if sign == "!=":
        equal = _value_test(column.read, "=", value, family)
        bad = _is_bad(column.read)
        return lambda row: not equal(row) and not bad(row)
    return _value_test(column.read, sign, value, family)


def _null_test(read: Reader, sign: str) -> Test:
    if sign == "=":
        return lambda row: read(row) is None
    if sign == "!=":
        return lambda row: read(row) is not None
    return lambda row: False  # noqa: ARG005 - nothing is less or more than null


def _is_bad(read: Reader) -> Test:
    return lambda row: type(read(row)) is BadValue


def _value_test(read: Reader, sign: str, value: Value | Span, family: str) -> Test:
    if isinstance(value, Span):
        return _span_test(read, sign, value)
    compare = _ORDERS[sign]
    if family == "string":
        folded = str(value).casefold()

        def text_test(row: Record) -> bool:
            found = read(row)
            return found is not None and compare(str(found).casefold(), folded)

        return text_test

    def test(row: Record) -> bool:
        found = read(row)
        return found is not None and type(found) is not BadValue and compare(found, value)

    return test


def _span_test(read: Reader, sign: str, span: Span) -> Test:
    """Before the span, in it, or after it: `<=` and `>=` include it."""
    low = span.low if sign in {"=", ">="} else span.high if sign == ">" else ""
    high = span.high if sign in {"=", "<="} else span.low if sign == "<" else "\uffff"

    def test(row: Record) -> bool:
        found = read(row)
        return type(found) is str and low <= found < high

    return test


def _like(scope: Scope, condition: Comparison, column: Column, family: str) -> Test:
    if family != "string":
        raise scope.error(condition.path, f"invalid operator on {column.field.type} field")
    if condition.literal.type != "STRING":
        raise _not_of_type(scope, column, condition.literal, family)
    parts = re.split(r"(\\[%_]|%|_)", unquote(condition.literal))
    wild = {"%": ".*", "_": ".", "\\%": "%", "\\_": "_"}
    pattern = "".join(wild.get(part) or re.escape(part) for part in parts)
    matches = re.compile(pattern, re.IGNORECASE | re.DOTALL).fullmatch
    read = column.read

    def test(row: Record) -> bool:
        found = read(row)
        return found is not None and matches(str(found)) is not None

    return test


def _membership(scope: Scope, condition: Membership) -> Test:
    column = scope.column(condition.path)
    family = _family(column.field.type)
    read = column.read
    if isinstance(condition.among, Query):
        among = scope.subselect(condition.among)
    else:
        among = {_member(scope, column, token) for token in condition.among}
    if family == "string":
        among = {value.casefold() if isinstance(value, str) else value for value in among}
    negated = condition.negated

    def test(row: Record) -> bool:
        found = read(row)
        if type(found) is BadValue or isinstance(found, dict):
            return False
        key = found.casefold() if family == "string" and isinstance(found, str) else found
        return (key in among) is not negated

    return test


def _member(scope: Scope, column: Column, token: Token) -> str | int | Decimal | bool | None:
    value = literal(scope, column, token)
    if isinstance(value, Span | dict):
        raise scope.error(token, f"unexpected token: '{token}'", "MALFORMED_QUERY")
    return value


def _all(tests: list[Test]) -> Test:
    if len(tests) == 2:  # noqa: PLR2004 - the common case, without a generator
        first, second = tests
        return lambda row: first(row) and second(row)
    return lambda row: all(test(row) for test in tests)


def _any(tests: list[Test]) -> Test:
    if len(tests) == 2:  # noqa: PLR2004 - the same
        first, second = tests
        return lambda row: first(row) or second(row)
    return lambda row: any(test(row) for test in tests)
