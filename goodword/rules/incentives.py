"""Incentives: for whom, on what outcome, what is paid, how much.

Rules are tried in file order; the first that matches an outcome pays, unless it is marked `also`,
which pays beside the others. Never "the largest number wins". In money, no outcome pays more than
it brought, unless the rule says `may_exceed_deal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from goodword.money import Money
from goodword.phrases import because, either
from goodword.rules import amounts
from goodword.rules.amounts import Amount, Fixed
from goodword.rules.benefits import Benefit, in_words
from goodword.rules.conditions import NONE, Conditions, unmet
from goodword.rules.outcomes import LEADS, Outcome, OutcomeFacts
from goodword.rules.windows import Period


class Pay(StrEnum):
    """What is paid: money, a credit on the participant's own bill, or a benefit in kind."""

    CASH = "cash"
    BILLING_CREDIT = "billing_credit"
    FREE_MONTHS = "free_months"
    RENEWAL_DISCOUNT = "renewal_discount"
    PERK = "perk"


class To(StrEnum):
    """Who gets what is paid: the participant, the customer who was brought, or the company.

    The company is the one that the participant works for.
    """

    PARTICIPANT = "participant"
    CUSTOMER = "customer"
    COMPANY = "company"


IN_KIND = frozenset({Pay.FREE_MONTHS, Pay.RENEWAL_DISCOUNT, Pay.PERK})
"""What is not money: its amount is the worth that the program declares."""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many rewards, or so much money (minor units by currency), in each period.

    `own_bill_bps`: or such a part, in basis points, of what whoever gets it was billed by the
    company itself in the month, quarter or year up to then.
    """

    per: Period
    count: int | None = None
    amount: Mapping[str, int] = field(default_factory=dict)
    own_bill_bps: int | None = None


@dataclass(frozen=True, slots=True)
class Incentive:
    """One rule of the program. Empty `tiers` means every tier.

    What is paid in kind has a `benefit`, and a fixed amount: its worth. `at_most` is the most that
    one deal pays by this rule (minor units by currency). `may_exceed_deal`: it may pay more than
    what was won. `for_months`: of paid invoices, those paid in so many months from the win.
    Of the rules with the same `choice` the participant's preference picks one, else the first.
    `kinds` and `tiers` are those of who brought the deal, whoever it is paid `to`. The customer is
    given the whole amount once a deal, however many brought it.
    """

    name: str
    kinds: frozenset[str]
    outcome: Outcome
    pay: Pay
    amount: Amount
    tiers: frozenset[str] = frozenset()
    also: bool = False
    cap: Cap | None = None
    hold_days: int | None = None
    benefit: Benefit | None = None
    at_most: Mapping[str, int] = field(default_factory=dict)
    may_exceed_deal: bool = False
    only: Conditions = NONE
    for_months: int | None = None
    choice: str | None = None
    to: To = To.PARTICIPANT


@dataclass(frozen=True, slots=True)
class Trial:
    """One rule that was tried: what it pays (None: it does not match) and why."""

    incentive: Incentive
    minor: int | None
    reason: str


def try_rules(incentives: tuple[Incentive, ...], facts: OutcomeFacts) -> tuple[Trial, ...]:
    """Try every rule in order and say of each why it pays or not.

    The first that matches pays, of those for the participant, for the customer, and for the company
    alike; together they pay no more than the participant's part of the deal.
    """
    trials = []
    taken: dict[To, str] = {}
    left, chosen = facts.credited_minor, _chosen(incentives, facts)
    for incentive in incentives:
        mismatch = _mismatch(incentive, facts) or _passed_over(incentive, chosen)
        if mismatch is None and incentive.to in taken and not incentive.also:
            first = taken[incentive.to]
            mismatch = because("{rule} already pays for this outcome", rule=first)
        if mismatch is not None:
            trials.append(Trial(incentive, None, mismatch))
            continue
        minor, reason = _amount(incentive, facts)
        if _is_bounded(incentive, facts):
            if minor > left:
                most = because(
                    "no more than the deal has left for it: {amount}",
                    amount=Money(left, facts.currency),
                )
                minor, reason = left, f"{reason}; {most}"
            left -= minor
        trials.append(Trial(incentive, minor, reason))
        if not incentive.also:
            taken[incentive.to] = incentive.name
    return tuple(trials)


def _chosen(incentives: tuple[Incentive, ...], facts: OutcomeFacts) -> dict[str, Incentive]:
    """Return the rule that pays of each choice: the preferred one of those that match."""
    chosen: dict[str, Incentive] = {}
    for rule in incentives:
        if rule.choice is None or _mismatch(rule, facts) is not None:
            continue
        is_preferred = rule.pay.value == facts.prefers
        if rule.choice not in chosen or (
            is_preferred and chosen[rule.choice].pay.value != facts.prefers
        ):
            chosen[rule.choice] = rule
    return chosen


def _passed_over(incentive: Incentive, chosen: Mapping[str, Incentive]) -> str | None:
    if incentive.choice is None or chosen[incentive.choice] is incentive:
        return None
    return because(
        "of the choice {choice} this participant gets {rule}",
        choice=incentive.choice,
        rule=chosen[incentive.choice].name,
    )


def _is_bounded(incentive: Incentive, facts: OutcomeFacts) -> bool:
    """Tell whether a rule pays no more than the deal: what is won for money pays in money."""
    return (
        not incentive.may_exceed_deal and incentive.benefit is None and facts.outcome not in LEADS
    )


def meant_for(incentives: tuple[Incentive, ...], facts: OutcomeFacts) -> tuple[Incentive, ...]:
    """Return the rules for such an outcome of such a participant: no other one matches it.

    Where nobody asks why the others do not, they need not be tried for each outcome.
    """
    return tuple(
        each
        for each in incentives
        if each.outcome is facts.outcome
        and facts.participant_kind in each.kinds
        and (not each.tiers or facts.participant_tier in each.tiers)
    )


def _mismatch(incentive: Incentive, facts: OutcomeFacts) -> str | None:
    if incentive.outcome is not facts.outcome:
        return because(
            "it pays for {wanted}, this is {outcome}",
            wanted=incentive.outcome.words,
            outcome=facts.outcome.words,
        )
    if facts.participant_kind not in incentive.kinds:
        return because(
            "it is for {kinds}, not {kind}",
            kinds=either(sorted(incentive.kinds)),
            kind=facts.participant_kind,
        )
    if incentive.tiers and facts.participant_tier not in incentive.tiers:
        return because(
            "it is for tier {names}, not {tier}",
            names=either(sorted(incentive.tiers)),
            tier=facts.participant_tier,
        )
    months = facts.deal.months or 0
    if incentive.for_months is not None and months >= incentive.for_months:
        return because(
            "it pays for {months} months from the win, this is month {month}",
            months=incentive.for_months,
            month=months + 1,
        )
    return unmet(incentive.only, facts) or amounts.unpaid(incentive.amount, facts)


def basis(incentive: Incentive, facts: OutcomeFacts) -> OutcomeFacts:
    """Return the facts that an amount is worked out of: the customer's is of the whole deal."""
    if incentive.to is not To.CUSTOMER:
        return facts
    return replace(facts, credited_minor=facts.deal_minor, credited_before_minor=0)


def _amount(incentive: Incentive, facts: OutcomeFacts) -> tuple[int, str]:
    amount, facts = incentive.amount, basis(incentive, facts)
    if incentive.benefit and isinstance(amount, Fixed):
        whole = amount.by_currency[facts.currency]
        words = because(
            "{benefit}, worth {amount}",
            benefit=in_words(incentive.benefit),
            amount=Money(whole, facts.currency),
        )
        return amounts.undivided(whole, facts, words)
    return amounts.worth(amount, facts, incentive.at_most.get(facts.currency))
