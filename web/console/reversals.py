"""Taking a transfer back for what was clawed back of its rewards: shown first, then done."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Form, Response

from goodword.actions import reruns, reversals
from goodword.db.queries import reversals as queries
from goodword.money import Money
from goodword.rules.reversals import ReversalRefused
from goodword.rules.rights import Action
from web.console.fields import LAST_ID, Number
from web.console.page import Page
from web.console.payouts import NoReason, Reason, read
from web.visits import Visit, allowed

PAGE = Page("/payouts")

Reverser = Annotated[Visit, Depends(allowed(Action.REVERSE_PAYOUTS))]
Minor = Annotated[int, Form(ge=1, le=LAST_ID)]
Currency = Annotated[str, Form(max_length=3)]


@PAGE.router.get("/{number}/reversal")
def foresee(visit: Reverser, number: Number) -> Response:
    """Show what would come back of a payout, for which clawbacks; or why nothing would."""
    row = read(visit, number)
    try:
        with visit.transaction() as tx:
            planned = reversals.foresee(tx, number, visit.today)
            clawbacks = queries.clawbacks(tx, planned.reward_ids)
    except ReversalRefused as refusal:
        return visit.page("reversal", row=row, amount=None, clawbacks=[], why_not=str(refusal))
    return visit.page("reversal", row=row, amount=-planned.money, clawbacks=clawbacks, why_not="")


@PAGE.router.post("/{number}/reversal")
def ask(
    visit: Reverser, number: Number, amount_minor: Minor, currency: Currency, reason: Reason
) -> Response:
    """Ask for the amount that was seen; it is taken up as reruns are, and sent by the rail."""
    if not reason.strip():
        raise NoReason
    seen = Money(amount_minor, currency)
    wanted = reversals.Wanted(number, visit.actor, reason.strip(), seen)
    with visit.transaction() as tx:
        reversal = reversals.ask(tx, wanted, visit.today)
        reruns.ask(tx, [reversal], visit.actor)
    said = f"Taking {seen} of payout {number} back is asked for: it is payout {reversal}."
    return visit.go(f"/console/payouts/{reversal}", said)
