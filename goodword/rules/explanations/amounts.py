"""How a reward's amount came about: rules tried, arithmetic, rounding, cap, hold."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.money import percent
from goodword.rules.caps import period_start
from goodword.rules.explanations import words
from goodword.rules.explanations.checks import Recomputed
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Reward
from goodword.rules.incentives import Cap, Incentive, Outcome, OutcomeFacts, Percent, Trial


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
}


def arithmetic(incentive: Incentive, facts: OutcomeFacts) -> Iterator[str]:
    """Say how the rule's amount follows from the deal, with every rounding."""
    amount, currency = incentive.amount, facts.currency
    deal = words.amount(facts.deal_minor, currency)
    if isinstance(amount, Percent):
        credited = words.amount(facts.credited_minor, currency)
        exact = words.part_in_full(facts.credited_minor, amount.bps, currency)
        rounded = words.amount(percent(facts.credited_minor, amount.bps), currency)
        yield f"{words.percent(amount.bps)} of {credited} = {exact}."
        if exact != rounded:
            yield f"Rounded half away from zero: {rounded}."
        return
    whole = _whole(incentive, facts)
    pays = words.given(whole[1], currency, incentive.benefit)
    if incentive.benefit:
        yield f"It is not money, and worth the same each time: {pays}."
        yield from _undivided(facts)
        return
    if whole[0] is None:
        yield f"The same amount each time: {pays}."
    else:
        start = words.amount(whole[0], currency)
        yield f"A deal of {deal} is in the band from {start}, which pays {pays}."
    yield from _part(facts, pays)


def _whole(incentive: Incentive, facts: OutcomeFacts) -> tuple[int | None, int]:
    """Return where the deal's band begins (None: no bands) and what the rule pays for all of it."""
    assert not isinstance(incentive.amount, Percent)
    given = incentive.amount.by_currency[facts.currency]
    if isinstance(given, int):
        return None, given
    return next(band for band in reversed(given) if band[0] <= facts.deal_minor)


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
        f"it was {reward.outcome} on {reward.outcome_on}."
    )
