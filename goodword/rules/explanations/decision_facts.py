"""What is recorded of people's decisions on a reward that is explained.

The fields are the columns of goodword/db/models/money.py, where they are documented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """One decision on a reward; it stands unless it ended (`ended_as`)."""

    reward_id: int
    decision: str
    decided_by: str
    reason: str
    amount_minor: int
    decided_at: datetime
    acting_for: str | None = None
    note: str = ""
    ended_as: str | None = None
    ended_on: date | None = None
    ended_by: str | None = None
    ended_reason: str | None = None
