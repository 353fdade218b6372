"""What waits for a person, for whom, and where to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from goodword.db.queries import new_claims, status
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.review_times import overdue
from goodword.rules.rights import MAY, Role
from goodword.rules.work import WORK


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many of something, which the command lists, wait for people of a role."""

    what: str
    rows: int
    command: str
    who: Role


def waiting(tx: Connection, policy: RegistrationPolicy | None, now: datetime) -> list[Waiting]:
    """Return everything that waits for a person, what is late first.

    Args:
        tx: the caller's transaction.
        policy: by when claims were promised to be decided; None: no program is published.
        now: the instant that is asked about.
    """
    found = _late_claims(tx, policy, now) if policy else []
    for row in status.waiting_for_people(tx):
        (who, *_) = sorted(MAY[WORK[row.what]])
        found.append(Waiting(row.what, row.rows, row.command, who))
    return found


def _late_claims(tx: Connection, policy: RegistrationPolicy, now: datetime) -> list[Waiting]:
    late = overdue(new_claims.waiting(tx), policy, now)
    if not late:
        return []
    what = "claims that wait longer than partners were promised"
    command = "goodword registrations list --state submitted"
    return [Waiting(what, len(late), command, Role.OPERATOR)]
