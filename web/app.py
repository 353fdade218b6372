"""The web application, put together: which addresses there are, and what each may do."""

from __future__ import annotations

from fastapi import FastAPI

from goodword.wiring import Wiring
from web import health, hooks


def create_app(wired: Wiring) -> FastAPI:
    """Build the application over one process's wiring; nothing is reached yet."""
    app = FastAPI(title="Goodword", openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(health.router(wired))
    app.include_router(hooks.router(wired))
    return app
