"""Staff: who works with the program and what they may do, each change in the audit trail.

A first password is made here, returned once, and never kept: only its hash is. Whose password or
roles an administrator changes is told by a letter.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from sqlalchemy import Connection, text

from goodword.actions import access_letters, audit
from goodword.actions.credentials import first_password, hash_password
from goodword.db.queries import staff as queries
from goodword.rules import rights, sign_in
from goodword.rules.rights import Action, Role
from goodword.rules.sign_in import BadName

SUBJECT = "staff"
PROVIDER = "provider"
"""The actor of what the identity provider says of the staff."""


class NotStaff(LookupError):
    """There is no active member of this name."""

    def __init__(self, name: str, state: str | None = None) -> None:
        what = f"{name} is {state}" if state else f"{name!r} is not on the staff"
        super().__init__(f"{what}: `goodword staff list` shows who is, --as says who you are.")


class NoSuchMember(LookupError):
    """Nobody on the staff has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is nobody named {name!r}: `goodword staff list` shows the staff.")


class NameTaken(ValueError):
    """There is somebody of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is on the staff already; a name is used once, so that the audit trail stays "
            f"clear. `goodword staff enable {name}` lets somebody in again."
        )


class LastAdministrator(Exception):
    """Without them nobody could manage the staff."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is the last active administrator: make somebody else one first.")


class OfTheProvider(Exception):
    """Somebody signs in by the identity provider, which knows their password and roles."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} signs in by the identity provider: change passwords and roles there."
        )


class NoRole(Exception):
    """The identity provider knows somebody, and gives them no role here."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The identity provider knows {name} and gives no role in Goodword: whoever manages "
            "its groups can."
        )


class RolesChanged(Exception):
    """Somebody has other roles by now than those that were seen."""

    def __init__(self, member: queries.Member) -> None:
        super().__init__(
            f"{member.name} is {', '.join(sorted(member.roles))} by now, which is not what you "
            "saw: look again."
        )


def authorise(tx: Connection, actor: str, action: Action) -> None:
    """Refuse an actor who may not do this. Before there is any staff, everybody may.

    Raises:
        NotStaff: nobody active has this name.
        NotAllowed: no role of theirs allows the action.
    """
    member = queries.named(tx, actor)
    if member is None and queries.is_empty(tx):
        return
    if member is None or member.name != actor:  # the trail has one name for one person
        raise NotStaff(actor)
    if not member.is_active:
        raise NotStaff(actor, member.state)
    rights.check(member.name, member.roles, action)


@dataclass(frozen=True, slots=True)
class NewMember:
    """Somebody to be added."""

    name: str
    email: str
    roles: frozenset[Role]


def add(tx: Connection, new: NewMember, actor: str, now: datetime) -> str:
    """Add somebody who signs in with a password; returns the first one, to be told to them.

    Raises:
        BadName: the name cannot be one.
        BadRoles: there is no role, or the first member is no administrator.
        NameTaken: there is somebody of this name.
    """
    password = first_password()
    until = now + sign_in.FIRST_PASSWORD_LASTS
    number = insert(tx, new, actor)
    tx.execute(
        text(
            "UPDATE staff SET password_hash = :hash, first_password_until = :until WHERE id = :id"
        ),
        {"id": number, "hash": hash_password(password), "until": until},
    )
    return password


def insert(tx: Connection, new: NewMember, actor: str, identity: str | None = None) -> int:
    """Write a new member without a password; returns their number. Raises as `add`."""
    tx.execute(text("LOCK TABLE staff IN SHARE ROW EXCLUSIVE MODE"))
    sign_in.check_name(new.name)
    _check_email(new.email)
    sign_in.check_roles(new.roles, is_first=queries.is_empty(tx))
    if queries.named(tx, new.name):
        raise NameTaken(new.name)
    number = tx.execute(
        text(
            "INSERT INTO staff (name, email, roles, identity)"
            " VALUES (:name, :email, :roles, :identity) RETURNING id"
        ),
        {
            "name": new.name,
            "email": new.email,
            "roles": sorted(new.roles),
            "identity": identity,
        },
    ).scalar_one()
    facts = {"name": new.name, "email": new.email, "roles": sorted(new.roles)}
    audit.record(tx, [audit.Event(actor, "added", SUBJECT, int(number), facts=facts)])
    return int(number)


def _check_email(given: str) -> None:
    address = parseaddr(given)[1]
    if address != given or "@" not in given or not given.isprintable():
        raise BadName(f"{given!r} is no mail address: give one such as ann@example.com.")


def give_roles(
    tx: Connection,
    name: str,
    roles: Collection[Role],
    actor: str,
    seen: Collection[Role] | None = None,
) -> None:
    """Give somebody these roles in place of those they have; it holds from their next click.

    A letter tells them. `seen` are those that they had on a page; None does not compare.

    Raises:
        NoSuchMember, BadRoles, RolesChanged, LastAdministrator, OfTheProvider: it says why not.
    """
    member = _member(tx, name)
    if member.identity:
        raise OfTheProvider(member.name)
    sign_in.check_roles(roles, is_first=False)
    if seen is not None and member.roles not in {frozenset(seen), frozenset(roles)}:
        raise RolesChanged(member)
    if Role.ADMINISTRATOR not in roles:
        _keep_an_administrator(tx, member)
    if set(roles) != member.roles:
        access_letters.tell(tx, access_letters.Change(member, actor, roles))
    _set_roles(tx, member, roles, actor)


def _set_roles(tx: Connection, member: queries.Member, roles: Collection[Role], actor: str) -> None:
    if set(roles) == member.roles:
        return
    tx.execute(
        text("UPDATE staff SET roles = :roles WHERE id = :id"),
        {"id": member.id, "roles": sorted(roles)},
    )
    facts = {"roles": sorted(roles), "before": sorted(member.roles)}
    audit.record(tx, [audit.Event(actor, "given other roles", SUBJECT, member.id, facts=facts)])


@dataclass(frozen=True, slots=True)
class Identified:
    """Somebody as the identity provider knows them, and the roles that their groups give."""

    identity: str
    name: str
    email: str
    roles: frozenset[Role]


def take_in(tx: Connection, person: Identified) -> queries.Member:
    """Return the member that the identity provider identified: new, or with the roles of now.

    Raises:
        NoRole: none of their groups gives one.
        NotStaff: they are disabled here.
        NameTaken: another member has their name.
        BadName, BadRoles: as `add`.
    """
    member = queries.identified(tx, person.identity)
    if member is not None and not member.is_active:
        raise NotStaff(member.name, member.state)
    if not person.roles:
        raise NoRole(person.name)
    if member is None:
        new = NewMember(_usable(person), person.email, person.roles)
        insert(tx, new, PROVIDER, person.identity)
    else:
        _set_roles(tx, member, person.roles, PROVIDER)
    found = queries.identified(tx, person.identity)
    assert found is not None, "it is there since a moment ago at the latest"
    return found


def _usable(person: Identified) -> str:
    try:
        sign_in.check_name(person.name)
    except BadName:
        return person.email.lower()
    return person.name


def disable(tx: Connection, name: str, actor: str, reason: str = "") -> None:
    """Let somebody in no more, and end their sessions.

    Raises:
        NoSuchMember: there is nobody of this name.
        LastAdministrator: nobody else could manage the staff.
    """
    member = _member(tx, name)
    if not member.is_active:
        return
    _keep_an_administrator(tx, member)
    tx.execute(text("UPDATE staff SET state = 'disabled' WHERE id = :id"), {"id": member.id})
    _end_sessions(tx, member.id)
    audit.record(tx, [audit.Event(actor, "disabled", SUBJECT, member.id, reason)])


def enable(tx: Connection, name: str, actor: str) -> None:
    """Let somebody in again, with what they signed in with before. Raises NoSuchMember."""
    member = _member(tx, name)
    if member.is_active:
        return
    tx.execute(text("UPDATE staff SET state = 'active' WHERE id = :id"), {"id": member.id})
    audit.record(tx, [audit.Event(actor, "enabled", SUBJECT, member.id)])


def write_in(tx: Connection, name: str, locale: str, actor: str) -> None:
    """Write to somebody in another language from now on: "ja", "ms", "en-GB"; the same is nothing.

    Their own is theirs to choose, and anybody's that of who manages staff.

    Raises:
        NoSuchMember: there is nobody of this name.
        BadName: it is no language's name.
        NotStaff, NotAllowed: it is not theirs to choose.
    """
    if actor.lower() != name.lower():
        authorise(tx, actor, Action.MANAGE_STAFF)
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z]{2})?", locale):
        raise BadName(f"{locale!r} is no language: give one such as en, ja or ms.")
    member = _member(tx, name)
    if member.locale == locale:
        return
    given = {"id": member.id, "locale": locale}
    tx.execute(text("UPDATE staff SET locale = :locale WHERE id = :id"), given)
    facts = {"locale": locale}
    audit.record(tx, [audit.Event(actor, "is written to in", SUBJECT, member.id, facts=facts)])


def reset(tx: Connection, name: str, actor: str, now: datetime, *, factor: bool = False) -> str:
    """Give somebody a new first password, and end their sessions; returns it, to be told to them.

    A letter to the address on record says who did it, and what to do where nobody asked for it.

    Args:
        tx: the caller's transaction.
        name: whose.
        actor: who does it.
        now: the instant; the password is good for 24 hours from then.
        factor: forget their second factor as well: their telephone is lost.

    Raises:
        NoSuchMember: there is nobody of this name.
        OfTheProvider: they have no password here.
    """
    member = _member(tx, name)
    if member.identity:
        raise OfTheProvider(member.name)
    password = first_password()
    tx.execute(
        _RESET,
        {
            "id": member.id,
            "hash": hash_password(password),
            "until": now + sign_in.FIRST_PASSWORD_LASTS,
            "factor": factor,
        },
    )
    _end_sessions(tx, member.id)
    had_factor = factor and member.has_factor
    access_letters.tell(tx, access_letters.Change(member, actor, factor=had_factor))
    facts = {"second_factor_too": factor}
    audit.record(tx, [audit.Event(actor, "reset", SUBJECT, member.id, facts=facts)])
    return password


_RESET = text("""
UPDATE staff SET password_hash = :hash, first_password_until = :until,
    factor_secret = CASE WHEN :factor THEN NULL ELSE factor_secret END,
    factor_since = CASE WHEN :factor THEN NULL ELSE factor_since END
WHERE id = :id
""")


def _member(tx: Connection, name: str) -> queries.Member:
    tx.execute(text("LOCK TABLE staff IN SHARE ROW EXCLUSIVE MODE"))
    member = queries.named(tx, name)
    if member is None:
        raise NoSuchMember(name)
    return member


def _keep_an_administrator(tx: Connection, member: queries.Member) -> None:
    is_one = member.is_active and Role.ADMINISTRATOR in member.roles
    if is_one and not queries.other_administrators(tx, member.id):
        raise LastAdministrator(member.name)


def _end_sessions(tx: Connection, staff_id: int) -> None:
    tx.execute(text("DELETE FROM sessions WHERE staff_id = :id"), {"id": staff_id})
