"""Delegations: an approver lets somebody decide in their place, for some days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit
from goodword.db.queries import staff
from goodword.rules import rights
from goodword.rules.approvals import person_key
from goodword.rules.delegations import Delegation, DelegationRefused, check_delegation


@dataclass(frozen=True, slots=True)
class Made:
    """Who makes or ends a delegation, and why."""

    by: str
    reason: str = ""


def delegate(tx: Connection, delegation: Delegation, made: Made, today: date) -> int:
    """Let one person decide in another's place; returns the delegation's number.

    Once there are staff accounts, both must have one, the delegator with the right to decide on
    rewards, and only the delegator or who manages staff may do this.

    Raises:
        DelegationRefused: it makes no sense, it is made already, or it is not theirs to give.
    """
    check_delegation(delegation, today)
    # One after the other: of two that are the same, the second finds the first.
    tx.execute(text("LOCK TABLE delegations IN SHARE ROW EXCLUSIVE MODE"))
    if not staff.is_empty(tx):
        _check_staff(tx, delegation)
        _check_giver(tx, delegation.delegator, made.by)
        _check_taker(delegation, made.by)
    given = {
        "delegator": delegation.delegator.strip(),
        "delegate": delegation.delegate.strip(),
        "since": delegation.since,
        "until": delegation.until,
        "reason": made.reason,
        "by": made.by,
        "today": today,
    }
    made_before = tx.execute(_SAME, given).scalar_one_or_none()
    if made_before is not None:
        raise DelegationRefused(f"this is delegation {made_before} already")
    number = int(tx.execute(_DELEGATE, given).scalar_one())
    facts: dict[str, object] = {
        "delegate": delegation.delegate,
        "delegator": delegation.delegator,
        "since": delegation.since,
        "until": delegation.until,
    }
    event = audit.Event(made.by, "delegated approvals", "delegation", number, made.reason, facts)
    audit.record(tx, [event])
    return number


def _check_staff(tx: Connection, delegation: Delegation) -> None:
    behind, standing_in = (
        staff.named(tx, name.strip()) for name in (delegation.delegator, delegation.delegate)
    )
    if behind is None or not rights.may(behind.roles, rights.Action.DECIDE_REWARDS):
        raise DelegationRefused(
            f"{delegation.delegator} may not decide on rewards: there is nothing to delegate"
        )
    if standing_in is None or not standing_in.is_active:
        raise DelegationRefused(f"{delegation.delegate} has no active staff account")


def _check_giver(tx: Connection, delegator: str, by: str) -> None:
    member = staff.named(tx, by)
    if person_key(by) == person_key(delegator) and member and member.is_active:
        return
    if not member or not member.is_active or not rights.may(member.roles, _GIVES_RIGHTS):
        raise DelegationRefused(
            f"{by} may not do this for {delegator}: {delegator} does, or an administrator"
        )


def _check_taker(delegation: Delegation, by: str) -> None:
    if person_key(by) == person_key(delegation.delegate):
        raise DelegationRefused(
            f"{by} cannot take the place of {delegation.delegator} by themselves: "
            f"{delegation.delegator} gives it, or another administrator"
        )


_GIVES_RIGHTS = rights.Action.MANAGE_STAFF

_SAME = text("""
SELECT min(id) FROM delegations
WHERE (delegator, delegate, since, until) = (:delegator, :delegate, :since, :until)
  AND ended_on IS NULL
""")

_DELEGATE = text("""
INSERT INTO delegations (delegator, delegate, since, until, reason, made_by, made_on)
VALUES (:delegator, :delegate, :since, :until, :reason, :by, :today)
RETURNING id
""")


def end(tx: Connection, delegation_id: int, made: Made, today: date) -> None:
    """End a delegation now; what was decided by it stands.

    Raises:
        DelegationRefused: there is none that is not over, or it is not theirs to end.
    """
    delegator = tx.execute(_TO_END, {"id": delegation_id, "today": today}).scalar_one_or_none()
    if delegator is None:
        raise DelegationRefused(
            f"there is no delegation {delegation_id} that is not over: "
            "`goodword approvals delegations` shows them"
        )
    if not staff.is_empty(tx):
        _check_giver(tx, delegator, made.by)
    tx.execute(
        text("UPDATE delegations SET ended_on = :today, ended_by = :by WHERE id = :id"),
        {"id": delegation_id, "today": today, "by": made.by},
    )
    event = audit.Event(made.by, "ended a delegation", "delegation", delegation_id, made.reason)
    audit.record(tx, [event])


_TO_END = text("""
SELECT delegator FROM delegations
WHERE id = :id AND ended_on IS NULL AND until >= :today FOR UPDATE
""")
