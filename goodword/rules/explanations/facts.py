"""What is recorded around one thing that is explained, as the tables have it.

The fields are the columns of goodword/db/models, where they are documented: `_minor` an amount in
the smallest unit of the row's currency, `_on` a date in the program's time zone, `_at` an instant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from goodword.rules import refunds
from goodword.rules.explanations import claim_facts, decision_facts
from goodword.rules.programs import Program


class Kind(StrEnum):
    """What can be explained."""

    REWARD = "reward"
    CONVERSION = "conversion"
    REGISTRATION = "registration"
    REFERRAL = "referral"
    PAYOUT = "payout"


@dataclass(frozen=True, slots=True)
class Version:
    """One published program: its number, its first day, and what it says."""

    number: int
    effective_on: date
    program: Program


@dataclass(frozen=True, slots=True)
class Person:
    """A participant, as they are now; e-mail addresses are left out."""

    id: int
    key: str
    kind: str
    name: str
    currency: str
    tier: str
    payout_method: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal as the CRM has it now, with its account's name and domain."""

    crm_id: str
    account_crm_id: str | None
    company: str | None
    domain: str | None
    name: str
    stage: str
    amount_minor: int | None
    currency: str
    close_on: date | None
    created_at: datetime
    won_at: datetime | None
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class StageStep:
    """One step of a deal's history."""

    opportunity_crm_id: str
    stage: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral; the contact's name and address are left out."""

    id: int
    key: str
    participant_id: int
    company: str
    domain: str | None
    submitted_at: datetime
    channel: str
    opportunity_crm_id: str | None
    account_crm_id: str | None
    state: str
    qualified_on: date | None
    qualified_by: str | None
    rewarded_on: date | None
    conversion_id: int | None


@dataclass(frozen=True, slots=True)
class Registration:
    """A partner's claim. `evidence` are pieces of {"kind": …, "on": ISO date or None}."""

    id: int
    key: str
    participant_id: int
    company: str
    domain: str | None
    division: str
    opportunity_crm_id: str | None
    account_crm_id: str | None
    submitted_at: datetime
    evidence: Sequence[Mapping[str, str | None]]
    expected_amount_minor: int | None
    currency: str | None
    state: str
    reasons: Sequence[str]
    conflicts_with_id: int | None
    expires_on: date | None
    extensions_used: int
    decided_on: date | None
    decided_by: str | None
    conversion_id: int | None


@dataclass(frozen=True, slots=True)
class Touch:
    """One touch."""

    id: int
    key: str
    opportunity_crm_id: str | None
    domain: str | None
    at: datetime
    source: str
    participant_id: int | None
    campaign: str | None


@dataclass(frozen=True, slots=True)
class Conversion:
    """A conversion."""

    id: int
    opportunity_crm_id: str
    account_crm_id: str | None
    value_minor: int
    currency: str
    won_at: datetime
    won_on: date
    detected_on: date
    model: str
    program_version_id: int
    state: str
    cancelled_on: date | None
    cancel_reason: str | None
    renews_crm_id: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """One credited claim of a conversion."""

    conversion_id: int
    position: int
    claim: str
    claim_id: int
    source: str
    at: datetime
    participant_id: int | None
    program_version_id: int
    weight: Decimal
    value_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reward:
    """A reward."""

    id: int
    participant_id: int
    incentive: str
    outcome: str
    conversion_id: int | None
    referral_id: int | None
    reverses_id: int | None
    program_version_id: int
    pay: str
    base_minor: int
    computed_minor: int
    amount_minor: int
    currency: str
    reason: str
    outcome_on: date
    payable_on: date
    computed_on: date
    state: str
    approvals_needed: int | None
    asked_on: date | None
    carried_because: str | None
    benefit: Mapping[str, int | str] | None = None
    returned_payout_id: int | None = None
    facts: Mapping[str, Any] | None = None
    invoice_id: str | None = None
    side: str = "participant"
    earner_id: int | None = None

    @property
    def earned_by(self) -> int:
        """Who brought what it is for; it may be somebody else's."""
        return self.earner_id or self.participant_id


@dataclass(frozen=True, slots=True)
class Refund(refunds.Refund):
    """A refund, a dispute or a cancelled subscription, and the conversion that it takes from."""

    conversion_id: int | None = None
    linked_by: str | None = None
    invoice: str | None = None


@dataclass(frozen=True, slots=True)
class PaidInvoice:
    """An invoice that a customer paid; the customer is left out."""

    id: str
    opportunity_crm_id: str | None
    paid_minor: int
    currency: str
    paid_on: date
    rewarded_on: date | None


@dataclass(frozen=True, slots=True)
class CapLine:
    """An earlier reward that counted against the same cap as the reward `for_id`."""

    for_id: int
    id: int
    outcome_on: date
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout; no secret is in a stored request, and its key is none."""

    id: int
    reference: str
    participant_id: int
    rail: str
    destination: str
    amount_minor: int
    currency: str
    state: str
    attempt: int
    idempotency_key: str | None
    request: Mapping[str, object] | None
    first_sent_at: datetime | None
    external_id: str | None
    code: str | None
    reason: str | None
    next_step: str | None
    planned_on: date
    cleared_at: datetime | None
    paid_on: date | None
    benefit: Mapping[str, int | str] | None = None
    asked_by: str | None = None
    bank_file_id: int | None = None
    reversed_minor: int = 0


@dataclass(frozen=True, slots=True)
class BankFile:
    """The file that payouts by bank were put into."""

    id: int
    message_id: str
    made_on: date
    exported_at: datetime | None
    exported_by: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A reward inside a payout; not live: the payout was refused and set it free."""

    payout_id: int
    reward_id: int
    is_live: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One leg of a posting; debits are positive."""

    posting_id: int
    kind: str
    reward_id: int | None
    payout_id: int | None
    posted_on: date
    account: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Letter:
    """One message of the outbox; its address is left out."""

    id: int
    fact: str
    template: str
    locale: str
    state: str
    reason: str | None
    queued_on: date
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the audit trail; `business_date` is that of the night that wrote it."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    subject_id: int
    reason: str
    facts: Mapping[str, Any]
    business_date: date | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What reconciliation found about a payout; `settled_by`: the person who closed it."""

    id: int
    payout_id: int | None
    external_id: str | None
    kind: str
    found_on: date
    sentence: str
    settled_on: date | None
    settled_by: str | None
    settled_reason: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that is recorded around the thing that is explained; empty where not asked for.

    `related` are payouts that took back one of `payouts`, or were taken back by one; `returns` are
    the rewards that ask whether what came back of one of `payouts` is paid again.
    """

    kind: Kind
    number: int
    people: tuple[Person, ...] = ()
    deals: tuple[Deal, ...] = ()
    stages: tuple[StageStep, ...] = ()
    referrals: tuple[Referral, ...] = ()
    registrations: tuple[Registration, ...] = ()
    touches: tuple[Touch, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    shares: tuple[Share, ...] = ()
    rewards: tuple[Reward, ...] = ()
    invoices: tuple[PaidInvoice, ...] = ()
    counted: tuple[CapLine, ...] = ()
    refunds: tuple[Refund, ...] = ()
    approvals: tuple[decision_facts.Approval, ...] = ()
    payouts: tuple[Payout, ...] = ()
    lines: tuple[Line, ...] = ()
    entries: tuple[Entry, ...] = ()
    letters: tuple[Letter, ...] = ()
    events: tuple[Event, ...] = ()
    differences: tuple[Difference, ...] = ()
    related: tuple[Payout, ...] = ()
    returns: tuple[Reward, ...] = ()
    bank_files: tuple[BankFile, ...] = ()
    questions: tuple[claim_facts.AccountQuestion, ...] = ()
    protected: tuple[claim_facts.Protected, ...] = ()
    disputes: tuple[claim_facts.Dispute, ...] = ()
    statements: tuple[claim_facts.Statement, ...] = ()
    rulings: tuple[claim_facts.DisputeRuling, ...] = ()
