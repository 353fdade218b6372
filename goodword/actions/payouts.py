"""Payouts: reserved, marked, recorded. The call between mark and record is made elsewhere.

Every step is a compare-and-swap on the state, so that two processes never take the same step.
Which step follows from an answer: goodword/rules/payouts.py. The protocol: docs/money.md.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.actions import audit, ledger, messages
from goodword.db.bulk import stage
from goodword.db.queries.payouts import Sendable
from goodword.money import Money
from goodword.rules.payout_plans import Carried, Planned
from goodword.rules.payouts import Rail


class PlanOvertaken(RuntimeError):
    """A reward was taken by another payout while this plan was made; plan again."""


class RerunRefused(Exception):
    """An operator asked to rerun a payout that must not be sent again."""


def reserve(tx: Connection, planned: Sequence[Planned], today: date) -> list[int]:
    """Write tonight's payouts and reserve their rewards; amount and destination are frozen here.

    Returns:
        The numbers of the new payouts.

    Raises:
        PlanOvertaken: a reward is not approved any more, or in another live payout.
    """
    if not planned:
        return []
    names = tx.execute(_NAMES, {"count": len(planned)}).all()
    pairs = list(zip(names, planned, strict=True))
    stage(tx, "planned", _PLANNED, [_row(name, step) for name, step in pairs])
    tx.execute(_INSERT, {"today": today})
    covered = [(name.id, reward_id) for name, step in pairs for reward_id in step.reward_ids]
    stage(tx, "covered", {"payout_id": "bigint", "reward_id": "bigint"}, covered, "reward_id")
    if tx.execute(_RESERVE).rowcount != len(covered):
        raise PlanOvertaken("a reward of this plan is not approved any more; plan again")
    tx.execute(text("INSERT INTO payout_rewards (payout_id, reward_id) SELECT * FROM covered"))
    moves = [
        ledger.of_payout(ledger.Kind.RESERVE, name.id, step.participant_id, step.money)
        for name, step in pairs
    ]
    ledger.post(tx, moves, today)
    audit.record(tx, [_planned_event(name.id, step) for name, step in pairs])
    return [name.id for name in names]


# The number alone would name another payout once an old copy of the database is restored, and the
# provider would take it for the one that it knows.
_NAMES = text("""
SELECT id, 'goodword-' || name || '-' || id || '-' || left(md5(gen_random_uuid()::text), 6)
           AS reference
FROM (SELECT nextval(pg_get_serial_sequence('payouts', 'id')) AS id, name
      FROM installation, generate_series(1, :count)) new
ORDER BY id
""")


def _row(name: Row[Any], step: Planned) -> tuple[object, ...]:
    return (
        name.id,
        step.reference or name.reference,
        step.participant_id,
        step.rail.value,
        step.destination,
        step.money.minor,
        step.money.currency,
        json.dumps(step.benefit) if step.benefit else None,
        step.asked_by,
    )


_PLANNED = {
    "id": "bigint",
    "reference": "text",
    "participant_id": "bigint",
    "rail": "text",
    "destination": "text",
    "amount_minor": "bigint",
    "currency": "text",
    "benefit": "jsonb",
    "asked_by": "text",
}

_INSERT = text("""
INSERT INTO payouts (id, reference, participant_id, rail, destination, amount_minor, currency,
                     benefit, asked_by, planned_on)
OVERRIDING SYSTEM VALUE SELECT *, CAST(:today AS date) FROM planned
""")

_RESERVE = text("""
UPDATE rewards r SET state = 'reserved' FROM covered c
WHERE r.id = c.reward_id AND r.state = 'approved'
""")


def _planned_event(number: int, step: Planned) -> audit.Event:
    facts = {
        "amount_minor": step.money.minor,
        "currency": step.money.currency,
        "destination": step.destination,
        "rewards": step.reward_ids,
    }
    return audit.Event(step.asked_by or audit.NIGHT, "planned", "payout", number, facts=facts)


def note_carried(
    tx: Connection, carried: Sequence[Carried], participants: Collection[int] | None
) -> None:
    """Note on due rewards why they are not paid tonight, and take off what no longer holds.

    Args:
        tx: an open transaction.
        carried: what is carried over.
        participants: whose rewards were looked at; None: everybody's.
    """
    columns = {"reward_id": "bigint", "reason": "text"}
    rows = [(reward_id, step.reason) for step in carried for reward_id in step.reward_ids]
    stage(tx, "carried", columns, rows, "reward_id")
    tx.execute(
        text(
            "UPDATE rewards r SET carried_because = c.reason FROM rewards same"
            " LEFT JOIN carried c ON c.reward_id = same.id"
            " WHERE same.id = r.id AND (c.reward_id IS NOT NULL OR r.carried_because IS NOT NULL)"
            " AND r.carried_because IS DISTINCT FROM c.reason"
            " AND (:all OR r.participant_id = ANY(:participants))"
        ),
        {"all": participants is None, "participants": list(participants or ())},
    )


@dataclass(frozen=True, slots=True)
class Blocked:
    """Money that waits until its participant removes an obstacle (rules/destinations.py).

    `rail` is how it would go; None while they have chosen none.
    """

    participant_id: int
    money: Money
    code: str
    rail: Rail | None


def tell_blocked(tx: Connection, blocked: Sequence[Blocked], today: date) -> int:
    """Tell participants what is missing, at most once a month for each obstacle on each rail."""
    return messages.queue(tx, [_missing(item, today) for item in blocked], today)


def _missing(item: Blocked, today: date) -> messages.Letter:
    rail = item.rail.value if item.rail else None
    where = f"{item.code}:{rail or 'any'}:{today.strftime('%Y-%m')}"
    context = {
        "amount": item.money.to_dict(),
        "missing": item.code,
        "rail": rail,
    }
    who = item.participant_id
    return messages.Letter(f"participant:{who}:blocked:{where}", "payout_blocked", who, context)


@dataclass(frozen=True, slots=True)
class Submission:
    """A planned payout with the exact request and key that are about to be sent."""

    payout: Sendable
    request: Mapping[str, object]
    idempotency_key: str


def key_of(payout: Sendable) -> str:
    """Return the idempotency key of a payout's attempt; it changes only with the attempt."""
    return f"{payout.reference}:{payout.attempt}"


def submit(
    tx: Connection, submissions: Sequence[Submission], now: datetime, today: date
) -> set[int]:
    """Mark planned payouts as being sent, with what exactly is sent; commit this before the call.

    Returns:
        The payouts that this process may send now; another one took the rest.
    """
    columns = {"id": "bigint", "request": "jsonb", "key": "text"}
    rows = [(s.payout.payout_id, json.dumps(s.request), s.idempotency_key) for s in submissions]
    stage(tx, "submissions", columns, rows, "id")
    taken = set(tx.execute(_SUBMIT, {"now": now}).scalars())
    moves = [
        ledger.of_payout(
            ledger.Kind.SUBMIT, s.payout.payout_id, s.payout.participant_id, s.payout.money
        )
        for s in submissions
        if s.payout.payout_id in taken
    ]
    ledger.post(tx, moves, today)
    return taken


_SUBMIT = text("""
UPDATE payouts p
SET state = 'submitting', request = s.request, idempotency_key = s.key,
    first_sent_at = :now, code = NULL, reason = NULL, next_step = NULL
FROM submissions s WHERE p.id = s.id AND p.state = 'planned'
RETURNING p.id
""")


def keep_back(tx: Connection, payout_ids: Sequence[int], code: str, reason: str) -> None:
    """Say on planned payouts why they are not sent tonight."""
    tx.execute(
        text(
            "UPDATE payouts SET code = :code, reason = :reason"
            " WHERE id = ANY(:ids) AND state = 'planned'"
        ),
        {"ids": list(payout_ids), "code": code, "reason": reason},
    )


def tell_short(
    tx: Connection, recipient: str, short: Sequence[Money], command: str, today: date
) -> int:
    """Tell staff, once a day, what the balance at the provider lacks; returns how many letters."""
    if not short or not recipient:
        return 0
    letter = messages.StaffLetter(
        f"balance_short:{today.isoformat()}",
        "balance_short",
        recipient,
        {
            "totals": [money.to_dict() for money in short],
            "command": command,
        },
    )
    return messages.queue_for_staff(tx, letter, today)


# An operator's rerun ----------------------------------------------------------------------------


def clear(tx: Connection, payout_ids: Sequence[int], actor: str) -> Counter[str]:
    """Let refused payouts be planned again; what is planned or unsettled needs no clearing.

    A refused payout stays as it is in the history: its rewards, which it freed, go into a new one
    with the participant's present destination.

    Returns:
        Counts by what happens next: planned again, sent, settled first.

    Raises:
        RerunRefused: one of them does not exist, is paid, or is held for a person. Nothing is
            changed then.
    """
    rows = tx.execute(
        text("SELECT id, state, reason FROM payouts WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"),
        {"ids": list(payout_ids)},
    ).all()
    missing = sorted(set(payout_ids) - {row.id for row in rows})
    if missing:
        raise RerunRefused(f"there is no payout {', '.join(map(str, missing))}")
    for row in rows:
        if row.state in _NEVER_AGAIN:
            raise RerunRefused(f"payout {row.id} is {row.state}: {_NEVER_AGAIN[row.state]}")
    cleared = tx.execute(
        text(
            "UPDATE payouts SET cleared_at = clock_timestamp()"
            " WHERE id = ANY(:ids) AND state = 'refused' AND cleared_at IS NULL RETURNING id"
        ),
        {"ids": list(payout_ids)},
    ).scalars()
    audit.record(tx, [audit.Event(actor, "cleared for a rerun", "payout", id_) for id_ in cleared])
    return Counter(_NEXT[row.state] for row in rows)


_NEVER_AGAIN = {
    "paid": "it is never paid twice",
    "reversed": "whether it is paid again is for an approver: `goodword rewards list`",
    "handed_over": "a person moves it; then `goodword payouts confirm` or `decline` it",
    "held": "it may have moved money; look at the provider, then `goodword payouts settle` it",
}
_NEXT = {
    "refused": "planned again",
    "planned": "sent",
    "submitting": "settled first",
    "unknown": "settled first",
}
