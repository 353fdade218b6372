"""Withdrawals: an approver takes a decision on a reward back, before it has been acted on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit, ledger, promises, voices
from goodword.actions.approvals import NoSuchReward
from goodword.db.queries import approvals as queries
from goodword.rules import approvals


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Who takes back what they decided on a reward, and why; `acting_for` as in a Ruling."""

    reward_id: int
    actor: str
    reason: str
    acting_for: str = ""


def withdraw(tx: Connection, withdrawal: Withdrawal, today: date) -> None:
    """Take one's own decision back: the reward waits again, and nothing of it is owed.

    Other people's approvals of it stand. A letter that has not left does not leave; who has read
    that the reward is theirs is told that it is looked at again.

    Raises:
        NoSuchReward: there is none of this number.
        approvals.ApprovalRefused: nothing of theirs stands on it, it was acted on, or no reason is
            given.
        DelegationRefused: they do not stand in for whom they say.
        NotAllowed: they are of staff and may not decide on rewards.
    """
    voice = voices.Voices(tx, today).of(withdrawal.actor, withdrawal.acting_for)
    found = _found(tx, withdrawal, voice)
    taken = found.taken
    approvals.check_withdrawal(taken)
    if not withdrawal.reason.strip():
        raise approvals.ApprovalRefused("taking a decision back needs a reason, for the trail")
    approvals.check_reason(withdrawal.reason, approve=True)
    given = {"approval": found.approval_id, "id": taken.reward_id, "by": voice.actor}
    tx.execute(_END, {**given, "reason": withdrawal.reason, "today": today})
    if taken.state == "approved":
        money = taken.amount.currency, taken.amount.minor
        void = ledger.Move(ledger.Kind.VOID, found.participant_id, *money, taken.reward_id)
        ledger.post(tx, [void], today)
    if taken.state != "waiting":
        promises.unsay(tx, found.approval_id, taken.reward_id, today)
    what = "took back an approval" if taken.approve else "took back a refusal"
    facts = {"amount_minor": taken.amount.minor, "currency": taken.amount.currency}
    event = audit.Event(voice.actor, what, "reward", taken.reward_id, withdrawal.reason, facts)
    audit.record(tx, [event])


def _found(tx: Connection, withdrawal: Withdrawal, voice: approvals.Voice) -> queries.Standing:
    """Return the decision that is theirs, or of the person that they stand in for."""
    names = {voice.actor.lower(), voice.acting_for.lower(), *voice.known_as} - {""}
    number = withdrawal.reward_id
    found = queries.standing(tx, number, sorted(names))
    if found is None:
        known = tx.execute(
            text("SELECT EXISTS (SELECT FROM rewards WHERE id = :id)"), {"id": number}
        ).scalar_one()
        if not known:
            raise NoSuchReward(number)
        raise approvals.ApprovalRefused(
            f"no decision of {withdrawal.actor} on reward {number} stands: who took it takes it "
            "back"
        )
    return found


_END = text("""
WITH ended AS (
    UPDATE approvals SET ended_as = 'withdrawn', ended_on = :today, ended_by = :by,
        ended_reason = :reason
    WHERE id = :approval
)
UPDATE rewards SET state = 'waiting', asked_on = :today WHERE id = :id
""")
