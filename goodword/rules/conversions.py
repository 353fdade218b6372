"""Conversions: which won deal somebody can claim, through what, and when one is taken back.

A referral converts once: on the deal it names, or on the first deal its account wins after it.
A registration is credited with the deal it was won by. A touch counts for each deal it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from goodword.money import in_percent, split
from goodword.phrases import because
from goodword.rules.attribution import AttributionPolicy, Credit, attribute

STAFF_DAYS = 14
"""So long after it was won a deal waits for staff to decide the claim that may have won it.

Longer it does not: others are credited for it, and staff has been reminded every day.
"""


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
class Grant:
    """A ruling gives `claim`, which lost, basis points of what registration `of_id` gets."""

    claim: Claim
    of_id: int
    bps: int
    dispute_id: int


@dataclass(frozen=True, slots=True)
class WonDeal:
    """A deal that stands won tonight, with every claim that could be on it, in any order.

    `grants` are those of rulings out of its claims.
    """

    opportunity_crm_id: str
    value_minor: int
    won_at: datetime
    won_on: date
    claims: tuple[Claim, ...]
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True)
class Convert:
    """The deal converts; `journey` are the claims that share it, oldest first."""

    journey: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Credited:
    """What one claim of a deal that converts gets of its value."""

    claim: Claim
    credit: Credit


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
            because(
                "no participant's claim in the {days} days up to {on}",
                days=policy.lookback_days,
                on=deal.won_on,
            )
        )
    return Convert(tuple(sorted(in_time, key=_oldest)))


def registered(deal: WonDeal, policy: AttributionPolicy) -> bool:
    """Tell whether a won deal goes to a registration, before any other claim."""
    found = detect(deal, policy)
    if not policy.registration_wins or isinstance(found, Unclaimed):
        return False
    return found.journey[0].kind is ClaimKind.REGISTRATION


def credit(deal: WonDeal, convert: Convert, policy: AttributionPolicy) -> tuple[Credited, ...]:
    """Divide a deal's value among its journey, and each registration's part as rulings say.

    A claim that lost a dispute and was granted a share stands behind the journey; the parts sum to
    the value exactly. It counts though it is older than touches may be, never after the win.
    """
    ats = tuple(claim.at for claim in convert.journey)
    credits_ = attribute(deal.value_minor, ats, deal.won_at, policy)
    if not deal.grants:
        return tuple(map(Credited, convert.journey, credits_))
    grants = [grant for grant in deal.grants if grant.claim.at <= deal.won_at]
    kept: list[Credited] = []
    granted: list[Credited] = []
    for claim, whole in zip(convert.journey, credits_, strict=True):
        is_registration = claim.kind is ClaimKind.REGISTRATION
        out = [each for each in grants if is_registration and each.of_id == claim.claim_id]
        own, *parts = part_with(whole, out)
        kept.append(Credited(claim, own))
        granted += [Credited(each.claim, part) for each, part in zip(out, parts, strict=True)]
    return (*kept, *granted)


_WHOLE_BPS = 10_000


def part_with(whole: Credit, grants: list[Grant]) -> list[Credit]:
    """Divide what a registration gets between it, first, and the claims that it must share with.

    The parts sum to the whole exactly (goodword.money.split).
    """
    if not grants:
        return [whole]
    left = _WHOLE_BPS - sum(grant.bps for grant in grants)
    minors = split(whole.minor, [left, *(grant.bps for grant in grants)])
    given = "; ".join(
        because(
            "{part} of it goes to registration {registration} by the ruling in dispute {dispute}",
            part=in_percent(grant.bps),
            registration=grant.claim.claim_id,
            dispute=grant.dispute_id,
        )
        for grant in grants
    )
    own = Credit(whole.weight * Fraction(left, _WHOLE_BPS), minors[0], f"{whole.reason}; {given}")
    parts = [
        Credit(
            whole.weight * Fraction(grant.bps, _WHOLE_BPS),
            minor,
            because(
                "the ruling in dispute {dispute} grants it {part} of what registration "
                "{registration} gets",
                dispute=grant.dispute_id,
                part=in_percent(grant.bps),
                registration=grant.of_id,
            ),
        )
        for grant, minor in zip(grants, minors[1:], strict=True)
    ]
    return [own, *parts]


def _in_time(claim: Claim, deal: WonDeal, policy: AttributionPolicy) -> bool:
    if claim.at > deal.won_at:
        return False
    if claim.kind is ClaimKind.REGISTRATION:
        return True
    return claim.on > deal.won_on - timedelta(days=policy.lookback_days)


def _oldest(claim: Claim) -> tuple[datetime, str, int]:
    return (claim.at, claim.kind, claim.claim_id)


def cancelled(*, is_won: bool, is_deleted: bool, stage: str) -> str | None:
    """Return why a conversion no longer stands, or None when it does."""
    if is_deleted:
        return because("the deal was deleted in the CRM")
    if not is_won:
        stands = because("it stands in {stage}", stage=stage)
        return because("the deal is no longer won") + "; " + stands
    return None
