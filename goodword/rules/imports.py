"""Imports: what a row of each kind of file says, and what a file may change of what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from goodword.rules import import_values as values
from goodword.rules.crm_values import Impossible
from goodword.rules.import_values import Cells, Evidence, Surroundings


class Kind(StrEnum):
    """What a file holds; also the name of the table that it goes to."""

    PARTICIPANTS = "participants"
    REFERRALS = "referrals"
    REGISTRATIONS = "registrations"
    TOUCHES = "touches"
    EVENTS = "events"

    @property
    def noun(self) -> str:
        """The word for one of them."""
        return "touch" if self is Kind.TOUCHES else self.value.removesuffix("s")


# What a row says; each field is a column of the kind's table --------------------------------------


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """One participant."""

    key: str
    kind: str
    name: str
    email: str
    locale: str
    country: str
    currency: str
    tier: str
    payout_method: str | None
    stripe_account: str | None
    stripe_customer: str | None
    company_domain: str | None
    status: str


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """One referral; `submitted_at` in UTC."""

    key: str
    participant_id: int
    company: str
    name_key: str
    domain: str | None
    contact_name: str | None
    contact_email: str | None
    submitted_at: datetime
    channel: str
    opportunity_crm_id: str | None


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """One claim; `submitted_at` in UTC, the expected amount in minor units of `currency`."""

    key: str
    participant_id: int
    company: str
    name_key: str
    domain: str | None
    division: str
    opportunity_crm_id: str | None
    submitted_at: datetime
    evidence: tuple[Evidence, ...]
    expected_amount_minor: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class TouchRow:
    """One touch; `at` in UTC."""

    key: str
    opportunity_crm_id: str | None
    domain: str | None
    contact_email: str | None
    at: datetime
    source: str
    participant_id: int | None
    campaign: str | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event; `at` in UTC."""

    key: str
    kind: str
    participant_id: int
    at: datetime
    value: str | None


ImportedRow = ParticipantRow | ReferralRow | RegistrationRow | TouchRow | EventRow


@dataclass(frozen=True, slots=True)
class _Shape:
    """How one kind is read: for each field its column and reader.

    `correctable`: the fields that a later file may change; None: every one.
    """

    row: Callable[..., ImportedRow]
    columns: tuple[str, ...]
    readers: Mapping[str, tuple[str, Callable[[Cells, str, Surroundings], object]]]
    correctable: frozenset[str] | None = None


def _alone(read: Callable[[Cells, str], object]) -> Callable[[Cells, str, Surroundings], object]:
    return lambda cells, column, _around: read(cells, column)


def _touched_domain(cells: Cells, column: str, around: Surroundings) -> str | None:
    """Read a touch's domain; a touch that names nobody is one of nobody."""
    if not any(cells[name].strip() for name in (column, "contact_email", "opportunity_id")):
        why = "is empty, and so are contact_email, opportunity_id: say whom this row is about"
        raise Impossible(column, why)
    return values.domain(cells, column, around)


_KEY = ("key", _alone(values.needed))
_OPTIONAL = _alone(values.optional)
_EMAIL = _alone(values.email)
_DEAL = ("opportunity_id", _alone(values.deal))
_CLAIM = {
    "participant_id": ("participant", values.needed_participant),
    "company": ("company", _alone(values.company)),
    "name_key": ("company", values.company_key),
    "domain": ("domain", values.domain),
    "submitted_at": ("submitted_at", values.instant),
    "opportunity_crm_id": _DEAL,
}

_SHAPES: Mapping[Kind, _Shape] = {
    Kind.PARTICIPANTS: _Shape(
        ParticipantRow,
        (
            "key kind name email locale country currency tier payout_method stripe_account "
            "stripe_customer company_domain status"
        ).split(),
        {
            "key": _KEY,
            "kind": (
                "kind",
                _alone(
                    values.word(
                        "customer", "employee", "reseller", "affiliate", "technology", "service"
                    )
                ),
            ),
        },
    ),
}
