"""The pages of the console, by what they are for. A new page is one line here."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Depends, FastAPI

from web import rendering, visits
from web.console import (
    account,
    audit,
    bank_files,
    carried,
    delegations,
    disputes,
    explained,
    figures,
    home,
    messages,
    new_registrations,
    notices,
    participants,
    payouts,
    program,
    provider,
    quarantine,
    reconciliation,
    refunds,
    registration_questions,
    registrations,
    reversals,
    reward_lists,
    rewards,
    routed,
    search,
    sign_in,
    staff,
)
from web.console.page import Page
from web.visits import Visit


@dataclass(frozen=True)
class Section:
    """Pages that one kind of work goes by, one beside the other in the navigation."""

    title: str
    pages: tuple[Page, ...]

    def open_to(self, visit: Visit) -> list[Page]:
        """Return those that the navigation shows to somebody."""
        return [page for page in self.pages if page.title and visit.may(page.action)]


SECTIONS = (
    Section("Home", (home.PAGE, figures.PAGE)),
    Section("Approvals", (reward_lists.PAGE, rewards.PAGE, delegations.PAGE)),
    Section(
        "Claims",
        (
            registrations.PAGE,
            registration_questions.QUESTIONS,
            registration_questions.REQUESTS,
            new_registrations.PAGE,
            routed.PAGE,
            disputes.PAGE,
        ),
    ),
    Section(
        "Money",
        (
            payouts.PAGE,
            carried.PAGE,
            refunds.PAGE,
            reversals.PAGE,
            reconciliation.PAGE,
            bank_files.PAGE,
        ),
    ),
    Section("People", (participants.PAGE, messages.PAGE, notices.PAGE, staff.PAGE)),
    Section("Records", (quarantine.PAGE, program.PAGE, audit.PAGE)),
)
"""The navigation: a line of sections, and below it the pages of the one where somebody is."""

_ELSEWHERE = (search.PAGE, explained.PAGE, account.PAGE)
"""Pages that every page leads to."""

PAGES = tuple(
    sorted(
        (*(page for section in SECTIONS for page in section.pages), *_ELSEWHERE),
        key=lambda page: -page.path.count("/"),
    )
)
"""All of them, in the order in which addresses are tried: “list” is the number of no reward."""

SIGNING_IN = (sign_in.PAGE, provider.PAGE, sign_in.FACTOR, sign_in.PASSWORD, sign_in.OUT)


def add_to(app: FastAPI) -> None:
    """Add every page: each form is checked, and each of PAGES is only for who is signed in."""
    form = Depends(visits.own_form)
    for page in SIGNING_IN:
        app.include_router(page.router, prefix=page.address, dependencies=[form])
    for page in PAGES:
        needs = [form, Depends(visits.signed_in)]
        app.include_router(page.router, prefix=page.address, dependencies=needs)
    rendering.environment().globals |= {"sections": SECTIONS, "page_at": page_at}


def page_at(path: str) -> Page | None:
    """Return the page of the navigation that an address belongs to, the nearest; None: none."""
    found = [page for page in PAGES if page.title and page.holds(path)]
    return max(found, key=lambda page: len(page.path), default=None)
