"""The installation, the published programs and the people in them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from goodword.db.models.base import NOW, Base, indexed_words, number, one_of


class Installation(Base):
    """One row: which installation this is, and the outside systems that it is tied to for good.

    `payments_account` is the provider's account with its mode, as "acct_1A (test)".
    `reconciled_until`: its movements are compared up to there; `heard_until`: its events are read.
    """

    __tablename__ = "installation"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default=text("1"))
    name: Mapped[str] = mapped_column(server_default=text("left(gen_random_uuid()::text, 8)"))
    crm_org: Mapped[str | None]
    payments_account: Mapped[str | None]
    reconciled_until: Mapped[datetime | None]
    heard_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    __table_args__ = (CheckConstraint("id = 1", name="single"),)


class ProgramVersion(Base):
    """The text of one published program file, in force from a date until the next one is."""

    __tablename__ = "program_versions"
    id: Mapped[int] = number()
    effective_on: Mapped[date]
    digest: Mapped[str]
    source: Mapped[str]
    published_by: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(server_default=NOW)


class Participant(Base):
    """Anyone who may refer. `key` is the company's own name for them.

    `crm_user_id` is the CRM user or queue that gets the leads of a partner's accounts; empty where
    they have none, and only the CRM's partner field names them. `prefers` is what they would rather
    be paid, where the program leaves the choice. `account_crm_id` is a customer's account in the
    CRM, `company_key` the participant whom they work for. `made_on`: the night made them, to have
    somebody who gets what is for a customer or a company; no person has named them.
    """

    __tablename__ = "participants"
    id: Mapped[int] = number()
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    locale: Mapped[str]
    country: Mapped[str]
    currency: Mapped[str]
    tier: Mapped[str]
    payout_method: Mapped[str | None]
    stripe_account: Mapped[str | None]
    stripe_customer: Mapped[str | None]
    stripe_subscription: Mapped[str | None]
    iban: Mapped[str | None]
    bic: Mapped[str | None]
    company_domain: Mapped[str | None]
    crm_user_id: Mapped[str | None]
    prefers: Mapped[str | None]
    account_crm_id: Mapped[str | None] = mapped_column(index=True)
    company_key: Mapped[str | None]
    made_on: Mapped[date | None]
    status: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    __table_args__ = (
        one_of(
            "kind",
            "customer",
            "employee",
            "reseller",
            "affiliate",
            "technology",
            "service",
        ),
        one_of("prefers", "cash", "billing_credit", "free_months", "renewal_discount", "perk"),
        one_of("status", "applied", "active", "suspended", "closed"),
        one_of("payout_method", "stripe_transfer", "stripe_credit", "bank_file"),
        indexed_words("ix_participants_words", "name"),
    )


class TierChange(Base):
    """A participant's tier that the night changed: another from `changed_on` on. Append-only."""

    __tablename__ = "tier_changes"
    id: Mapped[int] = number()
    participant_id: Mapped[int] = mapped_column(ForeignKey(Participant.id), index=True)
    changed_on: Mapped[date]
    before: Mapped[str]
    after: Mapped[str]
    reason: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
