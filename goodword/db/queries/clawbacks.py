"""Clawbacks: the rewards of outcomes of which not everything stayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries.refunds import cancelled, of_conversions, of_invoices
from goodword.rules.refunds import Loss, Refund, losses
from goodword.rules.rewards import EarnedReward


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A reward of an outcome of which not everything stayed, with what a clawback would need.

    `lost` is everything that did not stay, oldest first; `value_minor` what the deal was won for,
    or what was paid by the invoice.
    """

    reward_id: int
    participant_id: int
    currency: str
    earned: EarnedReward
    value_minor: int
    lost: tuple[Loss, ...]
    program_version_id: int


def doubtful(tx: Connection) -> list[Doubtful]:
    """Return the rewards, still giving something, of cancelled, refunded or lost conversions."""
    refunded = of_conversions(tx)
    rows = tx.execute(_DOUBTFUL, {"refunded": list(refunded)})
    found = [_doubtful(row, refunded.get(row.conversion_id, [])) for row in rows]
    given_back = of_invoices(tx)
    invoices = tx.execute(_DOUBTFUL_INVOICES, {"refunded": list(given_back)})
    return found + [_doubtful(row, given_back[row.invoice_id]) for row in invoices]


def _doubtful(row: Row[Any], refunds: Sequence[Refund]) -> Doubtful:
    return Doubtful(
        row.id,
        row.participant_id,
        row.currency,
        EarnedReward(
            row.amount_minor,
            row.taken_back,
            row.state in {"reserved", "paid"},
            row.outcome_on,
            row.state in {"approved", "reserved", "paid"},
        ),
        row.value_minor,
        tuple(losses(refunds, row.currency, cancelled(row))),
        row.program_version_id,
    )


# Of a payout that came back whole, and that nobody has said is paid again, nothing is left to take.
_LEFT = """
  r.state NOT IN ('void', 'rejected') AND r.returned_payout_id IS NULL
  AND COALESCE(-t.taken, 0) < r.amount_minor
  AND NOT EXISTS (
    SELECT FROM payout_rewards x JOIN payouts y ON y.id = x.payout_id
    WHERE x.reward_id = r.id AND x.is_live AND y.state = 'reversed' AND NOT EXISTS (
        SELECT FROM rewards again WHERE again.returned_payout_id = y.id
          AND again.state IN ('approved', 'reserved', 'paid')))
"""

# What a customer gets back of an invoice takes of the rewards for that invoice. That its deal does
# not stand any more takes nothing: it was paid.
_DOUBTFUL_INVOICES = text(f"""
SELECT r.id, r.participant_id, r.invoice_id, r.currency, r.state, r.amount_minor, r.outcome_on,
       r.program_version_id, i.paid_minor AS value_minor, NULL AS cancelled_on,
       NULL AS cancel_reason, COALESCE(-t.taken, 0)::bigint AS taken_back
FROM paid_invoices i
JOIN rewards r ON r.invoice_id = i.id AND r.reverses_id IS NULL
LEFT JOIN LATERAL (
    SELECT sum(amount_minor) AS taken FROM rewards b WHERE b.reverses_id = r.id) t ON true
WHERE i.id = ANY(:refunded) AND {_LEFT}
ORDER BY r.id
""")

_DOUBTFUL = text(f"""
SELECT r.id, r.participant_id, r.conversion_id, r.currency, r.state, r.amount_minor, r.outcome_on,
       r.program_version_id, v.value_minor, v.cancelled_on, v.cancel_reason,
       COALESCE(-t.taken, 0)::bigint AS taken_back
FROM conversions v
JOIN rewards r ON r.conversion_id = v.id AND r.reverses_id IS NULL AND r.invoice_id IS NULL
LEFT JOIN LATERAL (
    SELECT sum(amount_minor) AS taken FROM rewards b WHERE b.reverses_id = r.id) t ON true
WHERE (v.state = 'cancelled' OR v.id = ANY(:refunded))
  AND {_LEFT}
ORDER BY r.id
""")
