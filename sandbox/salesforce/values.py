"""Values by field type: read from text, checked on a write, shown as JSON and as CSV.

Inside the org a value is what JSON would show, with two exceptions: numbers are Decimal (the
wire's double is made at the edge), and dates and datetimes are text in one canonical form,
`YYYY-MM-DD` and `YYYY-MM-DDTHH:MM:SS.mmm+0000`, so that text order is time order.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from sandbox.salesforce.ids import long_id

Value = str | int | Decimal | bool | dict[str, Any] | None
Record = dict[str, Value]

IDS = frozenset({"id", "reference"})
NUMBERS = frozenset({"double", "currency", "percent", "int"})


class BadValue(str):
    """A text that its field's type cannot hold, kept and shown as it was put in.

    Only raw rows bring one in: no write through the API does. No comparison holds for it.
    """

    __slots__ = ()


class UnreadableValueError(ValueError):
    """A text that is no value of the type it is read as."""


def read(type_name: str, text: str | None) -> Value:
    """The value of a cell as a Data Loader exports it; '' and None are null.

    A text that the type cannot hold comes back as a BadValue.
    """
    if text is None or text == "":
        return None
    try:
        return parse(type_name, text)
    except UnreadableValueError:
        return BadValue(text)


def parse(type_name: str, text: str) -> Value:
    """The value that a text stands for.

    Raises:
        UnreadableValueError: the type cannot hold it.
    """
    parser = _PARSERS.get(type_name)
    return text if parser is None else parser(text)


def stamp(instant: datetime) -> str:
    """An aware instant in the API's canonical form, to the whole second, as the org stamps."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def instant(stamped: str) -> datetime:
    """The instant of a canonical datetime, aware, in UTC."""
    return datetime.fromisoformat(stamped)


def as_json(value: Value) -> Any:
    """A value as the REST API shows it. Its numbers are xsd:double: Salesforce's own choice."""
    return float(value) if isinstance(value, Decimal) else value


def as_cell(value: Value, type_name: str) -> str:
    """A value as a Bulk result shows it; datetimes end in Z there, unlike in REST."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return repr(float(value))
    if isinstance(value, dict):
        return json.dumps(value)
    if type_name == "datetime" and not isinstance(value, BadValue):
        return str(value).replace("+0000", "Z")
    return str(value)


@lru_cache(maxsize=100_000)
def _datetime(text: str) -> str:
    try:
        given = datetime.fromisoformat(text)
        if given.tzinfo is None and len(text) == len("YYYY-MM-DD"):
            given = given.replace(tzinfo=UTC)  # a date alone is its midnight
        utc = given.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableValueError(text) from error
    if given.tzinfo is None:
        raise UnreadableValueError(text)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def _date(text: str) -> str:
    if "T" in text:  # a Data Loader writes a date as its midnight
        return _datetime(text)[: len("YYYY-MM-DD")]
    try:
        plain = date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UnreadableValueError(text) from error
    if plain != text:  # Python also reads 20260131 and 2026-W05-6, Salesforce does not
        raise UnreadableValueError(text)
    return plain


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise UnreadableValueError(text) from error
    if not number.is_finite():
        raise UnreadableValueError(text)
    return number


def _int(text: str) -> int:
    number = _number(text)
    if number != number.to_integral_value():
        raise UnreadableValueError(text)
    return int(number)


def _boolean(text: str) -> bool:
    lowered = text.lower()
    if lowered in {"true", "1"}:
        return True
    if lowered in {"false", "0"}:
        return False
    raise UnreadableValueError(text)


def _id(text: str) -> str:
    made = long_id(text)
    if made is None:
        raise UnreadableValueError(text)
    return made


def _compound(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UnreadableValueError(text) from error
    if not isinstance(value, dict):
        raise UnreadableValueError(text)
    return value


_PARSERS: dict[str, Callable[[str], Value]] = {
    "id": _id,
    "reference": _id,
    "boolean": _boolean,
    "int": _int,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": _date,
    "datetime": _datetime,
    "address": _compound,
}
