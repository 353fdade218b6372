"""Home: was last night fine, and what waits for whom."""

from __future__ import annotations

from fastapi import Response

from goodword.db.queries import status, waiting
from web.console.page import Page
from web.visits import Reader

PAGE = Page("", "Home")

LOOK_AT = {
    "goodword quarantine": "/console/quarantine",
    "goodword disputes list": "/console/disputes",
    "goodword registrations requests": "/console/registrations/requests",
    "goodword registrations questions": "/console/registrations/questions",
    "goodword registrations list --state conflicting": "/console/registrations?state=conflicting",
    "goodword registrations list --state submitted": "/console/registrations?state=submitted",
    "goodword rewards list": "/console/rewards",
    "goodword payouts list --failed": "/console/payouts",
    "goodword payouts list --state handed_over": "/console/payouts?state=handed_over",
    "goodword payouts differences": "/console/reconciliation",
    "goodword messages list": "/console/messages",
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
    return visit.page("home", night=night, stages=stages, waits=waits, look_at=LOOK_AT)
