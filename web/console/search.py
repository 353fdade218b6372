"""Search over everything: by a number, a name, an address, or an id of another system."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from fastapi import Query, Response

from goodword.db.queries import search as queries
from web.console.page import Page
from web.visits import Reader

PAGE = Page("/search")

WHERE = {
    "participant": "/console/participants/{}",
    "registration": "/console/registrations/{}",
    "referral": "/console/explained/referral/{}",
    "conversion": "/console/explained/conversion/{}",
    "reward": "/console/rewards/{}",
    "payout": "/console/payouts/{}",
    "message": "/console/messages/{}",
}
"""The page of each thing; accounts and opportunities are the CRM's."""


@PAGE.router.get("")
def search(visit: Reader, q: Annotated[str, Query(max_length=queries.LONGEST)] = "") -> Response:
    """Show what fits, by noun."""
    with visit.transaction() as tx:
        found = queries.search(tx, q)
    nouns = [(noun, list(those)) for noun, those in groupby(found, lambda one: one.noun)]
    return visit.page("search", asked=q, nouns=nouns, where=WHERE, most=queries.MOST)
