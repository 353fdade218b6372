"""Terms of approvals: what waits is asked of more people, lapses, is reminded of and escalates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit, messages
from goodword.db.bulk import stage
from goodword.phrases import because
from goodword.rules.approvals import ApprovalPolicy, Needed


@dataclass(frozen=True, slots=True)
class Asked:
    """A waiting reward, and how many people must approve it by the sum as of now."""

    reward_id: int
    needed: Needed


def ask_more(tx: Connection, asked: Sequence[Asked]) -> int:
    """Ask more people where a sum has grown since its parts were first asked about.

    Returns:
        How many rewards; of none fewer people are asked than before.
    """
    if not asked:
        return 0
    columns = {"id": "bigint", "needed": "int"}
    stage(tx, "asked_more", columns, [(one.reward_id, one.needed.approvers) for one in asked], "id")
    changed = set(tx.execute(_ASK_MORE).scalars())
    events = [
        audit.Event(
            audit.NIGHT,
            "asked more people",
            "reward",
            one.reward_id,
            one.needed.reason,
            {"approvers": one.needed.approvers},
        )
        for one in asked
        if one.reward_id in changed
    ]
    audit.record(tx, events)
    return len(changed)


_ASK_MORE = text("""
UPDATE rewards r SET approvals_needed = a.needed FROM asked_more a
WHERE r.id = a.id AND r.state = 'waiting' AND r.approvals_needed < a.needed
RETURNING r.id
""")


def lapse(tx: Connection, policy: ApprovalPolicy, today: date) -> int:
    """End first approvals that no second one followed in time; returns how many.

    Their rewards are asked about anew: what was seen then may not be what would be seen now.
    """
    given = {"since": policy.lapsed_since(today)}
    tx.execute(_LOCK_LAPSING, given)
    reason = _too_late(policy.second_within_days)
    ended = tx.execute(_LAPSE, {**given, "today": today, "reason": reason, "by": audit.NIGHT}).all()
    events = [
        audit.Event(
            audit.NIGHT, "approval lapsed", "reward", row.reward_id, reason, {"approver": row.who}
        )
        for row in ended
    ]
    audit.record(tx, events)
    return len(events)


def _too_late(days: int) -> str:
    if days == 1:
        return because("no second approval came within a day")
    return because("no second approval came within {days} days", days=days)


_LAPSING = """
a.ended_as IS NULL AND a.decision = 'approve' AND a.decided_on <= :since AND r.state = 'waiting'
"""

# Locked first: a second approval that comes at this moment counts the first, or comes after it.
_LOCK_LAPSING = text(f"""
SELECT FROM rewards r JOIN approvals a ON a.reward_id = r.id
WHERE {_LAPSING} ORDER BY r.id FOR UPDATE OF r
""")

_LAPSE = text(f"""
UPDATE approvals a
SET ended_as = 'expired', ended_on = :today, ended_by = :by, ended_reason = :reason
FROM rewards r WHERE r.id = a.reward_id AND {_LAPSING}
RETURNING a.reward_id, a.decided_by AS who
""")


def remind(tx: Connection, recipient: str, summary: Mapping[str, object], today: date) -> int:
    """Remind staff, at most once a day, of the rewards that wait; returns how many letters."""
    return _tell(tx, f"approvals:{today.isoformat()}", recipient, summary, today)


def escalate(tx: Connection, recipient: str, summary: Mapping[str, object], today: date) -> int:
    """Tell who it escalates to, at most once a day, of the rewards that wait for long."""
    return _tell(tx, f"approvals:{today.isoformat()}:late", recipient, summary, today)


def _tell(
    tx: Connection, fact: str, recipient: str, summary: Mapping[str, object], today: date
) -> int:
    if not recipient or not summary:
        return 0
    letter = messages.StaffLetter(fact, "approvals_waiting", recipient, summary)
    return messages.queue_for_staff(tx, letter, today)
