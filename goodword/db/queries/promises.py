"""Promises: rewards as their participants hear of them, when owed and when they do not stand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.db.queries.rewards import ABOUT, COMPANY
from goodword.money import Money
from goodword.rules.benefits import Benefit


@dataclass(frozen=True, slots=True)
class Promise:
    """A reward that is or was owed, or a negative one with what it takes back of such a one.

    Attributes:
        reward_id: its number.
        participant_id: whose it is.
        amount: its money, or the worth of what it gives in kind; below zero for a negative one.
        benefit: what is given in kind, if anything.
        outcome: what it is for; `converted` when the company became a customer, `renewed` when it
            stayed one.
        outcome_on: the day of that; of a negative one, of what took it back.
        company: as people know it; empty where none is known.
        promised_on: the day since which it, or what it takes from, is owed.
        is_paid: it, or what it takes from, was paid, or a payout has it.
        times: how often it has become owed: once, unless an approval was taken back.
        side: who gets it: `customer` where that is the company itself.
    """

    reward_id: int
    participant_id: int
    amount: Money
    benefit: Benefit | None
    outcome: str
    outcome_on: date
    company: str
    promised_on: date
    is_paid: bool
    times: int
    side: str = "participant"


def promises(tx: Connection, reward_ids: Collection[int]) -> list[Promise]:
    """Return these of the rewards that are or were owed, or take from one, by number."""
    return [
        Promise(
            row.id,
            row.participant_id,
            Money(row.amount_minor, row.currency),
            row.benefit,
            row.outcome,
            row.outcome_on,
            row.company,
            row.promised_on,
            row.is_paid,
            row.times,
            row.side,
        )
        for row in tx.execute(_PROMISES, {"ids": list(reward_ids)})
    ]


_PROMISES = text(f"""
SELECT r.id, r.participant_id, r.amount_minor, r.currency, r.benefit, r.outcome, r.outcome_on,
       COALESCE({COMPANY}, '') AS company, g.promised_on, g.times, r.side,
       w.state IN ('reserved', 'paid') AS is_paid
FROM rewards r
JOIN rewards w ON w.id = COALESCE(r.reverses_id, r.id)
JOIN (SELECT reward_id, max(posted_on) AS promised_on, count(*) AS times FROM postings
      WHERE kind = 'accrue' AND reward_id IN (
          SELECT COALESCE(reverses_id, id) FROM rewards WHERE id = ANY(:ids))
      GROUP BY reward_id) g ON g.reward_id = w.id
{ABOUT}WHERE r.id = ANY(:ids)
ORDER BY r.id
""")


@dataclass(frozen=True, slots=True)
class Looked:
    """A reward, owed or not, that a person looked at, as its participant hears of it."""

    reward_id: int
    participant_id: int
    amount: Money
    benefit: Benefit | None
    company: str


def looked_at(tx: Connection, reward_ids: Collection[int]) -> list[Looked]:
    """Return these of the rewards, by number, but those that take something back."""
    return [
        Looked(
            row.id,
            row.participant_id,
            Money(row.amount_minor, row.currency),
            row.benefit,
            row.company,
        )
        for row in tx.execute(_LOOKED_AT, {"ids": list(reward_ids)})
    ]


_LOOKED_AT = text(f"""
SELECT r.id, r.participant_id, r.amount_minor, r.currency, r.benefit,
       COALESCE({COMPANY}, '') AS company
FROM rewards r
{ABOUT}WHERE r.id = ANY(:ids) AND r.reverses_id IS NULL
ORDER BY r.id
""")
