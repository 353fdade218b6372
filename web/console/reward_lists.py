"""One decision on a list of rewards: shown with its total, and confirmed as it was shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Form, Query, Response

from goodword.actions import bulk_decisions, voices
from goodword.actions.bulk_decisions import Bulk, ListChanged
from goodword.db.queries import approval_queue
from web.console import fields, rewards
from web.console.page import Page
from web.console.rewards import Decider, Filters
from web.visits import Reader, Visit

PAGE = Page("/rewards/list")

_SHOWN, _GROUPS = 50, 20
_CONFLICT = 409


class Decision(StrEnum):
    """What is decided on the whole list."""

    APPROVE = "approve"
    REJECT = "reject"


@PAGE.router.get("")
def preview(
    visit: Reader,
    asked: Filters,
    decision: Annotated[Decision, Query()] = Decision.APPROVE,
    acting_for: fields.Asked = "",
) -> Response:
    """Show what a decision on all that is asked for would do; nothing is changed."""
    bulk = Bulk(
        asked.chosen(visit.today), visit.actor, decision is Decision.APPROVE, acting_for=acting_for
    )
    return _show(visit, asked, bulk)


@dataclass
class Confirmed:
    """What the form below the list brings; `shown` is the digest of what was shown."""

    decision: Annotated[Decision, Form()]
    shown: Annotated[str, Form(max_length=64)]
    reason: fields.Words = ""
    note: fields.Words = ""
    acting_for: fields.Name = ""


@PAGE.router.post("")
def confirm(visit: Decider, asked: Filters, given: Annotated[Confirmed, Depends()]) -> Response:
    """Decide on the list that was shown, or show it again when it has changed."""
    bulk = Bulk(
        asked.chosen(visit.today),
        visit.actor,
        given.decision is Decision.APPROVE,
        given.reason,
        given.note,
        given.acting_for,
    )
    try:
        with visit.transaction() as tx:
            outcomes = bulk_decisions.decide(tx, bulk, given.shown, visit.today)
    except ListChanged as changed:
        return _show(visit, asked, bulk, str(changed), _CONFLICT)
    return visit.go(asked.address, bulk_decisions.said(outcomes))


def _show(
    visit: Visit, asked: rewards.Asked, bulk: Bulk, wrong: str = "", status: int = 200
) -> Response:
    shown, largest, groups = None, [], []
    with visit.transaction() as tx:
        places = voices.Voices(tx, visit.today).places(visit.actor)
        if bulk.acting_for or "" in places or len(places) <= 1:
            shown = bulk_decisions.preview(tx, bulk, visit.today)
            by_size = sorted(shown.rewards, key=lambda one: (-one.amount.minor, one.reward_id))
            largest = approval_queue.these(tx, [one.reward_id for one in by_size[:_SHOWN]])
            groups = approval_queue.by_incentive(tx, shown.numbers)[:_GROUPS]
    return visit.page(
        "reward_list",
        status,
        shown=shown,
        largest=sorted(largest, key=lambda row: (-row.amount_minor, row.id)),
        left_out=list(shown.left_out.items())[:_SHOWN] if shown else [],
        groups=groups,
        places=places,
        asked=asked,
        bulk=bulk,
        wrong=wrong,
    )
