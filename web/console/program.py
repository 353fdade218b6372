"""The program: its rules as sentences, and what two versions do not say alike."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from goodword.db.queries import programs as queries
from goodword.program import by_heading, differences
from web.console.page import Page
from web.visits import Reader

PAGE = Page("/program", "Program")

Number = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@PAGE.router.get("")
def show(visit: Reader, version: Number = None) -> Response:
    """Show the rules of a version, the newest where none is asked for."""
    with visit.transaction() as tx:
        published = queries.versions(tx)
        chosen = queries.version(tx, version)
    rules = by_heading(visit.wired.program(chosen.source))
    return visit.page("program", published=published[::-1], chosen=chosen, rules=rules)


@PAGE.router.get("/differences")
def compare(visit: Reader, after: Number = None, before: Number = None) -> Response:
    """Show by rule what two versions do not say alike; without numbers the newest two."""
    with visit.transaction() as tx:
        published = queries.versions(tx)
        new = queries.version(tx, after)
        old = queries.version(tx, before or max(new.number - 1, 1))
    found = differences(visit.wired.program(old.source), visit.wired.program(new.source))
    return visit.page(
        "program_differences", published=published[::-1], old=old, new=new, found=found
    )
