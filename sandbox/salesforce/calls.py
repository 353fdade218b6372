"""One request to the org's API: who may make it, what it carries, and how it is answered."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sandbox.salesforce import errors
from sandbox.salesforce.bulk_jobs import BulkJobs
from sandbox.salesforce.cursors import Cursors
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.org import Org
from sandbox.salesforce.queries import View
from sandbox.salesforce.sessions import Sessions
from sandbox.salesforce.tables import LAST, Table
from sandbox.salesforce.values import instant, stamp
from sandbox.world import World

DAILY_REQUESTS = 100_000
OLDEST_VERSION, NEWEST_VERSION = 50, 66
_JSON = "application/json;charset=UTF-8"


@dataclass
class Service:
    """What the API keeps between requests, beside the org itself."""

    world: World
    sessions: Sessions
    cursors: Cursors
    jobs: BulkJobs
    requests: Counter[date] = field(default_factory=Counter)

    @property
    def org(self) -> Org:
        """The org that is served."""
        return self.world.salesforce

    def limit_info(self) -> str:
        """The Sforce-Limit-Info header: requests of the sandbox's day, and how many it may be."""
        return f"api-usage={self.requests[self.org.clock.now().date()]}/{DAILY_REQUESTS}"


@dataclass(frozen=True)
class Call:
    """One request whose sender is logged in."""

    service: Service
    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def org(self) -> Org:
        """The org that is served."""
        return self.service.org

    @property
    def version(self) -> str:
        """The API version in the path, such as 59.0."""
        return self.params["version"]

    def table(self) -> Table:
        """The table of the object in the path.

        Raises:
            SalesforceError: NOT_FOUND.
        """
        table = self.org.find_table(self.params["object"])
        if table is None:
            raise errors.no_such_resource()
        return table

    def json(self) -> Any:
        """The body, its numbers exact.

        Raises:
            SalesforceError: JSON_PARSER_ERROR.
        """
        try:
            return json.loads(self.body, parse_float=Decimal)
        except ValueError as error:
            raise SalesforceError("JSON_PARSER_ERROR", f"Unexpected character: {error}") from error

    def json_object(self) -> dict[str, Any]:
        """The body, which must be a JSON object.

        Raises:
            SalesforceError: JSON_PARSER_ERROR.
        """
        value = self.json()
        if not isinstance(value, dict):
            raise SalesforceError(
                "JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object"
            )
        return value

    def view(self, *, with_deleted: bool = False) -> View:
        """What this request may see: all that is committed, and the recycle bin if asked for."""
        return View(with_deleted=with_deleted, late=frozenset(self.late_rows()))

    def late_rows(self) -> dict[str, str]:
        """Id and stamp of each row that is stamped, but not yet committed (fault late_row)."""
        late: dict[str, str] = {}
        now = self.org.clock.now()
        for fault, _ in self.service.world.faults.list():
            if fault.kind != "late_row":
                continue
            delay = timedelta(seconds=fault.seconds)
            for kind in self.org.objects():
                for row in self.org.table(kind.name).between(stamp(now - delay), LAST):
                    record_id, stamped = str(row["Id"]), row["SystemModstamp"]
                    if type(stamped) is not str or instant(stamped) + delay <= now:
                        continue
                    if fault.matches(self.method, record_id):
                        late[record_id] = stamped
        return late

    def refuse_if_locked(self, record_id: str) -> None:
        """Let the fault locked_row strike a write of one record.

        Raises:
            SalesforceError: UNABLE_TO_LOCK_ROW.
        """
        path = self.path if record_id in self.path else f"{self.path}/{record_id}"
        faults = self.service.world.faults
        if faults.take("salesforce", self.method, path, {"locked_row"}):
            raise errors.locked_row(record_id)


Handler = Callable[[Call], Response]


def answer(content: Any, status: int = HTTPStatus.OK) -> Response:
    """A JSON answer."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return Response(text, status, media_type=_JSON)


def no_content() -> Response:
    """The answer to a write that has nothing to tell."""
    return Response(status_code=HTTPStatus.NO_CONTENT)


def endpoint(service: Service, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A handler as Starlette calls it: the log-in is checked, refusals become answers.

    The work is done on a worker thread under the world's lock, so that a held request holds up
    no other.
    """

    async def handle(request: Request) -> Response:
        body = await request.body()
        response = await run_in_threadpool(_work, service, handler, request, body)
        response.headers["Sforce-Limit-Info"] = service.limit_info()
        return dated(service, response)

    return handle


def dated(service: Service, response: Response) -> Response:
    """The response with the sandbox's time as its Date."""
    response.headers["Date"] = format_datetime(service.org.clock.now(), usegmt=True)
    return response


def _work(service: Service, handler: Handler, request: Request, body: bytes) -> Response:
    call = Call(
        service=service,
        method=request.method,
        path=request.url.path,
        params=request.path_params,
        query=request.query_params,
        headers=request.headers,
        body=body,
    )
    with service.world.lock:
        try:
            _admit(call)
            return handler(call)
        except SalesforceError as error:
            return answer(error.body(), error.status)


def _admit(call: Call) -> None:
    """Count the request; refuse it without a live session, within the limit, at this version."""
    service = call.service
    token = service.sessions.use(call.headers.get("authorization", ""))
    faults = service.world.faults
    if faults.take("salesforce", call.method, call.path, {"expired_session"}):
        service.sessions.revoke(token)
        raise errors.expired_session()
    today = call.org.clock.now().date()
    service.requests[today] += 1
    limited = faults.take("salesforce", call.method, call.path, {"request_limit"})
    if limited or service.requests[today] > DAILY_REQUESTS:
        raise errors.request_limit()
    version = call.params.get("version")
    if version is not None and not _is_version(version):
        raise errors.no_such_resource()


def _is_version(text: str) -> bool:
    whole, _, minor = text.partition(".")
    return minor == "0" and whole.isdigit() and OLDEST_VERSION <= int(whole) <= NEWEST_VERSION
