"""First loads through Bulk API 2.0 query jobs.

simple-salesforce's own bulk client neither renews a session nor keeps the job's id and locator, so
the three calls are made here, over the same session. Results are kept for 7 days and each page is
named by job and locator: a page that breaks is asked for again.
Source: Salesforce, "Bulk API 2.0 and Bulk API Developer Guide", Query.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from goodword.adapters.crm import CrmRefused, CrmUnreachable

if TYPE_CHECKING:
    import requests
    from simple_salesforce.api import Salesforce as Client

    from goodword.adapters.salesforce_access import Patience

LONGEST_JOB_SECONDS = 3600
_FIRST_POLL_SECONDS, _LONGEST_POLL_SECONDS = 0.05, 5.0


@dataclass(frozen=True, slots=True)
class BulkPosition:
    """A place in the results of a job."""

    job_id: str
    locator: str


@dataclass(frozen=True, slots=True)
class BulkPage:
    """One page of results as raw records, and where the next one is; None: it is the last.

    `damaged` rows have another number of cells.
    """

    rows: list[dict[str, object]]
    damaged: list[dict[str, object]]
    next: BulkPosition | None


class BulkQuery:
    """Query jobs of one org."""

    def __init__(self, client: Client, patience: Patience, page_size: int) -> None:
        self._client = client
        self._patience = patience
        self._page_size = page_size
        self._jobs = f"{client.bulk2_url}query"

    def start(self, soql: str) -> BulkPosition:
        """Start a job that also returns deleted records, wait for it, return its beginning.

        A job whose creation was answered late is left to Salesforce: it reads and expires.

        Raises:
            CrmRefused: the query is refused, or the job failed or was aborted.
            CrmUnreachable: no answer, or the job is not done within an hour.
        """
        body = {"operation": "queryAll", "query": soql, "contentType": "CSV", "lineEnding": "LF"}
        job = self._patience.insist(lambda: self._session.post(self._jobs, json=body).json())
        self._wait(str(job["id"]))
        return BulkPosition(str(job["id"]), "")

    def page(self, position: BulkPosition, types: Mapping[str, str]) -> BulkPage:
        """Read the page at a position, each cell typed as its field is described.

        Raises:
            CrmRefused: Salesforce no longer keeps this position.
            CrmUnreachable: no whole page arrived, however often it was asked for.
        """
        return self._patience.insist(lambda: self._page(position, types))

    @property
    def _session(self) -> requests.Session:
        return self._client.session

    def _wait(self, job_id: str) -> None:
        wait, until = _FIRST_POLL_SECONDS, time.monotonic() + LONGEST_JOB_SECONDS
        while True:
            job = self._patience.insist(lambda: self._session.get(f"{self._jobs}/{job_id}").json())
            if job["state"] == "JobComplete":
                return
            if job["state"] in {"Failed", "Aborted"}:
                message = job.get("errorMessage") or "no reason given"
                raise CrmRefused(f"BULK_JOB_{job['state'].upper()}", f"{job_id}: {message}")
            if time.monotonic() > until:
                raise CrmUnreachable(f"bulk job {job_id} is still {job['state']} after an hour")
            time.sleep(wait)
            wait = min(wait * 2, _LONGEST_POLL_SECONDS)

    def _page(self, position: BulkPosition, types: Mapping[str, str]) -> BulkPage:
        params: dict[str, Any] = {"maxRecords": self._page_size}
        if position.locator:
            params["locator"] = position.locator
        response = self._session.get(
            f"{self._jobs}/{position.job_id}/results",
            params=params,
            headers={"Accept": "text/csv"},
        )
        rows, damaged = _parse(response.content, types)
        promised = response.headers.get("Sforce-NumberOfRecords")
        if promised is not None and int(promised) != len(rows) + len(damaged):
            raise CrmUnreachable(
                f"bulk job {position.job_id} sent {len(rows) + len(damaged)} of {promised} records",
            )
        locator = response.headers.get("Sforce-Locator", "null")
        after = None if locator in {"", "null"} else BulkPosition(position.job_id, locator)
        return BulkPage(rows, damaged, after)


def _parse(
    content: bytes, types: Mapping[str, str]
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Read CSV in UTF-8; an empty cell is null, since CSV knows no other."""
    try:
        lines = csv.reader(io.StringIO(content.decode(), newline=""))
        header = next(lines, [])
        convert = [(name, _CONVERT[types[name]]) for name in header if types.get(name) in _CONVERT]
        rows: list[dict[str, object]] = []
        damaged: list[dict[str, object]] = []
        for cells in lines:
            row: dict[str, object] = dict(zip(header, [cell or None for cell in cells]))  # noqa: B905 - counted below
            for name, typed in convert:
                row[name] = typed(row.get(name))
            (rows if len(cells) == len(header) else damaged).append(row)
    except (UnicodeDecodeError, csv.Error):
        raise CrmUnreachable("a bulk page arrived damaged: it is no CSV in UTF-8") from None
    return rows, damaged


def _boolean(cell: object) -> object:
    return _BOOLEANS.get(str(cell), cell)


def _number(cell: object) -> object:
    """Turn a cell into Decimal; what is no number stays, for the reader to name."""
    try:
        return cell if cell is None else Decimal(str(cell))
    except InvalidOperation:
        return cell


_BOOLEANS = {"true": True, "false": False}
_CONVERT: Mapping[str, Callable[[object], object]] = {
    "boolean": _boolean,
    "currency": _number,
    "double": _number,
    "percent": _number,
    "int": _number,
}
