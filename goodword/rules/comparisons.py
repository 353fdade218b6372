"""Comparisons: what a program gave against what another would have given, and who is better off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from goodword.rules.figures import FigurePolicy, ltv_to_cac, months_of_cost, roi, rounded
from goodword.rules.histories import Days, Outlook, PastReward, Person


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: an amount before and after, in minor units of `currency`."""

    name: str
    currency: str
    before_minor: int
    after_minor: int

    @property
    def change_minor(self) -> int:
        """How much more it would be."""
        return self.after_minor - self.before_minor


@dataclass(frozen=True, slots=True)
class Worth:
    """What a program costs and brings in one currency (minor units).

    `cost_minor` are the rewards that stay, and the running cost of `months` months. `return_` is
    the return on it in percent; `lifetime_minor` what its `customers` brought so far by all their
    deals; `ltv_to_cac` that over the cost. None: there is nothing to divide by.
    """

    revenue_minor: int
    cost_minor: int
    months: int
    customers: int
    lifetime_minor: int
    return_: Decimal | None
    ltv_to_cac: Decimal | None


@dataclass(frozen=True, slots=True)
class Difference:
    """The rewards of one participant for one outcome, where the two do not give the same.

    `minor` are after caps, `kept_minor` what stays of it. A reason says what gave what, and why.
    """

    subject: str
    participant_id: int
    currency: str
    before_minor: int
    after_minor: int
    before_kept_minor: int
    after_kept_minor: int
    before_reason: str
    after_reason: str


_NOTHING = "nothing"


def lines(before: Outlook, after: Outlook, name: Callable[[PastReward], str]) -> list[Line]:
    """Sum what stays of rewards by what they are called, in the order of the names."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for place, outlook in enumerate((before, after)):
        for reward in outlook.rewards:
            sums[name(reward), reward.currency][place] += reward.kept_minor
    return [Line(*key, *both) for key, both in sorted(sums.items())]


def by_participant(before: Outlook, after: Outlook, people: Mapping[int, Person]) -> list[Line]:
    """Sum what stays by participant (their key): who gains most first, who loses most last."""
    found = lines(before, after, lambda reward: people[reward.participant_id].key)
    return sorted(found, key=lambda line: (line.currency, -line.change_minor, line.name))


def by_month(
    before: Mapping[tuple[date, str], int], after: Mapping[tuple[date, str], int]
) -> list[Line]:
    """Put payments of months side by side."""
    return [
        Line(
            f"{month:%Y-%m}",
            currency,
            before.get((month, currency), 0),
            after.get((month, currency), 0),
        )
        for month, currency in sorted(before.keys() | after.keys())
    ]


def differences(before: Outlook, after: Outlook) -> list[Difference]:
    """Return every outcome for which a participant is not given the same, oldest first."""
    recorded, simulated = _by_outcome(before.rewards), _by_outcome(after.rewards)
    found = (
        _difference(key, recorded.get(key, []), simulated.get(key, []))
        for key in dict.fromkeys((*recorded, *simulated))
    )
    return [
        each
        for each in found
        if (each.before_minor, each.before_kept_minor) != (each.after_minor, each.after_kept_minor)
    ]


_Key = tuple[str, int, str]


def _by_outcome(rewards: Iterable[PastReward]) -> dict[_Key, list[PastReward]]:
    found: dict[_Key, list[PastReward]] = defaultdict(list)
    for reward in rewards:
        found[reward.subject, reward.participant_id, reward.currency].append(reward)
    return found


def _difference(key: _Key, before: list[PastReward], after: list[PastReward]) -> Difference:
    return Difference(
        *key,
        sum(each.minor for each in before),
        sum(each.minor for each in after),
        sum(each.kept_minor for each in before),
        sum(each.kept_minor for each in after),
        *(
            "; ".join(f"“{each.rule}”: {each.reason}" for each in rewards) or _NOTHING
            for rewards in (before, after)
        ),
    )


def worth(
    outlook: Outlook,
    currency: str,
    lifetimes: Mapping[str, int],
    policy: FigurePolicy,
    days: Days,
) -> Worth:
    """Say what a program costs and brings in one currency.

    Args:
        outlook: what it gave in `days`.
        currency: of all amounts.
        lifetimes: what the customers of the outlook brought so far, by currency.
        policy: the running costs.
        days: the days of the outlook.
    """
    months = months_of_cost(days.first, days.last)
    rewards = sum(each.kept_minor for each in outlook.rewards if each.currency == currency)
    cost = rewards + policy.monthly_cost.get(currency, 0) * months
    revenue, lifetime = outlook.proceeds.minor[currency], lifetimes.get(currency, 0)
    return Worth(
        revenue,
        cost,
        months,
        len(outlook.proceeds.customers.get(currency, ())),
        lifetime,
        rounded(roi(revenue, cost)),
        rounded(ltv_to_cac(lifetime, cost)),
    )
