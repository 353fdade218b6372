"""Histories: what a company's past holds that another program can be tried on.

`computed_on` is the night that really computed the rewards of something, or the day it happened on
where none did: rewards follow one another in that order, since caps look at those before. A
`moment` is the number of the audit event by which that was written down; what a participant was
then is what counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from goodword.rules.conversions import ClaimKind, WonDeal
from goodword.rules.outcomes import DealFacts, Outcome
from goodword.rules.refunds import Loss
from goodword.rules.suspicions import Standing

AS_SUCH = " as such"
"""What stands behind a referral in words where the reward is for it as such, not for its lead."""


@dataclass(frozen=True, slots=True)
class Person:
    """A participant as they are now. `changes`: (moment, what they were before), oldest first.

    `domains` are the registrable ones of their company and their address; `standing` is of today.
    """

    id: int
    key: str
    name: str
    kind: str
    tier: str
    status: str
    email: str
    domains: tuple[str, ...]
    changes: tuple[tuple[int, Mapping[str, Any]], ...] = ()
    standing: Standing = field(default_factory=Standing)
    prefers: str | None = None

    def at(self, moment: int | None) -> Person:
        """Return the participant as they were at a moment; as they are now where it is None."""
        if moment is None or not self.changes:
            return self
        kind, tier, status, prefers = self.kind, self.tier, self.status, self.prefers
        for changed, before in reversed(self.changes):
            if changed > moment:
                kind, tier = before.get("kind", kind), before.get("tier", tier)
                status, prefers = before.get("status", status), before.get("prefers", prefers)
        return replace(self, kind=kind, tier=tier, status=status, prefers=prefers, changes=())


@dataclass(frozen=True, slots=True)
class PastInvoice:
    """A paid invoice of a won deal: what was paid, in minor units, and what of it did not stay.

    `facts` are what was kept of its deal when its rewards were computed; None where nothing was.
    """

    invoice_id: str
    value_minor: int
    currency: str
    paid_on: date
    computed_on: date
    facts: DealFacts | None = None
    lost: tuple[Loss, ...] = ()
    moment: int | None = None

    @property
    def subject(self) -> str:
        """What a reward of it is for, in words."""
        return f"invoice {self.invoice_id}"


@dataclass(frozen=True, slots=True)
class PastDeal:
    """A won deal with every claim on it that is known, and what was made of it.

    Attributes:
        deal: its value and its win as they were when it converted, else as the CRM has them; its
            claims name no program version.
        account: None where it has none.
        facts: what else is known of it.
        conversion_id: None where it really did not convert.
        journey: the claims that were credited when it converted.
        version: the program version that it converted by.
        lost: what of it did not stay, oldest first.
        invoices: those that its customer paid, in the order of payment.
        renews: the deal that won its customer, where it was really credited as a renewal; `journey`
            is empty then, and `version` the one that said so of its own claims.
        cancelled_on: since when the conversion does not stand any more.
    """

    deal: WonDeal
    account: str | None
    currency: str
    computed_on: date
    facts: DealFacts = field(default_factory=DealFacts)
    conversion_id: int | None = None
    journey: frozenset[tuple[ClaimKind, int]] = frozenset()
    version: int | None = None
    lost: tuple[Loss, ...] = ()
    moment: int | None = None
    invoices: tuple[PastInvoice, ...] = ()
    renews: str | None = None
    cancelled_on: date | None = None

    @property
    def is_claimed(self) -> bool:
        """Whether a participant was credited with it, or claims it: else nobody waits for it."""
        is_theirs = (claim.participant_id is not None for claim in self.deal.claims)
        return self.conversion_id is not None or any(is_theirs)

    def stood(self, on: date) -> bool:
        """Tell whether it stood as a conversion until a day."""
        return self.cancelled_on is None or self.cancelled_on >= on

    @property
    def value_minor(self) -> int:
        """What it was won for, in minor units."""
        return self.deal.value_minor

    @property
    def customer(self) -> str:
        """Whom it was won from: the account, or the deal itself where it has none."""
        return self.account or self.deal.opportunity_crm_id

    @property
    def subject(self) -> str:
        """What a reward of it is for, in words."""
        if self.conversion_id is None:
            return f"deal {self.deal.opportunity_crm_id}"
        return f"conversion {self.conversion_id}"


@dataclass(frozen=True, slots=True)
class PastLead:
    """A referral that became a qualified lead by a deal: 0 while that had no amount.

    Or, by its `outcome`, the referral as such, on the day it was received: of no deal, in the
    currency of its participant.
    """

    referral_id: int
    participant_id: int
    claimed_at: datetime
    on: date
    deal_minor: int
    currency: str
    computed_on: date
    account: str | None = None
    facts: DealFacts = field(default_factory=DealFacts)
    moment: int | None = None
    outcome: Outcome = Outcome.QUALIFIED

    @property
    def referral(self) -> str:
        """The referral in words."""
        return f"referral {self.referral_id}"

    @property
    def subject(self) -> str:
        """What a reward of it is for, in words."""
        return self.referral + AS_SUCH * (self.outcome is Outcome.REFERRED)


@dataclass(frozen=True, slots=True)
class PastReward:
    """One reward, recorded or simulated. Amounts in minor units of `currency`.

    Attributes:
        subject: what it is for: "conversion 12", "deal 006…", "referral 7", "referral 7 as such" or
            "invoice in_…".
        kind: what the participant was then.
        rule: the name of its incentive.
        on: the day of the outcome.
        minor: after caps.
        kept_minor: what stays of that when it is refused, or taken back with its deal.
        asked: how many people had to approve it.
        reason: how it came to that amount, and what a person made of it.
    """

    subject: str
    participant_id: int
    kind: str
    outcome: str
    rule: str
    currency: str
    on: date
    minor: int
    kept_minor: int
    asked: int
    reason: str


@dataclass(slots=True)
class Proceeds:
    """What credited deals brought, by currency, less what did not stay; it grows with each deal."""

    minor: Counter[str] = field(default_factory=Counter)
    customers: dict[str, set[str]] = field(default_factory=dict)

    def add(self, customer: str | None, currency: str, minor: int) -> None:
        """Note one deal; a renewal (None), or one of which nothing stays, brought no customer."""
        self.minor[currency] += minor
        if minor and customer is not None:
            self.customers.setdefault(currency, set()).add(customer)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a program gave, or would have given, in some days.

    Attributes:
        rewards: of outcomes in those days.
        payments: what falls due in those days, by month (its first day) and currency, where people
            approve everything at once.
        left: what was earned and does not fall due by the end of them, by currency.
        proceeds: of deals won in those days that somebody is credited with.
        unclaimed: the deals won in those days that nobody is credited with, though somebody claims
            them, each with the reason.
        really_paid: what payouts really moved in those days, by month and currency.
    """

    rewards: tuple[PastReward, ...]
    payments: Mapping[tuple[date, str], int]
    left: Mapping[str, int]
    proceeds: Proceeds
    unclaimed: Mapping[str, str]
    really_paid: Mapping[tuple[date, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Days:
    """The days that are simulated, both included."""

    first: date
    last: date

    def have(self, on: date) -> bool:
        """Tell whether a day is one of them."""
        return self.first <= on <= self.last


def month_of(on: date) -> date:
    """Return the first day of a day's month."""
    return on.replace(day=1)
