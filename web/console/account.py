"""One's own account: who one is here, and the code that proves it to the orchestrator's forms."""

from __future__ import annotations

from fastapi import Response

from goodword.actions import decision_codes
from goodword.db.queries import approvals
from goodword.rules.rights import MAY, Action
from web.console.page import Page
from web.console.rewards import Decider
from web.visits import Reader, Visit

PAGE = Page("/account")


@PAGE.router.get("")
def show(visit: Reader) -> Response:
    """Show who is signed in, what they may do, and in whose place."""
    behind = _stands_in_for(visit)
    return visit.page(
        "account",
        behind=behind,
        may=[action for action in MAY if visit.may(action) and action is not Action.READ],
        decides=visit.may(Action.DECIDE_REWARDS) or bool(behind),
    )


def _stands_in_for(visit: Visit) -> list[str]:
    known_as = {visit.member.name.lower(), visit.member.email.lower()}
    with visit.transaction() as tx:
        return sorted(approvals.delegators(tx, sorted(known_as), visit.today))


@PAGE.router.post("/code")
def give_code(visit: Decider) -> Response:
    """Give an approval code, shown this once: only its hash is kept."""
    with visit.transaction() as tx:
        issued = decision_codes.issue(tx, visit.actor, visit.today)
    return visit.page("approval_code", code=issued.code, until=issued.expires_at)
