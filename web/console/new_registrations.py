"""A claim that staff takes down for a partner, who called or wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Response

from goodword.actions import new_claims
from goodword.rules.registrations import EVIDENCE
from goodword.rules.rights import Action
from web.console import fields
from web.console.page import Page
from web.visits import Visit, allowed

PAGE = Page("/registrations/new", action=Action.DECIDE_CLAIMS)

Taker = Annotated[Visit, Depends(allowed(Action.DECIDE_CLAIMS))]
Day = Annotated[str, Form(max_length=10)]

_WRONG_INPUT = 400
_WITH_A_DAY = ("meeting", "discovery_call")
"""The kinds of evidence that happened on a day, and of which there is something to tell."""


@dataclass
class Taken:
    """What the partner says, as the form has it."""

    participant: fields.Name = ""
    company: fields.Name = ""
    domain: fields.Name = ""
    division: fields.Name = ""
    deal: fields.Name = ""
    evidence: Annotated[list[str] | None, Form(max_length=len(EVIDENCE))] = None
    met_on: Day = ""
    note: fields.Name = ""
    amount: Annotated[str, Form(max_length=40)] = ""
    close: Day = ""

    @property
    def pieces(self) -> str:
        """The evidence as a file of registrations has it; a semicolon would begin another piece."""
        told = f"={self.met_on}" if self.met_on else ""
        told += f": {self.note.replace(';', ',')}" if told and self.note else ""
        return ";".join(
            f"{kind}{told}" if kind in _WITH_A_DAY else kind for kind in self.evidence or ()
        )


@PAGE.router.get("")
def ask(visit: Taker, participant: fields.Asked = "") -> Response:
    """Ask what the partner says."""
    return _ask(visit, Taken(participant), ())


def _ask(visit: Visit, given: Taken, problems: tuple[str, ...], status: int = 200) -> Response:
    kinds = [(kind, kind in (given.evidence or ())) for kind in EVIDENCE]
    return visit.page("registration_new", status, given=given, kinds=kinds, problems=problems)


@PAGE.router.post("")
def take_down(visit: Taker, given: Annotated[Taken, Depends()]) -> Response:
    """Take the claim down; the next night decides it. The same words of one day are one claim."""
    said = (given.participant, given.company, given.domain, given.division, given.deal)
    expected, _, currency = given.amount.strip().partition(" ")
    submission = new_claims.Submission(
        new_claims.staff_key(*said, visit.today.isoformat()),
        *said,
        evidence=given.pieces,
        expected_amount=expected,
        currency=currency.strip(),
        expected_close_on=given.close,
    )
    door = new_claims.Door("staff", visit.actor, visit.today, visit.program.zone)
    with visit.transaction() as tx:
        answer = new_claims.submit(tx, submission, door)
    if isinstance(answer, new_claims.SubmissionRefused):
        return _ask(visit, given, answer.problems, _WRONG_INPUT)
    number = answer.registration_id
    news = "is submitted: the next night decides it" if answer.is_new else "was submitted before"
    return visit.go(f"/console/registrations/{number}", f"Registration {number} {news}.")
