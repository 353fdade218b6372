"""Voices: in whose name somebody decides, as staff accounts and delegations of today say."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from goodword.db.queries import approvals as queries
from goodword.db.queries import staff
from goodword.rules import rights
from goodword.rules.approvals import Voice, person_key
from goodword.rules.delegations import stands_in_for


class Voices:
    """Who may decide in one transaction, each looked up once.

    While there are no staff accounts anybody may decide, in their own name or in that of somebody
    who lets them. From the first account on, a decision takes the right to decide on rewards: one's
    own, or that of who lets one.
    """

    def __init__(self, tx: Connection, today: date) -> None:
        self._tx = tx
        self._today = today
        self._anybody = staff.is_empty(tx)
        self._found: dict[tuple[str, str], Voice] = {}

    def of(self, actor: str, acting_for: str = "") -> Voice:
        """Return in whose name somebody decides.

        Args:
            actor: who decides.
            acting_for: in whose place they say that they do; "": they do not say.

        Raises:
            DelegationRefused: they do not stand in for that person, or must say for which one.
            NotAllowed: neither they nor who lets them may decide on rewards.
        """
        key = actor, acting_for
        if key not in self._found:
            self._found[key] = self._look_up(actor.strip(), acting_for.strip())
        return self._found[key]

    def places(self, actor: str) -> list[str]:
        """Return in whose place somebody may decide, "" for their own; []: they may not at all."""
        member = staff.named(self._tx, actor.strip())
        if not self._is_here(member):
            return []
        own = [""] if self._may(member) else []
        people = {person_key(one): one for one in self._delegators(actor.strip(), member)}
        return own + sorted(people.values())

    def _look_up(self, actor: str, acting_for: str) -> Voice:
        member = staff.named(self._tx, actor)
        own = self._may(member)
        known_as = {member.name, member.email} if member else set()
        actor = member.name if member else actor
        if own and not acting_for:
            return Voice(actor, "", frozenset(known_as))
        delegator = stands_in_for(self._delegators(actor, member), acting_for, actor)
        if not delegator or not self._is_here(member):
            raise rights.NotAllowed(actor, rights.Action.DECIDE_REWARDS)
        behind = staff.named(self._tx, delegator)
        known_as |= {behind.name, behind.email} if behind else set()
        return Voice(actor, behind.name if behind else delegator, frozenset(known_as))

    def _delegators(self, actor: str, member: staff.Member | None) -> list[str]:
        names = {actor.lower(), *((member.name, member.email) if member else ())}
        given = queries.delegators(self._tx, sorted(names), self._today)
        return [one for one in given if self._may(staff.named(self._tx, one))]

    def _is_here(self, member: staff.Member | None) -> bool:
        return self._anybody or (member is not None and member.is_active)

    def _may(self, member: staff.Member | None) -> bool:
        if self._anybody:
            return True
        if member is None or not member.is_active:
            return False
        return rights.may(member.roles, rights.Action.DECIDE_REWARDS)
