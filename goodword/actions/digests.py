"""Digests: one e-mail each morning to each of staff with what waits for them; none, no e-mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from goodword.actions import messages
from goodword.db.queries import approval_queue, approvals, staff, status
from goodword.money import Money, totals
from goodword.rules import rights, work
from goodword.rules.approvals import Voice, WaitingReward


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Everything that waits for people: lines of status, and the queue of rewards."""

    lines: Sequence[Row[Any]]
    queue: Mapping[int, Row[Any]]
    rewards: Sequence[WaitingReward]


def queue(tx: Connection, today: date, console: str) -> int:
    """Put each one's digest of the day into the outbox, unless it was written or nothing waits.

    Args:
        tx: the transaction.
        today: the business date.
        console: the address of the console.

    Returns:
        How many were new.
    """
    members = [one for one in staff.everyone(tx) if one.is_active]
    if not members:
        return 0
    found = _waiting(tx)
    delegated = approvals.in_force(tx, today)
    written = []
    for member in members:
        behind = _stands_in_for(member, members, delegated)
        context = _context(member, behind, found)
        if context:
            fact = f"digest:{today.isoformat()}:{member.id}"
            about = {**context, "name": member.name, "on": today.isoformat(), "link": console}
            written.append(
                messages.StaffLetter(fact, "staff_digest", member.email, about, member.locale)
            )
    return messages.queue_all_for_staff(tx, written, today)


def _waiting(tx: Connection) -> _Waiting:
    lines = [row for row in status.waiting_for_people(tx) if row.what != work.TO_APPROVE]
    rows = {row.id: row for row in approval_queue.queue(tx)}
    held = approvals.waiting(tx, rows, lock=False) if rows else {}
    return _Waiting(lines, rows, [held[number].reward for number in rows])


def _stands_in_for(
    member: staff.Member, members: Sequence[staff.Member], delegated: Sequence[tuple[str, str]]
) -> list[staff.Member]:
    """Return those with the right to decide in whose place this one decides today."""
    by_name = {one.name: one for one in members}
    names = {delegator.lower() for delegator, to in delegated if to.lower() == member.name}
    behind = [by_name[name] for name in sorted(names) if name in by_name]
    return [one for one in behind if rights.may(one.roles, rights.Action.DECIDE_REWARDS)]


def _context(
    member: staff.Member, behind: Sequence[staff.Member], found: _Waiting
) -> dict[str, object]:
    """Say what waits for one person; empty when nothing does."""
    own = {member.name, member.email}
    voices = [Voice(member.name, one.name, frozenset({*own, one.email})) for one in behind]
    if rights.may(member.roles, rights.Action.DECIDE_REWARDS):
        voices.append(Voice(member.name, "", frozenset(own)))
    mine = work.queue_of(voices, found.rewards) if voices else work.Queue((), 0)
    items = [
        {"what": line.what, "count": line.rows, "command": line.command}
        for line in found.lines
        if work.is_for(line.what, member.roles)
    ]
    if not mine.reward_ids and not items:
        return {}
    return {
        "rewards": _rewards([found.queue[number] for number in mine.reward_ids], mine.seconds),
        "stands_in_for": [one.name for one in behind],
        "items": items,
    }


def _rewards(rows: Sequence[Row[Any]], seconds: int) -> dict[str, object] | None:
    if not rows:
        return None
    sums = totals(Money(row.amount_minor, row.currency) for row in rows)
    return {
        "count": len(rows),
        "seconds": seconds,
        "oldest_on": rows[0].asked_on.isoformat(),
        "totals": [total.to_dict() for total in sums],
        "command": "goodword rewards list",
    }
