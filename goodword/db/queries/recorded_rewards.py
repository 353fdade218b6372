"""Recorded rewards: what a program really gave, which a simulation is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries.simulations import TOLD, Kept
from goodword.money import Money
from goodword.rules.histories import Days, PastReward, Person
from goodword.rules.incentives import Pay
from goodword.rules.outlooks import due
from goodword.rules.payout_plans import Due


def rewards(
    tx: Connection, days: Days, people: Mapping[int, Person], known: Mapping[str, Kept]
) -> list[PastReward]:
    """Return the rewards computed for outcomes of these days, with what stayed of each."""
    return [
        _reward(row, people[row.earner_id or row.participant_id], known.get(row.subject))
        for row in tx.execute(_REWARDS, {"since": days.first, "until": days.last})
    ]


def _reward(row: Row[Any], person: Person, known: Kept | None) -> PastReward:
    is_gone = row.state in {"void", "rejected"}
    reason = f"{row.reason} (version {row.program_version_id})"
    return PastReward(
        subject=row.subject,
        participant_id=person.id,
        kind=person.at(known.moment if known else None).kind,
        outcome=row.outcome,
        rule=row.incentive,
        currency=row.currency,
        on=row.outcome_on,
        minor=row.amount_minor,
        kept_minor=0 if is_gone else row.amount_minor + row.taken_minor,
        asked=row.approvals_needed or 0,
        reason=f"{reason}; {row.refused}" if row.refused else reason,
    )


# Of a reward `r`: what a simulation gives too. What came back from the provider and is asked about
# again was earned before. An invoice that was rewarded anew, since its deal was corrected, is told
# by its last rewards.
_IS_SIMULATED = """
r.returned_payout_id IS NULL
AND NOT EXISTS (SELECT FROM rewards n WHERE n.invoice_id = r.invoice_id
                AND n.conversion_id > r.conversion_id)
"""

_REWARDS = text(f"""
SELECT {TOLD} AS subject, r.*, COALESCE(t.minor, 0) AS taken_minor,
       (SELECT 'refused by ' || x.decided_by || ': ' || x.reason FROM approvals x
        WHERE x.reward_id = r.id AND x.decision = 'reject' AND x.ended_as IS NULL) AS refused
FROM rewards r
LEFT JOIN (SELECT reverses_id, sum(amount_minor)::bigint AS minor FROM rewards
           WHERE state <> 'rejected' GROUP BY 1) t ON t.reverses_id = r.id
WHERE r.reverses_id IS NULL AND r.outcome_on BETWEEN :since AND :until AND {_IS_SIMULATED}
ORDER BY r.id
""")


def payments(tx: Connection, days: Days) -> dict[tuple[date, str], int]:
    """Return what was paid in these days, less what came back, by month and currency."""
    rows = tx.execute(_PAYMENTS, {"since": days.first, "until": days.last})
    return {(row.month, row.currency): row.minor for row in rows}


_PAYMENTS = text("""
SELECT date_trunc('month', paid_on)::date AS month, currency,
       sum(amount_minor - reversed_minor)::bigint AS minor
FROM payouts WHERE state IN ('paid', 'reversed') AND paid_on BETWEEN :since AND :until
GROUP BY 1, 2
""")


def dues(tx: Connection, days: Days) -> list[tuple[date, Due]]:
    """Return what the rewards of outcomes in these days made due, and what was taken back of them.

    Whether they were approved and paid does not matter; what was void or refused is left out.
    """
    return [
        (
            row.payable_on,
            due(
                row.id,
                row.participant_id,
                Money(row.amount_minor, row.currency),
                Pay(row.pay),
                row.benefit,
            ),
        )
        for row in tx.execute(_DUE, {"since": days.first, "until": days.last})
    ]


_DUE = text(f"""
SELECT r.id, COALESCE(r.earner_id, r.participant_id) AS participant_id, r.amount_minor, r.currency,
       r.pay, r.benefit, r.payable_on
FROM rewards r LEFT JOIN rewards o ON o.id = r.reverses_id
WHERE r.state NOT IN ('void', 'rejected') AND r.amount_minor <> 0
  AND COALESCE(o.outcome_on, r.outcome_on) BETWEEN :since AND :until AND {_IS_SIMULATED}
ORDER BY r.id
""")
