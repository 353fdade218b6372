"""Sessions: signing in step by step, and out. Every one of these is in the audit trail.

Each step that lets somebody further gives the browser another token: one that was planted in it,
or read on the way, leads nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from goodword.actions import audit, credentials
from goodword.actions.credentials import Vault
from goodword.actions.staff import SUBJECT
from goodword.db.queries import staff as queries
from goodword.rules import sign_in

_ATTEMPTS_LOCK = 0x7369676E
_LONGEST_KEPT = 128
_KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody tries a password, or a code ("password", "code")."""

    kind: str
    name: str
    address: str
    at: datetime


def begin_attempt(tx: Connection, attempt: Attempt) -> int:
    """Write an attempt down as one that failed, before it is looked at; returns its number.

    Commit it, then look: however many come at once, no more than the limit are looked at.

    Raises:
        TooManyAttempts: this name or this address failed too often.
    """
    given = {
        "kind": attempt.kind,
        "name": attempt.name[:_LONGEST_KEPT],
        "address": sign_in.network_of(attempt.address)[:_LONGEST_KEPT],
    }
    tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ATTEMPTS_LOCK})
    sign_in.check_attempt(queries.failures(tx, **given, since=attempt.at - sign_in.WINDOW))
    number: int = tx.execute(
        text(
            "INSERT INTO sign_in_attempts (kind, name, address, at)"
            " VALUES (:kind, lower(:name), :address, :at) RETURNING id"
        ),
        {**given, "at": attempt.at},
    ).scalar_one()
    return number


def _succeeded(tx: Connection, number: int, now: datetime) -> None:
    tx.execute(text("UPDATE sign_in_attempts SET succeeded = true WHERE id = :id"), {"id": number})
    # What nobody counts any more goes, and so do sessions that have ended.
    tx.execute(text("DELETE FROM sign_in_attempts WHERE at < :before"), {"before": now - _KEPT_FOR})
    tx.execute(
        text("DELETE FROM sessions WHERE began_at < :before"),
        {"before": now - sign_in.SESSION_LASTS},
    )


def with_password(tx: Connection, number: int, attempt: Attempt, password: str) -> str | None:
    """Open a session for whoever has this password; returns its token, or None: it is wrong.

    A first password that is too old is wrong.
    """
    known = queries.credentials(tx, attempt.name)
    is_right = credentials.is_password(password, known.password_hash if known else None)
    if known is None:
        return None
    until = known.first_password_until
    is_late = until is not None and attempt.at > until
    if not is_right or is_late:
        reason = "the first password is too old" if is_right else "the password was wrong"
        _record(tx, known.member, "refused to sign in", attempt.address, reason)
        return None
    _succeeded(tx, number, attempt.at)
    if until is None and credentials.is_outdated(known.password_hash or ""):
        _write_hash(tx, known.member.id, password)
    token = _open(tx, known.member.id, attempt.at)
    _tell_if_in(tx, token, attempt.address)
    return token


def with_provider(tx: Connection, member: queries.Member, address: str, now: datetime) -> str:
    """Open a session for whom the identity provider has let in; returns its token."""
    token = _open(tx, member.id, now, by_provider=True)
    _tell_if_in(tx, token, address)
    return token


@dataclass(frozen=True, slots=True)
class Here:
    """The session that somebody is in, from where, and when."""

    session: queries.SessionOf
    address: str
    at: datetime


def with_code(tx: Connection, number: int, here: Here, code: str, vault: Vault) -> str | None:
    """Take the code of the second factor; returns the session's next token, or None: it is wrong.

    A code is taken once, by whoever is first; the first code of all ends every other session.

    Raises:
        Ended: the session has ended meanwhile.
    """
    member = here.session.member
    known = queries.credentials(tx, member.name)
    if known is None or known.factor_secret is None:
        return None
    secret = vault.open(known.factor_secret)
    step = credentials.step_of(code, secret, here.at, known.factor_last_step)
    if step is None:
        _record(tx, member, "refused to sign in", here.address, "the code was wrong or used")
        return None
    _succeeded(tx, number, here.at)
    tx.execute(
        text(
            "UPDATE staff SET factor_last_step = :step,"
            " factor_since = coalesce(factor_since, :now) WHERE id = :id"
        ),
        {"id": member.id, "step": step, "now": here.at},
    )
    if not member.has_factor:
        _end_others(tx, here)
        _record(tx, member, "set up a second factor", here.address)
    token = _renew(tx, here, passed_factor=True)
    _tell_if_in(tx, token, here.address)
    return token


def new_factor(tx: Connection, number: int, here: Here, password: str, vault: Vault) -> str | None:
    """Return the secret that somebody without a second factor sets their app up with.

    Another one each time, for who knows the password: whoever has only their session sees none, and
    what was shown before is worth nothing. `number` is that of the attempt; None: the password is
    wrong.

    Raises:
        Ended: a second factor has been set up meanwhile, which has ended this session.
    """
    known = _proved(tx, number, here, password)
    if known is None:
        return None
    if known.member.has_factor:
        raise Ended
    secret = credentials.factor_secret()
    tx.execute(
        text("UPDATE staff SET factor_secret = :secret WHERE id = :id"),
        {"id": known.member.id, "secret": vault.seal(secret)},
    )
    return secret


@dataclass(frozen=True, slots=True)
class NewPassword:
    """What somebody typed who changes their password."""

    current: str
    new: str
    again: str


class Ended(Exception):
    """A session has ended while its owner answered."""

    def __init__(self) -> None:
        super().__init__("This session was ended a moment ago, from elsewhere: sign in again.")


def _proved(tx: Connection, number: int, here: Here, password: str) -> queries.Credentials | None:
    """Return the credentials of whoever gave their present password; None: it is wrong.

    Who changes what they sign in with must know it: they may have only the session of another.
    """
    member = here.session.member
    known = queries.credentials(tx, member.name)
    if known is None or not credentials.is_password(password, known.password_hash):
        _record(tx, member, "refused", here.address, "the present password was wrong")
        return None
    _succeeded(tx, number, here.at)
    return known


def change_password(tx: Connection, number: int, here: Here, given: NewPassword) -> str | None:
    """Replace a password and end every other session of its owner; returns the next token.

    `number` is that of the attempt: the present password is guessed at here as anywhere; None: it
    is wrong.

    Raises:
        WeakPassword: the new one is refused, and why.
        Ended: the session has ended meanwhile.
    """
    member = here.session.member
    if _proved(tx, number, here, given.current) is None:
        return None
    sign_in.check_password(given.new, member.name, given.again)
    if given.new == given.current:
        raise sign_in.WeakPassword("The new password is the present one: choose another.")
    _write_hash(tx, member.id, given.new)
    _end_others(tx, here)
    _record(tx, member, "changed the password", here.address)
    token = _renew(tx, here, passed_factor=here.session.passed_factor)
    if here.session.step is not sign_in.Step.IN:
        _tell_if_in(tx, token, here.address)
    return token


def _tell_if_in(tx: Connection, token: str, address: str) -> None:
    """Say in the audit trail that somebody is in, once nothing is asked for any more."""
    session = queries.session(tx, credentials.fingerprint(token))
    assert session is not None, "it was opened in this transaction"
    if session.step is sign_in.Step.IN:
        how = "by the identity provider" if session.by_provider else ""
        _record(tx, session.member, "signed in", address, how)


def sign_out(tx: Connection, here: Here) -> None:
    """End a session."""
    tx.execute(text("DELETE FROM sessions WHERE id = :id"), {"id": here.session.id})
    _record(tx, here.session.member, "signed out", here.address)


def touch(tx: Connection, here: Here) -> None:
    """Note that a session is used, and that its notice has been shown."""
    tx.execute(
        text("UPDATE sessions SET used_at = :now, notice = NULL WHERE id = :id"),
        {"id": here.session.id, "now": here.at},
    )


def notify(tx: Connection, session_id: int, notice: str) -> None:
    """Leave a sentence for the next page of a session."""
    tx.execute(
        text("UPDATE sessions SET notice = :notice WHERE id = :id"),
        {"id": session_id, "notice": notice},
    )


def _open(tx: Connection, staff_id: int, now: datetime, *, by_provider: bool = False) -> str:
    token = credentials.token()
    tx.execute(
        text(
            "INSERT INTO sessions (token_hash, staff_id, by_provider, began_at, used_at)"
            " VALUES (:hash, :staff, :by_provider, :now, :now)"
        ),
        {
            "hash": credentials.fingerprint(token),
            "staff": staff_id,
            "by_provider": by_provider,
            "now": now,
        },
    )
    return token


def _end_others(tx: Connection, here: Here) -> None:
    tx.execute(
        text("DELETE FROM sessions WHERE staff_id = :id AND id <> :this"),
        {"id": here.session.member.id, "this": here.session.id},
    )


def _renew(tx: Connection, here: Here, *, passed_factor: bool) -> str:
    token = credentials.token()
    renewed = tx.execute(
        text(
            "UPDATE sessions SET token_hash = :hash, passed_factor = :passed, began_at = :now,"
            " used_at = :now WHERE id = :id"
        ),
        {
            "id": here.session.id,
            "hash": credentials.fingerprint(token),
            "passed": passed_factor,
            "now": here.at,
        },
    )
    if not renewed.rowcount:
        raise Ended
    return token


def _write_hash(tx: Connection, staff_id: int, password: str) -> None:
    tx.execute(
        text("UPDATE staff SET password_hash = :hash, first_password_until = NULL WHERE id = :id"),
        {"id": staff_id, "hash": credentials.hash_password(password)},
    )


def _record(
    tx: Connection, member: queries.Member, action: str, address: str, reason: str = ""
) -> None:
    facts = {"address": address}
    audit.record(tx, [audit.Event(member.name, action, SUBJECT, member.id, reason, facts)])
