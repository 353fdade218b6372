"""Paid invoices: which are to be rewarded, whose they are, and those of the past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, TextClause, text

from goodword.db.queries.refunds import of_invoices
from goodword.db.queries.rewards import DEAL, deal_facts
from goodword.db.queries.simulations import Kept
from goodword.rules.earnings import Earning
from goodword.rules.histories import Days, PastInvoice
from goodword.rules.invoices import Holder, Part, months_since, parts
from goodword.rules.outcomes import Outcome, OutcomeFacts
from goodword.rules.refunds import losses


def unrewarded(tx: Connection, today: date) -> list[str]:
    """Return the invoices of converted deals, paid by today and not rewarded, by day of payment.

    One whose deal is no conversion waits: it may become one.
    """
    return list(
        tx.execute(
            text(
                "SELECT i.id FROM paid_invoices i JOIN conversions v USING (opportunity_crm_id)"
                " WHERE i.rewarded_on IS NULL AND i.paid_on <= :today AND v.state = 'active'"
                " AND i.paid_minor > 0"
                " ORDER BY i.paid_on, i.id"
            ),
            {"today": today},
        ).scalars()
    )


def earnings(tx: Connection, invoice_ids: Sequence[str]) -> list[Earning]:
    """Return what each participant is credited of each paid invoice, in the order of payment.

    An invoice is divided as its deal's value is, by the version of each participant's claim.
    """
    return _read(tx, _EARNINGS, invoice_ids)


def rewarded_earnings(tx: Connection, invoice_ids: Sequence[str]) -> list[Earning]:
    """Return likewise what was credited of invoices that are rewarded, whatever stands today."""
    return _read(tx, _REWARDED_EARNINGS, invoice_ids)


def _read(tx: Connection, statement: TextClause, ids: Sequence[str]) -> list[Earning]:
    rows = tx.execute(statement, {"ids": list(ids)}).all()
    return [
        _earning(row, part)
        for _, of_invoice in groupby(rows, key=lambda row: row.invoice_id)
        for row, part in _parts(list(of_invoice))
        if row.participant_id is not None and row.weight > 0
    ]


def _parts(rows: Sequence[Row[Any]]) -> Iterator[tuple[Row[Any], Part]]:
    holders = [Holder(row.participant_id, Fraction(row.weight)) for row in rows]
    return zip(rows, parts(rows[0].deal_minor, holders), strict=True)


def _earning(row: Row[Any], part: Part) -> Earning:
    facts = OutcomeFacts(
        Outcome.INVOICE_PAID,
        row.kind,
        row.tier,
        row.deal_minor,
        part.credited_minor,
        row.currency,
        part.before_minor,
        replace(deal_facts(row), months=months_since(row.won_on, row.paid_on)),
        prefers=row.prefers,
    )
    return Earning(
        row.participant_id,
        facts,
        row.paid_on,
        row.version,
        row.conversion_id,
        participant_key=row.key,
        claimed_at=row.claimed_at,
        customer=row.customer,
        invoice_id=row.invoice_id,
        renews_id=row.renews_id,
    )


# Months count from the win of the customer, whatever renewal the invoice is of.
_HELD = f"""
WITH held AS (
    SELECT i.id AS invoice_id, i.paid_on, i.paid_minor AS deal_minor, i.currency,
           v.id AS conversion_id, f.id AS renews_id, COALESCE(f.won_on, v.won_on) AS won_on,
           v.opportunity_crm_id, v.account_crm_id AS customer,
           s.participant_id, sum(s.weight) AS weight, min(s.at) AS claimed_at,
           (array_agg(s.program_version_id ORDER BY s.at, s.position))[1] AS version
    FROM paid_invoices i
    JOIN conversions v ON {{which}}
    LEFT JOIN conversions f ON f.opportunity_crm_id = v.renews_crm_id AND f.state = 'active'
    JOIN shares s ON s.conversion_id = v.id
    WHERE i.id = ANY(:ids)
    GROUP BY i.id, v.id, f.id, s.participant_id
)
SELECT h.*, p.key, p.kind, p.tier, p.prefers, {DEAL}
FROM held h
LEFT JOIN participants p ON p.id = h.participant_id
LEFT JOIN opportunities o ON o.crm_id = h.opportunity_crm_id
LEFT JOIN accounts a ON a.crm_id = o.account_crm_id
ORDER BY h.paid_on, h.invoice_id, h.participant_id NULLS LAST
"""

_EARNINGS = text(
    _HELD.format(which="v.opportunity_crm_id = i.opportunity_crm_id AND v.state = 'active'")
)

REWARDED_BY = """
COALESCE(
    (SELECT max(r.conversion_id) FROM rewards r WHERE r.invoice_id = i.id),
    (SELECT max(c.id) FROM conversions c WHERE c.opportunity_crm_id = i.opportunity_crm_id
       AND CASE WHEN i.rewarded_on IS NULL THEN c.state = 'active'
                ELSE c.detected_on <= i.rewarded_on END))
"""
"""The conversion by which a paid invoice `i` was rewarded, or would be next; null: by none.

Of a deal that was corrected or won again it is the last one that there was in that night.
"""

_REWARDED_EARNINGS = text(_HELD.format(which=f"v.id = {REWARDED_BY}"))


# Of the past -------------------------------------------------------------------------------------


def past(
    tx: Connection, days: Days, known: Mapping[str, Kept]
) -> dict[tuple[str, int | None], list[PastInvoice]]:
    """Return the invoices that were paid in these days, in the order of payment.

    By deal and conversion: that one which it was rewarded by, or would be; None where its deal has
    none. One that waits for its deal to stand again is left out, as the nights leave it.
    """
    given_back = of_invoices(tx)
    found: dict[tuple[str, int | None], list[PastInvoice]] = defaultdict(list)
    for row in tx.execute(_PAID, {"since": days.first, "until": days.last}):
        own = known.get(f"invoice {row.id}")
        invoice = PastInvoice(
            row.id,
            row.paid_minor,
            row.currency,
            row.paid_on,
            row.computed_on,
            own.facts if own else None,
            tuple(losses(given_back.get(row.id, ()), row.currency)),
            own.moment if own else None,
        )
        found[row.opportunity_crm_id, row.conversion_id].append(invoice)
    return found


_PAID = text(f"""
SELECT i.id, i.opportunity_crm_id, i.paid_minor, i.currency, i.paid_on, w.conversion_id,
       COALESCE(i.rewarded_on, i.paid_on) AS computed_on
FROM paid_invoices i
CROSS JOIN LATERAL (SELECT {REWARDED_BY} AS conversion_id) w
WHERE i.paid_on BETWEEN :since AND :until AND i.opportunity_crm_id IS NOT NULL
  AND (w.conversion_id IS NOT NULL OR NOT EXISTS (
      SELECT FROM conversions c WHERE c.opportunity_crm_id = i.opportunity_crm_id))
ORDER BY i.paid_on, i.id
""")
