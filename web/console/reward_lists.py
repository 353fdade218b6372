"""One decision on a list of rewards: shown with its total, and confirmed as it was shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Form, Query, Response

from goodword.actions import bulk_decisions
from goodword.actions.bulk_decisions import Bulk, ListChanged, Preview
from goodword.money import Money
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
    return visit.go(rewards.PAGE.address, bulk_decisions.said(outcomes))


def _show(
    visit: Visit, asked: rewards.Asked, bulk: Bulk, wrong: str = "", status: int = 200
) -> Response:
    with visit.transaction() as tx:
        shown = bulk_decisions.preview(tx, bulk, visit.today)
    largest = sorted(shown.rows, key=lambda row: (-row.amount_minor, row.id))[:_SHOWN]
    return visit.page(
        "reward_list",
        status,
        shown=shown,
        largest=largest,
        left_out=list(shown.left_out.items())[:_SHOWN],
        groups=_groups(shown),
        asked=asked,
        bulk=bulk,
        wrong=wrong,
    )


def _groups(shown: Preview) -> list[tuple[str, int, list[Money]]]:
    """Return by incentive, of the most frequent ones, how many there are and their sums."""
    counts: Counter[str] = Counter(row.incentive for row in shown.rows)
    sums: Counter[tuple[str, str]] = Counter()
    for row in shown.rows:
        sums[row.incentive, row.currency] += row.amount_minor
    return [
        (
            name,
            count,
            [Money(minor, code) for (by, code), minor in sorted(sums.items()) if by == name],
        )
        for name, count in counts.most_common(_GROUPS)
    ]
