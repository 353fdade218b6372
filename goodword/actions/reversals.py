"""Reversals: transfers that come back, by an operator's command or by the provider itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit, ledger, payouts
from goodword.db.bulk import stage
from goodword.db.queries import reversals as queries
from goodword.money import Money
from goodword.phrases import because
from goodword.rules.payout_plans import Planned
from goodword.rules.reconciliations import Returned
from goodword.rules.reversals import ReversalRefused, reverse


@dataclass(frozen=True, slots=True)
class Wanted:
    """A transfer that an operator wants back, and why.

    `seen` is the amount that they were shown; None: they take what comes.
    """

    payout_id: int
    actor: str
    reason: str
    seen: Money | None = None


def ask(tx: Connection, wanted: Wanted, today: date) -> int:
    """Plan to take a transfer back for the clawbacks of its rewards, at an operator's command.

    It is a payout of a negative amount, and goes the way of every payout.

    Returns:
        The number of that payout.

    Raises:
        ReversalRefused: there is no such payout, rules/reversals.py refuses, or another amount
            than the one that was seen would come back.
        PlanOvertaken: a clawback was taken by another payout meanwhile.
    """
    planned = _plan(tx, wanted.payout_id, wanted.actor, today, lock=True)
    if wanted.seen not in {None, -planned.money}:
        raise ReversalRefused(
            f"{-planned.money} of payout {wanted.payout_id} would come back by now, and you saw "
            f"{wanted.seen}; nothing was done: look at it again"
        )
    (number,) = payouts.reserve(tx, [planned], today)
    said = audit.Event(
        wanted.actor, "asked to take back", "payout", wanted.payout_id, wanted.reason
    )
    audit.record(tx, [said])
    return number


def foresee(tx: Connection, payout_id: int, today: date) -> Planned:
    """Return the reversal that `ask` would plan, its amount negative; raises as that does."""
    return _plan(tx, payout_id, "", today, lock=False)


def _plan(tx: Connection, payout_id: int, actor: str, today: date, *, lock: bool) -> Planned:
    paid = queries.paid_payout(tx, payout_id, lock=lock)
    if paid is None:
        raise ReversalRefused(f"there is no payout {payout_id}")
    return reverse(paid, queries.open_clawbacks(tx, payout_id, today), actor)


INCENTIVE = "Returned by the provider"
"""The incentive of a reward that asks whether what came back is paid again."""


def record(tx: Connection, found: Sequence[Returned], today: date) -> Counter[str]:
    """Book what the provider took back of paid payouts, and ask a person whether to pay it again.

    The rewards stay paid and the payout keeps its history. What came back is a new reward, which a
    person is always asked about (rules/suspicions.py): approved, it is netted and paid like any
    other; refused, it stays with the company. Nothing is paid again by itself.
    """
    columns = {"id": "bigint", "total": "bigint", "newly": "bigint", "reason": "text"}
    rows = [
        (item.payout.payout_id, item.reversed_minor, item.newly.minor, _reason(item))
        for item in found
    ]
    stage(tx, "returned", columns, rows, "id")
    booked = set(tx.execute(_BOOK).scalars())
    done = [item for item in found if item.payout.payout_id in booked]
    tx.execute(_ASK, {"incentive": INCENTIVE, "today": today})
    moves = [
        ledger.of_payout(
            ledger.Kind.REVERSED, item.payout.payout_id, item.payout.participant_id, item.newly
        )
        for item in done
    ]
    ledger.post(tx, moves, today)
    audit.record(
        tx,
        [
            audit.Event(
                audit.NIGHT,
                "reversed",
                "payout",
                item.payout.payout_id,
                _reason(item),
                {"amount_minor": item.newly.minor, "currency": item.newly.currency},
            )
            for item in done
        ],
    )
    return +Counter({"came back": len(done)})


def _reason(item: Returned) -> str:
    return because(
        "the provider took back {amount} of payout {payout} ({whole}, {movement})",
        amount=item.newly,
        payout=item.payout.payout_id,
        whole=item.payout.money,
        movement=item.payout.external_id,
    )


_BOOK = text("""
UPDATE payouts p
SET reversed_minor = r.total, reason = r.reason,
    state = CASE WHEN r.total = p.amount_minor THEN 'reversed' ELSE p.state END
FROM returned r
WHERE p.id = r.id AND p.state = 'paid' AND p.reversed_minor = r.total - r.newly
RETURNING p.id
""")

# Its outcome names what came back in all, so that the same return is asked about once.
_ASK = text("""
INSERT INTO rewards (participant_id, incentive, outcome, returned_payout_id, program_version_id,
                     pay, base_minor, computed_minor, amount_minor, currency, reason, outcome_on,
                     payable_on, computed_on)
SELECT p.participant_id, :incentive, 'returned: ' || r.total || ' of ' || p.external_id, p.id,
       (SELECT min(w.program_version_id) FROM payout_rewards x JOIN rewards w ON w.id = x.reward_id
        WHERE x.payout_id = p.id),
       'cash', r.newly, r.newly, r.newly, p.currency, r.reason, CAST(:today AS date),
       CAST(:today AS date), CAST(:today AS date)
FROM returned r JOIN payouts p ON p.id = r.id AND p.reversed_minor = r.total
ON CONFLICT DO NOTHING
""")
