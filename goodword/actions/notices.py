"""Notices to a chat tool: an outbox of its own, each told at least once, with an id for repeats."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.actions import audit

NOT_SET = (
    "GOODWORD_NOTICES_URL is not set: give the address of the chat tool's webhook, and with "
    "GOODWORD_NOTICES_STYLE=slack one of Slack's."
)
"""What is missing where there is no chat tool, and how to set it."""

LEASE = timedelta(minutes=5)
"""So long one process tells a notice; after that it has died, and another one takes it up."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened, once: `fact` is its id for whoever is told.

    `title` is a sentence; `data` what a program would want of it, as JSON knows it.
    """

    fact: str
    event: str
    title: str
    data: Mapping[str, object]


def queue(tx: Connection, notice: Notice, today: date) -> int:
    """Put a notice into the outbox, unless its fact is there; returns how many were new."""
    body = {"id": notice.fact, "event": notice.event, "title": notice.title, "data": notice.data}
    given = {"fact": notice.fact, "body": json.dumps(body), "today": today}
    return tx.execute(_QUEUE, given).rowcount


_QUEUE = text("""
INSERT INTO notices (fact, body, queued_on) VALUES (:fact, CAST(:body AS jsonb), :today)
ON CONFLICT (fact) DO NOTHING
""")


def try_out(tx: Connection, program: str, actor: str, now: datetime, today: date) -> None:
    """Put a notice into the outbox that only says that the chat tool is reached."""
    fact = f"test-{now:%Y%m%dT%H%M%S%f}"
    queue(tx, Notice(fact, "test", f"{program} reaches this place.", {}), today)
    number = tx.execute(text("SELECT id FROM notices WHERE fact = :fact"), {"fact": fact})
    audit.record(tx, [audit.Event(actor, "tried out", "notice", number.scalar_one())])


def take(tx: Connection, *, untried: bool = False) -> list[Row[Any]]:
    """Take the notices that wait, oldest first, for this process to tell: id, body, attempts.

    Commit this before anybody is told; what a process that died had taken is taken again.

    Args:
        tx: the transaction.
        untried: only those that nobody has tried to tell since they were queued.
    """
    rows = tx.execute(_TAKE, {"lease": LEASE, "untried": untried}).all()
    return sorted(rows, key=lambda row: int(row.id))


_TAKE = text("""
UPDATE notices SET attempts = attempts + 1, taken_until = clock_timestamp() + :lease
WHERE id IN (
    SELECT id FROM notices
    WHERE state = 'queued' AND (taken_until IS NULL OR taken_until < clock_timestamp())
      AND (NOT :untried OR attempts = 0)
    ORDER BY id FOR UPDATE SKIP LOCKED)
RETURNING id, body, attempts
""")


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one notice: `sent`, `queued` again, or `failed`, and why it was not sent."""

    notice_id: int
    state: str
    reason: str | None = None


def record(tx: Connection, posted: Posted) -> None:
    """Write down what became of a notice."""
    given = {"id": posted.notice_id, "state": posted.state, "reason": posted.reason}
    tx.execute(_RECORD, given)


_RECORD = text("""
UPDATE notices SET state = :state, reason = :reason, taken_until = NULL,
    sent_at = CASE WHEN :state = 'sent' THEN clock_timestamp() END
WHERE id = :id AND state = 'queued'
""")


def release(tx: Connection, notice_id: int, actor: str) -> bool:
    """Queue a failed notice again, on somebody's word; False: it is not failed."""
    before = tx.execute(_RELEASE, {"id": notice_id}).one_or_none()
    if before is None:
        return False
    audit.record(tx, [audit.Event(actor, "queued again", "notice", notice_id, before.reason or "")])
    return True


_RELEASE = text("""
UPDATE notices n SET state = 'queued', reason = NULL, attempts = 0
FROM (SELECT id, state, reason FROM notices WHERE id = :id FOR UPDATE) before
WHERE n.id = before.id AND before.state = 'failed'
RETURNING before.reason
""")
