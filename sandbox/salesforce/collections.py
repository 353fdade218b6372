"""Up to 200 records in one request: `/composite/sobjects`.

Source: Salesforce, "sObject Collections": the errors of single records come inside a 200, and
allOrNone rolls back every record when one fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from sandbox.salesforce import errors
from sandbox.salesforce.calls import Call, answer
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.ids import long_id
from sandbox.salesforce.tables import Table
from sandbox.salesforce.writes import Writer

MAX_RECORDS = 200
_Result = dict[str, Any]
_Entry = Callable[[Any], _Result]


def create(call: Call) -> Response:
    """POST: create each record."""

    def write(record: dict[str, Any]) -> _Result:
        table = _table(call, record)
        call.refuse_if_locked("")
        return _done(Writer(call.org).create(table, _data(record)))

    return _each(call, *_records(call), write)


def update(call: Call) -> Response:
    """PATCH: update each record by its Id."""

    def write(record: dict[str, Any]) -> _Result:
        table = _table(call, record)
        record_id = _pop_id(record)
        if record_id is None:
            raise SalesforceError("MISSING_ARGUMENT", "Id not specified in an update call")
        call.refuse_if_locked(record_id)
        return _done(Writer(call.org).update(table, record_id, _data(record)))

    return _each(call, *_records(call), write)


def upsert(call: Call) -> Response:
    """PATCH /X/Field: update or create each record by the value of a field."""
    table = call.table()
    name = call.params["field"]
    field = table.kind.field(name)
    if field is None or not (field.has("idLookup") or field.has("externalId")):
        raise errors.no_such_external_id(name)

    def write(record: dict[str, Any]) -> _Result:
        if _table(call, record) is not table:
            raise SalesforceError("INVALID_TYPE", f"the record is no {table.kind.name}")
        data = _data(record)
        spelled = next((key for key in data if key.lower() == name.lower()), name)
        value = data.pop(spelled, None)
        call.refuse_if_locked(str(value or ""))
        key = (name, str(value) if value else None)
        record_id, created = Writer(call.org).upsert(table, key, data)
        return {**_done(record_id), "created": created}

    return _each(call, *_records(call), write)


def delete(call: Call) -> Response:
    """DELETE ?ids=…&allOrNone=…: delete each record, whatever its object."""
    ids = [text for text in call.query.get("ids", "").split(",") if text]
    all_or_none = call.query.get("allOrNone", "false").lower() == "true"
    by_prefix = {kind.key_prefix: call.org.table(kind.name) for kind in call.org.objects()}

    def write(text: str) -> _Result:
        table = by_prefix.get(text[:3])
        if long_id(text) is None or table is None:
            raise SalesforceError("MALFORMED_ID", f"malformed id {text}")
        call.refuse_if_locked(text)
        return _done(Writer(call.org).delete(table, text))

    return _each(call, ids, all_or_none, write)


def _each(call: Call, records: list[Any], all_or_none: bool, write: _Entry) -> Response:  # noqa: FBT001 - the API's own flag, passed through
    if len(records) > MAX_RECORDS:
        raise SalesforceError(
            "LIMIT_EXCEEDED",
            f"The number of records ({len(records)}) exceeds the limit of {MAX_RECORDS}",
        )
    with call.org.transaction() as transaction:
        results = [_tried(write, record) for record in records]
        if all_or_none and not all(result["success"] for result in results):
            transaction.roll_back()
            results = [_rolled_back() if result["success"] else result for result in results]
    return answer(results)


def _tried(write: _Entry, record: Any) -> _Result:
    try:
        return write(record)
    except SalesforceError as error:
        if error.code == "JSON_PARSER_ERROR":
            raise  # what cannot be read at all refuses the whole request
        return {"success": False, "errors": [error.entry()]}


def _rolled_back() -> _Result:
    error = SalesforceError(
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "Record rolled back because not all records were valid and the request was using "
        "AllOrNone header",
    )
    return {"success": False, "errors": [error.entry()]}


def _done(record_id: str) -> _Result:
    return {"id": record_id, "success": True, "errors": []}


def _records(call: Call) -> tuple[list[dict[str, Any]], bool]:
    body = call.json_object()
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise SalesforceError("JSON_PARSER_ERROR", "records is required to be a list of objects")
    return [dict(record) for record in records], bool(body.get("allOrNone", False))


def _table(call: Call, record: dict[str, Any]) -> Table:
    named = record.get("attributes")
    name = named.get("type") if isinstance(named, dict) else None
    table = call.org.find_table(str(name)) if name else None
    if table is None:
        raise SalesforceError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return table


def _pop_id(record: dict[str, Any]) -> str | None:
    spelled = next((key for key in record if key.lower() == "id"), "Id")
    value = record.pop(spelled, None)
    return str(value) if value else None


def _data(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "attributes"}
