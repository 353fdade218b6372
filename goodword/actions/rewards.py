"""Rewards: computed, void or taken back, with the ledger postings that explain it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.actions import audit, ledger, promises
from goodword.db.bulk import stage
from goodword.db.queries import clawbacks as queries
from goodword.rules import rewards
from goodword.rules.earnings import Earned
from goodword.rules.incentives import To
from goodword.rules.outcomes import kept
from goodword.rules.refunds import Judged


def record_earned(tx: Connection, earned: Sequence[Earned], today: date) -> Counter[str]:
    """Write rewards as computed; one that a cap cut to nothing is kept as void, with the reason."""
    stage(tx, "earned", _EARNED, [_row(item) for item in earned])
    new = tx.execute(_INSERT, {"today": today}).all()
    audit.record(
        tx,
        [
            audit.Event(
                audit.NIGHT,
                "computed",
                "reward",
                row.id,
                row.reason,
                {"amount_minor": row.amount_minor, "currency": row.currency},
            )
            for row in new
        ],
    )
    return Counter("cut to nothing" if row.state == "void" else "computed" for row in new)


def _row(item: Earned) -> tuple[object, ...]:
    earning, to = item.earning, item.incentive.to
    is_their_own = to is To.PARTICIPANT
    return (
        earning.recipient(to),
        to.value,
        None if is_their_own else earning.participant_id,
        item.incentive.name,
        earning.facts.outcome.value,
        earning.conversion_id,
        earning.referral_id,
        earning.invoice_id,
        earning.program_version_id,
        item.incentive.pay.value,
        json.dumps(item.incentive.benefit) if item.incentive.benefit else None,
        earning.facts.credited_minor,
        item.computed_minor,
        item.amount_minor,
        earning.facts.currency,
        item.reason,
        json.dumps(facts) if (facts := _facts(item)) else None,
        earning.outcome_on,
        item.payable_on,
    )


def _facts(item: Earned) -> dict[str, Any]:
    bill = {} if item.own_bill is None else {"own_bill": item.own_bill}
    return kept(item.earning.facts) | bill


_EARNED = {
    "participant_id": "bigint",
    "side": "text",
    "earner_id": "bigint",
    "incentive": "text",
    "outcome": "text",
    "conversion_id": "bigint",
    "referral_id": "bigint",
    "invoice_id": "text",
    "program_version_id": "bigint",
    "pay": "text",
    "benefit": "jsonb",
    "base_minor": "bigint",
    "computed_minor": "bigint",
    "amount_minor": "bigint",
    "currency": "text",
    "reason": "text",
    "facts": "jsonb",
    "outcome_on": "date",
    "payable_on": "date",
}

_INSERT = text(f"""
INSERT INTO rewards ({", ".join(_EARNED)}, computed_on, state)
SELECT *, CAST(:today AS date), CASE WHEN amount_minor = 0 THEN 'void' ELSE 'computed' END
FROM earned
ON CONFLICT DO NOTHING
RETURNING id, amount_minor, currency, reason, state
""")


def mark_referrals_rewarded(tx: Connection, referral_ids: Sequence[int], today: date) -> None:
    """Say that the rewards for these qualified leads are computed."""
    tx.execute(
        text("UPDATE referrals SET rewarded_on = :today WHERE id = ANY(:ids)"),
        {"ids": list(referral_ids), "today": today},
    )


def mark_referred_rewarded(tx: Connection, referral_ids: Sequence[int], today: date) -> None:
    """Say that the rewards for these referrals as such are computed."""
    tx.execute(
        text("UPDATE referrals SET referred_rewarded_on = :today WHERE id = ANY(:ids)"),
        {"ids": list(referral_ids), "today": today},
    )


# Taken back -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What the rules say about one reward whose outcome did not stand, or not all of it."""

    doubtful: queries.Doubtful
    judged: Judged


def take_back(tx: Connection, taken: Sequence[TakenBack], today: date) -> Counter[str]:
    """Void unpaid rewards and write negative ones for the others; returns counts.

    Who was promised a reward that is void now is told; a negative one is told of once it is owed.
    Where another process took something back since the rules decided, nothing is done.
    """
    if not taken:
        return Counter()
    # Locked first: a statement that waits for a lock sees the other rows as they were before it.
    tx.execute(_LOCK, {"ids": [item.doubtful.reward_id for item in taken]})
    void = [item for item in taken if isinstance(item.judged.verdict, rewards.Void)]
    voided = _void(tx, [item.doubtful.reward_id for item in void])
    owed = [item for item in void if voided.get(item.doubtful.reward_id) == "approved"]
    ledger.post(
        tx,
        [
            ledger.Move(
                ledger.Kind.VOID,
                item.doubtful.participant_id,
                item.doubtful.currency,
                item.doubtful.earned.amount_minor,
                reward_id=item.doubtful.reward_id,
            )
            for item in owed
        ],
        today,
    )
    promises.tell_void(tx, {item.doubtful.reward_id: item.judged.on for item in owed}, today)
    negative = _insert_negative(tx, taken, today)
    events = [
        audit.Event(audit.NIGHT, "void", "reward", item.doubtful.reward_id, item.judged.because)
        for item in void
        if item.doubtful.reward_id in voided
    ]
    events += [
        audit.Event(
            audit.NIGHT, "taken back", "reward", row.reverses_id, row.reason, {"by": row.id}
        )
        for row in negative
    ]
    audit.record(tx, events)
    return +Counter({"void": len(voided), "taken back": len(negative)})


_LOCK = text("SELECT FROM rewards WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")


def _void(tx: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Void unpaid rewards; one that a payout reserved, or that a clawback took from, is left alone.

    Returns:
        The state that each was in, by its number: only an approved one was owed.
    """
    return {row.id: row.state for row in tx.execute(_VOID, {"ids": list(ids)})}


def void(
    tx: Connection, conversion_ids: Sequence[int], actor: str, reason: str, today: date
) -> int:
    """Void every unpaid reward of conversions that a person corrects; returns how many.

    The letter about the correction says so: none is written for each reward. Invoices that they
    were for are rewarded anew, by the conversion that follows.
    """
    statement = text("SELECT id FROM rewards WHERE conversion_id = ANY(:ids) ORDER BY id")
    ids = list(tx.execute(statement, {"ids": list(conversion_ids)}).scalars())
    voided = _void(tx, ids)
    owed = tx.execute(
        text("SELECT id, participant_id, currency, amount_minor FROM rewards WHERE id = ANY(:ids)"),
        {"ids": [number for number, state in voided.items() if state == "approved"]},
    )
    moves = [
        ledger.Move(
            ledger.Kind.VOID, row.participant_id, row.currency, row.amount_minor, reward_id=row.id
        )
        for row in owed
    ]
    ledger.post(tx, moves, today)
    tx.execute(_REWARD_ANEW, {"ids": list(voided)})
    audit.record(
        tx, [audit.Event(actor, "void", "reward", number, reason) for number in sorted(voided)]
    )
    return len(voided)


_REWARD_ANEW = text("""
UPDATE paid_invoices SET rewarded_on = NULL
WHERE id IN (SELECT invoice_id FROM rewards WHERE id = ANY(:ids))
""")

_VOID = text("""
WITH unpaid AS (
    SELECT id, state FROM rewards r
    WHERE id = ANY(:ids) AND state IN ('computed', 'waiting', 'approved')
      AND NOT EXISTS (SELECT FROM rewards b WHERE b.reverses_id = r.id)
    ORDER BY id FOR UPDATE
)
UPDATE rewards r SET state = 'void' FROM unpaid u WHERE r.id = u.id RETURNING r.id, u.state
""")


def _insert_negative(tx: Connection, taken: Sequence[TakenBack], today: date) -> Sequence[Row[Any]]:
    """Write the negative rewards, unless what was taken back before is not what it was.

    Returns:
        Each one's number, what it reverses, and the reason.
    """
    rows = [
        (
            item.doubtful.reward_id,
            item.doubtful.earned.taken_back,
            item.judged.verdict.minor,
            item.judged.on,
            "; ".join(filter(None, (item.judged.because, item.judged.verdict.reason))),
        )
        for item in taken
        if isinstance(item.judged.verdict, rewards.TakeBack)
    ]
    if not rows:
        return []
    stage(tx, "negatives", _NEGATIVE, rows, "id")
    return tx.execute(_INSERT_NEGATIVE, {"today": today}).all()


_NEGATIVE = {"id": "bigint", "before": "bigint", "minor": "bigint", "on": "date", "reason": "text"}

_INSERT_NEGATIVE = text("""
INSERT INTO rewards (participant_id, side, earner_id, incentive, outcome, conversion_id,
                     referral_id, invoice_id, reverses_id, program_version_id, pay, benefit,
                     base_minor, computed_minor, amount_minor, currency, reason,
                     outcome_on, payable_on, computed_on)
SELECT r.participant_id, r.side, r.earner_id, r.incentive, r.outcome, r.conversion_id,
       r.referral_id, r.invoice_id, r.id, r.program_version_id, r.pay, r.benefit,
       n.before + n.minor, -n.minor, -n.minor,
       r.currency, n.reason, n."on", :today, :today
FROM negatives n JOIN rewards r USING (id)
WHERE r.state IN ('approved', 'reserved', 'paid') AND n.before = (
    SELECT COALESCE(-sum(b.amount_minor), 0) FROM rewards b WHERE b.reverses_id = r.id)
ORDER BY r.id
ON CONFLICT DO NOTHING
RETURNING id, reverses_id, reason
""")
