"""What happens around a claim: whose account it means, its partner's wishes, routing, disputes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from goodword.db.models.base import NOW, Base, number, one_of
from goodword.db.models.claims import Registration
from goodword.db.models.people import Participant


class AccountQuestion(Base):
    """May a claim's company be this account? Matching has a doubt, and a person answers.

    An account that was answered `different` is never asked about again for the same claim.
    """

    __tablename__ = "account_questions"
    id: Mapped[int] = number()
    registration_id: Mapped[int] = mapped_column(ForeignKey(Registration.id))
    account_crm_id: Mapped[str]
    reason: Mapped[str]
    asked_on: Mapped[date]
    answer: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_on: Mapped[date | None]
    __table_args__ = (
        one_of("answer", "same", "different"),
        UniqueConstraint("registration_id", "account_crm_id"),
    )


class ExtensionRequest(Base):
    """A partner asks for more days before a claim ends; one question is open at a time."""

    __tablename__ = "extension_requests"
    id: Mapped[int] = number()
    registration_id: Mapped[int] = mapped_column(ForeignKey(Registration.id), index=True)
    reason: Mapped[str]
    asked_by: Mapped[str]
    asked_on: Mapped[date]
    state: Mapped[str] = mapped_column(server_default="open")
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    decision_reason: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
    __table_args__ = (
        one_of("state", "open", "granted", "refused", "lapsed"),
        Index(
            "uq_extension_requests_open",
            "registration_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )


class Matching(Base):
    """A claim, referral or lead was compared with the CRM's accounts, and `compared` says which.

    It is a digest of its own name and domain and of all accounts': while it stays the same, nothing
    new can come of comparing again.
    """

    __tablename__ = "matchings"
    subject: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[str] = mapped_column(primary_key=True)
    compared: Mapped[str]
    __table_args__ = (one_of("subject", "registrations", "referrals", "leads"),)


class Routing(Base):
    """A lead or deal of a protected account that is given to its partner, once for each claim.

    It is written down before the CRM is asked, so that `owner_before` is known whatever happens
    then; `written_on` is when the CRM took it. `partner` is what the partner field was given, and
    `owner_after` is empty where only that field was written. `by_hand_on`: a person has changed one
    of the two since, and the record is theirs for good. `declined_on`: the partner does not want
    it. `released_on`: it is over, and what had to be put back is.
    """

    __tablename__ = "routings"
    id: Mapped[int] = number()
    crm_object: Mapped[str]
    crm_id: Mapped[str]
    registration_id: Mapped[int] = mapped_column(ForeignKey(Registration.id), index=True)
    partner: Mapped[str]
    owner_before: Mapped[str | None]
    owner_after: Mapped[str | None]
    routed_on: Mapped[date]
    written_on: Mapped[date | None]
    by_hand_on: Mapped[date | None]
    declined_on: Mapped[date | None]
    released_on: Mapped[date | None]
    __table_args__ = (
        one_of("crm_object", "Lead", "Opportunity"),
        UniqueConstraint("crm_object", "crm_id", "registration_id"),
        Index(
            "uq_routings_open",
            "crm_object",
            "crm_id",
            unique=True,
            postgresql_where=text("released_on IS NULL"),
        ),
    )


class Dispute(Base):
    """Somebody contests who holds a claim. One is open on a claim at a time.

    `registration_id` is the claim that is contested, `rival_id` the one that contests it, where
    there is one. `decide_by` is the last day of the term that runs: of the first ruling, then of
    the appeal. `decider` is who must rule: never a party.
    """

    __tablename__ = "disputes"
    id: Mapped[int] = number()
    registration_id: Mapped[int] = mapped_column(ForeignKey(Registration.id), index=True)
    rival_id: Mapped[int | None] = mapped_column(ForeignKey(Registration.id), index=True)
    opened_by: Mapped[str]
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey(Participant.id))
    ground: Mapped[str]
    opened_on: Mapped[date]
    decide_by: Mapped[date]
    decider: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="open")
    escalated_on: Mapped[date | None]
    appealed_by: Mapped[str | None]
    appealed_on: Mapped[date | None]
    appeal_ground: Mapped[str | None]
    closed_on: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
    __table_args__ = (
        one_of("state", "open", "decided", "appealed", "closed", "withdrawn"),
        Index(
            "uq_disputes_open",
            "registration_id",
            unique=True,
            postgresql_where=text("state IN ('open', 'decided', 'appealed')"),
        ),
    )


class DisputeStatement(Base):
    """What a party or staff says in a dispute: append-only. `participant_id` is the party's."""

    __tablename__ = "dispute_statements"
    id: Mapped[int] = number()
    dispute_id: Mapped[int] = mapped_column(ForeignKey(Dispute.id), index=True)
    participant_id: Mapped[int | None] = mapped_column(ForeignKey(Participant.id))
    said_by: Mapped[str]
    said_on: Mapped[date]
    statement: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)


class DisputeRuling(Base):
    """A decision in a dispute: append-only; the second is on appeal and is the last.

    `share_bps` of the partner's share of the deal goes to the claim that loses.
    """

    __tablename__ = "dispute_rulings"
    id: Mapped[int] = number()
    dispute_id: Mapped[int] = mapped_column(ForeignKey(Dispute.id))
    instance: Mapped[int] = mapped_column(SmallInteger)
    outcome: Mapped[str]
    share_bps: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    reason: Mapped[str]
    ruled_by: Mapped[str]
    ruled_on: Mapped[date]
    __table_args__ = (
        one_of("outcome", "upheld", "transferred"),
        CheckConstraint("instance IN (1, 2)", name="instance"),
        CheckConstraint("share_bps BETWEEN 0 AND 5000", name="share"),
        UniqueConstraint("dispute_id", "instance"),
    )
