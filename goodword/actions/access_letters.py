"""Letters about access: whoever is given another password or other roles hears who did it.

An administrator who resets somebody could sign in as them, and decide on money in their name. What
is on record is read too late: the letter goes to the person, in the transaction of the deed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from goodword.actions import messages
from goodword.db.queries import staff as queries
from goodword.db.session import instant
from goodword.rules.rights import Role

TEMPLATE = "access_changed"


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody did to another's access, who stands as before it.

    `roles` are the new ones; None: they stayed, and there is a new first password. `factor`: the
    second factor went too.
    """

    before: queries.Member
    by: str
    roles: Collection[Role] | None = None
    factor: bool = False


def tell(tx: Connection, change: Change) -> None:
    """Put the letter into the outbox, to the address from before the change."""
    member, at = change.before, instant(tx)
    context = {
        "name": member.name,
        "by": change.by,
        "on": at.date().isoformat(),
        "time": f"{at:%H:%M} UTC",
        "factor": change.factor,
        "roles": None if change.roles is None else sorted(change.roles),
        "roles_before": sorted(member.roles),
        "administrators": _others(tx, {member.name, change.by}),
        "command": _undoing(change),
        "trail": f"goodword audit list --by {member.name}",
    }
    fact = f"access:{member.id}:{at.isoformat()}"
    letter = messages.StaffLetter(fact, TEMPLATE, member.email, context, member.locale)
    messages.queue_for_staff(tx, letter, at.date())


def _others(tx: Connection, parties: Collection[str]) -> list[dict[str, str]]:
    """Return the administrators whom one can turn to: neither oneself nor who did it."""
    return [
        {"name": one.name, "email": one.email}
        for one in queries.everyone(tx)
        if one.is_active and Role.ADMINISTRATOR in one.roles and one.name not in parties
    ]


def _undoing(change: Change) -> str:
    """Return what an administrator types to end what somebody else may do with it."""
    name = change.before.name
    if change.roles is None:
        return f"goodword staff reset {name} --second-factor --as NAME"
    roles = " ".join(f"--role {role}" for role in sorted(change.before.roles))
    return f"goodword staff roles {name} {roles} --as NAME"
