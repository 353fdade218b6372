"""The invariants: what must hold at any time, checked after every test and every night.

Some of them the database enforces as well; they are checked all the same, since a constraint can be
dropped and a trigger passed. The audit trail has a check of its own (actions/audit.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from goodword.db.invariants.bank_files import BANK_FILES
from goodword.db.invariants.base import Invariant
from goodword.db.invariants.claims import CLAIMS
from goodword.db.invariants.disputes import DISPUTES
from goodword.db.invariants.ledger import LEDGER
from goodword.db.invariants.money import MONEY
from goodword.db.invariants.refunds import REFUNDS
from goodword.db.invariants.routings import ROUTINGS

INVARIANTS: tuple[Invariant, ...] = (
    *LEDGER,
    *MONEY,
    *REFUNDS,
    *BANK_FILES,
    *CLAIMS,
    *DISPUTES,
    *ROUTINGS,
)


@dataclass(frozen=True, slots=True)
class Violation:
    """One row that breaks an invariant: its facts, and what is wrong with it in a sentence."""

    invariant: Invariant
    row: dict[str, Any]
    sentence: str


def violations(tx: Connection, invariants: Sequence[Invariant] = INVARIANTS) -> list[Violation]:
    """Return every row that breaks an invariant, one set-based statement for each invariant.

    Amounts in the rows are minor units. Nothing is written.
    """
    found = []
    for invariant in invariants:
        for row in tx.execute(text(invariant.sql)).mappings():
            facts = dict(row)
            found.append(Violation(invariant, facts, facts.pop("sentence")))
    return found
