"""Deciders: who of the staff may decide on a reward that waits, and why the others may not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from goodword.actions import voices
from goodword.db.queries import approvals as queries
from goodword.db.queries import staff
from goodword.money import Money
from goodword.rules import rights
from goodword.rules.approvals import (
    ApprovalRefused,
    Voice,
    WaitingReward,
    check_decision,
    person_key,
)


def why_not(reward: WaitingReward, voice: Voice, seen: Money) -> str:
    """Say why this person may not decide on this reward; "": they may."""
    try:
        check_decision(reward, voice, seen)
    except ApprovalRefused as refused:
        return str(refused)
    return ""


def barred(
    tx: Connection, actor: str, reward_ids: Collection[int], today: date
) -> dict[int, str] | None:
    """Return those of these rewards that somebody may not decide on, by number, and why.

    None: they decide on no reward at all, and read.

    Raises:
        DelegationRefused: they must say in whose place they decide.
    """
    try:
        voice = voices.Voices(tx, today).of(actor)
    except rights.NotAllowed:
        return None
    found = queries.waiting(tx, reward_ids, lock=False)
    said = {number: why_not(one.reward, voice, one.reward.amount) for number, one in found.items()}
    return {number: why for number, why in said.items() if why}


@dataclass(frozen=True, slots=True)
class Decider:
    """Who might decide, in whose place (empty: their own), and why they may not (empty: may)."""

    name: str
    acting_for: str
    why_not: str


def of(tx: Connection, reward_id: int, today: date) -> list[Decider]:
    """Return everybody with the right to decide on rewards today, as to one reward, by name."""
    found = queries.waiting(tx, [reward_id], lock=False)
    members = {one.name: one for one in staff.everyone(tx) if one.is_active}
    known = {name: frozenset({name, one.email}) for name, one in members.items()}
    said = [
        Voice(name, "", known[name])
        for name, one in members.items()
        if rights.may(one.roles, rights.Action.DECIDE_REWARDS)
    ]
    own = {voice.actor for voice in said}
    said += [
        Voice(delegate, delegator, known[delegate] | known[delegator])
        for delegator, delegate in _delegations(tx, today)
        if delegate in members and delegator in own
    ]
    return [
        Decider(voice.actor, voice.acting_for, why_not(one.reward, voice, one.reward.amount))
        for one in found.values()
        for voice in sorted(said, key=lambda each: (each.actor, each.acting_for))
    ]


def _delegations(tx: Connection, today: date) -> list[tuple[str, str]]:
    return [(person_key(one), person_key(other)) for one, other in queries.in_force(tx, today)]
