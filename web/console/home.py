"""Home: was last night fine, and what waits for whom."""

from __future__ import annotations

from datetime import date

from fastapi import Response
from sqlalchemy import Connection

from goodword.db.queries import status, waiting
from web.console import figures, pictures
from web.console.page import Page
from web.console.pictures import Picture
from web.visits import Reader, Visit

PAGE = Page("", "Last night")

LOOK_AT = {
    "goodword quarantine": "/console/quarantine",
    "goodword disputes list": "/console/disputes",
    "goodword registrations requests": "/console/registrations/requests",
    "goodword registrations questions": "/console/registrations/questions",
    "goodword registrations list --state conflicting": "/console/registrations?state=conflicting",
    "goodword registrations list --state submitted": "/console/registrations?state=submitted",
    "goodword rewards list": "/console/rewards",
    "goodword rewards list --carried": "/console/rewards/carried",
    "goodword refunds list --open": "/console/refunds",
    "goodword refunds events": "/console/refunds#events",
    "goodword doctor; goodword registrations routed": "/console/registrations/routed",
    "goodword payouts list --failed": "/console/payouts",
    "goodword payouts list --state handed_over": "/console/payouts?state=handed_over",
    "goodword payouts differences": "/console/reconciliation",
    "goodword messages list": "/console/messages",
    "goodword notices list": "/console/notices",
}
"""The page of the console that shows what a command shows; a page that is added adds its line."""


@PAGE.router.get("")
def home(visit: Reader) -> Response:
    """Show the last night, stage by stage, and what waits for a person."""
    policy = visit.program.registrations
    with visit.transaction() as tx:
        night = status.last_night(tx)
        stages = status.stages_of(tx, night.id) if night else []
        waits = waiting.waiting(tx, policy, visit.now)
        drawn = _pictures(tx, visit, night.business_date) if night else []
    return visit.page(
        "home",
        night=night,
        stages=stages,
        waits=waits,
        look_at=LOOK_AT,
        drawn=drawn,
        figures=figures.PAGE.address,
    )


def _pictures(tx: Connection, visit: Visit, until: date) -> list[Picture]:
    """Return what is shown small: money in the program's currency, or in the first there is."""
    by_currency = pictures.money(tx, until)
    first = next(iter(by_currency.values()), [])
    drawn = [
        pictures.ageing(tx, visit.today),
        pictures.speed(tx, until),
        *pictures.nights(tx),
        *by_currency.get(visit.program.currency, first),
    ]
    return [one for one in drawn if not one.is_empty]
