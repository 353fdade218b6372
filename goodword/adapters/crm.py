"""What the night asks of a CRM, and how a CRM can fail to answer. Salesforce implements it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from goodword.rules.crm import CrmObject, Record, Unreadable

OVERLAP = timedelta(minutes=10)
"""A record is stamped before its transaction commits and is seen after: reads reach back."""


class CrmError(Exception):
    """The CRM did not do what it was asked. Nothing of the page in hand was kept."""


class CrmUnreachable(CrmError):
    """No answer, or none that can be read. The same request may be sent again later."""

    def __init__(self, what: str, *, retry_after_seconds: float | None = None) -> None:
        self.what = what
        self.retry_after_seconds = retry_after_seconds
        super().__init__(
            f"the CRM cannot be reached: {what}; nothing is lost, the next run reads on from the "
            "last watermark",
        )


class CrmRefusedLogin(CrmError):
    """The CRM does not let us in. Trying again helps nobody; a person corrects the settings."""

    def __init__(self, why: str, next_step: str) -> None:
        self.why = why
        self.next_step = next_step
        super().__init__(f"the CRM refused the log-in: {why}; {next_step}")


class TooManyLogins(CrmRefusedLogin):
    """The CRM takes the log-in and then refuses the session; more log-ins would lock the user."""

    def __init__(self, logins: int, seconds: int) -> None:
        self.logins = logins
        self.seconds = seconds
        super().__init__(
            f"{logins} log-ins in {seconds} seconds gave no session that it accepts",
            "look at the user's session settings and login history in Setup, then run again",
        )


class FieldsMissing(CrmError):
    """An object has lost fields that are needed, or the user may not see them."""

    def __init__(self, crm_object: str, fields: Sequence[str]) -> None:
        self.crm_object = crm_object
        self.fields = tuple(fields)
        super().__init__(
            f"the CRM's {crm_object} has no {' and no '.join(fields)}: nothing was read or "
            "written, since a missing field is not an empty one; restore it, or give the "
            "integration user the right to see it",
        )


class ObjectHidden(CrmError):
    """The org has no such object, or the integration user may not see it."""

    def __init__(self, crm_object: str) -> None:
        self.crm_object = crm_object
        super().__init__(
            f"the CRM shows no object {crm_object}: give the integration user the right to read "
            "it, or correct its name under [crm] in the program file",
        )


class RequestLimit(CrmError):
    """The org's requests of 24 hours are used up, or so nearly that the rest is left to others.

    `used` and `allowed` are None when the CRM itself refused and did not say.
    """

    def __init__(self, used: int | None, allowed: int | None) -> None:
        self.used = used
        self.allowed = allowed
        figures = "" if used is None else f": {used} of {allowed} are used"
        super().__init__(
            f"the CRM's requests of 24 hours are used up or nearly{figures}; the sync stops here "
            "and keeps its watermark, run it again when they are free",
        )


class CrmRefused(CrmError):
    """The CRM understood the request and says no; sending it again would change nothing."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"the CRM refused a request with {code}: {message}")


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the records that changed, and those that could not be read."""

    records: list[Record]
    unreadable: list[Unreadable]


@dataclass(frozen=True, slots=True)
class Protection:
    """What an account, deal or lead shall say of its protection; None clears.

    `owner_crm_id` is the user who shall own the record from now on; None leaves its owner alone.
    """

    crm_object: CrmObject
    crm_id: str
    partner: str | None
    until: date | None
    owner_crm_id: str | None = None


class WriteState(StrEnum):
    """What became of one record that was written."""

    WRITTEN = "written"
    LOCKED = "locked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one protection; `reason` is None when it was written."""

    protection: Protection
    state: WriteState
    reason: str | None = None


class Crm(Protocol):
    """The CRM as the night sees it. Every method may raise a CrmError."""

    @property
    def has_own_fields(self) -> bool:
        """Whether accounts and deals both have the program's own fields."""

    def lacks(self, kind: CrmObject) -> tuple[str, ...]:
        """The program's own fields that an object lacks; all of them when it is hidden."""

    def can_read(self, kind: CrmObject) -> bool:
        """Whether the integration user sees the object, and all of it that is needed."""

    def lead_record_types(self) -> frozenset[str]:
        """The developer names of the record types of leads."""

    def identity(self) -> str:
        """The organization's id, 18 characters."""

    def server_time(self) -> datetime:
        """The CRM's own clock, UTC, to the second."""

    def check_fields(self) -> None:
        """Refuse when an object lacks a field that is needed."""

    def changed(self, kind: CrmObject, low: datetime | None, high: datetime) -> Iterator[Page]:
        """Every record stamped from `low` (None: from the beginning) and before `high`."""

    def deal_registrations(self, low: datetime | None, high: datetime) -> Iterator[Page]:
        """The same of the records that are deal registrations; none without an intake."""

    def protect(self, updates: Sequence[Protection]) -> list[WriteResult]:
        """Write protections, and owners where they name one; a result each, in their order."""
