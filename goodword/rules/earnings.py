"""Earnings: from outcomes to rewards, by the incentives in force when each claim was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from goodword.money import Money
from goodword.rules.caps import Used, apply_cap, period_start
from goodword.rules.incentives import IN_KIND, Incentive, Outcome, OutcomeFacts, try_rules
from goodword.rules.rewards import payable_on


@dataclass(frozen=True, slots=True)
class Earning:
    """One outcome of one participant that may be rewarded, and the program version it goes by."""

    participant_id: int
    facts: OutcomeFacts
    outcome_on: date
    program_version_id: int
    conversion_id: int | None = None
    referral_id: int | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What one program version says about rewards."""

    incentives: tuple[Incentive, ...]
    hold_days: int


@dataclass(frozen=True, slots=True)
class Earned:
    """One reward: what the rule gives, what is left after caps (minor units), and the way there."""

    earning: Earning
    incentive: Incentive
    computed_minor: int
    amount_minor: int
    reason: str
    payable_on: date


@dataclass(slots=True)
class CapBook:
    """What participants already got by each incentive, and when; it grows with each reward."""

    given: dict[tuple[int, str], list[tuple[date, Money]]] = field(default_factory=dict)

    def add(self, participant_id: int, incentive: str, on: date, money: Money) -> None:
        """Note one reward."""
        self.given.setdefault((participant_id, incentive), []).append((on, money))

    def used(self, participant_id: int, incentive: Incentive, on: date, currency: str) -> Used:
        """Return what counts against the incentive's cap in the period of `on`."""
        if incentive.cap is None:
            return Used()
        start = period_start(on, incentive.cap.per)
        in_period = [
            money
            for day, money in self.given.get((participant_id, incentive.name), ())
            if period_start(day, incentive.cap.per) == start and money.minor
        ]
        same = (money.minor for money in in_period if money.currency == currency)
        return Used(len(in_period), sum(same))


def earn(
    earnings: Iterable[Earning],
    versions: Mapping[int, Rules],
    book: CapBook,
) -> list[Earned]:
    """Work out the rewards of outcomes, in the order given; caps see the ones before."""
    earned = []
    for earning in earnings:
        rules = versions[earning.program_version_id]
        for trial in try_rules(rules.incentives, earning.facts):
            if trial.minor is None:
                continue
            incentive = trial.incentive
            money = Money(trial.minor, earning.facts.currency)
            who, on = earning.participant_id, earning.outcome_on
            capped = apply_cap(money, incentive.cap, book.used(who, incentive, on, money.currency))
            book.add(who, incentive.name, on, Money(capped.minor, money.currency))
            hold = rules.hold_days if incentive.hold_days is None else incentive.hold_days
            reason = "; ".join(filter(None, (trial.reason, capped.reason)))
            earned.append(
                Earned(earning, incentive, money.minor, capped.minor, reason, payable_on(on, hold))
            )
    return earned


def expected(
    incentives: tuple[Incentive, ...], kind: str, tier: str, worth: Money | None
) -> Money | None:
    """Return the money that a qualified lead would earn if its deal closed for `worth`, or None.

    None when the deal has no amount yet, or no money would be paid: none is promised then.
    """
    if worth is None:
        return None
    facts = OutcomeFacts(Outcome.CONVERTED, kind, tier, worth.minor, worth.minor, worth.currency)
    trials = try_rules(incentives, facts)
    minor = sum(trial.minor or 0 for trial in trials if trial.incentive.pay not in IN_KIND)
    return Money(minor, worth.currency) if minor else None
