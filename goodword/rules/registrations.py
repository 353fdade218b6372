"""Registrations: who may hold a claim on an account, and for how long.

`submitted -> approved -> (extended) -> won | lost | expired`, or `submitted -> rejected |
conflicting`, or `-> withdrawn`. Days are calendar days of the program's time zone; `expires_on` is
the last protected day, and it is protected in full.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

EVIDENCE = ("meeting", "discovery_call", "budget", "authority", "need", "timeline")
BANT = frozenset({"budget", "authority", "need", "timeline"})
ENOUGH_ALONE = frozenset({"meeting", "discovery_call", "budget"})


class RegistrationState(StrEnum):
    """Where a claim stands. `approved` and `extended` are live: they protect the account."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    EXTENDED = "extended"
    WON = "won"
    LOST = "lost"
    EXPIRED = "expired"
    REJECTED = "rejected"
    CONFLICTING = "conflicting"
    WITHDRAWN = "withdrawn"


LIVE = (RegistrationState.APPROVED, RegistrationState.EXTENDED)


@dataclass(frozen=True, slots=True)
class RegistrationPolicy:
    """What the program says about claims; every number is in days but the counts."""

    window_days: int = 90
    extension_days: int = 30
    max_extensions: int = 1
    progress_within_days: int = 30
    warn_before_days: tuple[int, ...] = (14, 3)
    blocked_by_direct_activity_days: int = 60
    open_limit: int = 25


def window_end(from_on: date, days: int) -> date:
    """Return the last protected day: 16 March with 60 days is protected through 15 May."""
    return from_on + timedelta(days=days)


def is_qualified(evidence: frozenset[str]) -> bool:
    """Tell whether a claim is more than a name: one strong piece of evidence, or a whole BANT."""
    return bool(evidence & ENOUGH_ALONE) or evidence >= BANT
