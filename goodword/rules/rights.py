"""Rights: who may do what. One table, for the console, the command line and the orchestrator alike.

Duties are kept apart: who gives rights (administrator) decides on no money, and who approves money
(approver) repairs none. One person may have several roles.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Role(StrEnum):
    """What somebody on the staff is there for."""

    OPERATOR = "operator"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Action(StrEnum):
    """What staff does, as a sentence names it: "may not ..."."""

    READ = "read"
    EXPORT = "export the audit trail"
    DECIDE_REWARDS = "decide on rewards"
    DELEGATE = "delegate approvals"
    DECIDE_CLAIMS = "decide on registrations"
    RULE_DISPUTES = "rule on disputes"
    RERUN_PAYOUTS = "send payouts again"
    SETTLE_PAYOUTS = "say what came of a payout"
    REVERSE_PAYOUTS = "take payouts back"
    EXPORT_BANK_FILES = "export bank files"
    PLACE_REFUNDS = "say what a refund belongs to"
    CORRECT_RECORDS = "correct records in quarantine"
    IMPORT = "import files"
    RESEND_MESSAGES = "send messages again"
    RUN_NIGHTS = "run a night"
    PUBLISH_PROGRAM = "publish a program"
    MANAGE_STAFF = "manage staff"


_ALL = frozenset(Role)
_OPERATOR = frozenset({Role.OPERATOR})
_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})

MAY: dict[Action, frozenset[Role]] = {
    Action.READ: _ALL,
    Action.EXPORT: frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    Action.DECIDE_REWARDS: frozenset({Role.APPROVER}),
    Action.DELEGATE: frozenset({Role.APPROVER, Role.ADMINISTRATOR}),
    Action.DECIDE_CLAIMS: _OPERATOR,
    Action.RULE_DISPUTES: _OPERATOR,
    Action.RERUN_PAYOUTS: _OPERATOR,
    Action.SETTLE_PAYOUTS: _OPERATOR,
    Action.REVERSE_PAYOUTS: _OPERATOR,
    Action.EXPORT_BANK_FILES: _OPERATOR,
    Action.PLACE_REFUNDS: _OPERATOR,
    Action.CORRECT_RECORDS: _OPERATOR,
    Action.IMPORT: _OPERATOR,
    Action.RESEND_MESSAGES: _OPERATOR,
    Action.RUN_NIGHTS: _OPERATOR,
    Action.PUBLISH_PROGRAM: _ADMINISTRATOR,
    Action.MANAGE_STAFF: _ADMINISTRATOR,
}
"""Each action, and the roles any of which allows it."""

_WITH_FACTOR = frozenset({Role.APPROVER, Role.ADMINISTRATOR})


class NotAllowed(Exception):
    """Somebody has no role that allows this."""

    def __init__(self, name: str, action: Action) -> None:
        self.name, self.action = name, action
        allowed = " or ".join(sorted(MAY[action]))
        super().__init__(
            f"{name} may not {action}: that takes the role of {allowed}, which an administrator "
            "gives."
        )


def may(roles: Collection[Role], action: Action) -> bool:
    """Tell whether one of the roles allows the action."""
    return not MAY[action].isdisjoint(roles)


def check(name: str, roles: Collection[Role], action: Action) -> None:
    """Refuse what none of somebody's roles allows.

    Raises:
        NotAllowed: none of them does.
    """
    if not may(roles, action):
        raise NotAllowed(name, action)


def needs_second_factor(roles: Collection[Role]) -> bool:
    """Tell whether a password alone is too little: for those who release money or give rights."""
    return not _WITH_FACTOR.isdisjoint(roles)
