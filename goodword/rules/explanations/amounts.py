"""How a reward's amount came about: rules tried, arithmetic, rounding, cap, hold."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from goodword.money import percent
from goodword.rules import amounts
from goodword.rules.amounts import Bands, Fixed, Percent, PerSeat, Tiered
from goodword.rules.explanations import words
from goodword.rules.explanations.checks import Recomputed
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Reward
from goodword.rules.incentives import Cap, Incentive, Trial
from goodword.rules.outcomes import Outcome, OutcomeFacts
from goodword.rules.windows import period_start


def rules_tried(again: Recomputed) -> list[str]:
    """Say of every rule of the version, in order, whether it pays and why."""
    sentences = []
    for place, trial in enumerate(again.trials, start=1):
        name = f"{place}. {trial.incentive.name}"
        if trial.minor is None:
            sentences.append(f"{name} does not pay: {trial.reason}.")
        else:
            pays = _given(trial, again.facts.currency)
            sentences.append(f"{name} pays {pays}: {matches(trial.incentive, again.facts)}.")
    return sentences


def _given(trial: Trial, currency: str) -> str:
    """Say what a rule gives by a trial; what is not money and went to another is nothing here."""
    benefit = trial.incentive.benefit if trial.minor else None
    return words.given(trial.minor or 0, currency, benefit)


def matches(incentive: Incentive, facts: OutcomeFacts) -> str:
    """Say why a rule matches an outcome: its kind, its tier and what happened."""
    tier = f" of tier {facts.participant_tier}" if incentive.tiers else ""
    also = "; it pays beside the other rules" if incentive.also else ""
    return f"for {words.a(facts.participant_kind)}{tier}, {_WHEN[facts.outcome]}{also}"


_WHEN = {
    Outcome.CONVERTED: "when the deal is won",
    Outcome.QUALIFIED: "when the lead is qualified",
    Outcome.INVOICE_PAID: "for an invoice that was paid",
}

_WAS = {
    Outcome.CONVERTED: "converted",
    Outcome.QUALIFIED: "qualified",
    Outcome.INVOICE_PAID: "paid",
}


def arithmetic(incentive: Incentive, facts: OutcomeFacts) -> Iterator[str]:
    """Say how the rule's amount follows from the deal, with every rounding."""
    amount, currency = incentive.amount, facts.currency
    if isinstance(amount, Percent):
        yield from _percentage(amount.bps, facts)
        yield from _limit(incentive, facts)
        return
    if isinstance(amount, Tiered):
        yield from _tier(amount, facts)
        yield from _limit(incentive, facts)
        return
    whole, said = _whole(amount, facts)
    pays = words.given(whole, currency, incentive.benefit)
    if incentive.benefit:
        yield f"It is not money, and worth the same each time: {pays}."
        yield from _undivided(facts)
        return
    yield said
    yield from _limit(incentive, facts)
    most = incentive.at_most.get(currency, whole)
    yield from _part(facts, words.amount(min(whole, most), currency))


def _percentage(bps: int, facts: OutcomeFacts) -> Iterator[str]:
    currency = facts.currency
    credited = words.amount(facts.credited_minor, currency)
    exact = words.part_in_full(facts.credited_minor, bps, currency)
    rounded = words.amount(percent(facts.credited_minor, bps), currency)
    yield f"{words.percent(bps)} of {credited} = {exact}."
    if exact != rounded:
        yield f"Rounded half away from zero: {rounded}."


def _tier(amount: Tiered, facts: OutcomeFacts) -> Iterator[str]:
    """Say what was brought before, which step that reaches, and what the step pays."""
    earlier = amounts.before(amount, facts)
    sum_ = words.amount(earlier.minor, facts.currency)
    yield (
        f"Before it, this participant had brought {words.count(earlier.count, 'deal')} "
        f"({sum_} credited) in the window that the rule counts over ({amount.over}); with it: "
        f"{amounts.brought_in_words(amount, facts)}."
    )
    step = amounts.reached_step(amount, facts)
    if amount.is_marginal:
        minor, parts = amounts.marginal(amount, facts)
        yield f"Each part is paid by its own step: {parts} = {words.amount(minor, facts.currency)}."
    elif step is not None and step.bps is not None:
        yield from _percentage(step.bps, facts)
    elif step is not None and step.pays is not None:
        pays = words.amount(step.pays, facts.currency)
        yield f"That step pays {pays}."
        yield from _part(facts, pays)


def _limit(incentive: Incentive, facts: OutcomeFacts) -> Iterator[str]:
    most = incentive.at_most.get(facts.currency)
    if most is not None:
        yield f"One deal pays at most {words.amount(most, facts.currency)} by this rule."


def _whole(amount: Fixed | Bands | PerSeat, facts: OutcomeFacts) -> tuple[int, str]:
    """Return what the rule pays for the whole deal, and how that comes about."""
    whole, _ = amounts.whole(amount, facts)
    pays = words.amount(whole, facts.currency)
    if isinstance(amount, Fixed):
        return whole, f"The same amount each time: {pays}."
    if isinstance(amount, PerSeat):
        each = words.amount(amount.by_currency[facts.currency], facts.currency)
        seats = f"{(facts.deal.seats or Decimal(0)).normalize():f}"
        return whole, f"The deal has {seats} seats in the CRM; each pays {each}: {pays}."
    deal = words.amount(facts.deal_minor, facts.currency)
    bands = amount.by_currency[facts.currency]
    start = next(start for start, _ in reversed(bands) if start <= facts.deal_minor)
    band = words.amount(start, facts.currency)
    return whole, f"A deal of {deal} is in the band from {band}, which pays {pays}."


def _part(facts: OutcomeFacts, pays: str) -> Iterator[str]:
    if not facts.deal_minor and facts.outcome is Outcome.CONVERTED:
        yield "Nothing of value was won, so that there is nothing to share: it pays nothing."
    elif facts.credited_minor != facts.deal_minor:
        credited = words.amount(facts.credited_minor, facts.currency)
        deal = words.amount(facts.deal_minor, facts.currency)
        yield (
            f"{pays} is paid once for the whole deal; of its {deal} this participant is credited "
            f"{credited}, and gets the same part, rounded so that all parts sum to {pays}."
        )


def _undivided(facts: OutcomeFacts) -> Iterator[str]:
    if facts.deal_minor and facts.credited_minor != facts.deal_minor:
        credited = words.amount(facts.credited_minor, facts.currency)
        deal = words.amount(facts.deal_minor, facts.currency)
        yield (
            f"It is not divided: of the {deal} this participant is credited {credited}, and it "
            "goes to whoever has more than half, or the middle of it."
        )


def cap(reward: Reward, again: Recomputed) -> Iterator[str]:
    """Say what the rule's cap leaves of the amount, and what it counted."""
    if again.incentive is None or again.capped is None or again.computed_minor is None:
        return
    if again.incentive.cap is None:
        yield "The rule has no cap."
        return
    start = period_start(reward.outcome_on, again.incentive.cap.per)
    counted = f"{words.count(again.used.count, 'reward')} by this rule since {start}"
    if again.used.minor:
        counted += f", together {words.amount(again.used.minor, reward.currency)}"
    limits = _limits(again.incentive.cap, reward.currency)
    yield f"The rule pays at most {limits}; before: {counted}."
    computed = words.amount(again.computed_minor, reward.currency)
    left = words.amount(again.capped.minor, reward.currency)
    if again.capped.reason:
        yield f"Of {computed} is left {left}: {again.capped.reason}."
    else:
        yield f"The cap leaves the {computed} whole."


def _limits(limit: Cap, currency: str) -> str:
    parts = [words.count(limit.count, "reward")] if limit.count is not None else []
    if currency in limit.amount:
        parts.append(words.amount(limit.amount[currency], currency))
    most = words.listed(parts) if parts else f"what is not limited in {currency}"
    return f"{most} a {limit.per.value}"


def recorded(reward: Reward, again: Recomputed) -> Iterator[str]:
    """Say what the record has, and whether it is what comes out when it is worked out again."""
    amount = words.amount(reward.amount_minor, reward.currency)
    yield words.sentence(f"The record has {amount}: {reward.reason}")
    if again.differences:
        yield f"THE RECORD DIFFERS when it is worked out again: {'; '.join(again.differences)}."
    else:
        yield "Worked out again from the recorded facts and that version, it comes out the same."


def hold(context: Context, reward: Reward, again: Recomputed) -> Iterator[str]:
    """Say from when the reward may be paid, and why."""
    if again.incentive is None:
        return
    program = context.versions[reward.program_version_id].program
    own = again.incentive.hold_days
    days = program.rewards.hold_days if own is None else own
    whose = "the rule's own" if own is not None else "the program's"
    yield (
        f"It may be paid from {reward.payable_on}: {words.count(days, 'day')} ({whose} hold) after "
        f"it was {_WAS[Outcome(reward.outcome)]} on {reward.outcome_on}."
    )
