"""The rules that a record's values are held to when they come in through the API."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal

from sandbox.salesforce import errors
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.ids import long_id
from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import Field, ObjectType
from sandbox.salesforce.values import IDS, NUMBERS, Record, UnreadableValueError, Value, parse

# JSON values are typed, a CSV's cells are text.
Source = Literal["json", "csv"]
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+")
_TYPE_NAMES = {"reference": "ID", "id": "ID"}
_DEFAULT_PRECISION = 18


def checked_values(
    org: Org, kind: ObjectType, data: Mapping[str, Any], right: str, source: Source
) -> Record:
    """The values to write, by the describe's own field names.

    Args:
        org: whose records the references must point to.
        kind: the object that is written.
        data: the record as it came; `attributes` is passed over.
        right: `createable` or `updateable`.
        source: what form the values are in.

    Raises:
        SalesforceError: a field that is not there or not writable, or a value that does not fit.
    """
    fields = {name: _field(kind, name) for name in data if name != "attributes"}
    forbidden = [field.name for field in fields.values() if not field.has(right)]
    if forbidden:
        raise errors.read_only(forbidden)
    values: Record = {}
    for name, field in fields.items():
        value = _typed(field, data[name], source)
        if value is not None:
            _check(org, field, value)
        elif field.type == "boolean":
            raise _bad_null(field)
        values[field.name] = _to_scale(field, value)
    return values


def refuse_missing(required: Iterable[str], given: Record) -> None:
    """Refuse a record without fields that it must have.

    Raises:
        SalesforceError: REQUIRED_FIELD_MISSING.
    """
    missing = [name for name in required if given.get(name) is None]
    if missing:
        raise SalesforceError(
            "REQUIRED_FIELD_MISSING",
            f"Required fields are missing: [{', '.join(missing)}]",
            missing,
        )


def _field(kind: ObjectType, name: str) -> Field:
    field = kind.field(name)
    if field is None:
        raise errors.no_such_column(name, kind.name)
    return field


def _typed(field: Field, value: Any, source: Source) -> Value:
    if value is None or value == "":
        return None
    if isinstance(value, dict | list):
        raise SalesforceError(
            "JSON_PARSER_ERROR",
            f"Cannot deserialize instance of {_type_name(field)} from START_OBJECT value {{ "
            "or request may be missing a required field at [line:1, column:1]",
        )
    if field.type == "boolean" and isinstance(value, int) and not isinstance(value, bool):
        raise errors.wrong_type("boolean", value)
    if isinstance(value, bool) and field.type in NUMBERS | IDS | {"date", "datetime"}:
        raise errors.wrong_type(_type_name(field), value)
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    try:
        return parse(field.type, text)
    except UnreadableValueError as error:
        raise _unreadable(field, text, source) from error


def _unreadable(field: Field, text: str, source: Source) -> SalesforceError:
    if field.type in IDS:
        return _malformed_id(field, text)
    if source == "json":
        return errors.wrong_type(_type_name(field), text)
    return SalesforceError(
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        f"{field.label}: value not of required type: {text}",
        [field.name],
    )


def _type_name(field: Field) -> str:
    return _TYPE_NAMES.get(field.type, field.type)


def _bad_null(field: Field) -> SalesforceError:
    return SalesforceError(
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        f"{field.label}: value not of required type: null",
        [field.name],
    )


def _malformed_id(field: Field, text: str) -> SalesforceError:
    return SalesforceError(
        "MALFORMED_ID", f"{field.label}: id value of incorrect type: {text}", [field.name]
    )


def _check(org: Org, field: Field, value: Value) -> None:
    if field.type in IDS:
        _check_reference(org, field, str(value))
    elif isinstance(value, Decimal | int) and not isinstance(value, bool):
        _check_range(field, Decimal(value))
    elif isinstance(value, str) and field.length and len(value) > field.length:
        raise SalesforceError(
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {value} (max length={field.length})",
            [field.name],
        )
    if field.type == "email" and not _EMAIL.fullmatch(str(value)):
        raise SalesforceError(
            "INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {value}", [field.name]
        )
    if field.has("restrictedPicklist") and field.picklist and value not in field.picklist:
        raise SalesforceError(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{field.label}: bad value for restricted picklist field: {value}",
            [field.name],
        )


def _check_reference(org: Org, field: Field, record_id: str) -> None:
    """A reference points to a live record of one of its objects, as far as the org has them."""
    targets = [table for name in field.reference_to if (table := org.find_table(name)) is not None]
    if len(targets) < len(field.reference_to) or not targets:
        return
    table = next((t for t in targets if record_id.startswith(t.kind.key_prefix)), None)
    if table is None:
        raise _malformed_id(field, record_id)
    row = table.get(long_id(record_id) or record_id)
    if row is None:
        raise errors.bad_cross_reference()
    if row.get("IsDeleted") is True:
        raise errors.deleted()
    if field.name == "OwnerId" and row.get("IsActive") is False:
        raise errors.inactive_owner(record_id)


def _check_range(field: Field, number: Decimal) -> None:
    if field.type == "int":
        fits = -(2**31) <= number < 2**31
    else:
        fits = abs(number) < Decimal(10) ** ((field.precision or _DEFAULT_PRECISION) - field.scale)
    if not fits:
        raise SalesforceError(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.label}: value outside of valid range on numeric field: {number}",
            [field.name],
        )


def _to_scale(field: Field, value: Value) -> Value:
    """A number as precise as its field keeps it."""
    if not isinstance(value, Decimal):
        return value
    return round(value, field.scale) + Decimal(0)
