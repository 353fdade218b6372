"""Bulk decisions: one decision on a filtered list, shown with its total before it is taken.

What was shown is confirmed by its digest. A list that has changed since, by one reward, amount or
approval, is shown again: nobody decides on what they have not seen.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from goodword.actions import approvals, deciders, voices
from goodword.actions.approvals import Outcome, Ruling
from goodword.db.queries import approval_queue
from goodword.db.queries import approvals as queries
from goodword.money import Money
from goodword.rules.approval_filters import Filter
from goodword.rules.approvals import WaitingReward, check_reason, is_complete

_DIGEST_CHARACTERS = 16


class ListChanged(Exception):  # noqa: N818 - it says what happened
    """What waits is not what was shown."""

    def __init__(self, count: int, digest: str) -> None:
        super().__init__(
            f"what waits has changed since it was shown: it is {count:,} rewards now ({digest}). "
            "Look at the list again, and confirm that"
        )


@dataclass(frozen=True, slots=True)
class Bulk:
    """One decision on whatever a filter finds; the other fields are those of a Ruling."""

    which: Filter
    actor: str
    approve: bool
    reason: str = ""
    note: str = ""
    acting_for: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a bulk decision would decide.

    Attributes:
        rows: the rewards, as in the queue, that this person may decide on, oldest first.
        left_out: the others, by number, and why.
        totals: of the rows, one for each currency.
        completes: how many of the rows are approved by this; the rest wait for a second person.
        digest: of all that; confirms it.
    """

    rows: tuple[Row[Any], ...]
    left_out: dict[int, str]
    totals: tuple[Money, ...]
    completes: int
    digest: str


def preview(tx: Connection, bulk: Bulk, today: date) -> Preview:
    """Show what a bulk decision would decide; nothing is changed, and no reason asked for yet.

    Raises:
        DelegationRefused: they do not stand in for whom they say.
        NotAllowed: they are of staff and may not decide on rewards.
    """
    return _look(tx, bulk, today, lock=False)


def _look(tx: Connection, bulk: Bulk, today: date, *, lock: bool) -> Preview:
    voice = voices.Voices(tx, today).of(bulk.actor, bulk.acting_for)
    found = approval_queue.queue(tx, bulk.which)
    held = queries.waiting(tx, [row.id for row in found], lock=lock)
    rows, left_out, completes = [], {}, 0
    for row in found:
        reward = held[row.id].reward
        if why := deciders.why_not(reward, voice, Money(row.amount_minor, row.currency)):
            left_out[row.id] = why
        else:
            rows.append(row)
            completes += not bulk.approve or is_complete(reward)
    digest = _digest(bulk, [held[row.id].reward for row in rows])
    return Preview(tuple(rows), left_out, _totals(rows), completes, digest)


def _totals(rows: Sequence[Row[Any]]) -> tuple[Money, ...]:
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row.currency] += row.amount_minor
    return tuple(Money(minor, code) for code, minor in sorted(sums.items()))


def _digest(bulk: Bulk, rewards: Sequence[WaitingReward]) -> str:
    said = [
        [one.reward_id, one.amount.minor, one.amount.currency, len(one.approved_by)]
        for one in sorted(rewards, key=lambda each: each.reward_id)
    ]
    whole = json.dumps([bulk.approve, bulk.actor, bulk.acting_for, said])
    return hashlib.sha256(whole.encode()).hexdigest()[:_DIGEST_CHARACTERS]


def decide(tx: Connection, bulk: Bulk, confirmed: str, today: date) -> list[Outcome]:
    """Decide on the list that was shown, all of it in one transaction; returns what came of each.

    Args:
        tx: the transaction.
        bulk: the same as was previewed.
        confirmed: the preview's digest.
        today: the business date.

    Raises:
        ListChanged: the list is another one now.
        ApprovalRefused: a reason is missing or too long.
        DelegationRefused: they do not stand in for whom they say.
        NotAllowed: they are of staff and may not decide on rewards.
    """
    check_reason(bulk.reason, approve=bulk.approve)
    # Read locked, so that what is confirmed is what is decided.
    shown = _look(tx, bulk, today, lock=True)
    if shown.digest != confirmed.strip().lower():
        raise ListChanged(len(shown.rows), shown.digest)
    rulings = [
        Ruling(
            row.id,
            bulk.actor,
            bulk.approve,
            Money(row.amount_minor, row.currency),
            bulk.reason,
            bulk.note,
            bulk.acting_for,
        )
        for row in shown.rows
    ]
    return approvals.decide_all(tx, rulings, today)


def said(outcomes: Sequence[Outcome]) -> str:
    """Say what came of a list: "Decided: 998 approved, 2 wait for a second person."."""
    waits = {"waiting": "wait for a second person"}
    states = Counter(one.state for one in outcomes)
    counted = ", ".join(f"{count:,} {waits.get(state, state)}" for state, count in states.items())
    return f"Decided: {counted or 'nothing'}."
