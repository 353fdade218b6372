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
from decimal import Decimal
from typing import Any

from lark import Token

from sandbox.salesforce.columns import Column, Reader
from sandbox.salesforce.literals import Scope, Span, family_of, literal, not_of_type, unquote
from sandbox.salesforce.soql import And, Comparison, Condition, Membership, Not, Or, Query
from sandbox.salesforce.values import BadValue, Record, Value

Test = Callable[[Record], bool]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


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


def _comparison(scope: Scope, condition: Comparison) -> Test:
    column = scope.column(condition.path)
    sign = condition.operator
    family = family_of(column.field.type)
    if sign == "LIKE":
        return _like(scope, condition, column, family)
    value = literal(scope, column, condition.literal)
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
        raise not_of_type(scope, column, condition.literal, family)
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
    family = family_of(column.field.type)
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
