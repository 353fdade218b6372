"""Replays: does a decision of a past night come out the same from the inputs that are kept?

What the CRM or a person has changed since is not kept as it was: where a decision rests on it, the
replay says that it cannot be known, and never guesses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from goodword.money import Money
from goodword.rules.approvals import needed
from goodword.rules.conversions import ClaimKind, Unclaimed, credit, detect
from goodword.rules.counts import counted
from goodword.rules.earnings import Earned
from goodword.rules.histories import PastDeal
from goodword.rules.live_claims import Expire, Extend, Keep, Lose, RegistrationFacts, Win, review
from goodword.rules.programs import Program
from goodword.rules.registrations import RegistrationPolicy, RegistrationState
from goodword.rules.suspicions import Introduction, suspicions


class Verdict(StrEnum):
    """How a decision comes out when it is taken again."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decision of a night: about what, what was decided, and how it comes out today."""

    subject: str
    decision: str
    verdict: Verdict
    reason: str = ""


def _same(subject: str, decision: str) -> Replayed:
    return Replayed(subject, decision, Verdict.SAME)


def _different(subject: str, decision: str, reason: str) -> Replayed:
    return Replayed(subject, decision, Verdict.DIFFERENT, reason)


def _unknown(subject: str, decision: str, reason: str) -> Replayed:
    return Replayed(subject, decision, Verdict.UNKNOWN, reason)


# Claims -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClaimDecision:
    """What a night decided about a registration, and what is kept of its facts.

    Attributes:
        state: what it became; `submitted` where staff was asked.
        kind: its participant's.
        until: the end of the window that was given with it, if one was.
        facts: as they were before the decision, as far as they are kept; None for a new claim.
        submitted_on: the day it was made.
        is_changed: the CRM changed a deal of it since that night.
    """

    registration_id: int
    state: RegistrationState
    kind: str
    until: date | None
    facts: RegistrationFacts | None
    submitted_on: date
    is_changed: bool


_OUTCOMES = {
    RegistrationState.EXTENDED: Extend,
    RegistrationState.EXPIRED: Expire,
    RegistrationState.WON: Win,
    RegistrationState.LOST: Lose,
}


def claim(found: ClaimDecision, policy: RegistrationPolicy, today: date) -> Replayed:
    """Decide about a registration once more, as of the night of `today`."""
    subject, own = f"registration {found.registration_id}", policy.of(found.kind)
    until = f" through {found.until}" if found.until else ""
    decision = f"{found.state.value}{until}"
    if found.facts is None or found.state not in _OUTCOMES:
        return _new_claim(found, own, subject, decision, today)
    again = review(found.facts, own, today)
    is_same = isinstance(again, _OUTCOMES[found.state])
    if is_same and not (isinstance(again, Extend) and again.until != found.until):
        return _same(subject, decision)
    said = f"by what is known now it would be: {_in_words(again)}"
    if found.is_changed:
        return _unknown(subject, decision, f"the CRM changed a deal of it since; {said}")
    return _different(subject, decision, said)


def _new_claim(
    found: ClaimDecision, policy: RegistrationPolicy, subject: str, decision: str, today: date
) -> Replayed:
    said = "the accounts, rival claims and activity that a new claim is decided by are not kept"
    if found.state is RegistrationState.APPROVED and found.until:
        last = policy.last_day(found.submitted_on, today)
        if last != found.until:
            return _different(subject, decision, f"its window ends on {last} by the rules")
        said = f"its window comes out the same; {said}"
    return _unknown(subject, decision, said)


def _in_words(decision: object) -> str:
    match decision:
        case Extend(until, reason):
            return f"extended through {until}, since {reason}"
        case Expire(reason):
            return f"expired, since there was {reason}" if reason.startswith("no") else "expired"
        case Win(on):
            return f"won on {on}"
        case Lose(on):
            return f"lost on {on}"
        case Keep():
            return "kept"
    return str(decision)


# Conversions ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConversionDecision:
    """A conversion that a night detected, with the shares that it recorded.

    Attributes:
        found: its deal with the claims that were credited and those that had been imported.
        amount_minor: the deal's amount in the CRM now; None where it has none.
        shares: (kind, number, minor units) of each claim, in order.
        is_changed: the CRM changed the deal or its account since that night.
    """

    found: PastDeal
    amount_minor: int | None
    shares: tuple[tuple[ClaimKind, int, int], ...]
    is_changed: bool


def conversion(decided: ConversionDecision, programs: Mapping[int, Program]) -> Iterator[Replayed]:
    """Detect a conversion once more and divide its value, by the version of that night."""
    found, version = decided.found, decided.found.version
    assert version is not None
    policy = programs[version].attribution
    value = Money(found.deal.value_minor, found.currency)
    if decided.amount_minor != value.minor:
        now = decided.amount_minor
        said = f"the CRM has {'none' if now is None else Money(now, found.currency)} now"
        how = _unknown if decided.is_changed else _different
        yield how(found.subject, f"its value is {value}", said)
    verdict = detect(found.deal, policy)
    decision = f"credited to {counted(len(decided.shares), 'claim')}"
    if isinstance(verdict, Unclaimed):
        yield _different(found.subject, decision, verdict.reason)
        return
    again = tuple(
        (each.claim.kind, each.claim.claim_id, each.credit.minor)
        for each in credit(found.deal, verdict, policy)
    )
    if again == decided.shares:
        yield _same(found.subject, decision)
        return
    said = f"{_listed(decided.shares, found)} was recorded, {_listed(again, found)} comes out"
    others = {each[:2] for each in again} != {each[:2] for each in decided.shares}
    how = _unknown if others and decided.is_changed else _different
    yield how(found.subject, decision, said)


def _listed(shares: Iterable[tuple[ClaimKind, int, int]], found: PastDeal) -> str:
    return ", ".join(
        f"{kind.value} {number} {Money(minor, found.currency)}" for kind, number, minor in shares
    )


# Rewards ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RewardDecision:
    """A reward as a night recorded it: for what, by which rule, how much, payable from when.

    The participant is who brought what it is for, whoever gets it.
    """

    reward_id: int
    subject: str
    participant_id: int
    rule: str
    currency: str
    computed_minor: int
    minor: int
    payable_on: date


def rewards(
    recorded: Sequence[RewardDecision], earned: Sequence[Earned], changed: frozenset[str]
) -> Iterator[Replayed]:
    """Compare the rewards that a night recorded with those that come out.

    Args:
        recorded: the rewards of the night.
        earned: what the rules give for the same outcomes.
        changed: the subjects whose deal the CRM changed since, of which nothing was kept.
    """
    left = {_key(each): each for each in earned}
    for reward in recorded:
        money = Money(reward.minor, reward.currency)
        subject, decision = f"reward {reward.reward_id}", f"{money} by “{reward.rule}”"
        again = left.pop((reward.subject, reward.participant_id, reward.rule), None)
        if again is None:
            yield _different(subject, decision, "no rule gives it by its version")
            continue
        was = reward.computed_minor, reward.minor, reward.payable_on
        if was == (again.computed_minor, again.amount_minor, again.payable_on):
            yield _same(subject, decision)
            continue
        comes_out = Money(again.amount_minor, reward.currency)
        said = f"{comes_out} payable from {again.payable_on} comes out: {again.reason}"
        yield _different(subject, decision, said)
    for (subject, _, rule), again in left.items():
        money = Money(again.amount_minor, again.earning.facts.currency)
        said = f"“{rule}” gives {money}: {again.reason}"
        if subject in changed:
            said = f"the CRM changed its deal since; by what is known now {said}"
            yield _unknown(subject, "no reward", said)
        else:
            yield _different(subject, "no reward", said)


def _key(earned: Earned) -> tuple[str, int, str]:
    earning = earned.earning
    if earning.invoice_id is not None:
        subject = f"invoice {earning.invoice_id}"
    elif earning.conversion_id is not None:
        subject = f"conversion {earning.conversion_id}"
    else:
        subject = f"referral {earning.referral_id}"
    return subject, earning.participant_id, earned.incentive.name


# Approvals --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ApprovalDecision:
    """How many people a night asked about a reward (0: the policy approved it), and its facts.

    `total` is the sum per participant and conversion as of that night, `status` the participant's.
    """

    reward_id: int
    approvers: int
    total: Money
    status: str
    introduction: Introduction


def approval(decided: ApprovalDecision, program: Program) -> Replayed:
    """Ask the policies of that night once more.

    Suspicions rest on what is known of a participant and a company today: whether there was one
    that night cannot be told where that decides.
    """
    subject, policy = f"reward {decided.reward_id}", program.approvals
    asked = f"{decided.approvers} to approve it" if decided.approvers else "approved by the policy"
    doubts = suspicions(decided.introduction, program.suspicion)
    again = needed(decided.total, policy, decided.status, doubts)
    if again.approvers == decided.approvers:
        return _same(subject, asked)
    said = f"{again.approvers} come out: {again.reason}"
    others = ((), ("suspected",))
    if not decided.introduction.came_back and decided.approvers in {
        needed(decided.total, policy, decided.status, other).approvers for other in others
    }:
        return _unknown(subject, asked, f"suspicions go by what is known today; {said}")
    return _different(subject, asked, said)
