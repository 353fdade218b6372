"""How a reward's amount came about: rules tried, arithmetic, rounding, cap, hold."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from goodword.money import Money, percent
from goodword.phrases import Said, Stored, Word, say, word
from goodword.rules import amounts
from goodword.rules.amounts import Bands, Fixed, Percent, PerSeat, Tiered
from goodword.rules.explanations import words
from goodword.rules.explanations.checks import Recomputed
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Reward
from goodword.rules.incentives import Cap, Incentive, To, Trial, basis
from goodword.rules.outcomes import Outcome, OutcomeFacts
from goodword.rules.windows import period_start


def rules_tried(again: Recomputed) -> list[str]:
    """Say of every rule of the version, in order, whether it pays and why."""
    return [_tried(place, trial, again.facts) for place, trial in enumerate(again.trials, start=1)]


def _tried(place: int, trial: Trial, facts: OutcomeFacts) -> str:
    name = f"{place}. {trial.incentive.name}"
    if trial.minor is None:
        return say("{rule} does not pay: {reason}.", rule=name, reason=Stored(trial.reason))
    return say(
        "{rule} pays {amount}: {match}.",
        rule=name,
        amount=_given(trial, facts.currency),
        match=matches(trial.incentive, facts),
    )


def _given(trial: Trial, currency: str) -> Said | Money:
    """Say what a rule gives by a trial; what is not money and went to another is nothing here."""
    benefit = trial.incentive.benefit if trial.minor else None
    return words.given(trial.minor or 0, currency, benefit)


def matches(incentive: Incentive, facts: OutcomeFacts) -> Said:
    """Say why a rule matches an outcome: its kind, its tier and what happened."""
    kind: Said = words.a(facts.participant_kind)
    if incentive.tiers:
        kind = say("{kind} of tier {tier}", kind=kind, tier=Word(facts.participant_tier))
    match = say("for {kind}, {when}", kind=kind, when=_WHEN[facts.outcome])
    if incentive.also:
        return say("{match}; it pays beside the other rules", match=match)
    return match


_WHEN = {
    Outcome.REFERRED: say("for the referral as such"),
    Outcome.CONVERTED: say("when the deal is won"),
    Outcome.RENEWED: say("when the customer renews"),
    Outcome.QUALIFIED: say("when the lead is qualified"),
    Outcome.INVOICE_PAID: say("for an invoice that was paid"),
}

_WAS = {
    Outcome.REFERRED: say("referred"),
    Outcome.CONVERTED: say("converted"),
    Outcome.RENEWED: say("renewed"),
    Outcome.QUALIFIED: say("qualified"),
    Outcome.INVOICE_PAID: say("paid"),
}


def arithmetic(incentive: Incentive, facts: OutcomeFacts) -> Iterator[str]:
    """Say how the rule's amount follows from the deal, with every rounding."""
    amount, currency = incentive.amount, facts.currency
    facts = basis(incentive, facts)
    if incentive.to is To.CUSTOMER:
        yield say("It is for the customer, who gets it once and whole, however many brought it.")
    if isinstance(amount, Percent):
        yield from _percentage(amount.bps, facts)
        yield from _limit(incentive, facts)
        return
    if isinstance(amount, Tiered):
        yield from _tier(amount, facts)
        yield from _limit(incentive, facts)
        return
    whole, said = _whole(amount, facts)
    if incentive.benefit:
        pays = words.given(whole, currency, incentive.benefit)
        yield say("It is not money, and worth the same each time: {amount}.", amount=pays)
        yield from _undivided(facts)
        return
    yield said
    yield from _limit(incentive, facts)
    most = incentive.at_most.get(currency, whole)
    yield from _part(facts, words.amount(min(whole, most), currency))


def _percentage(bps: int, facts: OutcomeFacts) -> Iterator[str]:
    exact = words.part_in_full(facts.credited_minor, bps, facts.currency)
    rounded = words.amount(percent(facts.credited_minor, bps), facts.currency)
    yield say(
        "{percent} of {credited} = {exact}.",
        percent=words.percent(bps),
        credited=words.amount(facts.credited_minor, facts.currency),
        exact=exact,
    )
    if str(exact) != str(rounded):
        yield say("Rounded half away from zero: {amount}.", amount=rounded)


def _tier(amount: Tiered, facts: OutcomeFacts) -> Iterator[str]:
    """Say what was brought before, which step that reaches, and what the step pays."""
    earlier = amounts.before(amount, facts)
    yield say(
        "Before it, this participant had brought {deals} ({amount} credited) in the window that "
        "the rule counts over ({window}); with it: {brought}.",
        deals=words.deals(earlier.count),
        amount=words.amount(earlier.minor, facts.currency),
        window=Stored(amount.over),
        brought=Stored(amounts.brought_in_words(amount, facts)),
    )
    step = amounts.reached_step(amount, facts)
    if amount.is_marginal:
        minor, parts = amounts.marginal(amount, facts)
        yield say(
            "Each part is paid by its own step: {parts} = {amount}.",
            parts=Stored(parts),
            amount=words.amount(minor, facts.currency),
        )
    elif step is not None and step.bps is not None:
        yield from _percentage(step.bps, facts)
    elif step is not None and step.pays is not None:
        pays = words.amount(step.pays, facts.currency)
        yield say("That step pays {amount}.", amount=pays)
        yield from _part(facts, pays)


def _limit(incentive: Incentive, facts: OutcomeFacts) -> Iterator[str]:
    most = incentive.at_most.get(facts.currency)
    if most is not None:
        at_most = words.amount(most, facts.currency)
        yield say("One deal pays at most {amount} by this rule.", amount=at_most)


def _whole(amount: Fixed | Bands | PerSeat, facts: OutcomeFacts) -> tuple[int, Said]:
    """Return what the rule pays for the whole deal, and how that comes about."""
    whole, _ = amounts.whole(amount, facts)
    pays = words.amount(whole, facts.currency)
    if isinstance(amount, Fixed):
        return whole, say("The same amount each time: {amount}.", amount=pays)
    if isinstance(amount, PerSeat):
        return whole, say(
            "The deal has {seats} seats in the CRM; each pays {each}: {amount}.",
            seats=f"{(facts.deal.seats or Decimal(0)).normalize():f}",
            each=words.amount(amount.by_currency[facts.currency], facts.currency),
            amount=pays,
        )
    bands = amount.by_currency[facts.currency]
    start = next(start for start, _ in reversed(bands) if start <= facts.deal_minor)
    return whole, say(
        "A deal of {deal} is in the band from {start}, which pays {amount}.",
        deal=words.amount(facts.deal_minor, facts.currency),
        start=words.amount(start, facts.currency),
        amount=pays,
    )


def _part(facts: OutcomeFacts, pays: Money) -> Iterator[str]:
    if not facts.deal_minor and facts.outcome in {Outcome.CONVERTED, Outcome.RENEWED}:
        yield say("Nothing of value was won, so that there is nothing to share: it pays nothing.")
    elif facts.credited_minor != facts.deal_minor:
        yield say(
            "{amount} is paid once for the whole deal; of its {deal} this participant is credited "
            "{credited}, and gets the same part, rounded so that all parts sum to {amount}.",
            amount=pays,
            deal=words.amount(facts.deal_minor, facts.currency),
            credited=words.amount(facts.credited_minor, facts.currency),
        )


def _undivided(facts: OutcomeFacts) -> Iterator[str]:
    if facts.deal_minor and facts.credited_minor != facts.deal_minor:
        yield say(
            "It is not divided: of the {deal} this participant is credited {credited}, and it goes "
            "to whoever has more than half, or the middle of it.",
            deal=words.amount(facts.deal_minor, facts.currency),
            credited=words.amount(facts.credited_minor, facts.currency),
        )


def cap(reward: Reward, again: Recomputed) -> Iterator[str]:
    """Say what the rule's cap leaves of the amount, and what it counted."""
    if again.incentive is None or again.capped is None or again.computed_minor is None:
        return
    if again.incentive.cap is None:
        yield say("The rule has no cap.")
        return
    start = period_start(reward.outcome_on, again.incentive.cap.per)
    earlier = words.rewards(again.used.count)
    counted = say("{rewards} by this rule since {start}", rewards=earlier, start=start)
    if again.used.minor:
        together = words.amount(again.used.minor, reward.currency)
        counted = say("{rewards}, together {amount}", rewards=counted, amount=together)
    yield say(
        "The rule pays at most {limits}; before: {counted}.",
        limits=_limits(again.incentive.cap, again.used.bill, reward.currency),
        counted=counted,
    )
    computed = words.amount(again.computed_minor, reward.currency)
    if again.capped.reason:
        yield say(
            "Of {computed} is left {left}: {reason}.",
            computed=computed,
            left=words.amount(again.capped.minor, reward.currency),
            reason=Stored(again.capped.reason),
        )
    else:
        yield say("The cap leaves the {computed} whole.", computed=computed)


def _limits(limit: Cap, bill: int, currency: str) -> Said:
    parts: list[object] = [words.rewards(limit.count)] if limit.count is not None else []
    if currency in limit.amount:
        parts.append(words.amount(limit.amount[currency], currency))
    if limit.own_bill_bps is not None:
        part, own = words.percent(limit.own_bill_bps), words.amount(bill, currency)
        parts.append(say("{percent} of their own bill of {bill}", percent=part, bill=own))
    most = (
        words.listed(parts)
        if parts
        else say("what is not limited in {currency}", currency=currency)
    )
    return say("{most} a {period}", most=most, period=word(limit.per.value))


def recorded(reward: Reward, again: Recomputed) -> Iterator[str]:
    """Say what the record has, and whether it is what comes out when it is worked out again."""
    amount = words.amount(reward.amount_minor, reward.currency)
    has = say("The record has {amount}: {reason}", amount=amount, reason=Stored(reward.reason))
    yield words.sentence(has)
    if again.differences:
        yield words.differs(again.differences)
    else:
        yield say(
            "Worked out again from the recorded facts and that version, it comes out the same."
        )


def hold(context: Context, reward: Reward, again: Recomputed) -> Iterator[str]:
    """Say from when the reward may be paid, and why."""
    if again.incentive is None:
        return
    own = again.incentive.hold_days
    program = context.versions[reward.program_version_id].program
    yield say(
        "It may be paid from {payable}: {days} ({whose} hold) after it was {happened} on {on}.",
        payable=reward.payable_on,
        days=words.days(program.rewards.hold_days if own is None else own),
        whose=say("the program's") if own is None else say("the rule's own"),
        happened=_WAS[Outcome(reward.outcome)],
        on=reward.outcome_on,
    )
