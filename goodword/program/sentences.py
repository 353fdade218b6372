"""A program in plain sentences, as `goodword program show` prints it."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.money import Money
from goodword.program.disputes import describe_disputes
from goodword.program.incentive_sentences import PEOPLE, describe_contracts, describe_incentives
from goodword.program.registrations import describe_registrations
from goodword.program.suspicion import describe_suspicion
from goodword.program.tiers import describe_tiers
from goodword.program.wording import each_of, in_days, listed
from goodword.rules.approvals import ApprovalPolicy
from goodword.rules.attribution import AttributionPolicy, Model
from goodword.rules.crm_policy import CrmPolicy, Intake, RouteTo
from goodword.rules.incentives import Incentive
from goodword.rules.participants import KINDS
from goodword.rules.payout_plans import PayoutPolicy
from goodword.rules.programs import Program
from goodword.rules.renewals import RenewalPolicy
from goodword.rules.rewards import RewardPolicy

_MODELS = {
    Model.FIRST_TOUCH: "all of it goes to the first touch",
    Model.LAST_TOUCH: "all of it goes to the last touch",
    Model.LINEAR: "every touch gets the same part",
    Model.TIME_DECAY: "a touch counts half as much for every {half_life} before the win",
    Model.POSITION_BASED: "40% goes to the first touch, 40% to the last, 20% to those between",
}


def describe(program: Program) -> list[str]:
    """Say what a program means, one rule a sentence, in the order of its file."""
    return [sentence for told in by_heading(program).values() for sentence in told]


def by_heading(program: Program) -> dict[str, list[str]]:
    """Say the same under headings, for pages and comparisons; what has no rules is left out."""
    told = {
        "The program": _program(program),
        "Registrations": describe_registrations(program.registrations),
        "Disputes": describe_disputes(program.disputes),
        "The CRM": _crm(program.crm),
        "Who is credited": [*_attribution(program.attribution), *_renewals(program.renewals)],
        "Rewards": [
            *describe_incentives(program.incentives, program.rewards.hold_days),
            *_unpaid(program.incentives),
        ],
        "Contracts": describe_contracts(program.contracts, program.rewards.hold_days),
        "Tiers": describe_tiers(program.tiers),
        "What is taken back": [_cancels(program.rewards)],
        "Approvals": _approvals(program.approvals),
        "What is looked at twice": describe_suspicion(program.suspicion),
        "Payouts": [_payouts(program.payouts)],
    }
    return {heading: found for heading, said in told.items() if (found := list(said))}


def _program(program: Program) -> Iterator[str]:
    yield (
        f"{program.name} is the program of {program.company}, in force from "
        f"{program.effective_on}; each referral and registration keeps the version that was in "
        "force when it was made."
    )
    yield (
        f"Days are days in {program.time_zone}; CRM records that name no currency are in "
        f"{program.currency}."
    )
    yield (
        f"A referral is qualified when its deal reaches {program.stages.qualified_from} or a "
        "later stage."
    )


def _crm(policy: CrmPolicy) -> Iterator[str]:
    owner = (
        " and belong to its partner's user, for partners who have one"
        if policy.route_to is RouteTo.OWNER
        else ""
    )
    yield (
        "In the CRM a protected account and its deals and leads show the partner in "
        f"{policy.partner_field} and the last protected day in "
        f"{policy.protected_until_field}{owner}."
    )
    made = f" created on {policy.intake_from} or later" if policy.intake_from else ""
    if policy.intake is Intake.LEAD:
        yield (
            f"A lead of record type {policy.lead_record_type} or with lead source "
            f"{policy.lead_source}{made} is a partner's claim."
        )
    elif policy.intake is Intake.OBJECT:
        yield f"A record of {policy.object}{made} is a partner's claim."


def _attribution(policy: AttributionPolicy) -> Iterator[str]:
    if policy.registration_wins:
        yield "A deal won under a registration is credited to its partner alone."
    division = _MODELS[policy.model].format(half_life=in_days(policy.half_life_days))
    value = "Otherwise the value" if policy.registration_wins else "The value"
    yield (
        f"{value} of a won deal is divided among the touches of the "
        f"{in_days(policy.lookback_days)} before it: {division}."
    )


def _renewals(policy: RenewalPolicy) -> Iterator[str]:
    if policy.deal_types:
        yield (
            f"A deal of type {listed(policy.deal_types, 'or')}, of a customer who had bought "
            "before, is a renewal: it is credited to those who brought the customer, as the first "
            "deal is, unless a registration won it. It brings nobody anew and moves no tier."
        )


def _unpaid(incentives: tuple[Incentive, ...]) -> Iterator[str]:
    paid = {kind for incentive in incentives for kind in incentive.kinds}
    unpaid = [PEOPLE[kind] for kind in KINDS if kind not in paid]
    if unpaid:
        yield f"Nothing is paid to {listed(unpaid)}."


def _cancels(policy: RewardPolicy) -> str:
    return (
        f"When a deal is cancelled or refunded within {in_days(policy.clawback_days)} of the "
        "outcome, a reward that was not paid is void; of one that was paid, the refunded part is "
        "taken back from later payouts. After that it stands."
    )


def _approvals(policy: ApprovalPolicy) -> Iterator[str]:
    for code, auto in policy.auto_below.items():
        two = Money(policy.two_approvers_from[code], code)
        yield (
            f"Rewards of one participant for one deal that sum to less than {Money(auto, code)} "
            f"are approved at once; from {Money(auto, code)} on a person decides, and from {two} "
            "on two different people."
        )
    if policy.two_approvers_from:
        yield (
            "The first of two approvals lapses when the second does not follow within "
            f"{in_days(policy.second_within_days)}; nobody decides on what they benefit from or "
            "brought in."
        )
    currencies = f" but {listed(policy.auto_below)}" if policy.auto_below else ""
    yield (
        f"In any currency{currencies} a person always decides. Staff is reminded daily of what "
        f"waits{_escalation(policy)}."
    )


def _escalation(policy: ApprovalPolicy) -> str:
    if not policy.escalate_to:
        return ""
    return f"; {policy.escalate_to} is told of what waits {in_days(policy.escalate_after_days)}"


def _payouts(policy: PayoutPolicy) -> str:
    minimum = {code: minor for code, minor in policy.minimum.items() if minor}
    if not minimum:
        return "Every amount is paid out, however small."
    return f"Less than {each_of(minimum)} is not paid out but carried over until it adds up."
