"""Live claims: what tonight means for each: kept, extended, expired, won or lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from goodword.rules.registrations import RegistrationPolicy, window_end


@dataclass(frozen=True, slots=True)
class RegistrationFacts:
    """What is known of a live claim tonight. `won_on` is a win inside its window."""

    registration_id: int
    submitted_on: date
    expires_on: date
    extensions_used: int
    won_on: date | None = None
    lost_on: date | None = None
    moved_forward_on: tuple[date, ...] = ()
    active_on: tuple[date, ...] = ()


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
        return Expire(f"all {policy.max_extensions} extensions are used")
    return Expire(f"no progress in the last {policy.progress_within_days} days of the window")


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
        facts = replace(
            facts,
            expires_on=decision.until,
            extensions_used=facts.extensions_used + 1,
        )


def _is_within(on: date | None, first: date, last: date) -> bool:
    return on is not None and first <= on <= last


def _progress(facts: RegistrationFacts, policy: RegistrationPolicy, today: date) -> str:
    last = min(today, facts.expires_on)
    since = last - timedelta(days=policy.progress_within_days)
    moves = [on for on in facts.moved_forward_on if _is_within(on, since, last)]
    if moves:
        return f"the deal moved forward on {max(moves).isoformat()}"
    activity = [on for on in facts.active_on if _is_within(on, since, last)]
    if activity:
        return f"there was activity on {max(activity).isoformat()}"
    return ""


def _warning(expires_on: date, policy: RegistrationPolicy, today: date) -> int | None:
    left = (expires_on - today).days
    return min((days for days in policy.warn_before_days if left <= days), default=None)
