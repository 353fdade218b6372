"""The web application, put together: which addresses there are, and what each may do."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from goodword.wiring import Wiring
from web import health, hooks, refusals, rendering
from web.console import pages
from web.guards import Guards


def create_app(wired: Wiring) -> FastAPI:
    """Build the application over one process's wiring; nothing is reached yet."""
    app = FastAPI(
        title="Goodword", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.wired = wired
    app.add_middleware(Guards, over_tls=wired.settings.base_url.startswith("https://"))
    app.include_router(health.router(wired))
    app.include_router(hooks.router(wired))
    app.add_exception_handler(HTTPException, refusals.not_there)
    app.mount("/static", StaticFiles(directory=rendering.STATIC))
    pages.add_to(app)
    app.add_api_route(
        "/", _to_the_console, response_class=RedirectResponse, status_code=307, methods=["GET"]
    )
    return app


def _to_the_console() -> Response:
    return RedirectResponse("/console")
