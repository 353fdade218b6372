"""Amounts: how much one incentive pays for one outcome, and in which words.

Amounts of their own (fixed, by the deal's size, for each seat) are paid once a deal and shared as
the deal is; percentages are of what each participant is credited with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from goodword.money import Money, in_percent, percent, proportion, round_half_away
from goodword.phrases import because, both
from goodword.rules.outcomes import LEADS, Brought, OutcomeFacts
from goodword.rules.windows import Window


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same amount each time, by currency in minor units."""

    by_currency: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Bands:
    """An amount by the size of the deal: (from, pays) in minor units, ascending, by currency."""

    by_currency: Mapping[str, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class PerSeat:
    """An amount for each seat of the deal, by currency in minor units."""

    by_currency: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Percent:
    """A percentage of the credited value, in basis points (2000 is 20%)."""

    bps: int


class By(StrEnum):
    """What a tier counts of what the participant brought: deals won, or their credited value."""

    COUNT = "count"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Step:
    """From `start` on, before `end` (None: for ever), a deal pays `bps` or an amount of its own.

    Both bounds are deals or minor units, `pays` is in minor units; one of `bps` and `pays` is None.
    """

    start: int
    end: int | None
    bps: int | None = None
    pays: int | None = None


ANY_CURRENCY = "any"
"""In place of a currency: steps of percentages that are counted in deals know none."""


@dataclass(frozen=True, slots=True)
class Tiered:
    """An amount by how much the participant brought in a window, this deal included.

    The step that is reached pays for the whole deal; or, when `is_marginal` (volume only), each
    part of the deal is paid by the step that it lies in. Earlier deals are never paid anew.
    """

    by: By
    over: Window
    steps: Mapping[str, tuple[Step, ...]]
    is_marginal: bool = False

    def steps_in(self, currency: str) -> tuple[Step, ...]:
        """Return the steps for a currency, ascending; none when it has none."""
        return self.steps.get(currency) or self.steps.get(ANY_CURRENCY, ())


Amount: TypeAlias = Fixed | Bands | PerSeat | Percent | Tiered


# Does it pay at all -----------------------------------------------------------------------------


def unpaid(amount: Amount, facts: OutcomeFacts) -> str | None:
    """Return in words why an amount pays nothing for an outcome; None: it pays."""
    if isinstance(amount, Percent):
        return None
    if isinstance(amount, Tiered):
        return _no_step(amount, facts)
    if facts.currency not in amount.by_currency:
        return because("it names no amount in {currency}", currency=facts.currency)
    if isinstance(amount, Bands) and not _reached(amount, facts):
        deal = Money(facts.deal_minor, facts.currency)
        return because("a deal of {deal} is below its smallest band", deal=deal)
    if isinstance(amount, PerSeat) and facts.deal.seats is None:
        return because("it pays by the seat, and the deal has no number of seats in the CRM")
    return None


def _no_step(amount: Tiered, facts: OutcomeFacts) -> str | None:
    if not amount.steps_in(facts.currency):
        return because("it has no steps in {currency}", currency=facts.currency)
    if amount.is_marginal or reached_step(amount, facts):
        return None
    return because("no step of it is for {brought}", brought=brought_in_words(amount, facts))


# How much ---------------------------------------------------------------------------------------


def worth(amount: Amount, facts: OutcomeFacts, at_most: int | None) -> tuple[int, str]:
    """Work out what an amount that pays is, in minor units, and say how.

    Args:
        amount: one for which `unpaid` says nothing.
        facts: the outcome.
        at_most: the most that one deal pays (minor units), however many share it; None: no limit.
    """
    if isinstance(amount, Percent):
        return _limited_percent(*_percent(amount.bps, facts), facts, at_most)
    if isinstance(amount, Tiered):
        return _tiered(amount, facts, at_most)
    pays, words = whole(amount, facts)
    return _limited_whole(pays, words, facts, at_most)


def whole(amount: Fixed | Bands | PerSeat, facts: OutcomeFacts) -> tuple[int, str]:
    """Return what is paid for the whole deal, in minor units, and how."""
    if isinstance(amount, Fixed):
        pays = amount.by_currency[facts.currency]
        return pays, because("{amount} each", amount=Money(pays, facts.currency))
    if isinstance(amount, PerSeat):
        assert facts.deal.seats is not None
        each, seats = amount.by_currency[facts.currency], facts.deal.seats
        words = because(
            "{amount} for each of {seats} seats",
            amount=Money(each, facts.currency),
            seats=f"{seats.normalize():f}",
        )
        return round_half_away(each * Fraction(seats)), words
    start, pays = _reached(amount, facts)[-1]
    return pays, because(
        "{amount} for a deal of {deal}, from {start}",
        amount=Money(pays, facts.currency),
        deal=Money(facts.deal_minor, facts.currency),
        start=Money(start, facts.currency),
    )


def _reached(bands: Bands, facts: OutcomeFacts) -> list[tuple[int, int]]:
    return [band for band in bands.by_currency[facts.currency] if band[0] <= facts.deal_minor]


def _percent(bps: int, facts: OutcomeFacts) -> tuple[int, str]:
    return percent(facts.credited_minor, bps), _part_of(bps, facts.credited_minor, facts.currency)


def _part_of(bps: int, minor: int, currency: str) -> str:
    whole = Money(minor, currency)
    return because("{percent} of {amount}", percent=in_percent(bps), amount=whole)


def _limited_whole(
    pays: int, words: str, facts: OutcomeFacts, at_most: int | None
) -> tuple[int, str]:
    if at_most is not None and pays > at_most:
        most = Money(at_most, facts.currency)
        pays, words = at_most, because("{reason}, at most {amount}", reason=words, amount=most)
    return shared(pays, facts, words)


def _limited_percent(
    minor: int, words: str, facts: OutcomeFacts, at_most: int | None
) -> tuple[int, str]:
    """Limit a part of the deal: several participants share the limit as they share the deal."""
    if at_most is None:
        return minor, words
    limit, _ = shared(at_most, facts, "")
    if minor <= limit:
        return minor, words
    most = Money(at_most, facts.currency)
    return limit, because("{reason}, at most {amount} for the deal", reason=words, amount=most)


def shared(pays: int, facts: OutcomeFacts, words: str) -> tuple[int, str]:
    """A fixed amount is paid once a deal: several participants share it as they share the deal.

    Rounded is what is paid up to and including each participant, so that the parts of one amount
    sum to it exactly. A lead may qualify before its deal has a value; what is won for nothing has
    no parts that could be credited, and pays nothing.
    """
    if not facts.deal_minor:
        if facts.outcome in LEADS:
            return pays, words
        return 0, because("{reason}, but nothing of value was won", reason=words)
    if facts.credited_minor == facts.deal_minor:
        return pays, words
    whole, before = facts.deal_minor, facts.credited_before_minor
    minor = proportion(pays, before + facts.credited_minor, whole) - proportion(pays, before, whole)
    credited = f"{facts.credited_minor / whole:.2%}"
    return minor, because("{reason}, {part} of it credited", reason=words, part=credited)


def undivided(pays: int, facts: OutcomeFacts, words: str) -> tuple[int, str]:
    """What is not money goes whole to one of those who share a deal, and nothing to the others.

    It is the sharing of one single unit: whoever is credited with more than half of the deal gets
    it, and where nobody is, the one whose part lies on its middle.
    """
    if not facts.deal_minor or facts.credited_minor == facts.deal_minor:
        return shared(pays, facts, words)
    unit, _ = shared(1, facts, words)
    goes = because(
        "the deal is shared and this is not divided: it goes to another, who has the middle of it"
    )
    if unit:
        goes = because("the deal is shared and this is not divided: it goes to this participant")
    return pays * unit, f"{words}; {goes}"


# Tiers ------------------------------------------------------------------------------------------


def _tiered(amount: Tiered, facts: OutcomeFacts, at_most: int | None) -> tuple[int, str]:
    reached = brought_in_words(amount, facts)
    if amount.is_marginal:
        minor, parts = marginal(amount, facts)
        return _limited_percent(minor, _for(parts, reached), facts, at_most)
    step = reached_step(amount, facts)
    assert step is not None
    if step.bps is not None:
        minor, words = _percent(step.bps, facts)
        return _limited_percent(minor, _for(words, reached), facts, at_most)
    assert step.pays is not None
    pays = Money(step.pays, facts.currency)
    words = because("{amount} for {brought}", amount=pays, brought=reached)
    return _limited_whole(step.pays, words, facts, at_most)


def _for(words: str, reached: str) -> str:
    return because("{reason}, for {brought}", reason=words, brought=reached)


def before(amount: Tiered, facts: OutcomeFacts) -> Brought:
    """Return what the participant brought in the tier's window before this outcome."""
    return facts.brought.get(amount.over, Brought())


def reached_step(amount: Tiered, facts: OutcomeFacts) -> Step | None:
    """Return the step that the participant reaches with this deal, or None where there is none."""
    brought = before(amount, facts)
    place = brought.count + 1 if amount.by is By.COUNT else brought.minor + facts.credited_minor
    for step in reversed(amount.steps_in(facts.currency)):
        if step.start <= place:
            return step if step.end is None or place < step.end else None
    return None


def marginal(amount: Tiered, facts: OutcomeFacts) -> tuple[int, str]:
    """Pay each part of the deal by the step that it lies in; rounded once, on the sum."""
    low = before(amount, facts).minor
    high = low + facts.credited_minor
    exact, parts = Fraction(0), []
    for step in amount.steps_in(facts.currency):
        end = high if step.end is None else min(step.end, high)
        inside = end - max(step.start, low)
        if inside > 0 and step.bps is not None:
            exact += Fraction(inside * step.bps, 10_000)
            parts.append(_part_of(step.bps, inside, facts.currency))
    none = because("no part of it in a step")
    return round_half_away(exact), both(parts) if parts else none


def brought_in_words(amount: Tiered, facts: OutcomeFacts) -> str:
    """Say what the participant brought in the window, this deal included: "deal 11 of the year"."""
    brought = before(amount, facts)
    if amount.by is By.COUNT:
        place = brought.count + 1
        return because("deal {number} {window}", number=place, window=_of(amount.over))
    total = Money(brought.minor + facts.credited_minor, facts.currency)
    return because("{amount} brought {window}", amount=total, window=_of(amount.over))


def _of(over: Window) -> str:
    if over.period is not None:
        return because("of the {period}", period=over.period.value)
    if over.days is None:
        return because("of all")
    return because("of the last {days} days", days=over.days)
