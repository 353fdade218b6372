"""The rules of one company's program, as one frozen value: a published program file, read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from goodword.rules.approvals import ApprovalPolicy
from goodword.rules.attribution import AttributionPolicy
from goodword.rules.contracts import Contract
from goodword.rules.crm_policy import CrmPolicy
from goodword.rules.disputes import DisputePolicy
from goodword.rules.figures import FigurePolicy
from goodword.rules.incentives import Incentive
from goodword.rules.payout_plans import PayoutPolicy
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.renewals import NONE, RenewalPolicy
from goodword.rules.rewards import RewardPolicy
from goodword.rules.suspicions import USUAL, SuspicionPolicy
from goodword.rules.tiers import FIXED, TierPolicy


@dataclass(frozen=True, slots=True)
class StagePolicy:
    """The CRM's stages from first to last; a referral is qualified from `qualified_from` on."""

    order: tuple[str, ...]
    qualified_from: str


@dataclass(frozen=True, slots=True)
class Program:
    """Everything the program file says. `currency` is the CRM's where it names none."""

    name: str
    company: str
    support_email: str
    staff_email: str
    time_zone: str
    currency: str
    effective_on: date
    stages: StagePolicy
    registrations: RegistrationPolicy
    attribution: AttributionPolicy
    incentives: tuple[Incentive, ...]
    rewards: RewardPolicy
    approvals: ApprovalPolicy
    payouts: PayoutPolicy
    figures: FigurePolicy
    crm: CrmPolicy
    disputes: DisputePolicy
    contracts: tuple[Contract, ...] = ()
    suspicion: SuspicionPolicy = USUAL
    tiers: TierPolicy = FIXED
    renewals: RenewalPolicy = NONE

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that decides what day it is."""
        return ZoneInfo(self.time_zone)

    def date_of(self, instant: datetime) -> date:
        """Return the program's calendar day of an instant.

        Raises:
            ValueError: the instant has no time zone, so that its day would depend on the machine.
        """
        if instant.tzinfo is None:
            raise ValueError(f"{instant} has no time zone: no day can be told")
        return instant.astimezone(self.zone).date()
