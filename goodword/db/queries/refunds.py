"""Refunds: which deal each is about, which are for a person to place, and what is disputed."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.rules.refunds import Cancelled, Refund

PLACED = """
SELECT f.*, v.id AS conversion_id, v.currency AS deal_currency
FROM refunds f
LEFT JOIN LATERAL (
    SELECT c.id, c.currency FROM conversions c
    WHERE c.opportunity_crm_id = f.opportunity_crm_id
    ORDER BY c.won_on <= COALESCE(f.refunded_on, f.disputed_on) DESC,
             CASE WHEN c.won_on > COALESCE(f.refunded_on, f.disputed_on) THEN c.won_on END,
             c.id DESC
    LIMIT 1) v ON true
"""
"""Every refund with the conversion that it takes from. Of a deal that was won, lost and won again
it is the one that stood on that day; of one that was not won by then, the first. One that was
corrected is the last of its day."""

TAKES = "(f.is_whole OR f.refunded_minor > 0 OR f.dispute = 'lost')"
"""Of `PLACED` as `f`: it takes something away from its deal."""

IS_OPEN = f"""
(({TAKES} OR f.dispute = 'open') AND COALESCE(
    f.linked_by IS NULL AND NOT EXISTS (
        SELECT FROM opportunities o WHERE o.crm_id = f.opportunity_crm_id)
    OR f.deal_currency <> f.currency AND NOT f.is_whole AND NOT EXISTS (
        SELECT FROM refunds m WHERE m.id = 'manual:' || f.id), false))
"""
"""Of `PLACED` as `f`: it may take something, and of no deal that is known, or in a currency that is
not its deal's. What a person said belongs to no deal, or recorded anew under its id, is settled."""


def of_conversions(tx: Connection) -> dict[int, list[Refund]]:
    """Return the refunds that take something away from a conversion, by its number."""
    found: dict[int, list[Refund]] = defaultdict(list)
    for row in tx.execute(_OF_CONVERSIONS):
        found[row.conversion_id].append(_refund(row))
    return found


_OF_CONVERSIONS = text(f"SELECT * FROM ({PLACED}) f WHERE {TAKES} AND conversion_id IS NOT NULL")


def of_invoices(tx: Connection) -> dict[str, list[Refund]]:
    """Return the refunds that take something away from a paid invoice, by its id."""
    found: dict[str, list[Refund]] = defaultdict(list)
    for row in tx.execute(_OF_INVOICES):
        found[row.invoice].append(_refund(row))
    return found


_OF_INVOICES = text(f"SELECT f.* FROM refunds f WHERE {TAKES} AND f.invoice IS NOT NULL")


def _refund(row: Row[Any]) -> Refund:
    return Refund(
        row.id,
        row.currency,
        row.refunded_minor,
        row.refunded_on,
        row.disputed_minor,
        row.disputed_on,
        row.dispute,
        row.is_whole,
        row.reason,
    )


def cancelled(row: Row[Any]) -> Cancelled | None:
    """Return when and why the conversion of a row was cancelled; None: it stands."""
    return Cancelled(row.cancelled_on, row.cancel_reason) if row.cancelled_on else None


def listed(tx: Connection, *, only_open: bool, most: int, after: str = "") -> list[dict[str, Any]]:
    """Return refunds, disputes and cancelled subscriptions, newest first.

    Args:
        tx: the transaction.
        only_open: those that a person must place, alone.
        most: so many rows.
        after: only those that come after this one, by its id; "": from the newest.
    """
    where = f"AND {IS_OPEN}" if only_open else ""
    statement = text(f"""
SELECT f.id, f.source, f.opportunity_crm_id, f.conversion_id, f.customer, f.currency,
       f.refunded_minor, f.refunded_on, f.disputed_minor, f.disputed_on, f.dispute, f.is_whole,
       f.reason, f.linked_by, f.deal_currency,
       EXISTS (SELECT FROM opportunities o WHERE o.crm_id = f.opportunity_crm_id) AS deal_is_known,
       {IS_OPEN} AS is_open
FROM ({PLACED}) f LEFT JOIN refunds a ON a.id = :after
WHERE (a.id IS NULL OR {_DAY.format(t="f")} < {_DAY.format(t="a")}
       OR {_DAY.format(t="f")} = {_DAY.format(t="a")} AND f.id > a.id) {where}
ORDER BY {_DAY.format(t="f")} DESC, f.id LIMIT :most
""")
    return [dict(row) for row in tx.execute(statement, {"most": most, "after": after}).mappings()]


_DAY = "COALESCE({t}.refunded_on, {t}.disputed_on)"


def disputed_conversions(tx: Connection) -> dict[int, str]:
    """Return the conversions whose customer disputes a payment, each with a dispute's id (du_…)."""
    rows = tx.execute(_DISPUTED)
    return {row.conversion_id: row.id for row in rows}


_DISPUTED = text(f"""
SELECT DISTINCT ON (f.conversion_id) f.conversion_id, f.id
FROM ({PLACED}) f
WHERE f.dispute = 'open' AND f.conversion_id IS NOT NULL
ORDER BY f.conversion_id, f.disputed_on, f.id
""")


def open_disputes(tx: Connection) -> list[str]:
    """Return the disputes that are not decided, by the provider's id, oldest first."""
    return list(
        tx.execute(
            text("SELECT id FROM refunds WHERE dispute = 'open' ORDER BY disputed_on, id")
        ).scalars()
    )
