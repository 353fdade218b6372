"""Staff: who they are, what they may do, and who a session belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.rules import sign_in
from goodword.rules.rights import MAY, Action, Role


@dataclass(frozen=True, slots=True)
class Member:
    """One of the staff, as far as anybody may know: no secrets."""

    id: int
    name: str
    email: str
    roles: frozenset[Role]
    state: str
    has_first_password: bool
    has_factor: bool
    identity: str | None
    locale: str = "en"

    @property
    def is_active(self) -> bool:
        """Whether they may do anything at all."""
        return self.state == "active"


def _member(row: Row[Any]) -> Member:
    return Member(
        row.id,
        row.name,
        row.email,
        frozenset(map(Role, row.roles)),
        row.state,
        row.first_password_until is not None,
        row.factor_since is not None,
        row.identity,
        row.locale,
    )


_MEMBER = (
    "s.id, s.name, s.email, s.roles, s.state, s.first_password_until, s.factor_since, s.identity,"
    " s.locale"
)


def everyone(tx: Connection) -> list[Member]:
    """Return the staff, those who left as well, by name."""
    return [
        _member(row) for row in tx.execute(text(f"SELECT {_MEMBER} FROM staff s ORDER BY name"))
    ]


def named(tx: Connection, name: str, *, lock: bool = False) -> Member | None:
    """Return the member of this name, or None; locked, nobody else changes them meanwhile."""
    statement = f"SELECT {_MEMBER} FROM staff s WHERE name = lower(:name)"
    statement += " FOR UPDATE" if lock else ""
    row = tx.execute(text(statement), {"name": name}).one_or_none()
    return _member(row) if row else None


def identified(tx: Connection, identity: str) -> Member | None:
    """Return the member whom the identity provider knows so, or None."""
    statement = text(f"SELECT {_MEMBER} FROM staff s WHERE identity = :identity FOR UPDATE")
    row = tx.execute(statement, {"identity": identity}).one_or_none()
    return _member(row) if row else None


def is_empty(tx: Connection) -> bool:
    """Tell whether there has never been any staff."""
    return not tx.execute(text("SELECT EXISTS (SELECT FROM staff)")).scalar_one()


def has(tx: Connection, action: Action) -> bool:
    """Tell whether somebody on the active staff has the right to do this."""
    found: bool = tx.execute(
        text("SELECT EXISTS (SELECT FROM staff WHERE state = 'active' AND roles && :roles)"),
        {"roles": sorted(MAY[action])},
    ).scalar_one()
    return found


def other_administrators(tx: Connection, staff_id: int) -> int:
    """Return how many active administrators there are beside this one."""
    found: int = tx.execute(
        text(
            "SELECT count(*) FROM staff WHERE state = 'active' AND 'administrator' = ANY(roles)"
            " AND id <> :id"
        ),
        {"id": staff_id},
    ).scalar_one()
    return found


# Sessions ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionOf:
    """A session with its member, as both stand at this moment."""

    id: int
    member: Member
    passed_factor: bool
    by_provider: bool
    began_at: datetime
    used_at: datetime
    notice: str | None

    @property
    def step(self) -> sign_in.Step:
        """What is still asked for."""
        member = self.member
        return sign_in.next_step(
            sign_in.Standing(
                member.roles,
                member.has_first_password,
                member.has_factor,
                self.passed_factor,
                self.by_provider,
            )
        )

    def is_over(self, now: datetime) -> bool:
        """Tell whether it has ended by age or by not being used."""
        is_whole = self.step is sign_in.Step.IN
        return sign_in.is_over(sign_in.Session(self.began_at, self.used_at, is_whole), now)


def session(tx: Connection, token_hash: str) -> SessionOf | None:
    """Return the session of an active member that has this token; None: there is none."""
    row = tx.execute(_SESSION, {"token_hash": token_hash}).one_or_none()
    if row is None:
        return None
    return SessionOf(
        row.session_id,
        _member(row),
        row.passed_factor,
        row.by_provider,
        row.began_at,
        row.used_at,
        row.notice,
    )


_SESSION = text(f"""
SELECT x.id AS session_id, x.passed_factor, x.by_provider, x.began_at, x.used_at, x.notice,
       {_MEMBER}
FROM sessions x JOIN staff s ON s.id = x.staff_id
WHERE x.token_hash = :token_hash AND s.state = 'active'
""")


# What is checked, and shown to nobody -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody's password and codes are checked against."""

    member: Member
    password_hash: str | None
    first_password_until: datetime | None
    factor_secret: str | None
    factor_last_step: int


def credentials(tx: Connection, name: str) -> Credentials | None:
    """Return an active member's, locked; None: there is nobody of this name to sign in."""
    row = tx.execute(_CREDENTIALS, {"name": name}).one_or_none()
    if row is None:
        return None
    return Credentials(
        _member(row),
        row.password_hash,
        row.first_password_until,
        row.factor_secret,
        row.factor_last_step or 0,
    )


_CREDENTIALS = text(f"""
SELECT {_MEMBER}, s.password_hash, s.factor_secret, s.factor_last_step
FROM staff s WHERE s.name = lower(:name) AND s.state = 'active' FOR UPDATE
""")


def failures(
    tx: Connection, kind: str, name: str, address: str, since: datetime
) -> sign_in.Failures:
    """Return how often this name (since it last succeeded) and this address failed."""
    row = tx.execute(
        _FAILURES, {"kind": kind, "name": name, "address": address, "since": since}
    ).one()
    return sign_in.Failures(row.of_name, row.of_address)


# In the letters in which names are looked up: Python's small ones are others than PostgreSQL's.
_FAILURES = text("""
SELECT (SELECT count(*) FROM sign_in_attempts
        WHERE name = lower(:name) AND kind = :kind AND NOT succeeded AND at > greatest(:since, (
            SELECT max(at) FROM sign_in_attempts
            WHERE name = lower(:name) AND kind = :kind AND succeeded AND at > :since))) AS of_name,
       (SELECT count(*) FROM sign_in_attempts
        WHERE address = :address AND NOT succeeded AND at > :since) AS of_address
""")
