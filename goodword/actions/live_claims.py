"""Live claims: what the rules say of them tonight, written down, and their partners warned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from goodword.actions import messages
from goodword.actions.registrations import Change, apply
from goodword.db.queries.live_claims import LiveClaim
from goodword.phrases import because
from goodword.rules import live_claims as rules
from goodword.rules.registrations import RegistrationState as State


class Reviewed(NamedTuple):
    """What tonight means for one live claim, and the deal that won it, if one did."""

    registration_id: int
    participant_id: int
    decision: rules.Decision
    won_by: str | None
    expires_on: date
    company: str


def record_courses(
    tx: Connection, followed: Sequence[tuple[LiveClaim, rules.Course]], today: date
) -> Counter[str]:
    """Write down where live claims go tonight, step by step; returns counts by outcome.

    A claim may be extended and then reviewed again: first everybody's first step is written, then …
    """
    counts = Counter[str]()
    for step in range(max((len(course.decisions) for _, course in followed), default=0)):
        reviewed = [
            Reviewed(
                claim.facts.registration_id,
                claim.participant_id,
                course.decisions[step],
                course.won_by,
                _expires_on(claim.facts, course.decisions[:step]),
                claim.company,
            )
            for claim, course in followed
            if step < len(course.decisions)
        ]
        counts += record_reviews(tx, reviewed, today)
    return counts


def _expires_on(facts: rules.RegistrationFacts, before: tuple[rules.Decision, ...]) -> date:
    until = [step.until for step in before if isinstance(step, rules.Extend)]
    return until[-1] if until else facts.expires_on


def record_reviews(tx: Connection, reviewed: Sequence[Reviewed], today: date) -> Counter[str]:
    """Write down what the rules say of live claims, and warn; returns counts by outcome."""
    changes, warnings = [], []
    for review in reviewed:
        if not isinstance(review.decision, rules.Keep):
            changes.append(_change(review, review.decision))
        elif review.decision.warn_days is not None:
            warnings.append(_warning(review, review.decision.warn_days, today))
    # What is changed comes last: whoever has the trail's lock keeps it until the end.
    warned = messages.queue(tx, warnings, today)
    written = apply(tx, changes, today) if changes else []
    counts = Counter(change.state.value for change in written)
    counts["kept"] = len(reviewed) - len(changes)
    counts["warned"] = warned
    return +counts


def _change(
    review: Reviewed, decision: rules.Extend | rules.Expire | rules.Win | rules.Lose
) -> Change:
    who = (review.registration_id, review.participant_id)
    match decision:
        case rules.Extend(until, reason):
            why, seen = (reason,), review.expires_on
            return Change(
                *who, State.EXTENDED, why, expires_on=until, extensions=1, seen_until=seen
            )
        case rules.Expire(reason):
            why, seen = (reason,), review.expires_on
            return Change(*who, State.EXPIRED, why, happened_on=seen, seen_until=seen)
        case rules.Win(won_on):
            why = (because("won on {on}", on=won_on),)
            return Change(*who, State.WON, why, deal=review.won_by, happened_on=won_on)
        case rules.Lose(lost_on):
            why = (because("the deal was lost on {on}", on=lost_on),)
            return Change(*who, State.LOST, why, happened_on=lost_on)


def _warning(review: Reviewed, days: int, today: date) -> messages.Letter:
    until = review.expires_on.isoformat()
    fact = f"registration:{review.registration_id}:expiring:{until}:{days}"
    context = {
        "company": review.company,
        "until": until,
        "days": (review.expires_on - today).days,
    }
    return messages.Letter(fact, "registration_expiring", review.participant_id, context)
