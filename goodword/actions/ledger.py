"""The ledger: double entry, append-only, integer minor units, one currency a posting.

Debits are positive. What a participant is owed is a credit, so `owed` runs negative until it is
paid; docs/money.md walks through one reward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Connection, text

from goodword.db.bulk import stage
from goodword.money import Money


class Kind(StrEnum):
    """Why money moves in the books; each kind has its one pair of accounts."""

    ACCRUE = "accrue"
    VOID = "void"
    TAKE_BACK = "take_back"
    RESERVE = "reserve"
    RELEASE = "release"
    SUBMIT = "submit"
    RECALL = "recall"
    RETURN = "return"
    TRANSFERRED = "transferred"
    CREDITED = "credited"
    REVERSED = "reversed"


ACCOUNTS: dict[Kind, tuple[str, str]] = {
    Kind.ACCRUE: ("program_expense", "owed"),
    Kind.VOID: ("owed", "program_expense"),
    Kind.TAKE_BACK: ("owed", "taken_back"),
    Kind.RESERVE: ("owed", "reserved"),
    Kind.RELEASE: ("reserved", "owed"),
    Kind.SUBMIT: ("reserved", "in_flight"),
    Kind.RECALL: ("in_flight", "reserved"),
    Kind.RETURN: ("in_flight", "owed"),
    Kind.TRANSFERRED: ("in_flight", "at_provider"),
    Kind.CREDITED: ("in_flight", "credit_given"),
    Kind.REVERSED: ("at_provider", "taken_back"),
}
"""What each kind debits and credits."""


@dataclass(frozen=True, slots=True)
class Move:
    """One posting of two legs for a reward or a payout.

    `amount_minor` is above zero, and below it for a payout that takes a transfer back: the legs
    change sides.
    """

    kind: Kind
    participant_id: int
    currency: str
    amount_minor: int
    reward_id: int | None = None
    payout_id: int | None = None


def of_payout(kind: Kind, payout_id: int, participant_id: int, money: Money) -> Move:
    """Return the posting of one kind that moves a whole payout."""
    return Move(kind, participant_id, money.currency, money.minor, payout_id=payout_id)


def post(tx: Connection, moves: Sequence[Move], today: date) -> None:
    """Write postings with their entries, in the transaction of the state that they explain."""
    rows = [
        (
            move.kind.value,
            *ACCOUNTS[move.kind],
            move.participant_id,
            move.currency,
            move.amount_minor,
            move.reward_id,
            move.payout_id,
        )
        for move in moves
        if move.amount_minor
    ]
    if not rows:
        return
    stage(tx, "moves", _COLUMNS, rows)
    tx.execute(_POST, {"today": today})


_COLUMNS = {
    "kind": "text",
    "debit": "text",
    "credit": "text",
    "participant_id": "bigint",
    "currency": "text",
    "amount_minor": "bigint",
    "reward_id": "bigint",
    "payout_id": "bigint",
}

_POST = text("""
WITH numbered AS MATERIALIZED (
    SELECT *, nextval(pg_get_serial_sequence('postings', 'id')) AS posting_id FROM moves
), written AS (
    INSERT INTO postings (id, kind, reward_id, payout_id, posted_on)
    OVERRIDING SYSTEM VALUE
    SELECT posting_id, kind, reward_id, payout_id, :today FROM numbered
)
INSERT INTO entries (posting_id, account, participant_id, currency, amount_minor)
SELECT posting_id, debit, participant_id, currency, amount_minor FROM numbered
UNION ALL
SELECT posting_id, credit, participant_id, currency, -amount_minor FROM numbered
""")
