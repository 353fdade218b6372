"""Incentives: for whom, on what outcome, what is paid, how much.

Rules are tried in file order; the first that matches an outcome pays, unless it is marked `also`,
which pays beside the others. Never "the largest number wins".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from goodword.money import Money, percent, round_half_away
from goodword.rules.benefits import Benefit, in_words


class Outcome(StrEnum):
    """What an incentive pays for."""

    QUALIFIED = "qualified"
    CONVERTED = "converted"


class Pay(StrEnum):
    """What is paid: money, a credit on the participant's own bill, or a benefit in kind."""

    CASH = "cash"
    BILLING_CREDIT = "billing_credit"
    FREE_MONTHS = "free_months"
    RENEWAL_DISCOUNT = "renewal_discount"
    PERK = "perk"


IN_KIND = frozenset({Pay.FREE_MONTHS, Pay.RENEWAL_DISCOUNT, Pay.PERK})
"""What is not money: its amount is the worth that the program declares."""


class Period(StrEnum):
    """A calendar period of the program's time zone, over which a cap counts."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same amount each time, by currency in minor units."""

    by_currency: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Bands:
    """An amount by the size of the deal: (from, pays) in minor units, ascending, by currency."""

    by_currency: Mapping[str, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class Percent:
    """A percentage of the credited value, in basis points (2000 is 20%)."""

    bps: int


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many rewards, or so much money (minor units by currency), in each period."""

    per: Period
    count: int | None = None
    amount: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Incentive:
    """One rule of the program. Empty `tiers` means every tier.

    What is paid in kind has a `benefit`, and a fixed amount: its worth.
    """

    name: str
    kinds: frozenset[str]
    outcome: Outcome
    pay: Pay
    amount: Fixed | Bands | Percent
    tiers: frozenset[str] = frozenset()
    also: bool = False
    cap: Cap | None = None
    hold_days: int | None = None
    benefit: Benefit | None = None


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """One outcome of one participant: the deal's whole value and the part credited, minor units.

    `credited_before_minor` is the part of the same deal credited to the participants before this
    one in its journey: fixed amounts are shared by it so that the parts sum to the whole.
    """

    outcome: Outcome
    participant_kind: str
    participant_tier: str
    deal_minor: int
    credited_minor: int
    currency: str
    credited_before_minor: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """One rule that was tried: what it pays (None: it does not match) and why."""

    incentive: Incentive
    minor: int | None
    reason: str


def try_rules(incentives: tuple[Incentive, ...], facts: OutcomeFacts) -> tuple[Trial, ...]:
    """Try every rule in order and say of each why it pays or not."""
    trials = []
    taken: str | None = None
    for incentive in incentives:
        mismatch = _mismatch(incentive, facts)
        if mismatch is None and taken and not incentive.also:
            mismatch = f"{taken} already pays for this outcome"
        if mismatch is not None:
            trials.append(Trial(incentive, None, mismatch))
            continue
        minor, reason = _amount(incentive, facts)
        trials.append(Trial(incentive, minor, reason))
        if not incentive.also:
            taken = incentive.name
    return tuple(trials)


def _mismatch(incentive: Incentive, facts: OutcomeFacts) -> str | None:
    if incentive.outcome is not facts.outcome:
        return f"it pays for {incentive.outcome.value}, this is {facts.outcome.value}"
    if facts.participant_kind not in incentive.kinds:
        return f"it is for {_listed(incentive.kinds)}, not {facts.participant_kind}"
    if incentive.tiers and facts.participant_tier not in incentive.tiers:
        return f"it is for tier {_listed(incentive.tiers)}, not {facts.participant_tier}"
    amount = incentive.amount
    if not isinstance(amount, Percent) and facts.currency not in amount.by_currency:
        return f"it names no amount in {facts.currency}"
    if isinstance(amount, Bands) and not _reached(amount, facts):
        return f"a deal of {Money(facts.deal_minor, facts.currency)} is below its smallest band"
    return None


def _listed(words: frozenset[str]) -> str:
    return " or ".join(sorted(words))


def _amount(incentive: Incentive, facts: OutcomeFacts) -> tuple[int, str]:
    amount = incentive.amount
    if isinstance(amount, Percent):
        minor = percent(facts.credited_minor, amount.bps)
        credited = Money(facts.credited_minor, facts.currency)
        return minor, f"{Fraction(amount.bps, 100)!s}% of {credited}"
    if isinstance(amount, Fixed):
        whole = amount.by_currency[facts.currency]
        if incentive.benefit:
            worth = f"{in_words(incentive.benefit)}, worth {Money(whole, facts.currency)}"
            return _undivided(whole, facts, worth)
        return _shared(whole, facts, f"{Money(whole, facts.currency)} each")
    start, whole = _reached(amount, facts)[-1]
    pays, deal = Money(whole, facts.currency), Money(facts.deal_minor, facts.currency)
    return _shared(
        whole, facts, f"{pays} for a deal of {deal}, from {Money(start, facts.currency)}"
    )


def _reached(bands: Bands, facts: OutcomeFacts) -> list[tuple[int, int]]:
    return [band for band in bands.by_currency[facts.currency] if band[0] <= facts.deal_minor]


def _shared(whole: int, facts: OutcomeFacts, words: str) -> tuple[int, str]:
    """A fixed amount is paid once a deal: several participants share it as they share the deal.

    Rounded is what is paid up to and including each participant, so that the parts of one amount
    sum to it exactly. A lead may qualify before its deal has a value; what is won for nothing has
    no parts that could be credited, and pays nothing.
    """
    if not facts.deal_minor:
        is_lead = facts.outcome is Outcome.QUALIFIED
        return (whole, words) if is_lead else (0, f"{words}, but nothing of value was won")
    if facts.credited_minor == facts.deal_minor:
        return whole, words
    before = Fraction(facts.credited_before_minor, facts.deal_minor)
    part = Fraction(facts.credited_minor, facts.deal_minor)
    minor = round_half_away(whole * (before + part)) - round_half_away(whole * before)
    return minor, f"{words}, {float(part):.2%} of it credited"


def _undivided(worth: int, facts: OutcomeFacts, words: str) -> tuple[int, str]:
    """What is not money goes whole to one of those who share a deal, and nothing to the others.

    It is the sharing of one single unit: whoever is credited with more than half of the deal gets
    it, and where nobody is, the one whose part lies on its middle.
    """
    if not facts.deal_minor or facts.credited_minor == facts.deal_minor:
        return _shared(worth, facts, words)
    unit, _ = _shared(1, facts, words)
    who = "this participant" if unit else "another, who has the middle of it"
    return worth * unit, f"{words}; the deal is shared and this is not divided: it goes to {who}"
