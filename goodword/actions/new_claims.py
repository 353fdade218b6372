"""New claims: what the rules say of them, written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from goodword.actions.registrations import Change, apply
from goodword.rules import new_claims as rules
from goodword.rules.registrations import RegistrationState as State


def record_verdicts(
    tx: Connection,
    verdicts: Sequence[tuple[rules.ClaimFacts, rules.Verdict]],
    today: date,
) -> Counter[str]:
    """Write down what the rules say of new claims; returns counts by outcome."""
    changes = [_of_verdict(facts, verdict) for facts, verdict in verdicts]
    apply(tx, changes, today)
    names = {State.SUBMITTED: "waiting for staff"}
    return Counter(names.get(change.state, change.state.value) for change in changes)


def _of_verdict(facts: rules.ClaimFacts, verdict: rules.Verdict) -> Change:
    who = (facts.registration_id, facts.participant_id)
    if isinstance(verdict, rules.Approve):
        return Change(*who, State.APPROVED, ("qualified",), expires_on=verdict.expires_on)
    if isinstance(verdict, rules.Conflict):
        return Change(
            *who,
            State.CONFLICTING,
            verdict.reasons,
            with_id=verdict.with_id,
            submitted_on=facts.submitted_on,
        )
    if isinstance(verdict, rules.Reject):
        every = verdict.reasons + verdict.for_staff
        return Change(*who, State.REJECTED, every, told=verdict.reasons)
    return Change(*who, State.SUBMITTED, verdict.reasons)
