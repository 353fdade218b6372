"""Bulk API 2.0 ingest jobs: `/jobs/ingest`."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus

from starlette.responses import Response

from sandbox.salesforce.bulk_jobs import IngestJob
from sandbox.salesforce.calls import Call, answer, no_content
from sandbox.salesforce.errors import SalesforceError, no_such_resource
from sandbox.salesforce.tables import Table
from sandbox.salesforce.writes import Writer

_OPERATIONS = frozenset({"insert", "update", "upsert", "delete"})
_CLEAR = "#N/A"


def create(call: Call) -> Response:
    """POST: open a job for an upload."""
    request = call.json_object()
    operation = str(request.get("operation"))
    if operation == "hardDelete":
        raise SalesforceError(
            "FEATURENOTENABLED", "hardDelete needs a permission that no user of this org has"
        )
    if operation not in _OPERATIONS:
        raise SalesforceError("API_ERROR", "Value does not match expected type at operation")
    table = call.org.find_table(str(request.get("object")))
    if table is None:
        raise SalesforceError(
            "INVALIDENTITY", f"Entity '{request.get('object')}' is not supported by the Bulk API."
        )
    if operation == "upsert" and not request.get("externalIdFieldName"):
        raise SalesforceError("API_ERROR", "externalIdFieldName is required for upsert")
    jobs = call.service.jobs
    common = jobs.common(request, table.kind.name, call.version)
    key = request.get("externalIdFieldName")
    job = IngestJob(**common, state="Open", external_id_field=key)
    jobs.ingests[job.id] = job
    return answer(job.describe())


def show_all(call: Call) -> Response:
    """GET without an Id: every ingest job."""
    records = [job.describe() for job in call.service.jobs.ingests.values()]
    return answer({"done": True, "records": records, "nextRecordsUrl": None})


def upload(call: Call) -> Response:
    """PUT batches: the one upload of a job."""
    job = _job(call)
    if job.state != "Open" or job.upload is not None:
        raise SalesforceError("INVALIDJOBSTATE", "Data can be uploaded once, to an open job")
    try:
        job.upload = call.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SalesforceError("API_ERROR", f"The upload is not UTF-8: {error}") from error
    return Response(status_code=HTTPStatus.CREATED)


def change_state(call: Call) -> Response:
    """PATCH: `UploadComplete` does the work, `Aborted` gives it up."""
    job = _job(call)
    state = call.json_object().get("state")
    if state not in {"UploadComplete", "Aborted"} or job.state != "Open":
        raise SalesforceError("INVALIDJOBSTATE", f"A job that is {job.state} cannot be {state}")
    job.state = state
    if state == "UploadComplete":
        _process(call, job)
    elif job.upload:
        with suppress(csv.Error):  # what is no CSV has no rows to give back
            job.header, job.unprocessed = job.form.read(job.upload)
    return answer(job.describe())


def show(call: Call) -> Response:
    """GET: the job, which comes to its end when it is first looked at."""
    job = _job(call)
    if job.state == "UploadComplete":
        job.state = "Failed" if job.error else "JobComplete"
        job.changed_at = call.org.now()
    return answer(job.describe())


def delete(call: Call) -> Response:
    """DELETE: only a job that has come to an end."""
    job = _job(call)
    if job.state in {"Open", "UploadComplete"}:
        raise SalesforceError("INVALIDJOBSTATE", "Deleting an unfinished job is not allowed")
    del call.service.jobs.ingests[job.id]
    return no_content()


def results(call: Call) -> Response:
    """GET: the rows that succeeded, failed, or were never tried, as CSV."""
    job = _job(call)
    shown: dict[str, tuple[list[str], list[list[str]]]] = {
        "successfulResults": (["sf__Id", "sf__Created"], job.successful),
        "failedResults": (["sf__Id", "sf__Error"], job.failed),
        "unprocessedrecords": ([], job.unprocessed),
    }
    if call.params["results"] not in shown:
        raise no_such_resource()
    leading, rows = shown[call.params["results"]]
    text = job.form.write([*leading, *job.header], rows)
    return Response(text, HTTPStatus.OK, {"Content-Type": "text/csv;charset=UTF-8"})


def _job(call: Call) -> IngestJob:
    return call.service.jobs.ingest(call.params["job"])


def _process(call: Call, job: IngestJob) -> None:
    """Write every row; a header that makes no sense fails the whole job instead."""
    table = call.org.table(job.object_name)
    try:
        job.header, rows = job.form.read(job.upload or "")
    except csv.Error as error:
        job.error = f"InvalidBatch : The CSV cannot be read: {error}"
        return
    job.error = _wrong_header(job, table, rows)
    if job.error:
        job.unprocessed = rows
        return
    for cells in rows:
        data = {
            name: None if cell == _CLEAR else cell
            for name, cell in zip(job.header, cells, strict=True)
            if cell != ""
        }
        try:
            record_id, created = _write(call, job, table, data)
        except SalesforceError as error:
            job.failed.append([data.get("Id") or "", error.cell(), *cells])
        else:
            job.successful.append([record_id, "true" if created else "false", *cells])


def _wrong_header(job: IngestJob, table: Table, rows: list[list[str]]) -> str | None:
    if job.operation == "delete" and job.header != ["Id"]:
        return "InvalidBatch : The 'delete' batch must contain only ids"
    for name in job.header:
        if table.kind.field(name) is None:
            return f"InvalidBatch : Field name not found : {name}"
    for number, cells in enumerate(rows, start=2):
        if len(cells) != len(job.header):
            return f"InvalidBatch : Line {number} has {len(cells)} cells, not {len(job.header)}"
    return None


def _write(
    call: Call, job: IngestJob, table: Table, data: Mapping[str, str | None]
) -> tuple[str, bool]:
    writer = Writer(call.org, "csv")
    key = job.external_id_field if job.operation == "upsert" else "Id"
    value = data.get(key or "Id")
    call.refuse_if_locked(data.get("Id") or value or "")
    if job.operation == "insert":
        return writer.create(table, data), True
    rest = {name: cell for name, cell in data.items() if name != key}
    if job.operation == "upsert":
        return writer.upsert(table, (key or "Id", value), rest)
    if value is None:
        raise SalesforceError("MISSING_ARGUMENT", "Id not specified in an update call")
    if job.operation == "update":
        return writer.update(table, value, rest), False
    return writer.delete(table, value), False
