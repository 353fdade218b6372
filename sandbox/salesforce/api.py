"""The org's API as routes: OAuth, REST and Bulk API 2.0."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from sandbox.salesforce import bulk_ingest, bulk_query, collections, records
from sandbox.salesforce.bulk_jobs import BulkJobs
from sandbox.salesforce.calls import (
    DAILY_REQUESTS,
    NEWEST_VERSION,
    OLDEST_VERSION,
    Call,
    Handler,
    Service,
    answer,
    dated,
    endpoint,
)
from sandbox.salesforce.cursors import Cursors, batch_size
from sandbox.salesforce.errors import SalesforceError, no_such_resource
from sandbox.salesforce.queries import run
from sandbox.salesforce.sessions import LogInError, Sessions
from sandbox.salesforce.soql import parse
from sandbox.world import World

_SEASONS = ("Winter", "Spring", "Summer")
_DATA = "/services/data/v{version}"


def router(world: World) -> Router:
    """Every route of the org's API, with absolute paths.

    Args:
        world: whose org, clock and faults are served.
    """
    org = world.salesforce
    service = Service(world, Sessions(org), Cursors(org), BulkJobs(org))
    routes = [
        Route("/services/oauth2/token", _token_endpoint(service), methods=["POST"]),
        Route("/services/data", _versions_endpoint(service), methods=["GET"]),
        Route("/services/data/", _versions_endpoint(service), methods=["GET"]),
        *(
            Route(_DATA + path + slash, endpoint(service, handler), methods=[method])
            for path, handlers in _HANDLERS.items()
            for method, handler in handlers.items()
            for slash in ("", "/")
        ),
    ]
    unknown = endpoint(service, _unknown)
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    routes.append(Route("/services/{path:path}", unknown, methods=methods))
    return Router(routes)


def _token_endpoint(service: Service) -> Callable[[Request], Awaitable[Response]]:
    async def token(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        authorization = request.headers.get("authorization", "")
        host, port = request.scope["server"]
        try:
            with service.world.lock:
                access, user_id = service.sessions.log_in(form, authorization, datetime.now(UTC))
                body = service.sessions.answer(access, user_id, f"http://{host}:{port}")
        except LogInError as error:
            return dated(service, answer(error.body, error.status))
        return dated(service, answer(body))

    return token


def _versions_endpoint(service: Service) -> Callable[[Request], Awaitable[Response]]:
    async def versions(_: Request) -> Response:
        numbers = range(OLDEST_VERSION, NEWEST_VERSION + 1)
        return dated(service, answer([_version(number) for number in numbers]))

    return versions


def _version(number: int) -> dict[str, str]:
    """Three releases a year: version 50.0 was Winter '21."""
    year, season = divmod(number - 50, len(_SEASONS))
    return {
        "label": f"{_SEASONS[season]} '{21 + year}",
        "url": f"/services/data/v{number}.0",
        "version": f"{number}.0",
    }


def _resources(call: Call) -> Response:
    base = f"/services/data/v{call.version}"
    names = ("sobjects", "query", "queryAll", "limits", "composite", "jobs")
    return answer({name: f"{base}/{name}" for name in names})


def _limits(call: Call) -> Response:
    used = call.service.requests[call.org.clock.now().date()]
    queries = len(call.service.jobs.queries)
    return answer(
        {
            "DailyApiRequests": {"Max": DAILY_REQUESTS, "Remaining": DAILY_REQUESTS - used},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000 - queries},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
        }
    )


def _record_counts(call: Call) -> Response:
    named = {name.lower() for name in call.query.get("sObjects", "").split(",") if name}
    tables = [call.org.table(kind.name) for kind in call.org.objects()]
    counts = [
        {"count": len(table.rows), "name": table.kind.name}
        for table in tables
        if table.rows and (not named or table.kind.name.lower() in named)
    ]
    return answer({"sObjects": counts})


def _query(call: Call, *, with_deleted: bool = False) -> Response:
    text = call.query.get("q")
    if text is None:
        raise SalesforceError("MALFORMED_QUERY", "A query string has to be specified")
    query = parse(text)
    result = run(call.org, query, call.view(with_deleted=with_deleted))
    if not query.paths:
        return answer({"totalSize": len(result.rows), "done": True, "records": []})
    batch = batch_size(call.headers.get("sforce-query-options", ""))
    return answer(call.service.cursors.first_page(result, batch, call.version))


def _query_all(call: Call) -> Response:
    return _query(call, with_deleted=True)


def _next_page(call: Call) -> Response:
    return answer(call.service.cursors.page(call.params["locator"], call.version))


def _unknown(_: Call) -> Response:
    raise no_such_resource()


_HANDLERS: dict[str, Mapping[str, Handler]] = {
    "": {"GET": _resources},
    "/limits": {"GET": _limits},
    "/limits/recordCount": {"GET": _record_counts},
    "/query": {"GET": _query},
    "/query/{locator}": {"GET": _next_page},
    "/queryAll": {"GET": _query_all},
    "/queryAll/{locator}": {"GET": _next_page},
    "/sobjects": {"GET": records.show_objects},
    "/sobjects/{object}": {"GET": records.show_object, "POST": records.create},
    "/sobjects/{object}/describe": {"GET": records.describe},
    "/sobjects/{object}/updated": {"GET": records.updated},
    "/sobjects/{object}/deleted": {"GET": records.deleted},
    "/sobjects/{object}/{record}": {
        "GET": records.show,
        "PATCH": records.update,
        "DELETE": records.delete,
    },
    "/sobjects/{object}/{field}/{value}": {"GET": records.show_by_key, "PATCH": records.upsert},
    "/composite/sobjects": {
        "POST": collections.create,
        "PATCH": collections.update,
        "DELETE": collections.delete,
    },
    "/composite/sobjects/{object}/{field}": {"PATCH": collections.upsert},
    "/jobs/query": {"GET": bulk_query.show_all, "POST": bulk_query.create},
    "/jobs/query/{job}": {
        "GET": bulk_query.show,
        "PATCH": bulk_query.abort,
        "DELETE": bulk_query.delete,
    },
    "/jobs/query/{job}/results": {"GET": bulk_query.results},
    "/jobs/ingest": {"GET": bulk_ingest.show_all, "POST": bulk_ingest.create},
    "/jobs/ingest/{job}": {
        "GET": bulk_ingest.show,
        "PATCH": bulk_ingest.change_state,
        "DELETE": bulk_ingest.delete,
    },
    "/jobs/ingest/{job}/batches": {"PUT": bulk_ingest.upload},
    "/jobs/ingest/{job}/{results}": {"GET": bulk_ingest.results},
}
