"""Approvals: rewards approved by policy or by people, or refused; owed from that moment on.

Every door decides here: the command line, the console, the orchestrator's form. What comes of a
decision later is elsewhere: taken back (withdrawals), lapsed (approval_terms).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit, ledger, promises, voices
from goodword.db.bulk import stage
from goodword.db.queries import approvals as queue
from goodword.db.queries import rewards as queries
from goodword.money import Money
from goodword.rules import approvals
from goodword.rules.delegations import DelegationRefused
from goodword.rules.rights import NotAllowed


class NoSuchReward(LookupError):
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
    INSERT INTO approvals (reward_id, decision, decided_by, reason, amount_minor, decided_on)
    SELECT id, 'approve', :policy, reason, amount_minor, :today
    FROM written WHERE state = 'approved'
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


# By people --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's decision on one waiting reward, bound to the amount that they saw.

    `reason` may be read by the participant, `note` by staff only. `acting_for` is in whose place
    they decide; empty: in their own, or where they may not, for the one who lets them.
    """

    reward_id: int
    actor: str
    approve: bool
    seen: Money
    reason: str
    note: str = ""
    acting_for: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one decision: the state its reward is in now, or why it was not taken."""

    ruling: Ruling
    state: str = ""
    refusal: Exception | None = None


def decide(tx: Connection, ruling: Ruling, today: date) -> str:
    """Take a person's decision on one reward; the state, decision, posting and mail in one commit.

    Returns:
        The state the reward is in now: `approved`, `rejected`, or `waiting` for a second person.

    Raises:
        NoSuchReward: there is none of this number.
        approvals.ApprovalRefused: this person may not decide it, or the refusal has no reason.
        DelegationRefused: they do not stand in for whom they say.
        NotAllowed: they are of staff and may not decide on rewards.
    """
    [outcome] = decide_all(tx, [ruling], today)
    if outcome.refusal:
        raise outcome.refusal
    return outcome.state


def said(ruling: Ruling, state: str) -> str:
    """Say what came of a decision: "Reward 7 (750.00 USD) is approved."."""
    waits = {"waiting": "is approved by you and waits for a second person"}
    return f"Reward {ruling.reward_id} ({ruling.seen}) {waits.get(state, f'is {state}')}."


def decide_all(tx: Connection, rulings: Sequence[Ruling], today: date) -> list[Outcome]:
    """Take many decisions at once; one that is refused stops no other.

    Returns:
        What came of each, in their order. The number of statements does not grow with theirs.
    """
    held = queue.waiting(tx, {ruling.reward_id for ruling in rulings})
    known = voices.Voices(tx, today)
    taken: list[_Taken] = []
    outcomes: list[Outcome] = []
    for ruling in rulings:
        try:
            one = _take(held.get(ruling.reward_id), ruling, known)
        except (NoSuchReward, approvals.ApprovalRefused, DelegationRefused, NotAllowed) as refusal:
            outcomes.append(Outcome(ruling, refusal=refusal))
            continue
        held[ruling.reward_id] = replace(one.found, reward=one.after)
        taken.append(one)
        outcomes.append(Outcome(ruling, one.after.state))
    _write(tx, taken, today)
    return outcomes


@dataclass(frozen=True, slots=True)
class _Taken:
    """A decision that the rules let pass: whose, on what, and what the reward is afterwards."""

    ruling: Ruling
    voice: approvals.Voice
    found: queue.InQueue
    after: approvals.WaitingReward


def _take(found: queue.InQueue | None, ruling: Ruling, known: voices.Voices) -> _Taken:
    if found is None:
        raise NoSuchReward(ruling.reward_id)
    voice = known.of(ruling.actor, ruling.acting_for)
    approvals.check_decision(found.reward, voice, ruling.seen)
    approvals.check_reason(ruling.reason, approve=ruling.approve)
    people = frozenset(filter(None, (voice.actor, voice.acting_for)))
    state = "rejected"
    if ruling.approve:
        state = "approved" if approvals.is_complete(found.reward) else "waiting"
    given = (*found.reward.approved_by, people) if ruling.approve else found.reward.approved_by
    return _Taken(ruling, voice, found, replace(found.reward, state=state, approved_by=given))


def _write(tx: Connection, taken: Sequence[_Taken], today: date) -> None:
    if not taken:
        return
    stage(tx, "decided", _DECIDED, [_row(one) for one in taken])
    tx.execute(_DECIDE, {"today": today})
    approved = [one for one in taken if one.after.state == "approved"]
    accruals = [
        _Accrual(one.ruling.reward_id, one.found.participant_id, one.found.reward.amount)
        for one in approved
    ]
    _accrue(tx, accruals, today)
    refused = {one.ruling.reward_id: one.ruling.reason for one in taken if not one.ruling.approve}
    promises.tell_refused(tx, refused, today)
    audit.record(tx, [_event_of(one) for one in taken])


def _row(one: _Taken) -> tuple[object, ...]:
    ruling = one.ruling
    return (
        ruling.reward_id,
        "approve" if ruling.approve else "reject",
        one.voice.actor,
        one.voice.acting_for or None,
        ruling.reason,
        ruling.note,
        ruling.seen.minor,
        one.after.state,
    )


_DECIDED = {
    "reward_id": "bigint",
    "decision": "text",
    "decided_by": "text",
    "acting_for": "text",
    "reason": "text",
    "note": "text",
    "amount_minor": "bigint",
    "state": "text",
}

# Of two approvals of one reward in one batch the one that completes it counts for its state.
_DECIDE = text("""
WITH written AS (
    INSERT INTO approvals (reward_id, decision, decided_by, acting_for, reason, note, amount_minor,
                           decided_on)
    SELECT reward_id, decision, decided_by, acting_for, reason, note, amount_minor, :today
    FROM decided
)
UPDATE rewards r SET state = d.state FROM decided d
WHERE r.id = d.reward_id AND d.state <> 'waiting'
""")


def _event_of(one: _Taken) -> audit.Event:
    amount = one.found.reward.amount
    facts: dict[str, object] = {"amount_minor": amount.minor, "currency": amount.currency}
    if one.voice.acting_for:
        facts["acting_for"] = one.voice.acting_for
    if one.ruling.note:
        facts["note"] = one.ruling.note
    action = "approved" if one.ruling.approve else "rejected"
    return audit.Event(
        one.voice.actor, action, "reward", one.ruling.reward_id, one.ruling.reason, facts
    )
