"""The pages of the console, in the order of the navigation. A new page is one line here."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from web import rendering, visits
from web.console import (
    account,
    audit,
    bank_files,
    delegations,
    disputes,
    explained,
    figures,
    home,
    messages,
    notices,
    participants,
    payouts,
    program,
    provider,
    quarantine,
    reconciliation,
    registration_questions,
    registrations,
    reversals,
    reward_lists,
    rewards,
    search,
    sign_in,
    staff,
)
from web.console.page import Page

PAGES: tuple[Page, ...] = (
    home.PAGE,
    # Before the rewards themselves: “list” is the number of none.
    reward_lists.PAGE,
    rewards.PAGE,
    delegations.PAGE,
    payouts.PAGE,
    reversals.PAGE,
    reconciliation.PAGE,
    bank_files.PAGE,
    messages.PAGE,
    notices.PAGE,
    registration_questions.QUESTIONS,
    registration_questions.REQUESTS,
    registrations.PAGE,
    disputes.PAGE,
    figures.PAGE,
    participants.PAGE,
    quarantine.PAGE,
    program.PAGE,
    search.PAGE,
    explained.PAGE,
    audit.PAGE,
    staff.PAGE,
    account.PAGE,
)

SIGNING_IN = (sign_in.PAGE, provider.PAGE, sign_in.FACTOR, sign_in.PASSWORD, sign_in.OUT)


def add_to(app: FastAPI) -> None:
    """Add every page: each form is checked, and each of PAGES is only for who is signed in."""
    form = Depends(visits.own_form)
    for page in SIGNING_IN:
        app.include_router(page.router, prefix=page.address, dependencies=[form])
    for page in PAGES:
        needs = [form, Depends(visits.signed_in)]
        app.include_router(page.router, prefix=page.address, dependencies=needs)
    rendering.environment().globals["pages"] = PAGES
