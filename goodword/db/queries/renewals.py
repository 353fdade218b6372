"""Renewals: won deals of customers who were won before, with the deal that won each customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries.conversions import FIRST
from goodword.db.queries.corrections import Credit, credits_of
from goodword.rules.conversions import WonDeal


@dataclass(frozen=True, slots=True)
class Renewal:
    """A won deal of the customer whom `first` won; `deal` has no claims, whoever made some."""

    deal: WonDeal
    type: str | None
    account_crm_id: str | None
    currency: str
    first: Credit


def renewals(
    tx: Connection, ids: Sequence[str], zone: str, types: Sequence[str]
) -> dict[str, Renewal]:
    """Return those of these deals whose customer's first deal is credited, by id.

    Args:
        tx: an open transaction.
        ids: won deals.
        zone: the program's time zone.
        types: the deal types, in lower case, by which no customer is won.
    """
    rows = tx.execute(_RENEWALS, {"ids": list(ids), "zone": zone, "types": list(types)}).all()
    firsts = credits_of(tx, [row.conversion_id for row in rows], zone)
    by_number = {first.conversion_id: first for first in firsts}
    return {row.crm_id: _renewal(row, by_number[row.conversion_id]) for row in rows}


def _renewal(row: Row[Any], first: Credit) -> Renewal:
    deal = WonDeal(row.crm_id, row.amount_minor, row.won_at, row.won_on, ())
    return Renewal(deal, row.type, row.account_crm_id, row.currency, first)


_RENEWALS = text(f"""
WITH won AS (
    SELECT * FROM opportunities o WHERE crm_id = ANY(:ids) AND won_at IS NOT NULL
), first AS ({FIRST})
SELECT w.crm_id, w.type, w.account_crm_id, w.amount_minor, w.currency, w.won_at,
       (w.won_at AT TIME ZONE :zone)::date AS won_on, f.conversion_id
FROM won w JOIN first f USING (crm_id)
""")
