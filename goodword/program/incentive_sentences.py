"""Incentives and contracts in plain sentences: who earns what, when, and where it ends."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.money import Money, in_percent
from goodword.program.wording import each_of, in_days, listed
from goodword.rules.amounts import (
    ANY_CURRENCY,
    Amount,
    Bands,
    By,
    Fixed,
    Percent,
    PerSeat,
    Step,
    Tiered,
)
from goodword.rules.benefits import in_words
from goodword.rules.conditions import Conditions
from goodword.rules.contracts import Contract
from goodword.rules.counts import counted
from goodword.rules.incentives import Cap, Incentive, Pay, To
from goodword.rules.outcomes import Outcome
from goodword.rules.participants import KINDS
from goodword.rules.tiers import TIERS
from goodword.rules.windows import Window

PEOPLE = {
    "customer": "customers",
    "employee": "employees",
    "reseller": "resellers",
    "affiliate": "affiliates",
    "technology": "technology partners",
    "service": "service partners",
}
_WHEN = {
    Outcome.REFERRED: "for every company they refer",
    Outcome.QUALIFIED: "when a deal they brought is qualified",
    Outcome.CONVERTED: "when a deal they brought is won",
    Outcome.RENEWED: "when a customer they brought renews",
    Outcome.INVOICE_PAID: "for every invoice paid for a deal they brought",
}
_WHO = {
    To.PARTICIPANT: "{who} earn",
    To.CUSTOMER: "the customer whom {who} brought gets, once and whole,",
    To.COMPANY: "the company of {who} gets",
}
_FOR = {
    To.PARTICIPANT: "who brought the deal",
    To.CUSTOMER: "the customer",
    To.COMPANY: "the company of who brought it",
}
_AS = {Pay.CASH: "in cash", Pay.BILLING_CREDIT: "as a credit on their own bill"}


def describe_incentives(incentives: tuple[Incentive, ...], hold_days: int) -> Iterator[str]:
    """Say what each incentive means, and which of several pays.

    `hold_days` are those of what has none of its own.
    """
    yield from _which_pay([incentive for incentive in incentives if not incentive.also])
    for incentive in incentives:
        yield _incentive(incentive, hold_days)


def _which_pay(rules: list[Incentive]) -> Iterator[str]:
    """Say which of several rules for one and the same pays; of others each pays by itself."""
    if len({(rule.to, rule.outcome) for rule in rules}) == len(rules):
        return
    first = [f"the first for {whom}" for to, whom in _FOR.items() if any(r.to is to for r in rules)]
    if len(first) == 1:
        yield (
            "Of the rules that follow, the first that fits an outcome pays, and beside it those "
            "that say so."
        )
    else:
        yield (
            f"Of the rules that follow that fit an outcome, {listed(first)} pay, and beside them "
            "those that say so."
        )


def describe_contracts(contracts: tuple[Contract, ...], hold_days: int) -> Iterator[str]:
    """Say who has rules of their own, until when, and which."""
    for contract in contracts:
        until = f" through {contract.until_on}" if contract.until_on else ""
        yield (
            f"{contract.participant} has rules of their own by {contract.document}, in place of "
            f"all others, for what they claim from {contract.from_on}{until}:"
        )
        for sentence in describe_incentives(contract.incentives, hold_days):
            yield f"{contract.participant}: {sentence}"


def _incentive(incentive: Incentive, hold_days: int) -> str:
    who = listed(PEOPLE[kind] for kind in KINDS if kind in incentive.kinds)
    if incentive.tiers:
        tiers = listed((tier for tier in TIERS if tier in incentive.tiers), "or")
        who = f"{who} of tier {tiers}"
    hold = hold_days if incentive.hold_days is None else incentive.hold_days
    beside = ", beside what other rules pay" if incentive.also else ""
    return (
        f"{incentive.name}: {_when(incentive)}{_only(incentive.only)}, "
        f"{_WHO[incentive.to].format(who=who)} {_earned(incentive, beside)}."
        f"{_exceeding(incentive)} It may be paid {_after(hold)}."
        f"{_cap(incentive.cap)}{_choice(incentive)}"
    )


def _when(incentive: Incentive) -> str:
    months = incentive.for_months
    until = "" if months is None else f" within {counted(months, 'month')} of the win"
    return f"{_WHEN[incentive.outcome]}{until}"


def _earned(incentive: Incentive, beside: str) -> str:
    is_whole = incentive.to is To.CUSTOMER
    amount = _amount(incentive.amount, "the deal" if is_whole else "what they are credited with")
    if incentive.benefit:
        return f"{in_words(incentive.benefit)} (worth {amount}){beside}"
    most = f", at most {each_of(incentive.at_most)} for one deal" if incentive.at_most else ""
    return f"{_AS[incentive.pay]}{beside}: {amount}{most}"


def _exceeding(incentive: Incentive) -> str:
    return " It may be more than the deal is worth." if incentive.may_exceed_deal else ""


def _choice(incentive: Incentive) -> str:
    if incentive.choice is None:
        return ""
    return (
        f" It is one of the rewards that they choose from ({incentive.choice}): who prefers "
        "another of them gets that instead, and who says nothing the first."
    )


def _only(only: Conditions) -> str:
    """Say for which deals a rule is, as a part of its sentence."""
    parts = [
        f"{what} {listed(words, 'or')}"
        for what, words in (
            ("the customer is in", only.countries),
            ("the customer's industry is", only.industries),
            ("the deal's lead source is", only.lead_sources),
            ("the deal's type is", only.deal_types),
            ("the deal's product is", only.products),
        )
        if words
    ]
    parts += [f"the deal is worth {each_of(only.deal_from)} or more"] if only.deal_from else []
    parts += [f"the deal is worth less than {each_of(only.deal_below)}"] if only.deal_below else []
    parts += ["it is the customer's first deal"] if only.first_deal_only else []
    if only.customers_from:
        parts.append(f"it is of their customer number {only.customers_from} or a later one")
    return f" and {', and '.join(parts)}" if parts else ""


def _amount(amount: Amount, of: str) -> str:
    if isinstance(amount, Percent):
        return f"{in_percent(amount.bps)} of {of}"
    if isinstance(amount, Fixed):
        return each_of(amount.by_currency)
    if isinstance(amount, PerSeat):
        return f"{each_of(amount.by_currency)} for each seat of the deal"
    if isinstance(amount, Bands):
        return "; or ".join(_bands(code, bands) for code, bands in amount.by_currency.items())
    return _tiered(amount, of)


def _bands(code: str, bands: tuple[tuple[int, int], ...]) -> str:
    return listed(
        f"{Money(pays, code)} for a deal from {Money(start, code)}" for start, pays in bands
    )


def _tiered(amount: Tiered, of: str) -> str:
    window = _window(amount.over)
    if amount.by is By.COUNT:
        reached = f"counted by the deals they brought {window}, this one included"
    else:
        reached = f"counted by the value they brought {window}, this deal included"
    if amount.is_marginal:
        reached += "; each part of a deal is paid by its own step"
    steps = "; or ".join(
        listed(_step(amount.by, code, step, of) for step in steps)
        for code, steps in amount.steps.items()
    )
    return f"{steps}, {reached}"


def _step(by: By, code: str, step: Step, of: str) -> str:
    if step.bps is not None:
        pays = f"{in_percent(step.bps)} of {of}"
    else:
        assert step.pays is not None
        pays = f"{Money(step.pays, code)}"
    if by is By.COUNT:
        last = None if step.end is None else step.end - 1
        bounds = (
            f"from deal {step.start} on" if last is None else f"for deals {step.start} to {last}"
        )
        return f"{pays} {f'for deal {step.start}' if last == step.start else bounds}"
    assert code != ANY_CURRENCY
    below = "" if step.end is None else f" up to {Money(step.end, code)}"
    return f"{pays} from {Money(step.start, code)}{below}"


def _window(over: Window) -> str:
    if over.period is not None:
        return f"in the calendar {over.period.value}"
    return "ever" if over.days is None else f"in the last {over.days} days"


def _cap(cap: Cap | None) -> str:
    if cap is None:
        return ""
    limits = [f"{cap.count} rewards"] if cap.count else []
    limits += [each_of(cap.amount)] if cap.amount else []
    said = f" Each of them gets at most {listed(limits)} a {cap.per.value}." if limits else ""
    if cap.own_bill_bps is not None:
        said += (
            f" What each gets in a {cap.per.value} is no more than {in_percent(cap.own_bill_bps)} "
            f"of what they were billed themselves in the {cap.per.value} up to then."
        )
    return said


def _after(days: int) -> str:
    return f"{in_days(days)} later" if days else "at once"
