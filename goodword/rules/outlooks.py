"""Outlooks: what becomes of simulated rewards: taken back, looked at by people, paid by month.

People are taken to approve what they are asked about, on the same day.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from goodword.money import Money, round_half_away
from goodword.rules.approvals import needed
from goodword.rules.earnings import Earned
from goodword.rules.histories import (
    Days,
    PastDeal,
    PastInvoice,
    PastLead,
    PastReward,
    Person,
    month_of,
)
from goodword.rules.incentives import Pay
from goodword.rules.outcomes import Outcome
from goodword.rules.payout_plans import Due, PayoutPolicy, Planned, plan
from goodword.rules.payouts import Rail
from goodword.rules.programs import Program
from goodword.rules.refunds import judge, part_of
from goodword.rules.rewards import EarnedReward, RewardPolicy, TakeBack
from goodword.rules.suspicions import Introduced, Introduction, suspicions

_RAILS = {
    Pay.CASH: Rail.STRIPE_TRANSFER,
    Pay.BILLING_CREDIT: Rail.STRIPE_CREDIT,
    Pay.FREE_MONTHS: Rail.STRIPE_COUPON,
    Pay.RENEWAL_DISCOUNT: Rail.STRIPE_COUPON,
    Pay.PERK: Rail.PERK,
}


@dataclass(frozen=True, slots=True)
class Loss:
    """What is taken back of a simulated reward, from which day on (minor units)."""

    on: date
    minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class Given:
    """One simulated reward, what it is of, the referrals it rests on, and what is taken back.

    `money` is what it is after caps; `together` names what its approval is decided with: a deal,
    with the lead that it was.
    """

    earned: Earned
    money: Money
    past: PastDeal | PastLead | PastInvoice
    referrals: tuple[int, ...]
    together: str
    loss: Loss | None


def stayed(found: PastDeal) -> int:
    """Return what stayed of a deal's value, in minor units."""
    value = found.value_minor
    return value - round_half_away(value * part_of(found.lost, value)) if found.lost else value


def taken_back(
    earned: Earned, past: PastDeal | PastLead | PastInvoice, policy: RewardPolicy
) -> Loss | None:
    """Return what a refund or a cancelled deal takes back of a reward, whether it is paid or not.

    Of an invoice it is what was given back of that. An unpaid reward that is void as a whole costs
    as little as one that is paid and taken back.
    """
    if isinstance(past, PastLead) or not past.lost:
        return None
    reward = EarnedReward(
        earned.amount_minor, 0, is_paid=True, outcome_on=earned.earning.outcome_on
    )
    judged = judge(reward, past.lost, past.value_minor, policy)
    if not isinstance(judged.verdict, TakeBack) or judged.on is None:
        return None
    return Loss(judged.on, judged.verdict.minor, judged.because)


# Looked at --------------------------------------------------------------------------------------


def looked_at(
    given: Sequence[Given],
    program: Program,
    people: Mapping[int, Person],
    introduced: Mapping[int, Introduced],
) -> list[PastReward]:
    """Say of each reward how many people it would have been asked of, night by night.

    Args:
        given: rewards in the order of the nights that compute them.
        program: the simulated one, for its thresholds.
        people: every participant, by number.
        introduced: whom each referral introduced, by number.
    """
    totals: Counter[tuple[int, str, str]] = Counter()
    rewards = []
    for _, night in groupby(given, key=lambda each: each.past.computed_on):
        tonight = list(night)
        for each in tonight:
            totals[_together(each)] += each.money.minor
        for each in tonight:
            person = people[each.earned.earning.participant_id]
            total = Money(totals[_together(each)], each.money.currency)
            known = tuple(introduced[n] for n in each.referrals if n in introduced)
            is_as_such = each.earned.earning.facts.outcome is Outcome.REFERRED
            rests_on = Introduction(
                person.email, person.domains, known, person.standing, is_as_such=is_as_such
            )
            doubts = suspicions(rests_on, program.suspicion)
            policy = program.approvals
            asked = (
                needed(total, policy, person.status, doubts).approvers if each.money.minor else 0
            )
            rewards.append(_reward(each, asked))
    return rewards


def _together(each: Given) -> tuple[int, str, str]:
    return each.earned.earning.participant_id, each.together, each.money.currency


def _reward(each: Given, asked: int) -> PastReward:
    earned, facts = each.earned, each.earned.earning.facts
    lost = each.loss.minor if each.loss else 0
    return PastReward(
        subject=each.past.subject,
        participant_id=earned.earning.participant_id,
        kind=facts.participant_kind,
        outcome=facts.outcome.value,
        rule=earned.incentive.name,
        currency=facts.currency,
        on=earned.earning.outcome_on,
        minor=earned.amount_minor,
        kept_minor=earned.amount_minor - lost,
        asked=asked,
        reason="; ".join(filter(None, (earned.reason, each.loss.reason if each.loss else ""))),
    )


# Paid -------------------------------------------------------------------------------------------


def paid(
    dues: Iterable[tuple[date, Due]], policy: PayoutPolicy, days: Days
) -> tuple[dict[tuple[date, str], int], dict[str, int]]:
    """Pay what is due from each day on, netted, from the smallest payout on.

    Returns:
        What is paid in `days` by month and currency, and what is left to be paid after them.
    """
    by_person: dict[tuple[int, str], list[tuple[date, Due]]] = defaultdict(list)
    left: Counter[str] = Counter()
    for on, due in dues:
        by_person[due.participant_id, due.money.currency].append((on, due))
        left[due.money.currency] += due.money.minor
    payments: Counter[tuple[date, str]] = Counter()
    for own in by_person.values():
        for on, money in _payouts(own, policy):
            if on <= days.last:
                left[money.currency] -= money.minor
            if days.have(on):
                payments[month_of(on), money.currency] += money.minor
    return dict(payments), {currency: minor for currency, minor in left.items() if minor}


def dues(given: Iterable[Given]) -> Iterator[tuple[date, Due]]:
    """Return what simulated rewards make due, each from its day on: the money, and what is lost."""
    for number, each in enumerate(given):
        who, incentive = each.earned.earning.participant_id, each.earned.incentive
        if each.money.minor:
            kind = incentive.pay, incentive.benefit
            yield each.earned.payable_on, due(2 * number, who, each.money, *kind)
        if each.loss:
            back = Money(-each.loss.minor, each.money.currency)
            kind = incentive.pay, incentive.benefit
            yield each.loss.on, due(2 * number + 1, who, back, *kind)


def due(
    number: int, participant_id: int, money: Money, pay: Pay, benefit: Mapping[str, Any] | None
) -> Due:
    """Make what one reward is due, as if its participant could be paid in every way.

    Of what is paid in kind each has a place of its own: none waits for another's subscription.
    """
    place = pay.value if benefit is None else f"{pay.value} {number}"
    return Due(number, participant_id, money, _RAILS[pay], place, None, benefit)


def _payouts(
    dues: Iterable[tuple[date, Due]], policy: PayoutPolicy
) -> Iterator[tuple[date, Money]]:
    waiting: list[Due] = []
    for on, group in groupby(sorted(dues, key=lambda pair: pair[0]), key=lambda pair: pair[0]):
        waiting += [due for _, due in group]
        for step in plan(waiting, policy):
            if isinstance(step, Planned):
                yield on, step.money
                waiting = [due for due in waiting if due.reward_id not in step.reward_ids]
