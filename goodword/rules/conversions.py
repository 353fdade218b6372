"""Conversions: which won deal somebody can claim, through what, and when one is taken back.

A referral converts once: on the deal it names, or on the first deal its account wins after it.
A registration is credited with the deal it was won by. A touch counts for each deal it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from goodword.rules.attribution import AttributionPolicy


class ClaimKind(StrEnum):
    """What a claim on a won deal rests on."""

    REGISTRATION = "registration"
    REFERRAL = "referral"
    TOUCH = "touch"


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that says "this deal came through …". `on` is its date in the program's zone."""

    kind: ClaimKind
    claim_id: int
    at: datetime
    on: date
    source: str
    participant_id: int | None
    program_version_id: int


@dataclass(frozen=True, slots=True)
class WonDeal:
    """A deal that stands won tonight, with every claim that could be on it, in any order."""

    opportunity_crm_id: str
    value_minor: int
    won_at: datetime
    won_on: date
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Convert:
    """The deal converts; `journey` are the claims that share it, oldest first."""

    journey: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Nobody earns by this deal, and why."""

    reason: str


def detect(deal: WonDeal, policy: AttributionPolicy) -> Convert | Unclaimed:
    """Decide whether a won deal is a conversion, and which claims share it."""
    in_time = [claim for claim in deal.claims if _in_time(claim, deal, policy)]
    registrations = [c for c in in_time if c.kind is ClaimKind.REGISTRATION]
    if registrations and policy.registration_wins:
        return Convert((min(registrations, key=_oldest),))
    if all(claim.participant_id is None for claim in in_time):
        return Unclaimed(
            f"no participant's claim in the {policy.lookback_days} days up to {deal.won_on}",
        )
    return Convert(tuple(sorted(in_time, key=_oldest)))


def _in_time(claim: Claim, deal: WonDeal, policy: AttributionPolicy) -> bool:
    if claim.at > deal.won_at:
        return False
    if claim.kind is ClaimKind.REGISTRATION:
        return True
    return claim.on > deal.won_on - timedelta(days=policy.lookback_days)


def _oldest(claim: Claim) -> tuple[datetime, str, int]:
    return (claim.at, claim.kind.value, claim.claim_id)


def cancelled(*, is_won: bool, is_deleted: bool, stage: str) -> str | None:
    """Return why a conversion no longer stands, or None when it does."""
    if is_deleted:
        return "the deal was deleted in the CRM"
    if not is_won:
        return f"the deal is no longer won; it stands in {stage}"
    return None
