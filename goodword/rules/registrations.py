"""Registrations: who may hold a claim on an account, and for how long.

`submitted -> approved -> (extended) -> won | lost | expired`, or `submitted -> rejected |
conflicting`, or `-> withdrawn`. Days are calendar days of the program's time zone; `expires_on` is
the last protected day, and it is protected in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from goodword.rules.participants import PARTNERS

EVIDENCE = ("meeting", "discovery_call", "budget", "authority", "need", "timeline")
BANT = frozenset({"budget", "authority", "need", "timeline"})
ENOUGH_ALONE = frozenset({"meeting", "discovery_call", "budget"})
REQUIRABLE = ("domain", "expected_amount", "expected_close_on", "opportunity_id")
"""What a program may require of a claim beside its company and its evidence."""


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


class CountedFrom(StrEnum):
    """The day that a claim's window is counted from."""

    SUBMISSION = "submission"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Blocked:
    """A company that nobody may claim: as it is written, and the forms it is found by."""

    written: str
    name_key: str
    domain: str | None = None

    def means(self, name_key: str, domain: str | None) -> bool:
        """Tell whether a claim with this normal name and registrable domain is about it."""
        return name_key == self.name_key or (domain is not None and domain == self.domain)


@dataclass(frozen=True, slots=True)
class RegistrationPolicy:
    """What the program says about claims; numbers are in days but for the counts and hours.

    The program in force on the night of a decision decides it, also about a claim that was
    submitted under an earlier one: a window is given once, and what it was given stays. (What a
    claim earns is another matter: the version in force when it was submitted.)

    Attributes:
        ask_about_older_deals: staff decides when direct sales has an open deal that is older than
            the claim; a deal is direct sales' own unless its source in the CRM begins "Partner".
        cooling_days: after a claim expired its own partner may not claim the place again within so
            many days; others may the day after.
        minimum_amount: minor units by currency; a smaller expected amount is rejected, one in a
            currency that is not listed goes to staff, none at all is incomplete.
        require: of REQUIRABLE, what a claim must say.
        blocked: the companies that nobody may claim.
        review_within_hours: the promise to partners: so soon staff decides what waits for it.
        kinds: the kinds of participants that may register.
        by_kind: the whole policy for a kind that has rules of its own; read it with `of`.
    """

    window_days: int = 90
    extension_days: int = 30
    max_extensions: int = 1
    progress_within_days: int = 30
    warn_before_days: tuple[int, ...] = (14, 3)
    blocked_by_direct_activity_days: int = 60
    open_limit: int = 25
    ask_about_older_deals: bool = True
    counted_from: CountedFrom = CountedFrom.SUBMISSION
    cooling_days: int = 30
    minimum_amount: Mapping[str, int] = field(default_factory=dict)
    require: tuple[str, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    review_within_hours: int = 24
    kinds: frozenset[str] = frozenset(PARTNERS)
    by_kind: Mapping[str, RegistrationPolicy] = field(default_factory=dict)

    def of(self, kind: str) -> RegistrationPolicy:
        """Return the policy that holds for participants of one kind."""
        return self.by_kind.get(kind, self)

    def last_day(self, submitted_on: date, approved_on: date) -> date:
        """Return the last protected day of a claim submitted and approved on these days."""
        is_late = self.counted_from is CountedFrom.APPROVAL
        return window_end(approved_on if is_late else submitted_on, self.window_days)


def window_end(from_on: date, days: int) -> date:
    """Return the last protected day: 16 March with 60 days is protected through 15 May."""
    return from_on + timedelta(days=days)


_SHORTEST_NAME = 3
"""A name of fewer letters stands in any text by chance."""


def name_in(told: str, names: Iterable[str]) -> str | None:
    """Return what of a text that a partner will read is one of these names, if anything is."""
    asked = sorted(name for name in names if len(name) >= _SHORTEST_NAME)
    found = (re.search(rf"(?<!\w){re.escape(name)}(?!\w)", told, re.IGNORECASE) for name in asked)
    return next((match[0] for match in found if match), None)


def is_qualified(evidence: frozenset[str]) -> bool:
    """Tell whether a claim is more than a name: one strong piece of evidence, or a whole BANT."""
    return bool(evidence & ENOUGH_ALONE) or evidence >= BANT
