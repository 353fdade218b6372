"""The CRM, mirrored: accounts, deals, their stage history, and what could not be read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from goodword.db.models.base import NOW, Base, indexed_words, number


class Watermark(Base):
    """Up to where one CRM object has been read: every change stamped before `high_at` is here."""

    __tablename__ = "watermarks"
    crm_object: Mapped[str] = mapped_column(primary_key=True)
    high_at: Mapped[datetime]


class Account(Base):
    """A company in the CRM. `name_key` and `domain` are normalised for matching."""

    __tablename__ = "accounts"
    crm_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(index=True)
    domain: Mapped[str | None] = mapped_column(index=True)
    type: Mapped[str | None]
    parent_crm_id: Mapped[str | None]
    owner_crm_id: Mapped[str | None]
    industry: Mapped[str | None]
    country: Mapped[str | None]
    last_activity_on: Mapped[date | None]
    protected_partner: Mapped[str | None]
    protected_until: Mapped[date | None]
    is_deleted: Mapped[bool]
    master_crm_id: Mapped[str | None]
    modified_at: Mapped[datetime]
    __table_args__ = (indexed_words("ix_accounts_words", "name"),)


class Opportunity(Base):
    """A deal in the CRM. A deal without an account is kept: a claim may name it by its id.

    `won_at` is when it last came to the stage it stands won in; empty when it does not. `division`
    is the one of its account that it is about, where the program names a field for it; `quantity`
    is how many of what is sold, such as seats, and `product` what that is, likewise.
    """

    __tablename__ = "opportunities"
    crm_id: Mapped[str] = mapped_column(primary_key=True)
    account_crm_id: Mapped[str | None] = mapped_column(index=True)
    name: Mapped[str]
    stage: Mapped[str]
    amount_minor: Mapped[int | None]
    currency: Mapped[str]
    close_on: Mapped[date | None]
    created_at: Mapped[datetime]
    is_closed: Mapped[bool]
    is_won: Mapped[bool]
    won_at: Mapped[datetime | None]
    lead_source: Mapped[str | None]
    type: Mapped[str | None]
    owner_crm_id: Mapped[str | None]
    last_activity_on: Mapped[date | None]
    protected_partner: Mapped[str | None]
    protected_until: Mapped[date | None]
    division: Mapped[str | None]
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(18, 2))
    product: Mapped[str | None]
    is_deleted: Mapped[bool]
    modified_at: Mapped[datetime]


class Lead(Base):
    """A prospect in the CRM, before it is converted to an account and a deal, or is given up.

    `record_type` is its developer name. `account_crm_id` is the account that its company means, as
    far as that is sure; a converted lead names what it became, a merged one its master.
    """

    __tablename__ = "leads"
    crm_id: Mapped[str] = mapped_column(primary_key=True)
    company: Mapped[str]
    name_key: Mapped[str] = mapped_column(index=True)
    domain: Mapped[str | None] = mapped_column(index=True)
    contact_name: Mapped[str | None]
    contact_email: Mapped[str | None]
    status: Mapped[str]
    lead_source: Mapped[str | None]
    record_type: Mapped[str | None]
    owner_crm_id: Mapped[str | None]
    created_at: Mapped[datetime]
    is_converted: Mapped[bool]
    converted_account_crm_id: Mapped[str | None]
    converted_opportunity_crm_id: Mapped[str | None]
    account_crm_id: Mapped[str | None] = mapped_column(index=True)
    protected_partner: Mapped[str | None]
    protected_until: Mapped[date | None]
    division: Mapped[str | None]
    is_deleted: Mapped[bool]
    master_crm_id: Mapped[str | None]
    modified_at: Mapped[datetime]


class StageChange(Base):
    """One row of the CRM's stage history: the deal stood in `stage` from `changed_at` on."""

    __tablename__ = "stage_changes"
    crm_id: Mapped[str] = mapped_column(primary_key=True)
    opportunity_crm_id: Mapped[str]
    stage: Mapped[str]
    amount_minor: Mapped[int | None]
    currency: Mapped[str]
    close_on: Mapped[date | None]
    changed_at: Mapped[datetime]
    is_deleted: Mapped[bool]
    modified_at: Mapped[datetime]
    __table_args__ = (Index(None, "opportunity_crm_id", "changed_at"),)


class CrmUser(Base):
    """A person in the CRM: who owns accounts and deals."""

    __tablename__ = "crm_users"
    crm_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]
    is_active: Mapped[bool]
    modified_at: Mapped[datetime]


class Quarantined(Base):
    """A record set aside with its reason, until it arrives again in a form that can be read."""

    __tablename__ = "quarantine"
    id: Mapped[int] = number()
    source: Mapped[str]
    external_id: Mapped[str]
    reason: Mapped[str]
    record: Mapped[dict[str, Any]]
    first_seen_at: Mapped[datetime] = mapped_column(server_default=NOW)
    resolved_at: Mapped[datetime | None]
    __table_args__ = (
        Index(
            "uq_quarantine_open",
            "source",
            "external_id",
            unique=True,
            postgresql_where=text("resolved_at IS NULL"),
        ),
    )
