"""Who introduced or registered whom, what came of it, and who is credited."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Numeric, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from goodword.db.models.base import NOW, Base, indexed_words, number, one_of
from goodword.db.models.people import Participant, ProgramVersion


class Referral(Base):
    """A participant introduced a company or a contact. It converts at most once.

    `qualified_by` is the deal that made it a qualified lead. `rewarded_on`: what that earns is
    computed; `referred_rewarded_on`: what the referral as such earns.
    """

    __tablename__ = "referrals"
    id: Mapped[int] = number()
    key: Mapped[str] = mapped_column(unique=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey(Participant.id))
    company: Mapped[str]
    name_key: Mapped[str]
    domain: Mapped[str | None]
    contact_name: Mapped[str | None]
    contact_email: Mapped[str | None]
    submitted_at: Mapped[datetime]
    channel: Mapped[str]
    opportunity_crm_id: Mapped[str | None] = mapped_column(index=True)
    account_crm_id: Mapped[str | None] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(server_default="received")
    qualified_on: Mapped[date | None]
    qualified_by: Mapped[str | None]
    rewarded_on: Mapped[date | None]
    referred_rewarded_on: Mapped[date | None]
    conversion_id: Mapped[int | None] = mapped_column(ForeignKey("conversions.id"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
    __table_args__ = (
        one_of("state", "received", "qualified", "converted"),
        indexed_words("ix_referrals_words", "company"),
    )


class Registration(Base):
    """A partner's dated claim on one account, or one division of it ('' is the whole account).

    `expires_on` is the last protected day. `reasons` are sentences for staff, in order. `source` is
    the door it came by, `source_id` its number there: the CRM's id of a lead or a custom object.
    """

    __tablename__ = "registrations"
    id: Mapped[int] = number()
    key: Mapped[str] = mapped_column(unique=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey(Participant.id), index=True)
    company: Mapped[str]
    name_key: Mapped[str]
    domain: Mapped[str | None]
    division: Mapped[str] = mapped_column(server_default="")
    opportunity_crm_id: Mapped[str | None] = mapped_column(index=True)
    account_crm_id: Mapped[str | None]
    claim_key: Mapped[str] = mapped_column(
        Computed(
            "COALESCE(account_crm_id, 'domain:' || domain, 'name:' || name_key)", persisted=True
        ),
    )
    submitted_at: Mapped[datetime]
    evidence: Mapped[list[Any]]
    expected_amount_minor: Mapped[int | None]
    currency: Mapped[str | None]
    expected_close_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(server_default="import")
    source_id: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="submitted")
    reasons: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    conflicts_with_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    expires_on: Mapped[date | None]
    extensions_used: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    conversion_id: Mapped[int | None] = mapped_column(ForeignKey("conversions.id"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
    __table_args__ = (
        one_of(
            "state",
            "submitted",
            "approved",
            "extended",
            "won",
            "lost",
            "expired",
            "rejected",
            "conflicting",
            "withdrawn",
        ),
        one_of("source", "import", "staff", "partner", "crm_lead", "crm_object"),
        CheckConstraint(
            "expires_on IS NOT NULL OR state NOT IN ('approved', 'extended')",
            name="window",
        ),
        Index(
            "uq_registrations_live",
            "claim_key",
            "division",
            unique=True,
            postgresql_where=text("state IN ('approved', 'extended')"),
        ),
        Index(None, "claim_key"),
        indexed_words("ix_registrations_words", "company"),
    )


class Touch(Base):
    """One dated contact of a prospect with a source; `participant_id` only when one earned it."""

    __tablename__ = "touches"
    id: Mapped[int] = number()
    key: Mapped[str] = mapped_column(unique=True)
    opportunity_crm_id: Mapped[str | None] = mapped_column(index=True)
    domain: Mapped[str | None] = mapped_column(index=True)
    contact_email: Mapped[str | None]
    at: Mapped[datetime]
    source: Mapped[str]
    participant_id: Mapped[int | None] = mapped_column(ForeignKey(Participant.id))
    campaign: Mapped[str | None]
    __table_args__ = (one_of("source", "referral", "partner", "marketing", "direct"),)


class Event(Base):
    """Something that happened with a participant (a survey answer, a win, a renewal …)."""

    __tablename__ = "events"
    id: Mapped[int] = number()
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    participant_id: Mapped[int] = mapped_column(ForeignKey(Participant.id))
    at: Mapped[datetime]
    value: Mapped[str | None]
    __table_args__ = (
        one_of("kind", "nps", "win", "renewal", "support_solved", "milestone", "purchase"),
    )


class Conversion(Base):
    """A won deal that someone can claim. Value, model and program version are frozen.

    One of a deal is active; a deal that was taken back and is won again converts anew.
    `renews_crm_id` is the deal that won the customer, of a renewal: its claims share this one too.
    """

    __tablename__ = "conversions"
    id: Mapped[int] = number()
    opportunity_crm_id: Mapped[str] = mapped_column(index=True)
    account_crm_id: Mapped[str | None] = mapped_column(index=True)
    value_minor: Mapped[int]
    currency: Mapped[str]
    won_at: Mapped[datetime]
    won_on: Mapped[date]
    detected_on: Mapped[date]
    model: Mapped[str]
    program_version_id: Mapped[int] = mapped_column(ForeignKey(ProgramVersion.id))
    state: Mapped[str] = mapped_column(server_default="active")
    cancelled_on: Mapped[date | None]
    cancel_reason: Mapped[str | None]
    rewarded_on: Mapped[date | None]
    renews_crm_id: Mapped[str | None]
    __table_args__ = (
        one_of("state", "active", "cancelled"),
        CheckConstraint("value_minor >= 0", name="value"),
        Index(
            "uq_conversions_active",
            "opportunity_crm_id",
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
    )


class Share(Base):
    """The part of a conversion's value credited to one claim; a conversion's shares sum to it.

    `weight` is the part before rounding. `participant_id` is empty where nobody earns: a direct or
    marketing touch. `program_version_id` is the version in force when the claim was made.
    """

    __tablename__ = "shares"
    conversion_id: Mapped[int] = mapped_column(ForeignKey(Conversion.id), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    claim: Mapped[str]
    claim_id: Mapped[int]
    source: Mapped[str]
    at: Mapped[datetime]
    participant_id: Mapped[int | None] = mapped_column(ForeignKey(Participant.id))
    program_version_id: Mapped[int] = mapped_column(ForeignKey(ProgramVersion.id))
    weight: Mapped[Any] = mapped_column(Numeric(20, 18))
    value_minor: Mapped[int]
    reason: Mapped[str]
    __table_args__ = (one_of("claim", "registration", "referral", "touch"),)
