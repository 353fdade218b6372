"""Rewards that are due and cannot be paid, each with why: what is missing is repaired elsewhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from goodword.db.queries import lists
from web.console import fields
from web.console.page import Page
from web.visits import Reader

PAGE = Page("/rewards/carried", "Due, not paid")


@PAGE.router.get("")
def show(visit: Reader, after: Annotated[int, Query(ge=0, le=fields.LAST_ID)] = 0) -> Response:
    """Show what is due and waits for something, the oldest first."""
    with visit.transaction() as tx:
        rows = lists.rows_of(tx, "rewards carried", after=after, most=fields.ROWS)
    return visit.page("carried", rows=rows, after=fields.after([row["id"] for row in rows]))
