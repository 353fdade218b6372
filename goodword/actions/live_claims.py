"""Live claims: what the rules say of them tonight, written down, and their partners warned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from goodword.actions import messages
from goodword.actions.registrations import Change, apply
from goodword.rules import live_claims as rules
from goodword.rules.registrations import RegistrationState as State


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What tonight means for one live claim, and the deal that won it, if one did."""

    registration_id: int
    participant_id: int
    decision: rules.Decision
    won_by: str | None
    expires_on: date
    company: str


def record_reviews(tx: Connection, reviewed: Sequence[Reviewed], today: date) -> Counter[str]:
    """Write down what the rules say of live claims, and warn; returns counts by outcome."""
    changes = [change for review in reviewed if (change := _of_review(review))]
    if changes:
        apply(tx, changes, today)
    warned = messages.queue(tx, [w for review in reviewed if (w := _warning(review, today))], today)
    counts = Counter(change.state.value for change in changes)
    counts["kept"] = len(reviewed) - len(changes)
    counts["warned"] = warned
    return +counts


def _of_review(review: Reviewed) -> Change | None:
    decision, who = review.decision, (review.registration_id, review.participant_id)
    match decision:
        case rules.Keep():
            return None
        case rules.Extend(until, reason):
            return Change(*who, State.EXTENDED, (reason,), expires_on=until, extensions=1)
        case rules.Expire(reason):
            return Change(*who, State.EXPIRED, (reason,), happened_on=review.expires_on)
        case rules.Win(won_on):
            why = (f"won on {won_on}",)
            return Change(*who, State.WON, why, deal=review.won_by, happened_on=won_on)
        case rules.Lose(lost_on):
            why = (f"the deal was lost on {lost_on}",)
            return Change(*who, State.LOST, why, happened_on=lost_on)


def _warning(review: Reviewed, today: date) -> messages.Letter | None:
    if not isinstance(review.decision, rules.Keep) or review.decision.warn_days is None:
        return None
    until = review.expires_on.isoformat()
    fact = f"registration:{review.registration_id}:expiring:{until}:{review.decision.warn_days}"
    context = {
        "company": review.company,
        "until": until,
        "days": (review.expires_on - today).days,
    }
    return messages.Letter(fact, "registration_expiring", review.participant_id, context)
