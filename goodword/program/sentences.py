"""A program in plain sentences, as `goodword program show` prints it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from goodword.money import Money
from goodword.program.disputes import describe_disputes
from goodword.program.registrations import describe_registrations
from goodword.program.sections import KINDS, TIERS
from goodword.program.tables import listed
from goodword.rules.approvals import ApprovalPolicy
from goodword.rules.attribution import AttributionPolicy, Model
from goodword.rules.benefits import in_words
from goodword.rules.crm_policy import CrmPolicy, Intake, RouteTo
from goodword.rules.incentives import Bands, Cap, Fixed, Incentive, Outcome, Pay, Percent
from goodword.rules.payout_plans import PayoutPolicy
from goodword.rules.programs import Program
from goodword.rules.rewards import RewardPolicy

_PEOPLE = {
    "customer": "customers",
    "employee": "employees",
    "reseller": "resellers",
    "affiliate": "affiliates",
    "technology": "technology partners",
    "service": "service partners",
}
_WHEN = {
    Outcome.QUALIFIED: "when a deal they brought is qualified",
    Outcome.CONVERTED: "when a deal they brought is won",
}
_AS = {Pay.CASH: "in cash", Pay.BILLING_CREDIT: "as a credit on their own bill"}
_MODELS = {
    Model.FIRST_TOUCH: "all of it goes to the first touch",
    Model.LAST_TOUCH: "all of it goes to the last touch",
    Model.LINEAR: "every touch gets the same part",
    Model.TIME_DECAY: "a touch counts half as much for every {half_life} before the win",
    Model.POSITION_BASED: "40% goes to the first touch, 40% to the last, 20% to those between",
}


def describe(program: Program) -> list[str]:
    """Say what a program means, one rule a sentence, in the order of its file."""
    return [
        *_program(program),
        *describe_registrations(program.registrations),
        *describe_disputes(program.disputes),
        *_crm(program.crm),
        *_attribution(program.attribution),
        *(_incentive(incentive, program.rewards.hold_days) for incentive in program.incentives),
        *_unpaid(program.incentives),
        _cancels(program.rewards),
        *_approvals(program.approvals),
        _payouts(program.payouts),
    ]


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
    division = _MODELS[policy.model].format(half_life=_days(policy.half_life_days))
    value = "Otherwise the value" if policy.registration_wins else "The value"
    yield (
        f"{value} of a won deal is divided among the touches of the "
        f"{_days(policy.lookback_days)} before it: {division}."
    )


def _incentive(incentive: Incentive, hold_days: int) -> str:
    who = listed(_PEOPLE[kind] for kind in KINDS if kind in incentive.kinds)
    if incentive.tiers:
        tiers = listed((tier for tier in TIERS if tier in incentive.tiers), "or")
        who = f"{who} of tier {tiers}"
    hold = hold_days if incentive.hold_days is None else incentive.hold_days
    beside = ", beside what other rules pay" if incentive.also else ""
    return (
        f"{incentive.name}: {_WHEN[incentive.outcome]}, {who} earn {_earned(incentive, beside)}. "
        f"It may be paid {_after(hold)}.{_cap(incentive.cap)}"
    )


def _earned(incentive: Incentive, beside: str) -> str:
    amount = _amount(incentive.amount)
    if incentive.benefit:
        return f"{in_words(incentive.benefit)} (worth {amount}){beside}"
    return f"{_AS[incentive.pay]}{beside}: {amount}"


def _amount(amount: Fixed | Bands | Percent) -> str:
    if isinstance(amount, Percent):
        return f"{_percent(amount.bps)} of what they are credited with"
    if isinstance(amount, Fixed):
        return _each(amount.by_currency)
    by_currency = (
        listed(f"{Money(pays, code)} for a deal from {Money(start, code)}" for start, pays in bands)
        for code, bands in amount.by_currency.items()
    )
    return "; or ".join(by_currency)


def _cap(cap: Cap | None) -> str:
    if cap is None:
        return ""
    limits = [f"{cap.count} rewards"] if cap.count else []
    limits += [_each(cap.amount)] if cap.amount else []
    return f" Each of them gets at most {listed(limits)} a {cap.per.value}."


def _unpaid(incentives: tuple[Incentive, ...]) -> Iterator[str]:
    paid = {kind for incentive in incentives for kind in incentive.kinds}
    unpaid = [_PEOPLE[kind] for kind in KINDS if kind not in paid]
    if unpaid:
        yield f"Nothing is paid to {listed(unpaid)}."


def _cancels(policy: RewardPolicy) -> str:
    return (
        f"When a deal is cancelled or refunded within {_days(policy.clawback_days)} of the "
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
    currencies = f" but {listed(policy.auto_below)}" if policy.auto_below else ""
    yield (
        f"In any currency{currencies} a person always decides. Staff is reminded daily of what "
        f"waits{_escalation(policy)}."
    )


def _escalation(policy: ApprovalPolicy) -> str:
    if not policy.escalate_to:
        return ""
    return f"; {policy.escalate_to} is told of what waits {_days(policy.escalate_after_days)}"


def _payouts(policy: PayoutPolicy) -> str:
    minimum = {code: minor for code, minor in policy.minimum.items() if minor}
    if not minimum:
        return "Every amount is paid out, however small."
    return f"Less than {_each(minimum)} is not paid out but carried over until it adds up."


def _each(by_currency: Mapping[str, int]) -> str:
    return listed((str(Money(minor, code)) for code, minor in by_currency.items()), "or")


def _percent(bps: int) -> str:
    whole, hundredths = divmod(bps, 100)
    return f"{whole}.{hundredths:02}".rstrip("0").rstrip(".") + "%"


def _after(days: int) -> str:
    return f"{_days(days)} later" if days else "at once"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
