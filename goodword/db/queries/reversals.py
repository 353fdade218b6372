"""Reversals: the payout that is to come back, and what was clawed back of its rewards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.money import Money
from goodword.rules.payouts import PayoutState, Rail
from goodword.rules.reversals import OpenClawback, PaidPayout


def paid_payout(tx: Connection, payout_id: int, *, lock: bool = True) -> PaidPayout | None:
    """Return one payout with what of it came back or is on its way back; locked, unless to look."""
    if lock:
        tx.execute(text("SELECT FROM payouts WHERE id = :id FOR UPDATE"), {"id": payout_id})
    row = tx.execute(_PAID, {"id": payout_id}).one_or_none()
    if row is None:
        return None
    return PaidPayout(
        row.id,
        row.participant_id,
        PayoutState(row.state),
        Rail(row.rail),
        Money(row.amount_minor, row.currency),
        row.external_id,
        Money(row.came_back, row.currency),
    )


_PAID = text("""
SELECT y.*, y.reversed_minor + COALESCE((
    SELECT -sum(b.amount_minor) FROM payouts b
    WHERE b.rail = 'stripe_reversal' AND b.destination = y.external_id
      AND b.state <> 'refused'), 0)::bigint AS came_back
FROM payouts y WHERE y.id = :id
""")


def open_clawbacks(tx: Connection, payout_id: int, today: date) -> list[OpenClawback]:
    """Return the due clawbacks of what a payout paid that no payout covers."""
    return [
        OpenClawback(row.id, Money(row.amount_minor, row.currency))
        for row in tx.execute(_OPEN, {"id": payout_id, "today": today})
    ]


_OPEN = text("""
SELECT b.id, b.amount_minor, b.currency
FROM payout_rewards x JOIN rewards b ON b.reverses_id = x.reward_id
WHERE x.payout_id = :id AND x.is_live AND b.state = 'approved' AND b.payable_on <= :today
ORDER BY b.id
""")


def clawbacks(tx: Connection, reward_ids: Sequence[int]) -> list[Row[Any]]:
    """Return clawbacks, amounts positive: id, reverses_id, incentive, amount, currency, reason."""
    return list(tx.execute(_CLAWBACKS, {"ids": list(reward_ids)}))


_CLAWBACKS = text("""
SELECT id, reverses_id, incentive, -amount_minor AS amount_minor, currency, reason
FROM rewards WHERE id = ANY(:ids) ORDER BY id
""")
