"""Review times: by when staff has promised to decide a claim, and what is later than that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from goodword.rules.registrations import RegistrationPolicy


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claim that waits for staff: whose kind of partner it is, and since when."""

    registration_id: int
    company: str
    kind: str
    submitted_at: datetime


def overdue(
    waiting: Sequence[Waiting],
    policy: RegistrationPolicy,
    now: datetime,
    grace: timedelta = timedelta(),
) -> list[Waiting]:
    """Return the claims that wait longer than was promised and `grace` beyond it, oldest first.

    The promise is the partner's kind's own, and runs by the clock from the submission: partners do
    not know of nights.
    """
    late = (
        claim
        for claim in waiting
        if now - claim.submitted_at
        > timedelta(hours=policy.of(claim.kind).review_within_hours) + grace
    )
    return sorted(late, key=lambda claim: (claim.submitted_at, claim.registration_id))
