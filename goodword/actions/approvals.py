"""Approvals: rewards approved by policy or by people, or refused; owed from that moment on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit, ledger, messages, promises
from goodword.db.bulk import stage
from goodword.db.queries import rewards as queries
from goodword.money import Money
from goodword.rules import approvals


class NoSuchReward(LookupError):  # noqa: N818 - it says what was found
    """There is no reward of this number."""

    def __init__(self, reward_id: int) -> None:
        super().__init__(f"there is no reward {reward_id}; `goodword rewards list` shows them")


POLICY = "policy"
"""Who approves what is below the threshold."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A computed reward and how many people must approve it."""

    computed: queries.Computed
    needed: approvals.Needed


def record_judged(tx: Connection, judged: Sequence[Judged], today: date) -> Counter[str]:
    """Approve by policy what needs nobody, and put the rest into the queue; returns counts."""
    columns = {"id": "bigint", "needed": "int", "reason": "text"}
    rows = [(item.computed.reward_id, item.needed.approvers, item.needed.reason) for item in judged]
    stage(tx, "judged", columns, rows, "id")
    written = set(tx.execute(_JUDGE, {"today": today, "policy": POLICY}).scalars())
    done = [item for item in judged if item.computed.reward_id in written]
    approved = [item for item in done if item.needed.approvers == 0]
    for_people = [item for item in done if item.needed.approvers]
    _accrue(tx, [_Accrual.of(item.computed) for item in approved], today)
    events = [_event(item, "approved", POLICY) for item in approved]
    events += [_event(item, "asked for approval", audit.NIGHT) for item in for_people]
    audit.record(tx, events)
    return +Counter({"approved": len(approved), "waiting for people": len(for_people)})


_JUDGE = text("""
WITH written AS (
    UPDATE rewards r
    SET state = CASE j.needed WHEN 0 THEN 'approved' ELSE 'waiting' END,
        approvals_needed = j.needed,
        asked_on = CASE WHEN j.needed > 0 THEN CAST(:today AS date) END
    FROM judged j WHERE r.id = j.id AND r.state = 'computed'
    RETURNING r.id, r.state, r.amount_minor, j.reason
), by_policy AS (
    INSERT INTO approvals (reward_id, decision, decided_by, reason, amount_minor)
    SELECT id, 'approve', :policy, reason, amount_minor FROM written WHERE state = 'approved'
)
SELECT id FROM written
""")


def _event(item: Judged, action: str, actor: str) -> audit.Event:
    facts = {
        "amount_minor": item.computed.amount.minor,
        "currency": item.computed.amount.currency,
        "approvers": item.needed.approvers,
    }
    return audit.Event(actor, action, "reward", item.computed.reward_id, item.needed.reason, facts)


@dataclass(frozen=True, slots=True)
class _Accrual:
    reward_id: int
    participant_id: int
    amount: Money

    @classmethod
    def of(cls, computed: queries.Computed) -> _Accrual:
        return cls(computed.reward_id, computed.participant_id, computed.amount)


def _accrue(tx: Connection, accruals: Sequence[_Accrual], today: date) -> None:
    """Owe approved rewards to their participants, or take them back, and tell them."""
    moves = [
        ledger.Move(
            ledger.Kind.ACCRUE if item.amount.minor > 0 else ledger.Kind.TAKE_BACK,
            item.participant_id,
            item.amount.currency,
            abs(item.amount.minor),
            reward_id=item.reward_id,
        )
        for item in accruals
    ]
    ledger.post(tx, moves, today)
    promises.tell_owed(tx, [item.reward_id for item in accruals], today)


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


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's decision on one waiting reward, bound to the amount that they saw."""

    reward_id: int
    actor: str
    approve: bool
    seen: Money
    reason: str


def decide(tx: Connection, ruling: Ruling, today: date) -> str:
    """Take a person's decision on one reward; the state, decision, posting and mail in one commit.

    Returns:
        The state the reward is in now: `approved`, `rejected`, or `waiting` for a second person.

    Raises:
        NoSuchReward: there is none of this number.
        approvals.ApprovalRefused: this person may not decide it, or the refusal has no reason.
    """
    found = queries.waiting_for_decision(tx, ruling.reward_id)
    if found is None:
        raise NoSuchReward(ruling.reward_id)
    waiting, participant_id = found
    approvals.check_decision(waiting, ruling.actor, ruling.seen)
    if not ruling.approve and not ruling.reason.strip():
        raise approvals.ApprovalRefused("a refusal needs a reason that the participant may read")
    state = "rejected"
    if ruling.approve:
        state = "approved" if approvals.is_complete(waiting, ruling.actor) else "waiting"
    tx.execute(_RULE, {**_given(ruling), "state": state})
    if state == "approved":
        _accrue(tx, [_Accrual(ruling.reward_id, participant_id, waiting.amount)], today)
    action = "approved" if ruling.approve else "rejected"
    facts = {"amount_minor": waiting.amount.minor, "currency": waiting.amount.currency}
    event = audit.Event(ruling.actor, action, "reward", ruling.reward_id, ruling.reason, facts)
    audit.record(tx, [event])
    return state


def _given(ruling: Ruling) -> dict[str, object]:
    return {
        "id": ruling.reward_id,
        "decision": "approve" if ruling.approve else "reject",
        "actor": ruling.actor,
        "reason": ruling.reason,
        "amount": ruling.seen.minor,
    }


_RULE = text("""
WITH decided AS (
    INSERT INTO approvals (reward_id, decision, decided_by, reason, amount_minor)
    VALUES (:id, :decision, :actor, :reason, :amount)
)
UPDATE rewards SET state = :state WHERE id = :id
""")
