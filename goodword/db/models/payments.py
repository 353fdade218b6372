"""What the payment provider says by itself: its events, refunds, and how fast it may be called."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from goodword.db.models.base import NOW, Base, one_of


class ProviderEvent(Base):
    """One event of the provider, stored as it came before anything is done about it.

    Its id makes it the only one, however often and by whichever way it arrives. `created_at` is the
    provider's clock. `account` is the connected account that it is about, if any.
    """

    __tablename__ = "provider_events"
    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    account: Mapped[str | None]
    created_at: Mapped[datetime]
    body: Mapped[str]
    via: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="received")
    reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    received_at: Mapped[datetime] = mapped_column(server_default=NOW)
    done_at: Mapped[datetime | None]
    __table_args__ = (
        one_of("via", "webhook", "catch_up"),
        one_of("state", "received", "done", "ignored", "failed"),
        Index(
            "ix_provider_events_open",
            "created_at",
            postgresql_where=text("state IN ('received', 'failed')"),
        ),
    )


class Refund(Base):
    """What a customer got back of a won deal, or will not pay, as last read from its source.

    `id` is the provider's own name of the refund, the dispute or the cancelled subscription, or
    `manual:…`: one row each, so that each counts by its own day. `refunded_minor` is zero when the
    refund failed; a subscription that was cancelled is `is_whole`. A dispute counts when it is
    lost; while it is open, rewards that are not reserved yet wait. `opportunity_crm_id` is what the
    provider's metadata names, known to the mirror or not, unless a person said otherwise
    (`linked_by`; with no deal: it is about none). `invoice` is the one that is given back, if the
    provider says so. `changed_at`: as it was read then.
    """

    __tablename__ = "refunds"
    id: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    opportunity_crm_id: Mapped[str | None] = mapped_column(index=True)
    linked_by: Mapped[str | None]
    customer: Mapped[str | None]
    invoice: Mapped[str | None] = mapped_column(index=True)
    currency: Mapped[str]
    refunded_minor: Mapped[int] = mapped_column(server_default=text("0"))
    refunded_on: Mapped[date | None]
    disputed_minor: Mapped[int] = mapped_column(server_default=text("0"))
    disputed_on: Mapped[date | None]
    dispute: Mapped[str | None]
    is_whole: Mapped[bool] = mapped_column(server_default=text("false"))
    reason: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=NOW)
    __table_args__ = (
        one_of("source", "charge", "subscription", "manual"),
        one_of("dispute", "open", "won", "lost"),
        CheckConstraint("refunded_minor >= 0 AND disputed_minor >= 0", name="amounts"),
        CheckConstraint("(dispute IS NULL) = (disputed_on IS NULL)", name="disputed"),
    )


class PaidInvoice(Base):
    """An invoice that a customer paid, by the provider's own name of it (in_…).

    `paid_minor` is what arrived without tax, `billed_minor` what it was for, without tax, before
    the customer's credit with us paid of it. `opportunity_crm_id` is the deal that the provider's
    metadata names, known to the mirror or not. `rewarded_on`: its rewards are computed.
    """

    __tablename__ = "paid_invoices"
    id: Mapped[str] = mapped_column(primary_key=True)
    opportunity_crm_id: Mapped[str | None] = mapped_column(index=True)
    customer: Mapped[str | None] = mapped_column(index=True)
    paid_minor: Mapped[int]
    billed_minor: Mapped[int]
    currency: Mapped[str]
    paid_on: Mapped[date]
    rewarded_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
    __table_args__ = (
        CheckConstraint("paid_minor BETWEEN 0 AND billed_minor AND billed_minor > 0", name="paid"),
    )


class Pace(Base):
    """How fast a provider is called by all processes together: its next free slot, and the rate."""

    __tablename__ = "paces"
    provider: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[datetime] = mapped_column(server_default=NOW)
    per_second: Mapped[Decimal] = mapped_column(Numeric)
    slowed_at: Mapped[datetime | None]
    __table_args__ = (CheckConstraint("per_second > 0", name="per_second"),)
