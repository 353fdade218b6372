"""Approval codes: who decides, proved once to a door that cannot tell who stands there.

The orchestrator's forms take any name. So an approver asks for a code where the program knows who
they are, and the form takes the code. Only its hash is kept; it decides once, within minutes.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text

from goodword.actions import audit, voices

VALID_FOR = timedelta(minutes=15)
"""From the issue, by the database's clock: what a door says the time is counts for nothing."""

PATTERN = r"^\s*([A-Za-z2-7]{4}[- ]?){3}[A-Za-z2-7]{4}\s*$"
"""Four groups of four; 80 bits, since nobody can try more than a few before it is over."""

_BYTES = 10


class CodeRefused(Exception):
    """The code proves nobody; the sentence says why and what to do."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"this approval code {why}; nothing was decided. Ask for another one on "
            "your account in the console, or with `goodword approvals code --as NAME`"
        )


@dataclass(frozen=True, slots=True)
class Issued:
    """A code, to be shown once, and the instant until which it decides."""

    code: str
    expires_at: datetime


def issue(tx: Connection, approver: str, today: date) -> Issued:
    """Make a code that decides once in the name of `approver`; who that is was proved before.

    Raises:
        NotAllowed: neither they nor who lets them may decide on rewards.
        DelegationRefused: several let them, and a form cannot say whose place they take.
    """
    voices.Voices(tx, today).of(approver)
    raw = base64.b32encode(secrets.token_bytes(_BYTES)).decode()
    code = "-".join(raw[i : i + 4] for i in range(0, len(raw), 4))
    given = {"hash": _hash(code), "approver": approver, "valid_for": VALID_FOR}
    row = tx.execute(_ISSUE, given).one()
    audit.record(tx, [audit.Event(approver, "asked for an approval code", "code", row.id)])
    return Issued(code, row.expires_at)


_ISSUE = text("""
INSERT INTO decision_codes (code_hash, approver, expires_at)
VALUES (:hash, :approver, clock_timestamp() + :valid_for) RETURNING id, expires_at
""")


def was_used_for(tx: Connection, code: str, used_for: str) -> bool:
    """Tell whether this very answer was taken before: a run that begins anew gives it again."""
    given = {"hash": _hash(code), "for": used_for}
    found = tx.execute(_USED_FOR, given).scalar_one()
    return bool(found)


_USED_FOR = text("""
SELECT EXISTS (SELECT FROM decision_codes WHERE code_hash = :hash AND used_for = :for)
""")


def redeem(tx: Connection, code: str, used_for: str) -> str:
    """Use a code up, in the transaction of what it decides; return the approver that it proves.

    Args:
        tx: the transaction; where two come with one code, the second waits and is refused.
        code: as it was written; case, spaces and dashes do not matter.
        used_for: which answer it was, such as "flow run 1f2e…, answer 1".

    Raises:
        CodeRefused: it is none of ours, was used, or is too old.
    """
    given = {"hash": _hash(code), "for": used_for}
    approver: str | None = tx.execute(_REDEEM, given).scalar_one_or_none()
    if approver is None:
        raise CodeRefused(_why(tx, given))
    return approver


_REDEEM = text("""
UPDATE decision_codes SET used_at = clock_timestamp(), used_for = :for
WHERE code_hash = :hash AND used_at IS NULL AND expires_at > clock_timestamp() RETURNING approver
""")


def _why(tx: Connection, given: dict[str, str]) -> str:
    found = tx.execute(
        text("SELECT used_at, expires_at FROM decision_codes WHERE code_hash = :hash"), given
    ).one_or_none()
    if found is None:
        return "is none that was given out"
    if found.used_at:
        return f"was used at {found.used_at:%H:%M} UTC, and a code decides once"
    return f"was good until {found.expires_at:%H:%M} UTC"


def _hash(code: str) -> str:
    """Hash what tells one code from another; it is random and long, so that no salt is needed."""
    return hashlib.sha256(re.sub(r"[\s-]", "", code).upper().encode()).hexdigest()
