"""What is recorded around a claim that is explained: its account, the CRM, and disputes about it.

The fields are the columns of goodword/db/models/registrations.py, where they are documented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class AccountQuestion:
    """Matching asked whether the claim's company is this account."""

    id: int
    registration_id: int
    account_crm_id: str
    reason: str
    asked_on: date
    answer: str | None
    answered_by: str | None
    answered_on: date | None


@dataclass(frozen=True, slots=True)
class Protected:
    """What a record of the CRM says of whose it is, as it was last read."""

    crm_object: str
    crm_id: str
    partner: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Dispute:
    """Somebody contests who holds a claim; `rival_id` is the claim itself: it was refused."""

    id: int
    registration_id: int
    rival_id: int | None
    opened_by: str
    ground: str
    opened_on: date
    decide_by: date
    decider: str
    state: str
    escalated_on: date | None
    appealed_by: str | None
    appealed_on: date | None
    appeal_ground: str | None
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said in a dispute."""

    id: int
    dispute_id: int
    said_by: str
    said_on: date
    statement: str


@dataclass(frozen=True, slots=True)
class DisputeRuling:
    """What was ruled in a dispute, at first or on appeal."""

    dispute_id: int
    instance: int
    outcome: str
    share_bps: int
    reason: str
    ruled_by: str
    ruled_on: date
