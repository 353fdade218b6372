"""Signing in: what is asked for next, how long a session lasts, and when guessing ends."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from goodword.rules.rights import Role, needs_second_factor

FIRST_PASSWORD_LASTS = timedelta(hours=24)
HALF_SIGNED_IN_LASTS = timedelta(minutes=10)
"""How long somebody may take from the password to the last question."""
SESSION_LASTS = timedelta(hours=12)
IDLE_LASTS = timedelta(minutes=60)

WINDOW = timedelta(minutes=15)
"""Failed attempts are counted over this, and refused until enough of them are older."""
MOST_FAILURES = 5
"""Of one name in the window; codes are counted apart from passwords."""
MOST_FAILURES_OF_ADDRESS = 50
"""Of one network address in the window (of IPv6, of 64 bits): an office may share one."""

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128


class Step(StrEnum):
    """What a session is still asked for; `IN` is signed in."""

    FACTOR = "factor"
    PASSWORD = "password"  # noqa: S105 - the name of a step
    ENROL = "enrol"
    IN = "in"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of somebody whose password was right."""

    roles: frozenset[Role]
    has_first_password: bool
    has_factor: bool
    passed_factor: bool
    by_provider: bool = False
    """Signed in by the company's identity provider, which asks for its own second factor."""


def next_step(standing: Standing) -> Step:
    """Say what comes next. A factor that exists is asked for first, whatever the role."""
    if standing.by_provider:
        return Step.IN
    if standing.has_factor and not standing.passed_factor:
        return Step.FACTOR
    if standing.has_first_password:
        return Step.PASSWORD
    if needs_second_factor(standing.roles) and not standing.has_factor:
        return Step.ENROL
    return Step.IN


class TooManyAttempts(Exception):
    """Somebody, or somebody's address, guessed too often."""

    def __init__(self) -> None:
        minutes = int(WINDOW.total_seconds() // 60)
        super().__init__(
            f"There were too many attempts. Wait {minutes} minutes and try again; an administrator "
            "can give a new first password with `goodword staff reset`."
        )


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed attempts in the window, before this one."""

    of_name: int
    of_address: int


_NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052: all of IPv4, as a network without it reaches it; the last 32 bits are the address."""


def network_of(address: str) -> str:
    """Return whose an address is, as far as guesses are counted: of IPv6 each host has 2^64."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv4Address):
        return address
    if ip in _NAT64:
        return str(IPv4Address(int(ip) & 0xFFFFFFFF))
    return str(ip.ipv4_mapped or IPv6Address(int(ip) >> 64 << 64))


def check_attempt(failures: Failures) -> None:
    """Refuse an attempt after too many that failed.

    Raises:
        TooManyAttempts: there were.
    """
    if failures.of_name >= MOST_FAILURES or failures.of_address >= MOST_FAILURES_OF_ADDRESS:
        raise TooManyAttempts


class WeakPassword(ValueError):
    """A new password that is refused; the sentence says why."""


def check_password(password: str, name: str, again: str) -> None:
    """Refuse a new password that is too short or too long, holds the name, or was mistyped.

    Raises:
        WeakPassword: it says which.
    """
    if password != again:
        raise WeakPassword("The two passwords differ: type the same one twice.")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise WeakPassword(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, this one "
            f"{len(password)}: some words in a row are easy to remember."
        )
    if name.casefold() in password.casefold():
        raise WeakPassword("A password must not hold the name that it belongs to.")
    if len(set(password)) < SHORTEST_PASSWORD // 2:
        raise WeakPassword("This password repeats a few characters: choose another one.")


def normal(password: str) -> str:
    """Return a password as it is hashed: keyboards write one accent in two ways."""
    return unicodedata.normalize("NFKC", password)


class BadName(ValueError):
    """A name that nobody on the staff can have; the sentence says why."""


RESERVED = frozenset("init import night policy provider staff goodword system prefect".split())
"""Actors of the audit trail that are no person."""

_LONGEST_NAME = 64
_NAME_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.@_+-")


def check_name(name: str) -> None:
    """Refuse a name that could be mistaken in the audit trail for another or for no person.

    Raises:
        BadName: it says why.
    """
    if not name or len(name) > _LONGEST_NAME or not set(name) <= _NAME_SIGNS:
        raise BadName(
            f"{name!r} cannot be the name of staff: use up to {_LONGEST_NAME} lower-case letters, "
            "digits and . @ _ + -, such as ann or ann@example.com."
        )
    if name in RESERVED:
        raise BadName(
            f"{name} is what the program calls itself in the audit trail: choose another."
        )


@dataclass(frozen=True, slots=True)
class Session:
    """When a session began and was last used."""

    began_at: datetime
    used_at: datetime
    is_whole: bool
    """Whether nothing is asked for any more."""


def is_over(session: Session, now: datetime) -> bool:
    """Tell whether a session has ended by age or by not being used."""
    if not session.is_whole:
        return now - session.began_at > HALF_SIGNED_IN_LASTS
    return now - session.began_at > SESSION_LASTS or now - session.used_at > IDLE_LASTS


def roles_of(groups: Collection[str], mapping: Mapping[Role, Collection[str]]) -> frozenset[Role]:
    """Return the roles that the identity provider's groups give: by name, or by the mapping."""
    return frozenset(
        role for role in Role if role in groups or not set(mapping.get(role, ())).isdisjoint(groups)
    )


def check_roles(roles: Collection[Role], *, is_first: bool) -> None:
    """Refuse staff without a role, and a first one who could not make the others.

    Raises:
        BadRoles: it says which.
    """
    if not roles:
        raise BadRoles(f"Give at least one role: {', '.join(Role)}.")
    if is_first and Role.ADMINISTRATOR not in roles:
        raise BadRoles(
            "The first of the staff must be an administrator, who adds the others: "
            "--role administrator."
        )


class BadRoles(ValueError):
    """Roles that cannot be given; the sentence says why."""
