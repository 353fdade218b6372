"""Figures as pictures: where people would rather look than read; each is a table as well."""

from __future__ import annotations

from fastapi import Response

from goodword.db.queries import status
from web.console import pictures
from web.console.page import Page
from web.visits import Reader

PAGE = Page("/figures", "Figures")


@PAGE.router.get("")
def show(visit: Reader) -> Response:
    """Show every picture: what waits as of today, what nights did as of the last one."""
    with visit.transaction() as tx:
        until = status.newest_date(tx) or visit.today
        general = [
            pictures.ageing(tx, visit.today),
            pictures.speed(tx, until),
            pictures.days(tx, until),
            *pictures.nights(tx),
        ]
        money = pictures.money(tx, until)
    currencies = sorted(money, key=lambda one: (one != visit.program.currency, one))
    drawn = [general, *(money[currency] for currency in currencies)]
    return visit.page("figures", drawn=drawn)
