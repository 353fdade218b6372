"""One's own account: who one is here, and the code that proves it to the orchestrator's forms."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Form, Response

from goodword.actions import decision_codes, staff
from goodword.db.queries import approvals
from goodword.rules.rights import MAY, Action
from web.console.explained import LANGUAGES
from web.console.page import Page
from web.console.rewards import Decider
from web.visits import Reader, Visit, allowed

PAGE = Page("/account")

Anybody = Annotated[Visit, Depends(allowed(Action.READ))]


@PAGE.router.get("")
def show(visit: Reader) -> Response:
    """Show who is signed in, what they may do, and in whose place."""
    behind = _stands_in_for(visit)
    return visit.page(
        "account",
        behind=behind,
        may=[action for action in MAY if visit.may(action) and action is not Action.READ],
        languages=LANGUAGES,
        decides=visit.may(Action.DECIDE_REWARDS) or bool(behind),
    )


def _stands_in_for(visit: Visit) -> list[str]:
    known_as = {visit.member.name.lower(), visit.member.email.lower()}
    with visit.transaction() as tx:
        return sorted(approvals.delegators(tx, sorted(known_as), visit.today))


@PAGE.router.post("/language")
def write_in(visit: Anybody, locale: Annotated[str, Form(max_length=10)]) -> Response:
    """Write to them in another language from now on."""
    with visit.transaction() as tx:
        staff.write_in(tx, visit.actor, locale, visit.actor)
    return visit.go(PAGE.address, f"You are written to in {LANGUAGES.get(locale, locale)}.")


@PAGE.router.post("/code")
def give_code(visit: Decider) -> Response:
    """Give an approval code, shown this once: only its hash is kept."""
    with visit.transaction() as tx:
        issued = decision_codes.issue(tx, visit.actor, visit.today)
    return visit.page("approval_code", code=issued.code, until=issued.expires_at)
