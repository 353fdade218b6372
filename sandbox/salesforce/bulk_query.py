"""Bulk API 2.0 query jobs: `/jobs/query`."""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus

from starlette.responses import Response

from sandbox.salesforce.bulk_jobs import QueryJob
from sandbox.salesforce.calls import Call, answer, no_content
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.queries import run
from sandbox.salesforce.soql import parse
from sandbox.salesforce.values import as_cell

_OPERATIONS = {"query": False, "queryAll": True}
_DEFAULT_RECORDS = 50_000


def create(call: Call) -> Response:
    """POST: run the query now, and say that it is still to be run."""
    request = call.json_object()
    operation = str(request.get("operation"))
    if operation not in _OPERATIONS:
        raise SalesforceError("API_ERROR", "Value does not match expected type at operation")
    query = parse(str(request.get("query") or ""))
    if not query.paths or query.offset:
        raise SalesforceError(
            "FEATURENOTENABLED", "COUNT() and OFFSET are not supported in Bulk V2"
        )
    view = call.view(with_deleted=_OPERATIONS[operation])
    result = run(call.org, query, view)
    if any(column.field.type == "address" for column in result.columns):
        raise SalesforceError(
            "FEATURENOTENABLED", "Selecting compound data not supported in Bulk Query"
        )
    jobs = call.service.jobs
    common = jobs.common(request, result.table.kind.name, call.version)
    job = QueryJob(**common, state="UploadComplete", result=result)
    jobs.queries[job.id] = job
    return answer(job.describe())


def show_all(call: Call) -> Response:
    """GET without an Id: every query job."""
    records = [job.describe() for job in call.service.jobs.queries.values()]
    return answer({"done": True, "records": records, "nextRecordsUrl": None})


def show(call: Call) -> Response:
    """GET: the job, which completes when it is first looked at."""
    return answer(_completed(call).describe())


def abort(call: Call) -> Response:
    """PATCH {"state": "Aborted"}."""
    job = call.service.jobs.query(call.params["job"])
    if call.json_object().get("state") != "Aborted":
        raise SalesforceError("INVALIDJOBSTATE", "A query job can only be set to Aborted")
    if job.state == "JobComplete":
        raise SalesforceError("INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
    job.state = "Aborted"
    return answer(job.describe())


def delete(call: Call) -> Response:
    """DELETE: only a job that has come to an end."""
    job = call.service.jobs.query(call.params["job"])
    if job.state == "UploadComplete":
        raise SalesforceError("INVALIDJOBSTATE", "Deleting an unfinished job is not allowed")
    del call.service.jobs.queries[job.id]
    return no_content()


def results(call: Call) -> Response:
    """GET: a page of the rows as CSV, with the locator of the next in a header."""
    job = _completed(call)
    if job.state != "JobComplete":
        raise SalesforceError("INVALIDJOBSTATE", f"The job is {job.state}: it has no results")
    start = _start(call.query.get("locator", ""))
    number = call.query.get("maxRecords", "")
    end = start + (int(number) if number.isdigit() and int(number) else _DEFAULT_RECORDS)
    columns = job.result.columns
    rows = job.result.rows[start:end]
    cells = ([as_cell(c.read(row), c.field.type) for c in columns] for row in rows)
    text = job.form.write([column.path for column in columns], cells)
    more = end < len(job.result.rows)
    headers = {
        "Sforce-Locator": base64.b64encode(str(end).encode()).decode() if more else "null",
        "Sforce-NumberOfRecords": str(len(rows)),
        "Content-Type": "text/csv;charset=UTF-8",
    }
    return Response(text, HTTPStatus.OK, headers)


def _completed(call: Call) -> QueryJob:
    job = call.service.jobs.query(call.params["job"])
    if job.state == "UploadComplete":
        job.state, job.changed_at = "JobComplete", call.org.now()
    return job


def _start(locator: str) -> int:
    if locator in {"", "null"}:
        return 0
    try:
        start = int(base64.b64decode(locator, validate=True))
    except (binascii.Error, ValueError):
        start = -1
    if start < 0:
        raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return start
