"""The approval queue, and everything that an approver needs of one reward."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Form, Query, Response

from goodword.actions import approvals, deciders, withdrawals
from goodword.db.queries import approval_facts, approval_queue, lists
from goodword.money import Money
from goodword.rules import explanations
from goodword.rules.approval_filters import Filter, Wanted
from goodword.rules.delegations import DelegationRefused
from goodword.rules.rights import Action, needs_second_factor
from web import visits
from web.console import fields
from web.console.explained import story
from web.console.page import Page
from web.visits import Reader, Visit, allowed

PAGE = Page("/rewards", "Queue")


class NoSecondFactor(Exception):
    """Somebody stands in for an approver, and signed in with a password alone."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} signed in with a password alone, and money is released with a second factor: "
            "an administrator gives the role of approver, and with it the second factor."
        )


def _deciding(visit: Annotated[Visit, Depends(allowed(Action.READ))]) -> Visit:
    """Let in who may decide in somebody's place as well: the action says who that is.

    Raises:
        NoSecondFactor: nothing but a password says who they are.
    """
    session = visit.session
    proved = session.passed_factor or session.by_provider
    if not (proved or needs_second_factor(visit.member.roles)):
        raise NoSecondFactor(visit.actor)
    return visit


Decider = Annotated[Visit, Depends(_deciding)]


@dataclass
class Asked:
    """What of the queue is asked for, as the address says it; empty fields ask for everything."""

    kind: fields.Asked = ""
    participant: fields.Asked = ""
    incentive: fields.Asked = ""
    currency: fields.Asked = ""
    from_: Annotated[fields.Asked, Query(alias="from")] = ""
    below: fields.Asked = ""
    name: fields.Asked = ""
    days: fields.Asked = ""

    def chosen(self, today: date) -> Filter:
        """The same for the query. Raises what Wanted.read does."""
        return Wanted(**vars(self)).read(today)

    @property
    def given(self) -> list[tuple[str, str]]:
        """What is not empty, by the names that forms and addresses have for it."""
        return [(name.rstrip("_"), value) for name, value in vars(self).items() if value]

    @property
    def address(self) -> str:
        """The address of the page that asks so."""
        return PAGE.with_filters(dict(self.given))


Filters = Annotated[Asked, Depends()]


@PAGE.router.get("")
def queue(visit: Reader, asked: Filters, after: fields.After = None) -> Response:
    """Show what waits of what is asked for, oldest first, from `after` on."""
    with visit.transaction() as tx:
        which = approval_queue.looked_up(tx, asked.chosen(visit.today))
        rows = approval_queue.page(tx, which, after, fields.ROWS)
        totals = approval_queue.totals(tx, which)
        choices = approval_queue.choices(tx)
        barred, unclear = None, ""
        try:
            barred = deciders.barred(tx, visit.actor, [row.id for row in rows], visit.today)
        except DelegationRefused as refused:
            unclear = str(refused)
        lately = approval_facts.lately(tx, visit.actor)
    return visit.page(
        "rewards",
        rows=rows,
        totals=totals,
        choices=choices,
        barred=barred,
        unclear=unclear,
        lately=lately,
        asked=asked,
        after=fields.after([row.id for row in rows]),
    )


@PAGE.router.get("/{number}")
def show(visit: Reader, number: fields.Number) -> Response:
    """Show one reward: whose, what for, why, who has decided, who may."""
    with visit.transaction() as tx:
        found = lists.rows_of(tx, "reward", id=number)
        if not found:
            raise approvals.NoSuchReward(number)
        person = approval_facts.participant(tx, number)
        decisions = approval_facts.decisions(tx, number)
        sums = approval_facts.sums(tx, person.id)
        others = approval_facts.others(tx, person.id, number)
        who = deciders.of(tx, number, visit.today)
    told = story(visit, explanations.Kind.REWARD, number)
    return visit.page(
        "reward",
        reward=found[0],
        person=person,
        decisions=decisions,
        sums=sums,
        others=others,
        deciders=who,
        story=told,
    )


# Decisions --------------------------------------------------------------------------------------


@dataclass
class Given:
    """What the form of a decision brings: the amount that was seen, words, and where to go on."""

    amount_minor: Annotated[int, Form()]
    currency: Annotated[str, Form(max_length=3)]
    reason: fields.Words = ""
    note: fields.Words = ""
    acting_for: fields.Name = ""
    back: fields.Words = PAGE.address


Decision = Annotated[Given, Depends()]


@PAGE.router.post("/{number}/approve")
def approve(visit: Decider, number: fields.Number, given: Decision) -> Response:
    """Approve a reward of the amount that was seen."""
    return _decide(visit, number, given, approve=True)


@PAGE.router.post("/{number}/reject")
def reject(visit: Decider, number: fields.Number, given: Decision) -> Response:
    """Refuse a reward, with a reason that its participant may read."""
    return _decide(visit, number, given, approve=False)


def _decide(visit: Visit, number: int, given: Given, *, approve: bool) -> Response:
    seen = Money(given.amount_minor, given.currency)
    ruling = approvals.Ruling(
        number, visit.actor, approve, seen, given.reason, given.note, given.acting_for
    )
    with visit.transaction() as tx:
        state = approvals.decide(tx, ruling, visit.today)
    return visit.go(visits.own_path(given.back), approvals.said(ruling, state))


@PAGE.router.post("/{number}/withdraw")
def withdraw(
    visit: Decider, number: fields.Number, reason: fields.Words = "", acting_for: fields.Name = ""
) -> Response:
    """Take one's own decision back."""
    withdrawal = withdrawals.Withdrawal(number, visit.actor, reason, acting_for)
    with visit.transaction() as tx:
        withdrawals.withdraw(tx, withdrawal, visit.today)
    return visit.go(
        f"{PAGE.address}/{number}", f"Reward {number} waits again: your decision is no more."
    )
