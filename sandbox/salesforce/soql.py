"""SOQL text to a query that can be run, by the grammar in soql.lark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.visitors import v_args

from sandbox.salesforce.errors import SalesforceError

_MAX_LENGTH = 100_000
_MAX_OFFSET = 2_000
_MAX_LIMIT = 2**31 - 1
_MAX_PARENTHESES = 200
_AROUND = 60  # how much of a long line an error shows on either side of its place


@dataclass(frozen=True)
class Comparison:
    """`path operator literal`; the operator is one of = != < <= > >= LIKE."""

    path: Token
    operator: str
    literal: Token


@dataclass(frozen=True)
class Membership:
    """`path [NOT] IN (…)`, of literals or of another query's one field."""

    path: Token
    negated: bool
    among: tuple[Token, ...] | Query


@dataclass(frozen=True)
class And:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Condition


Condition = Comparison | Membership | And | Or | Not


@dataclass(frozen=True)
class OrderKey:
    """One key of ORDER BY."""

    path: Token
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Query:
    """One SELECT; no paths means `COUNT()`."""

    object_name: Token
    paths: tuple[Token, ...]
    where: Condition | None = None
    order: tuple[OrderKey, ...] = ()
    limit: int | None = None
    offset: int = 0
    text: str = field(default="", compare=False)


def parse(text: str) -> Query:
    """Read a query.

    Raises:
        SalesforceError: MALFORMED_QUERY, with the place and what stands there.
    """
    if len(text) > _MAX_LENGTH:
        raise SalesforceError(
            "QUERY_TOO_COMPLICATED", "the query is longer than 100,000 characters"
        )
    if text.count("(") > _MAX_PARENTHESES:
        raise SalesforceError("QUERY_TOO_COMPLICATED", "the query nests too many conditions")
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise _malformed(text, error) from error
    query: Query = _Build(text).transform(tree)
    _refuse_out_of_range(query.offset, "offset", _MAX_OFFSET)
    _refuse_out_of_range(query.limit or 0, "limit", _MAX_LIMIT)
    return query


def _refuse_out_of_range(number: int, name: str, most: int) -> None:
    if number > most:
        raise SalesforceError(
            "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL {name} allowed is {most}"
        )


def error_at(query: Query, token: Token, code: str, message: str) -> SalesforceError:
    """A refusal that shows the place in the query, as Salesforce does."""
    return SalesforceError(code, _placed(query.text, token.line or 1, token.column or 1, message))


def _placed(text: str, line: int, column: int, message: str) -> str:
    lines = text.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1]
    start = max(0, column - 1 - _AROUND)
    shown = shown[start : column - 1 + _AROUND]
    caret = " " * (column - 1 - start) + "^"
    return f"\n{shown}\n{caret}\nERROR at Row:{line}:Column:{column}\n{message}"


def _malformed(text: str, error: UnexpectedInput) -> SalesforceError:
    if isinstance(error, UnexpectedCharacters):
        found = text[error.pos_in_stream] if error.pos_in_stream is not None else ""
        message = f"line {error.line}:{error.column} no viable alternative at character '{found}'"
        return SalesforceError("MALFORMED_QUERY", message)
    line, column = error.line, error.column
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        last_line = text.count("\n") + 1
        end = len(text) - text.rfind("\n")
        return SalesforceError(
            "MALFORMED_QUERY", _placed(text, last_line, end, "unexpected token: '<EOF>'")
        )
    found = str(error.token) if isinstance(error, UnexpectedToken) else ""
    return SalesforceError(
        "MALFORMED_QUERY", _placed(text, line, column, f"unexpected token: '{found}'")
    )


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = Path(__file__).with_name("soql.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", start="query", maybe_placeholders=True)


@v_args(inline=True)
class _Build(Transformer[Token, Query]):
    """The parse tree, bottom up, to the classes above."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def count(self) -> tuple[Token, ...]:
        return ()

    def fields(self, *paths: Token) -> tuple[Token, ...]:
        return paths

    def where(self, condition: Condition) -> Condition:
        return condition

    def conjunction(self, *parts: Condition) -> Condition:
        return And(parts)

    def disjunction(self, *parts: Condition) -> Condition:
        return Or(parts)

    def negation(self, part: Condition) -> Condition:
        return Not(part)

    def comparison(self, path: Token, operator: Token, literal: Token) -> Condition:
        written = operator.upper()
        return Comparison(path, "!=" if written == "<>" else written, literal)

    def membership(
        self, path: Token, negated: Token | None, among: tuple[Token, ...] | Query
    ) -> Condition:
        return Membership(path, negated is not None, among)

    def values(self, *literals: Token) -> tuple[Token, ...]:
        return literals

    def key(self, path: Token, direction: Token | None, nulls: Token | None) -> OrderKey:
        return OrderKey(
            path,
            descending=direction is not None and direction.type == "DESC",
            nulls_first=nulls is None or nulls.type == "FIRST",
        )

    def order(self, *keys: OrderKey) -> Sequence[OrderKey]:
        return keys

    def limit(self, number: Token) -> int:
        return int(number)

    def offset(self, number: Token) -> int:
        return int(number)

    def query(self, paths: tuple[Token, ...], object_name: Token, *clauses: Any) -> Query:
        where, order, limit, offset = clauses
        return Query(object_name, paths, where, order or (), limit, offset or 0, self._text)
