"""What people ask of registrations: which account one means, and requests for more days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Form, Response

from goodword.actions import account_questions, extensions
from goodword.actions import registrations as actions
from goodword.db.queries import account_questions as question_queries
from goodword.db.queries import extensions as extension_queries
from goodword.rules.registrations import RegistrationState as State
from goodword.rules.rights import Action
from web.console import fields
from web.console.page import Page
from web.console.registrations import Ruled
from web.visits import Reader, Visit, allowed

QUESTIONS = Page("/registrations/questions", "Account questions")
REQUESTS = Page("/registrations/requests", "More days")

Decider = Annotated[Visit, Depends(allowed(Action.DECIDE_CLAIMS))]


@QUESTIONS.router.get("")
def ask(visit: Reader) -> Response:
    """List the registrations of which matching cannot tell whether an account is meant."""
    with visit.transaction() as tx:
        rows = question_queries.unanswered(tx, fields.ROWS)
    registrations: dict[int, list[dict[str, Any]]] = {}
    for row in rows:  # in the order in which they were asked
        registrations.setdefault(row["registration_id"], []).append(row)
    is_cut = len(rows) == fields.ROWS
    return visit.page("registration_questions", registrations=registrations, is_cut=is_cut)


@dataclass
class Answer:
    """Whether a registration's company is the account, and how somebody knows."""

    account: fields.Name
    # No bool: of a form without the field FastAPI would make “false”, and that is an answer.
    is_same: Annotated[Literal["true", "false"], Form()]
    reason: fields.Words = ""


@QUESTIONS.router.post("/{number}")
def answer(visit: Decider, number: fields.Number, given: Annotated[Answer, Depends()]) -> Response:
    """Say whether it is that account; it is not asked again."""
    is_same = given.is_same == "true"
    answered = account_questions.Answered(number, given.account, is_same, given.reason, visit.actor)
    with visit.transaction() as tx:
        account_questions.answer(tx, answered, visit.today)
    about = f"{'' if is_same else 'not '}about account {given.account}"
    return visit.go(QUESTIONS.address, f"Registration {number} is {about}.")


@REQUESTS.router.get("")
def wishes(visit: Reader) -> Response:
    """List the requests for more days that wait for an answer, the first to end first."""
    with visit.transaction() as tx:
        rows = extension_queries.listed(tx, fields.ROWS)
    policy = visit.program.registrations
    return visit.page("registration_requests", rows=rows, most=fields.ROWS, policy=policy)


@REQUESTS.router.post("/{number}/grant")
def grant(visit: Decider, number: fields.Number, given: Annotated[Ruled, Depends()]) -> Response:
    """Extend a registration, as its partner asks."""
    ruling = actions.StaffRuling(
        number, State.EXTENDED, given.reason, visit.actor, seen=given.as_seen()
    )
    program = visit.program
    with visit.transaction() as tx:
        actions.decide(tx, ruling, program.registrations, program.time_zone, visit.today)
    return visit.go(REQUESTS.address, f"Registration {number} is extended.")


@REQUESTS.router.post("/{number}/refuse")
def refuse(visit: Decider, number: fields.Number, reason: fields.Words = "") -> Response:
    """Refuse more days; the registration stands through its last day."""
    with visit.transaction() as tx:
        extensions.refuse(tx, extensions.Refusal(number, reason, visit.actor), visit.today)
    said = f"More days are refused for registration {number}; it stands through its last day."
    return visit.go(REQUESTS.address, said)
