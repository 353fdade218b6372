"""The control plane under /sandbox: faults, the clock, and what changes from outside.

Not a part of any API that the sandbox stands in for; a test, or a person, steers with it.
"""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, Router

from sandbox.clock import NaiveInstantError
from sandbox.control_types import Control, ControlError
from sandbox.faults import Fault
from sandbox.pages import page
from sandbox.salesforce.conversion import convert
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.org import UnknownObjectError, UnknownRecordError
from sandbox.stripe import billing_controls
from sandbox.stripe import controls as stripe_controls
from sandbox.stripe.errors import StripeError
from sandbox.world import World


def router(world: World) -> Router:
    """GET / and every route under /sandbox."""
    return Router(
        [
            Route("/", _first_page(world)),
            Route("/sandbox/imports/{kind}.csv", _import(world)),
            *(
                Route(path, _control(world, control), methods=[method])
                for (method, path), control in _CONTROLS.items()
            ),
        ]
    )


def _control(world: World, control: Control) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        try:
            body = await request.json() if await request.body() else {}
            # In a thread: moving the clock does the work that waited for it, which takes locks.
            answer = await run_in_threadpool(control, world, request, body)
        except (UnknownObjectError, UnknownRecordError) as error:
            return JSONResponse({"error": str(error)}, 404)
        except SalesforceError as error:
            return JSONResponse({"error": str(error)}, 400)
        except StripeError as error:
            return JSONResponse({"error": error.message}, error.status)
        except (ValueError, TypeError, KeyError) as error:
            return JSONResponse({"error": f"{request.url.path}: {error}"}, 400)
        return JSONResponse(answer)

    return serve


def _add_fault(world: World, _: Request, body: Any) -> Any:
    known = {field.name for field in fields(Fault)}
    unknown = sorted(set(body) - known)
    if unknown or not {"api", "kind"} <= set(body):
        raise ControlError(
            f"a fault takes {', '.join(sorted(known))}, of which api and kind are needed; "
            f"this one has {', '.join(sorted(body)) or 'nothing'}"
        )
    world.faults.add(Fault(**body))
    return _list_faults(world, _, body)


def _list_faults(world: World, _: Request, __: Any) -> Any:
    return [{**asdict(fault), "fired": fired} for fault, fired in world.faults.list()]


def _clear_faults(world: World, _: Request, __: Any) -> Any:
    world.faults.clear()
    return []


def _show_clock(world: World, _: Request, __: Any) -> Any:
    return {"now": world.clock.now().isoformat(), "frozen": world.clock.frozen}


def _move_clock(world: World, request: Request, body: Any) -> Any:
    match body:
        case {"now": str(instant), **rest} if not rest:
            world.clock.set(datetime.fromisoformat(instant))
        case {"advance_seconds": int() | float() as seconds, **rest} if not rest:
            world.clock.advance(timedelta(seconds=seconds))
        case {"resume": True, **rest} if not rest:
            world.clock.resume()
        case _:
            raise ControlError(
                'the clock takes one of {"now": "2026-06-30T02:00:00Z"}, '
                f'{{"advance_seconds": 90000}}, {{"resume": true}}; this was {body!r}'
            )
    return _show_clock(world, request, body)


def _show_company(world: World, _: Request, __: Any) -> Any:
    company = world.company
    return {
        "name": company.name,
        "org_id": company.org_id,
        "business_date": company.business_date.isoformat() if company.business_date else None,
        "rows": {name: len(rows) for name, rows in company.tables.items()},
        "imports": sorted(company.imports),
        "stripe_accounts": len(company.stripe_accounts),
        "stripe_customers": len(company.stripe_customers),
    }


def _show_calls(world: World, request: Request, _: Any) -> Any:
    wanted = request.query_params.get("api")
    return [
        {"api": api, "method": method, "path": path, "count": count}
        for (api, method, path), count in sorted(world.calls.items())
        if wanted in (None, api)
    ]


def _put_records(world: World, request: Request, body: Any) -> Any:
    if not isinstance(body, list) or not all(isinstance(r, dict) and r.get("Id") for r in body):
        raise ControlError("records are a JSON list of objects, each with its Id")
    rows = [{name: _text(value) for name, value in record.items()} for record in body]
    with world.lock:
        world.salesforce.put_raw(request.path_params["object"], rows)
    return {"upserted": len(rows)}


def _text(value: Any) -> str | None:
    """A JSON value as the string that a Data Loader export has for it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _delete_record(world: World, request: Request, _: Any) -> Any:
    at = request.query_params.get("at")
    instant = datetime.fromisoformat(at) if at else None
    if instant is not None and instant.tzinfo is None:
        raise NaiveInstantError(instant)
    name, identifier = request.path_params["object"], request.path_params["id"]
    with world.lock:
        world.salesforce.soft_delete(name, identifier, instant)
    return {"deleted": identifier}


def _drop_field(world: World, request: Request, _: Any) -> Any:
    with world.lock:
        world.salesforce.drop_field(request.path_params["object"], request.path_params["field"])
    return {"dropped": request.path_params["field"]}


def _hide_object(world: World, request: Request, _: Any) -> Any:
    with world.lock:
        world.salesforce.hide_object(request.path_params["object"])
    return {"hidden": request.path_params["object"]}


def _add_field(world: World, request: Request, body: Any) -> Any:
    name, field = request.path_params["object"], request.path_params["field"]
    with world.lock:
        world.salesforce.add_field(name, field, body.get("type", "string"))
    return {"added": field}


def _convert_lead(world: World, request: Request, body: Any) -> Any:
    unknown = sorted(set(body) - {"account_id", "opportunity_name"})
    if unknown:
        raise ControlError(f"{', '.join(unknown)}: only account_id, opportunity_name can be given")
    with world.lock, world.salesforce.transaction():
        return convert(
            world.salesforce,
            request.path_params["id"],
            body.get("account_id"),
            body.get("opportunity_name"),
        )


_CONTROLS: dict[tuple[str, str], Control] = {
    ("POST", "/sandbox/faults"): _add_fault,
    ("GET", "/sandbox/faults"): _list_faults,
    ("DELETE", "/sandbox/faults"): _clear_faults,
    ("GET", "/sandbox/clock"): _show_clock,
    ("POST", "/sandbox/clock"): _move_clock,
    ("GET", "/sandbox/company"): _show_company,
    ("GET", "/sandbox/calls"): _show_calls,
    ("POST", "/sandbox/salesforce/records/{object}"): _put_records,
    ("DELETE", "/sandbox/salesforce/records/{object}/{id}"): _delete_record,
    ("POST", "/sandbox/salesforce/leads/{id}/convert"): _convert_lead,
    ("DELETE", "/sandbox/salesforce/objects/{object}"): _hide_object,
    ("DELETE", "/sandbox/salesforce/fields/{object}/{field}"): _drop_field,
    ("PUT", "/sandbox/salesforce/fields/{object}/{field}"): _add_field,
    **stripe_controls.CONTROLS,
    **billing_controls.CONTROLS,
}


def _import(world: World) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        kind = request.path_params["kind"]
        text = world.company.imports.get(kind)
        if text is None:
            there = ", ".join(sorted(world.company.imports)) or "none"
            message = f"this company has no import {kind!r}; it has: {there}"
            return JSONResponse({"error": message}, 404)
        return Response(text, media_type="text/csv")

    return serve


def _first_page(world: World) -> Callable[[Request], Response]:
    def serve(_: Request) -> Response:
        return HTMLResponse(page("Goodword sandbox", _first_page_body(world)))

    return serve


def _first_page_body(world: World) -> str:
    now = world.clock.now().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    stands = " (standing still)" if world.clock.frozen else ""
    with world.stripe.lock:
        transfers = len(world.stripe.transfers)
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{len(table)}</td></tr>"
        for name, table in world.company.tables.items()
    )
    return (
        "<p>Local stand-ins for Salesforce (<code>/services</code>), Stripe (<code>/v1</code>) and "
        "a mail server. Nothing here reaches the Internet, and no money moves; everything is "
        "forgotten when it stops.</p><ul>"
        f'<li><a href="/mail">Mailbox</a>: {len(world.mailbox.messages)} mails</li>'
        f'<li><a href="/sandbox/stripe/transfers">Transfers</a>: {transfers}</li>'
        f'<li><a href="/sandbox/clock">Clock</a>: {now}{stands}</li>'
        f'<li><a href="/sandbox/faults">Faults</a>: {len(world.faults.list())}</li>'
        '<li><a href="/sandbox/calls">Calls received</a></li></ul>'
        f"<h2>{html.escape(world.company.name)}</h2>"
        f"<table><tr><th>Object<th>Rows loaded</tr>{rows}</table>"
    )
