"""One record at a time: `/sobjects/X/…`, with describe, updated and deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from sandbox.salesforce import errors
from sandbox.salesforce.calls import Call, answer, no_content
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.ids import long_id
from sandbox.salesforce.queries import RECYCLE_BIN, attributes
from sandbox.salesforce.schema import record_type_info
from sandbox.salesforce.tables import Table
from sandbox.salesforce.values import Record, as_json, instant, stamp
from sandbox.salesforce.writes import DuplicateExternalIdError, Writer

_REPLICATION_DAYS = timedelta(days=30)
# From this version on an upsert that updates says so with a body.
_TELLING_UPSERT = 46.0


def show_objects(call: Call) -> Response:
    """GET /sobjects: the global describe."""
    kinds = sorted(call.org.objects(), key=lambda kind: kind.name)
    summaries = [kind.summary(call.version) for kind in kinds]
    return answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": summaries})


def show_object(call: Call) -> Response:
    """GET /sobjects/X: the object's summary."""
    summary = call.table().kind.summary(call.version)
    return answer({"objectDescribe": summary, "recentItems": []})


def describe(call: Call) -> Response:
    """GET /sobjects/X/describe."""
    kind = call.table().kind
    own = [
        record_type_info(row)
        for row in call.org.table("RecordType").rows.values()
        if row.get("SobjectType") == kind.name and row.get("IsDeleted") is not True
    ]
    return answer(kind.describe(call.version, own))


def create(call: Call) -> Response:
    """POST /sobjects/X."""
    table = call.table()
    call.refuse_if_locked("")
    record_id = Writer(call.org).create(table, call.json_object())
    return answer({"id": record_id, "success": True, "errors": []}, HTTPStatus.CREATED)


def show(call: Call) -> Response:
    """GET /sobjects/X/Id, with `fields` to choose some."""
    table = call.table()
    row = _addressed(call, table)
    names = call.query.get("fields")
    fields = [table.kind.field(name) for name in names.split(",")] if names else None
    if fields is not None and None in fields:
        wrong = (names or "").split(",")[fields.index(None)]
        raise errors.no_such_column(wrong, table.kind.name)
    return answer(_shown(table, row, call.version, fields))


def update(call: Call) -> Response:
    """PATCH /sobjects/X/Id, on the condition of If-Unmodified-Since when there is one."""
    table = call.table()
    row = _addressed(call, table)
    if _changed_since(row, call.headers.get("if-unmodified-since")):
        return Response(status_code=HTTPStatus.PRECONDITION_FAILED)
    data = call.json_object()
    if any(name.lower() == "id" for name in data):
        raise SalesforceError(
            "INVALID_FIELD", "The Id field should not be specified in the sobject data."
        )
    call.refuse_if_locked(str(row["Id"]))
    Writer(call.org).update(table, str(row["Id"]), data)
    return no_content()


def delete(call: Call) -> Response:
    """DELETE /sobjects/X/Id."""
    table = call.table()
    row = _addressed(call, table)
    call.refuse_if_locked(str(row["Id"]))
    Writer(call.org).delete(table, str(row["Id"]))
    return no_content()


def upsert(call: Call) -> Response:
    """PATCH /sobjects/X/Field/Value: 201 when it created, 200 (or, of old, 204) when not."""
    call.refuse_if_locked(call.params["value"])
    key = (call.params["field"], call.params["value"])
    try:
        record_id, created = Writer(call.org).upsert(call.table(), key, call.json_object())
    except DuplicateExternalIdError as error:
        return _choices(call, error.record_ids)
    if not created and float(call.version) < _TELLING_UPSERT:
        return no_content()
    body = {"id": record_id, "success": True, "errors": [], "created": created}
    return answer(body, HTTPStatus.CREATED if created else HTTPStatus.OK)


def show_by_key(call: Call) -> Response:
    """GET /sobjects/X/Field/Value."""
    table = call.table()
    name, wanted = call.params["field"], call.params["value"].casefold()
    field = table.kind.field(name)
    if field is None or not (field.has("idLookup") or field.has("externalId")):
        raise errors.no_such_external_id(name)
    found = [
        row
        for row in table.rows.values()
        if not row.get("IsDeleted") and str(row.get(field.name) or "").casefold() == wanted
    ]
    if not found:
        raise errors.no_such_resource()
    if len(found) > 1:
        return _choices(call, [str(row["Id"]) for row in found])
    return answer(_shown(table, found[0], call.version))


def updated(call: Call) -> Response:
    """GET /sobjects/X/updated: Ids of what changed in [start, end)."""
    start, end, covered = _window(call)
    late = call.late_rows()
    ids = [
        row["Id"]
        for row in call.table().between(stamp(start), stamp(end))
        if not row.get("IsDeleted")
        and row["SystemModstamp"] != stamp(end)
        and row["Id"] not in late
    ]
    return answer({"ids": ids, "latestDateCovered": covered})


def deleted(call: Call) -> Response:
    """GET /sobjects/X/deleted: what was deleted in [start, end), as far as the bin goes back."""
    start, end, covered = _window(call)
    earliest = call.org.clock.now() - RECYCLE_BIN
    late = call.late_rows()
    gone = [
        {"id": row["Id"], "deletedDate": row["SystemModstamp"]}
        for row in call.table().between(stamp(max(start, earliest)), stamp(end))
        if row.get("IsDeleted") and row["SystemModstamp"] != stamp(end) and row["Id"] not in late
    ]
    return answer(
        {
            "deletedRecords": gone,
            "earliestDateAvailable": stamp(earliest),
            "latestDateCovered": covered,
        }
    )


def _window(call: Call) -> tuple[datetime, datetime, str]:
    """The window asked for, in whole minutes, and up to when it is sure to be complete.

    It is not complete beyond the stamp of a row whose transaction is not committed yet.
    """
    now = call.org.clock.now()
    start, end = (_minute(call.query.get(name, "")) for name in ("start", "end"))
    if end <= start:
        raise SalesforceError(
            "INVALID_REPLICATION_DATE", "The end date must be at least one minute after the start"
        )
    if start < now - _REPLICATION_DAYS:
        raise SalesforceError(
            "INVALID_REPLICATION_DATE", "startDate before org replication enabled date"
        )
    uncommitted = [_minute(stamped) for stamped in call.late_rows().values()]
    covered = min([end, now.replace(second=0, microsecond=0), *uncommitted])
    return start, end, stamp(covered)


def _minute(text: str) -> datetime:
    try:
        # a plus sign that nobody escaped arrives as a space
        given = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise errors.wrong_type("dateTime", text) from error
    if given.tzinfo is None:
        raise errors.wrong_type("dateTime", text)
    return given.replace(second=0, microsecond=0)


def _changed_since(row: Record, header: str | None) -> bool:
    """Whether a record was changed after the instant of an HTTP header; no header, no matter."""
    changed_at = row.get("LastModifiedDate")
    if header is None or type(changed_at) is not str:
        return False
    try:
        return instant(changed_at) > parsedate_to_datetime(header)
    except (ValueError, TypeError) as error:
        raise errors.wrong_type("dateTime", header) from error


def _addressed(call: Call, table: Table) -> Record:
    """The live record that the path names."""
    record_id = call.params["record"]
    found = long_id(record_id)
    if found is None:
        raise errors.no_such_external_id(record_id)
    row = table.get(found)
    if row is None:
        raise errors.no_such_resource()
    if row.get("IsDeleted") is True:
        raise errors.deleted()
    return row


def _shown(
    table: Table, row: Record, version: str, fields: Iterable[Any] | None = None
) -> Mapping[str, Any]:
    shown: dict[str, Any] = {"attributes": attributes(table, row, version)}
    for field in fields or table.kind.fields.values():
        value = row.get(field.name)
        shown[field.name] = as_json(False if value is None and field.type == "boolean" else value)
    return shown


def _choices(call: Call, record_ids: list[str]) -> Response:
    """300: the addresses of the several records that a key stands for."""
    base = f"/services/data/v{call.version}/sobjects/{call.table().kind.name}"
    addresses = [f"{base}/{record_id}" for record_id in record_ids]
    return answer(addresses, HTTPStatus.MULTIPLE_CHOICES)
