"""Invoices that customers paid, as the provider has them: each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from goodword.db.bulk import stage
from goodword.rules.provider_events import InvoicePaid
from goodword.rules.refunds import deal_named


def record_paid(tx: Connection, found: Sequence[InvoicePaid], zone: str) -> int:
    """Keep paid invoices; one that is there already is not changed: what was paid was paid.

    Args:
        tx: an open transaction.
        found: what the provider says; days are those of `zone`.
        zone: the program's time zone.

    Returns:
        How many were new.
    """
    if not found:
        return 0
    rows = [
        (
            item.invoice,
            deal_named(item.opportunity),
            item.customer,
            item.paid.minor,
            item.billed.minor,
            item.paid.currency,
            item.at.astimezone(ZoneInfo(zone)).date(),
        )
        for item in found
    ]
    stage(tx, "invoices_found", _COLUMNS, rows)
    return tx.execute(_KEEP).rowcount


_COLUMNS = {
    "id": "text",
    "opportunity_crm_id": "text",
    "customer": "text",
    "paid_minor": "bigint",
    "billed_minor": "bigint",
    "currency": "text",
    "paid_on": "date",
}

_KEEP = text(f"""
INSERT INTO paid_invoices ({", ".join(_COLUMNS)})
SELECT DISTINCT ON (id) {", ".join(_COLUMNS)} FROM invoices_found ORDER BY id
ON CONFLICT DO NOTHING
""")


def mark_rewarded(tx: Connection, invoice_ids: Sequence[str], today: date) -> None:
    """Say that the rewards of these invoices are computed."""
    tx.execute(
        text("UPDATE paid_invoices SET rewarded_on = :today WHERE id = ANY(:ids)"),
        {"ids": list(invoice_ids), "today": today},
    )
