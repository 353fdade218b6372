"""Live claims: what tonight means for each: kept, extended, expired, won or lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from goodword.phrases import because
from goodword.rules import divisions
from goodword.rules.registrations import RegistrationPolicy, window_end


class RegistrationFacts(NamedTuple):
    """What is known of a live claim tonight.

    `won_on` is the first win that it may be credited for. `confirmed_on`: when the deal's amount
    was set or changed to at least the amount that the partner expects. `active_on`: of each deal
    the newest activity, which is all that the CRM tells. `seen_through`: the last night before
    tonight that looked at claims, `date.min` before the first; None: no night was missed.
    """

    registration_id: int
    submitted_on: date
    expires_on: date
    extensions_used: int
    won_on: date | None = None
    lost_on: date | None = None
    moved_forward_on: tuple[date, ...] = ()
    confirmed_on: tuple[date, ...] = ()
    active_on: tuple[date, ...] = ()
    seen_through: date | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """Nothing changes tonight.

    `warn_days` is the warning that is due, the same every night until the next one is, so that a
    missed night loses none: it is sent once for each `expires_on` and `warn_days`.
    """

    warn_days: int | None = None


@dataclass(frozen=True, slots=True)
class Extend:
    """The deal is progressing: protected through `until`."""

    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class Expire:
    """The window is over: the account is free from the day after `expires_on`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Win:
    """The deal was won inside the window: the partner is credited."""

    won_on: date


@dataclass(frozen=True, slots=True)
class Lose:
    """The named deal was lost."""

    lost_on: date


Decision = Keep | Extend | Expire | Win | Lose


def review(facts: RegistrationFacts, policy: RegistrationPolicy, today: date) -> Decision:
    """Decide what tonight means for one live claim.

    From its last day on it is extended when the deal is progressing. Only what happened up to the
    last day counts, so that a missed night decides the same as one in time; of a win and a loss
    the earlier stands, as it would have each night.
    """
    last = min(today, facts.expires_on)
    won = facts.won_on if _is_within(facts.won_on, facts.submitted_on, last) else None
    lost = facts.lost_on if _is_within(facts.lost_on, date.min, last) else None
    if won and not (lost and lost < won):
        return Win(won)
    if lost:
        return Lose(lost)
    if today < facts.expires_on:
        return Keep(_warning(facts.expires_on, policy, today))
    progress = _progress(facts, policy, today)
    if progress and facts.extensions_used < policy.max_extensions:
        return Extend(window_end(facts.expires_on, policy.extension_days), progress)
    if today == facts.expires_on:
        return Keep(_warning(facts.expires_on, policy, today))
    if progress:
        return Expire(because("all {number} extensions are used", number=policy.max_extensions))
    days = policy.progress_within_days
    return Expire(because("no progress in the last {days} days of the window", days=days))


def course(
    facts: RegistrationFacts,
    policy: RegistrationPolicy,
    today: date,
) -> tuple[Decision, ...]:
    """Follow one claim until its decision stands: an extension may itself be over by tonight."""
    decisions: list[Decision] = []
    while True:
        decision = review(facts, policy, today)
        decisions.append(decision)
        if not isinstance(decision, Extend):
            return tuple(decisions)
        facts = facts._replace(
            expires_on=decision.until,
            extensions_used=facts.extensions_used + 1,
        )


def _is_within(on: date | None, first: date, last: date) -> bool:
    return on is not None and first <= on <= last


def _progress(facts: RegistrationFacts, policy: RegistrationPolicy, today: date) -> str:
    last = min(today, facts.expires_on)
    since = last - timedelta(days=policy.progress_within_days)

    def newest(days: tuple[date, ...]) -> date | None:
        return max((on for on in days if _is_within(on, since, last)), default=None)

    if moved := newest(facts.moved_forward_on):
        return because("the deal moved forward on {on}", on=moved)
    if confirmed := newest(facts.confirmed_on):
        return because("the amount expected was confirmed on {on}", on=confirmed)
    if active := newest(facts.active_on):
        return because("there was activity on {on}", on=active)
    return _hidden_progress(facts, today)


def _hidden_progress(facts: RegistrationFacts, today: date) -> str:
    """Decide in the claim's favour where activity of its window may be hidden by a later one.

    The CRM tells the newest activity only. When no night looked on the last day, activity after it
    says nothing of the days before: the claim is not lost by nights that did not run.
    """
    if facts.seen_through is None or facts.seen_through >= facts.expires_on:
        return ""
    later = [on for on in facts.active_on if facts.expires_on < on <= today]
    if not later:
        return ""
    return because(
        "there was activity on {on}, and no night ran on the last day, {last}: whether there was "
        "any before it is not known",
        on=max(later),
        last=facts.expires_on,
    )


def _warning(expires_on: date, policy: RegistrationPolicy, today: date) -> int | None:
    left = (expires_on - today).days
    return min((days for days in policy.warn_before_days if left <= days), default=None)


# Several claims that one deal may be credited to ------------------------------------------------


@dataclass(frozen=True, slots=True)
class WonDeal:
    """A won deal that a claim may be credited for, and what tells whether it is the claim's own.

    Attributes:
        crm_id: the deal's id in the CRM.
        won_on: the day of the win.
        is_named: the claim names this very deal.
        claimed: the division that the claim is for; '' is the whole account.
        name: what the CRM calls the deal.
        division: what the CRM's own field says; None where there is none, or it is empty.
    """

    crm_id: str
    won_on: date
    is_named: bool = False
    claimed: str = ""
    name: str = ""
    division: str | None = None


class Claimant(NamedTuple):
    """A live claim with the rules for it and every deal that it may be credited for, in order."""

    facts: RegistrationFacts
    policy: RegistrationPolicy
    submitted_at: datetime
    wins: tuple[WonDeal, ...] = ()


class Course(NamedTuple):
    """Where a claim goes tonight: every decision in turn, and the deal that won it, if one did."""

    decisions: tuple[Decision, ...]
    won_by: str | None


def courses(claimants: Sequence[Claimant], today: date) -> list[Course]:
    """Follow claims until each decision stands; a deal is credited to one of them only.

    Of several it is one that names the deal or whose division the CRM's field says, else the one
    whose division stands in its name (rules/divisions.py), else the first registered. The others
    stay as they are, for the next deal.

    Args:
        claimants: every live claim that could be credited for the same deals is among them.
        today: the business date.

    Returns:
        A course for each claimant, in their order.
    """
    asked = {claimant.facts.registration_id: claimant for claimant in claimants}
    found: dict[int, Course] = {}
    changed = list(asked)
    while changed:
        for number in changed:
            found[number] = _course(asked[number], today)
        changed = []
        for rivals in _rivals(found):
            first = _first([asked[number] for number in rivals])
            for number in rivals:
                if number != first:
                    asked[number] = asked[number]._replace(wins=asked[number].wins[1:])
                    changed.append(number)
    return [found[claimant.facts.registration_id] for claimant in claimants]


def _course(claimant: Claimant, today: date) -> Course:
    first = claimant.wins[0] if claimant.wins else None
    facts = claimant.facts
    if facts.won_on != (first.won_on if first else None):
        facts = facts._replace(won_on=first.won_on if first else None)
    decisions = course(facts, claimant.policy, today)
    is_won = first is not None and isinstance(decisions[-1], Win)
    return Course(decisions, first.crm_id if first and is_won else None)


def _rivals(found: dict[int, Course]) -> list[list[int]]:
    by_deal: dict[str, list[int]] = defaultdict(list)
    for number, its in found.items():
        if its.won_by is not None:
            by_deal[its.won_by].append(number)
    return [numbers for numbers in by_deal.values() if len(numbers) > 1]


def _first(rivals: Sequence[Claimant]) -> int:
    """Return which of several claims on one deal it is credited to."""
    deal = rivals[0].wins[0]
    about = divisions.meant([one.wins[0].claimed for one in rivals], deal.name, deal.division)

    def precedence(one: Claimant) -> tuple[int, datetime, int]:
        return _doubt(one.wins[0], about), one.submitted_at, one.facts.registration_id

    return min(rivals, key=precedence).facts.registration_id


def _doubt(win: WonDeal, about: set[str]) -> int:
    """Return 0 where there is no doubt whose a deal is, 1 where its name says so, 2 elsewhere."""
    if win.is_named:
        return 0
    if win.claimed not in about:
        return 2
    return 0 if divisions.is_said(win.division) else 1
