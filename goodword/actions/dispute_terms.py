"""Terms of disputes: staff is reminded, what is late is escalated, and what is over is closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.actions import audit, messages
from goodword.db.queries import disputes as queries
from goodword.phrases import because

COMMAND = "goodword disputes list"


def close(tx: Connection, today: date) -> int:
    """Close the disputes whose term for an appeal is over: their money may go; returns how many."""
    ids = queries.appeal_is_over(tx, today)
    if ids:
        tx.execute(
            text("UPDATE disputes SET state = 'closed', closed_on = :on WHERE id = ANY(:ids)"),
            {"ids": ids, "on": today},
        )
    reason = because("nobody appealed in time")
    audit.record(tx, [audit.Event(audit.NIGHT, "closed", "dispute", each, reason) for each in ids])
    return len(ids)


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who is told of rulings that are to be made, and who of those that are late."""

    staff: str
    escalate_to: str


@dataclass(frozen=True, slots=True)
class Reminded:
    """How many disputes are newly late, and how many letters were new."""

    escalated: int
    letters: int


def remind(tx: Connection, recipients: Recipients, today: date) -> Reminded:
    """Tell staff, once a day, of the rulings to be made, and who they escalate to of late ones."""
    waiting = queries.waiting(tx)
    late = [row for row in waiting if row.decide_by < today]
    in_time = [row for row in waiting if row.decide_by >= today]
    newly = [row.id for row in late if row.escalated_on is None]
    letters = _tell(tx, f"disputes:{today}", recipients.staff, in_time, today)
    letters += _tell(tx, f"disputes:{today}:late", recipients.escalate_to, late, today)
    if newly:
        tx.execute(
            text("UPDATE disputes SET escalated_on = :on WHERE id = ANY(:ids)"),
            {"ids": newly, "on": today},
        )
    reason = because("no ruling in time: {who} is told daily", who=recipients.escalate_to)
    audit.record(
        tx, [audit.Event(audit.NIGHT, "escalated", "dispute", each, reason) for each in newly]
    )
    return Reminded(len(newly), letters)


def _tell(tx: Connection, fact: str, recipient: str, rows: Sequence[Row[Any]], today: date) -> int:
    if not rows:
        return 0
    first = rows[0]
    context = {
        "count": len(rows),
        "company": first.company,
        "decide_by": first.decide_by.isoformat(),
        "is_late": first.decide_by < today,
        "decider": first.decider or None,
        "command": COMMAND,
    }
    letter = messages.StaffLetter(fact, "disputes_waiting", recipient, context)
    return messages.queue_for_staff(tx, letter, today)
