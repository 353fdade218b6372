"""A provider's events: what arrives, what it turns out to mean, and how far back to ask.

An event only says that something may have changed. What has is read from the provider when the
event is taken up, so that a forged, late, repeated or reordered event changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from goodword.money import Money

KEPT = timedelta(days=30)
"""How long the provider can list an event (docs.stripe.com/api/events)."""

OVERLAP = timedelta(hours=1)
"""Asked for twice, since the provider's clock is not ours."""


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """One event as it came. `body` is its JSON, `subject` the id of what it is about.

    `account` is the connected account that it happened in; None: the platform's own.
    """

    id: str
    type: str
    account: str | None
    created_at: datetime
    subject: str
    body: str


def about_dispute(dispute: str, at: datetime) -> ProviderEvent:
    """Return the event that would have a dispute read again, as the provider might have sent it."""
    return ProviderEvent(dispute, "charge.dispute.updated", None, at, dispute, "")


# What one means ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A refund, a dispute or a cancelled subscription, as the provider has it now.

    Attributes:
        id: the provider's name of it: re_…, du_…, sub_….
        source: "charge" or "subscription".
        currency: of both amounts, which are minor units of ISO 4217.
        at: when it was refunded, disputed or cancelled.
        reason: a sentence for people.
        refunded_minor: what was refunded; zero when the refund failed.
        disputed_minor: what is disputed; `dispute` is then "open", "won" or "lost".
        is_whole: a cancelled subscription, after which nothing of the deal stays.
        opportunity: the deal it names in the CRM, as written; None: none.
        customer: the provider's name of the customer; None: none.
        invoice: the invoice that is given back; None: none, or not known.
    """

    id: str
    source: str
    currency: str
    at: datetime
    reason: str
    refunded_minor: int = 0
    disputed_minor: int = 0
    dispute: str | None = None
    is_whole: bool = False
    opportunity: str | None = None
    customer: str | None = None
    invoice: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerMoney:
    """What customers got back, or dispute, of one charge or subscription."""

    given_back: tuple[GivenBack, ...]


@dataclass(frozen=True, slots=True)
class InvoicePaid:
    """An invoice that a customer paid: what arrived of it, without tax.

    Attributes:
        invoice: the provider's name of it: in_….
        paid: what was paid.
        at: when.
        opportunity: the deal it names in the CRM, as written; None: none.
        customer: the provider's name of the customer; None: none.
        billed: what it was for, without tax, before the customer's credit paid of it.
    """

    invoice: str
    paid: Money
    at: datetime
    opportunity: str | None
    customer: str | None
    billed: Money


@dataclass(frozen=True, slots=True)
class PayoutFailed:
    """A participant's own bank refused what the provider paid out to it from their account."""

    payout: str
    account: str
    money: Money
    reason: str


@dataclass(frozen=True, slots=True)
class Noted:
    """An event that needs nothing more; `reason` says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that this program does not use, or about something that is not there."""

    reason: str


News: TypeAlias = CustomerMoney | InvoicePaid | PayoutFailed | Noted | Ignored


# How far back to ask ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """The events to be listed: `since <= instant < until`.

    `missed` says in words what nobody can list any more; None: nothing was missed.
    """

    since: datetime
    until: datetime
    missed: str | None = None


def window(heard_until: datetime | None, now: datetime) -> Window:
    """Say which events to list, given up to when they were listed before (None: never)."""
    until, oldest = now + OVERLAP, now - KEPT
    if heard_until is None:
        return Window(oldest, until)
    since = min(heard_until, now) - OVERLAP
    if since >= oldest:
        return Window(since, until)
    return Window(
        oldest,
        until,
        f"the provider lists its events for {KEPT.days} days and was last heard on "
        f"{heard_until:%Y-%m-%d}: look up there what was refunded, disputed or cancelled until "
        f"{oldest:%Y-%m-%d}, and record it with `goodword refunds record`",
    )
