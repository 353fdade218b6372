"""The Bulk API 2.0 jobs of an org, and the CSV that they speak.

Source: Salesforce, "Bulk API 2.0 and Bulk API Developer Guide".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce.errors import SalesforceError, no_such_resource
from sandbox.salesforce.ids import new_id
from sandbox.salesforce.org import Org
from sandbox.salesforce.queries import Result

DELIMITERS = {
    "COMMA": ",",
    "TAB": "\t",
    "PIPE": "|",
    "SEMICOLON": ";",
    "CARET": "^",
    "BACKQUOTE": "`",
}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


@dataclass(frozen=True)
class Format:
    """How a job's CSV is written."""

    delimiter: str = "COMMA"
    line_ending: str = "LF"

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> Format:
        """The format that a job's creation asks for.

        Raises:
            SalesforceError: API_ERROR, for a delimiter or line ending that there is not.
        """
        delimiter, ending = request.get("columnDelimiter", "COMMA"), request.get("lineEnding", "LF")
        form = cls(str(delimiter), str(ending))
        if form.delimiter not in DELIMITERS or form.line_ending not in LINE_ENDINGS:
            raise SalesforceError("API_ERROR", "Value does not match expected type")
        if request.get("contentType", "CSV") != "CSV":
            raise SalesforceError("API_ERROR", "Only the contentType CSV is supported")
        return form

    def write(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
        """A CSV, every cell in quotes, its header first."""
        text = io.StringIO()
        writer = csv.writer(
            text,
            delimiter=DELIMITERS[self.delimiter],
            lineterminator=LINE_ENDINGS[self.line_ending],
            quoting=csv.QUOTE_ALL,
        )
        writer.writerow(header)
        writer.writerows(rows)
        return text.getvalue()

    def read(self, text: str) -> tuple[list[str], list[list[str]]]:
        """The header and the rows of an uploaded CSV.

        Raises:
            csv.Error: it is no CSV.
        """
        delimiter = DELIMITERS[self.delimiter]
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [row for row in reader if row]
        return (rows[0], rows[1:]) if rows else ([], [])


@dataclass
class Job:
    """What query and ingest jobs have in common."""

    id: str
    operation: str
    object_name: str
    form: Format
    created_at: str
    created_by: str
    changed_at: str
    version: str
    state: str

    def describe(self) -> dict[str, Any]:
        """The job as the API shows it."""
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.object_name,
            "createdById": self.created_by,
            "createdDate": self.created_at,
            "systemModstamp": self.changed_at,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.form.line_ending,
            "columnDelimiter": self.form.delimiter,
        }


@dataclass
class QueryJob(Job):
    """A bulk query: its rows are those of the moment it was created."""

    result: Result

    def describe(self) -> dict[str, Any]:
        """The job as the API shows it; how much it found once it is complete."""
        shown = {**super().describe(), "jobType": "V2Query"}
        if self.state == "JobComplete":
            shown |= {
                "numberRecordsProcessed": len(self.result.rows),
                "retries": 0,
                "totalProcessingTime": 0,
            }
        return shown


@dataclass
class IngestJob(Job):
    """A bulk write: an upload, then what became of each of its rows."""

    external_id_field: str | None = None
    upload: str | None = None
    error: str | None = None
    header: list[str] = field(default_factory=list)
    # [Id, "true" if created, cells…], [Id or "", error, cells…], [cells…]
    successful: list[list[str]] = field(default_factory=list)
    failed: list[list[str]] = field(default_factory=list)
    unprocessed: list[list[str]] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """The job as the API shows it."""
        shown = {
            **super().describe(),
            "jobType": "V2Ingest",
            "contentUrl": f"services/data/v{self.version}/jobs/ingest/{self.id}/batches",
            "numberRecordsProcessed": len(self.successful) + len(self.failed),
            "numberRecordsFailed": len(self.failed),
            "retries": 0,
            "totalProcessingTime": 0,
            "apiActiveProcessingTime": 0,
            "apexProcessingTime": 0,
        }
        if self.external_id_field:
            shown["externalIdFieldName"] = self.external_id_field
        if self.error:
            shown["errorMessage"] = self.error
        return shown


@dataclass
class BulkJobs:
    """Every job that was created and not deleted.

    Args:
        org: whose jobs these are.
    """

    org: Org
    queries: dict[str, QueryJob] = field(default_factory=dict)
    ingests: dict[str, IngestJob] = field(default_factory=dict)
    created: int = 0

    def common(self, request: Mapping[str, Any], object_name: str, version: str) -> dict[str, Any]:
        """The fields that every new job begins with, but for its state."""
        self.created += 1
        now = self.org.now()
        return {
            "id": new_id("750", self.created),
            "operation": request["operation"],
            "object_name": object_name,
            "form": Format.of(request),
            "created_at": now,
            "created_by": self.org.user_id,
            "changed_at": now,
            "version": version,
        }

    def query(self, job_id: str) -> QueryJob:
        """A query job.

        Raises:
            SalesforceError: NOT_FOUND.
        """
        if job_id not in self.queries:
            raise no_such_resource()
        return self.queries[job_id]

    def ingest(self, job_id: str) -> IngestJob:
        """An ingest job.

        Raises:
            SalesforceError: NOT_FOUND.
        """
        if job_id not in self.ingests:
            raise no_such_resource()
        return self.ingests[job_id]
