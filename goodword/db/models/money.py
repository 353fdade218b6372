"""Rewards, approvals, payouts and the ledger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from goodword.db.models.base import NOW, Base, number, one_of
from goodword.db.models.claims import Conversion, Referral
from goodword.db.models.payments import PaidInvoice
from goodword.db.models.people import Participant, ProgramVersion

QUEUED = (
    "participant_id",
    "incentive",
    "amount_minor",
    "currency",
    "conversion_id",
    "referral_id",
)
"""What the index of rewards that wait for people has of each, so that no reward is read for it."""


class Reward(Base):
    """One amount owed to one participant by one incentive for one outcome; frozen once computed.

    `side` is who gets it: who brought the deal, the customer, or the company of who brought it; of
    the other two `earner_id` is who brought it.

    `computed_minor` is what the rule gives, `amount_minor` what is left after caps. A clawback is a
    reward with a negative amount that names the one it takes back; its `base_minor` is what is
    taken back of that one in all, this one included. `benefit` is what one that is not money
    gives, such as {"months": 1}; its amount is then the worth that the program declares. `facts` is
    what the rules went by and no other column has (goodword.rules.outcomes.kept). One for a paid
    invoice (`invoice_id`) names the conversion of its deal as well.
    `returned_payout_id`: the provider took money of that payout back, and a person decides whether
    it is paid again. `payable_on`: the hold is over. `carried_because`: why it is due and was not
    paid in the last night.
    """

    __tablename__ = "rewards"
    id: Mapped[int] = number()
    participant_id: Mapped[int] = mapped_column(ForeignKey(Participant.id), index=True)
    side: Mapped[str] = mapped_column(server_default="participant")
    earner_id: Mapped[int | None] = mapped_column(ForeignKey(Participant.id), index=True)
    incentive: Mapped[str]
    outcome: Mapped[str]
    conversion_id: Mapped[int | None] = mapped_column(ForeignKey(Conversion.id), index=True)
    referral_id: Mapped[int | None] = mapped_column(ForeignKey(Referral.id), index=True)
    invoice_id: Mapped[str | None] = mapped_column(ForeignKey(PaidInvoice.id), index=True)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("rewards.id"), index=True)
    returned_payout_id: Mapped[int | None] = mapped_column(
        ForeignKey("payouts.id", use_alter=True), index=True
    )
    program_version_id: Mapped[int] = mapped_column(ForeignKey(ProgramVersion.id))
    pay: Mapped[str]
    benefit: Mapped[dict[str, Any] | None]
    base_minor: Mapped[int]
    computed_minor: Mapped[int]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    reason: Mapped[str]
    facts: Mapped[dict[str, Any] | None]
    outcome_on: Mapped[date]
    payable_on: Mapped[date]
    computed_on: Mapped[date]
    state: Mapped[str] = mapped_column(server_default="computed")
    approvals_needed: Mapped[int | None] = mapped_column(SmallInteger)
    asked_on: Mapped[date | None]
    carried_because: Mapped[str | None]
    __table_args__ = (
        one_of("state", "computed", "waiting", "approved", "rejected", "reserved", "paid", "void"),
        one_of("side", "participant", "customer", "company"),
        CheckConstraint("(side = 'participant') = (earner_id IS NULL)", name="earner"),
        one_of("pay", "cash", "billing_credit", "free_months", "renewal_discount", "perk"),
        CheckConstraint("(pay IN ('cash', 'billing_credit')) = (benefit IS NULL)", name="benefit"),
        CheckConstraint("(reverses_id IS NULL) = (amount_minor >= 0)", name="sign"),
        CheckConstraint("amount_minor <= computed_minor", name="caps_never_add"),
        Index(
            "uq_rewards_earned",
            "participant_id",
            "incentive",
            "outcome",
            "conversion_id",
            "referral_id",
            "invoice_id",
            "earner_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("reverses_id IS NULL"),
        ),
        Index(
            "uq_rewards_reversed",
            "reverses_id",
            "base_minor",
            unique=True,
            postgresql_where=text("reverses_id IS NOT NULL"),
        ),
        Index(None, "state", "payable_on"),
        Index("ix_rewards_carried", "id", postgresql_where=text("carried_because IS NOT NULL")),
        # The queue, oldest first, with what it is narrowed down and added up by.
        Index(
            "ix_rewards_waiting",
            "asked_on",
            "id",
            postgresql_include=QUEUED,
            postgresql_where=text("state = 'waiting'"),
        ),
    )


class Approval(Base):
    """One recorded decision on a reward, bound to the amount that was seen. It is never edited.

    It may be ended once: taken back by whoever took it (`withdrawn`), or because the second person
    did not come in time (`expired`). What is not ended stands. The unique index is the four-eyes
    rule: one person decides once on one reward. `acting_for` is whom they stood in for. The
    participant may read `reason`, and staff alone `note`.
    """

    __tablename__ = "approvals"
    id: Mapped[int] = number()
    reward_id: Mapped[int] = mapped_column(ForeignKey(Reward.id))
    decision: Mapped[str]
    decided_by: Mapped[str]
    acting_for: Mapped[str | None]
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    amount_minor: Mapped[int]
    decided_on: Mapped[date]
    decided_at: Mapped[datetime] = mapped_column(server_default=NOW)
    ended_as: Mapped[str | None]
    ended_on: Mapped[date | None]
    ended_by: Mapped[str | None]
    ended_reason: Mapped[str | None]
    __table_args__ = (
        one_of("decision", "approve", "reject"),
        one_of("ended_as", "withdrawn", "expired"),
        CheckConstraint(
            "num_nulls(ended_as, ended_on, ended_by, ended_reason) IN (0, 4)", name="ended"
        ),
        Index(
            "uq_approvals_standing",
            "reward_id",
            text("lower(decided_by)"),
            unique=True,
            postgresql_where=text("ended_as IS NULL"),
        ),
    )


class Delegation(Base):
    """`delegate` may decide on rewards in the place of `delegator`, from a day through another."""

    __tablename__ = "delegations"
    id: Mapped[int] = number()
    delegator: Mapped[str]
    delegate: Mapped[str]
    since: Mapped[date]
    until: Mapped[date]
    reason: Mapped[str]
    made_by: Mapped[str]
    made_on: Mapped[date]
    ended_on: Mapped[date | None]
    ended_by: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=NOW)
    __table_args__ = (CheckConstraint("until >= since", name="days"),)


class Payout(Base):
    """One movement of money or credit to one participant; amount and destination are frozen.

    The amount is negative when a transfer is taken back at an operator's command (`asked_by`),
    which covers clawbacks. `reversed_minor` is what the provider took back by itself, in all.
    `reference` is how the provider knows it (transfer group and metadata) and never changes;
    `request` and `idempotency_key` are what exactly was sent, stored before it was. A refused one
    keeps its participant from being paid until an operator clears it (`cleared_at`). A rerun that
    was asked for in the console waits (`rerun_asked_at`, by whom) for who may call the provider;
    `rerun_failure` says why the last one that was asked for failed.
    """

    __tablename__ = "payouts"
    id: Mapped[int] = number()
    reference: Mapped[str] = mapped_column(unique=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey(Participant.id), index=True)
    rail: Mapped[str]
    destination: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="planned", index=True)
    attempt: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)
    request: Mapped[dict[str, Any] | None]
    first_sent_at: Mapped[datetime | None]
    external_id: Mapped[str | None] = mapped_column(unique=True)
    code: Mapped[str | None]
    reason: Mapped[str | None]
    next_step: Mapped[str | None]
    planned_on: Mapped[date]
    asked_by: Mapped[str | None]
    benefit: Mapped[dict[str, Any] | None]
    bank_file_id: Mapped[int | None] = mapped_column(ForeignKey("bank_files.id"), index=True)
    reversed_minor: Mapped[int] = mapped_column(server_default=text("0"))
    cleared_at: Mapped[datetime | None]
    rerun_asked_at: Mapped[datetime | None]
    rerun_asked_by: Mapped[str | None]
    rerun_failure: Mapped[str | None]
    paid_on: Mapped[date | None]
    planned_at: Mapped[datetime] = mapped_column(server_default=NOW)
    __table_args__ = (
        one_of(
            "state",
            "planned",
            "submitting",
            "paid",
            "refused",
            "unknown",
            "held",
            "handed_over",
            "reversed",
        ),
        one_of(
            "rail",
            "stripe_transfer",
            "stripe_credit",
            "stripe_coupon",
            "bank_file",
            "perk",
            "stripe_reversal",
        ),
        CheckConstraint("amount_minor <> 0", name="amount"),
        CheckConstraint("(amount_minor < 0) = (rail = 'stripe_reversal')", name="sign"),
        CheckConstraint("rail <> 'stripe_reversal' OR asked_by IS NOT NULL", name="asked"),
        CheckConstraint("reversed_minor BETWEEN 0 AND greatest(amount_minor, 0)", name="reversed"),
        Index(None, "rerun_asked_at", postgresql_where=text("rerun_asked_at IS NOT NULL")),
        # A reversal's destination is the movement that it takes back: few, asked for of each.
        Index(
            "ix_payouts_reversing",
            "destination",
            postgresql_where=text("rail = 'stripe_reversal'"),
        ),
    )


class BankFile(Base):
    """One pain.001 file of payouts, kept byte for byte as it was made; it is never made anew."""

    __tablename__ = "bank_files"
    id: Mapped[int] = number()
    message_id: Mapped[str] = mapped_column(unique=True)
    currency: Mapped[str]
    payouts: Mapped[int]
    total_minor: Mapped[int]
    body: Mapped[str]
    digest: Mapped[str]
    made_on: Mapped[date]
    exported_at: Mapped[datetime | None]
    exported_by: Mapped[str | None]


class PayoutReward(Base):
    """A reward inside a payout. `is_live` while the payout may still move, or has moved, money."""

    __tablename__ = "payout_rewards"
    payout_id: Mapped[int] = mapped_column(ForeignKey(Payout.id), primary_key=True)
    reward_id: Mapped[int] = mapped_column(ForeignKey(Reward.id), primary_key=True, index=True)
    is_live: Mapped[bool] = mapped_column(server_default=text("true"))
    __table_args__ = (
        Index("uq_payout_rewards_live", "reward_id", unique=True, postgresql_where=text("is_live")),
    )


class Posting(Base):
    """One movement in the ledger and what it explains. Append-only."""

    __tablename__ = "postings"
    id: Mapped[int] = number()
    kind: Mapped[str]
    reward_id: Mapped[int | None] = mapped_column(ForeignKey(Reward.id), index=True)
    payout_id: Mapped[int | None] = mapped_column(ForeignKey(Payout.id), index=True)
    posted_on: Mapped[date]
    posted_at: Mapped[datetime] = mapped_column(server_default=NOW)


class Entry(Base):
    """One leg of a posting: debits are positive. The legs of a posting sum to zero. Append-only."""

    __tablename__ = "entries"
    id: Mapped[int] = number()
    posting_id: Mapped[int] = mapped_column(ForeignKey(Posting.id), index=True)
    account: Mapped[str]
    participant_id: Mapped[int] = mapped_column(ForeignKey(Participant.id), index=True)
    currency: Mapped[str]
    amount_minor: Mapped[int]
    __table_args__ = (
        one_of(
            "account",
            "program_expense",
            "owed",
            "reserved",
            "in_flight",
            "at_provider",
            "credit_given",
            "taken_back",
        ),
    )


class Difference(Base):
    """What reconciliation found that the ledger does not say, or the other way. Never repaired.

    An open one about a `destination` that the ledger cannot explain keeps payouts from going there.
    `settled_by`: a person closed it, with the reason; otherwise it was gone when looked at again.
    """

    __tablename__ = "differences"
    id: Mapped[int] = number()
    found_on: Mapped[date]
    kind: Mapped[str]
    payout_id: Mapped[int | None] = mapped_column(ForeignKey(Payout.id))
    external_id: Mapped[str | None]
    currency: Mapped[str]
    ledger_minor: Mapped[int]
    provider_minor: Mapped[int]
    sentence: Mapped[str]
    reference: Mapped[str | None]
    destination: Mapped[str | None]
    settled_on: Mapped[date | None]
    settled_by: Mapped[str | None]
    settled_reason: Mapped[str | None]
    __table_args__ = (
        Index(
            "uq_differences_open",
            "kind",
            "payout_id",
            "external_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("settled_on IS NULL"),
        ),
    )
