"""Registrations: every way a claim changes, by the rules at night or by staff.

Each change is one set-based statement with its messages and audit events in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, text

from goodword.actions import audit, extensions, messages
from goodword.db.bulk import stage
from goodword.db.queries import places
from goodword.db.queries.disputes import IS_PENDING
from goodword.rules import registrations as rules

State = rules.RegistrationState


class RegistrationRefused(Exception):
    """Staff asked for a change that this claim cannot take; the sentence says why."""


class Change(NamedTuple):
    """The next state of one claim. `expires_on`, `with_id` and `deal` are kept where None.

    `happened_on` is when it came about, where that is not tonight. `told` are those of `reasons`
    that the partner may read; all of them where None. `is_ruled`: by a ruling in a dispute, which
    may do what staff may not: end a claim that was won, and put back one that ended. `seen_until`:
    it is about a claim whose last day was this one, and is left alone when that has changed.
    """

    registration_id: int
    participant_id: int
    state: rules.RegistrationState
    reasons: tuple[str, ...]
    actor: str = audit.NIGHT
    expires_on: date | None = None
    with_id: int | None = None
    deal: str | None = None
    extensions: int = 0
    submitted_on: date | None = None
    happened_on: date | None = None
    told: tuple[str, ...] | None = None
    is_ruled: bool = False
    seen_until: date | None = None


def apply(tx: Connection, changes: Sequence[Change], today: date) -> list[Change]:
    """Write changes of claims; one that is so already changes nothing.

    A claim that waits for staff stays `submitted` and takes the reasons. One that changed
    meanwhile, so that the change does not follow from its state any more, is left alone. A second
    live claim in one place is refused by the database.

    Returns:
        The changes that were written.
    """
    rows = [
        (
            change.registration_id,
            change.state.value,
            _as_json(change.reasons),
            change.actor,
            change.expires_on,
            change.with_id,
            change.deal,
            change.extensions,
            _as_array(_follows(change)),
            change.seen_until,
        )
        for change in changes
    ]
    late = _ended_before_approval(tx, changes, today)
    stage(tx, "changes", _COLUMNS, rows, "id")
    written = {row.id: row for row in tx.execute(_APPLY, {"today": today}).all()}
    done = [change for change in changes if change.registration_id in written]
    news = (c for c in done if c.registration_id in late or _is_news(c, today))
    letters = (_letter(change, written[change.registration_id], today) for change in news)
    messages.queue(tx, [letter for letter in letters if letter], today)
    events = [_event(change, today) for change in done]
    audit.record(tx, events + extensions.close(tx, _closings(done), today))
    return done


# Thousands of claims of one night have the same few reasons and states.
_as_json = lru_cache(1_000)(json.dumps)


@lru_cache(100)
def _as_array(words: tuple[str, ...]) -> str:
    """Write an array as COPY takes it."""
    return f"{{{','.join(words)}}}"


def _is_news(change: Change, today: date) -> bool:
    return change.happened_on is None or messages.is_news(change.happened_on, today)


def _ended_before_approval(tx: Connection, changes: Sequence[Change], today: date) -> set[int]:
    """Return the claims whose deal ended while staff had them, longer ago than what is news.

    Their partners were told that the claim came in, and the approval came after the end: the end is
    what they must hear, however long ago it was.
    """
    old = {
        change.registration_id: change.happened_on
        for change in changes
        if change.state in {State.WON, State.LOST} and not _is_news(change, today)
    }
    given = {"ids": list(old), "ends": list(old.values())}
    return set(tx.execute(_ENDED_BEFORE, given).scalars()) if old else set()


_ENDED_BEFORE = text("""
SELECT r.id FROM unnest(CAST(:ids AS bigint[]), CAST(:ends AS date[])) AS ended (id, on_day)
JOIN registrations r USING (id)
JOIN messages m ON m.fact = 'registration:' || r.id || '\\:received'
WHERE r.decided_on > ended.on_day
""")


_COLUMNS = {
    "id": "bigint",
    "state": "text",
    "reasons": "jsonb",
    "actor": "text",
    "expires_on": "date",
    "with_id": "bigint",
    "deal": "text",
    "extensions": "int",
    "follows": "text[]",
    "seen_until": "date",
}

_APPLY = text("""
UPDATE registrations r
SET state = c.state, reasons = c.reasons,
    expires_on = COALESCE(c.expires_on, r.expires_on),
    conflicts_with_id = COALESCE(c.with_id, r.conflicts_with_id),
    opportunity_crm_id = COALESCE(r.opportunity_crm_id, c.deal),
    extensions_used = r.extensions_used + c.extensions,
    decided_on = CASE WHEN c.state = 'submitted' THEN r.decided_on ELSE :today END,
    decided_by = CASE WHEN c.state = 'submitted' THEN r.decided_by ELSE c.actor END
FROM changes c
WHERE r.id = c.id AND r.state = ANY(c.follows)
  AND (c.seen_until IS NULL OR r.expires_on = c.seen_until)
  AND (r.state, r.reasons, r.expires_on) IS DISTINCT FROM
      (c.state, c.reasons, COALESCE(c.expires_on, r.expires_on))
RETURNING r.id, r.company, r.expires_on,
    CASE WHEN c.state = 'approved' THEN EXISTS (
        SELECT FROM opportunities o WHERE o.crm_id = r.opportunity_crm_id AND o.is_closed
          AND NOT o.is_deleted AND (NOT o.is_won OR o.won_at >= r.submitted_at)
    ) END AS deal_has_ended
""")


# What each state may follow, when the rules decide and when staff does.
_AT_NIGHT = {
    State.SUBMITTED: (State.SUBMITTED,),
    State.APPROVED: (State.SUBMITTED,),
    State.CONFLICTING: (State.SUBMITTED,),
    State.REJECTED: (State.SUBMITTED,),
    State.EXTENDED: rules.LIVE,
    State.EXPIRED: rules.LIVE,
    State.WON: rules.LIVE,
    State.LOST: rules.LIVE,
    State.WITHDRAWN: (State.SUBMITTED,),
}
_BY_STAFF = {
    State.APPROVED: (State.SUBMITTED, State.CONFLICTING, State.REJECTED),
    State.REJECTED: (State.SUBMITTED, State.CONFLICTING),
    State.EXTENDED: rules.LIVE,
    State.WITHDRAWN: (State.SUBMITTED, State.CONFLICTING, *rules.LIVE),
}

_NOT_HOLDING = (State.SUBMITTED, State.CONFLICTING, State.REJECTED, State.WITHDRAWN)
_BY_RULING = {
    State.WITHDRAWN: (*rules.LIVE, State.WON),
    State.APPROVED: _NOT_HOLDING,
    State.WON: _NOT_HOLDING,
}


def may_become(state: rules.RegistrationState) -> tuple[rules.RegistrationState, ...]:
    """Return the states in which staff may give a claim this one; none for what only happens."""
    return _BY_STAFF.get(state, ())


def _follows(change: Change) -> tuple[rules.RegistrationState, ...]:
    if change.is_ruled:
        return _BY_RULING[change.state]
    return (_AT_NIGHT if change.actor == audit.NIGHT else _BY_STAFF)[change.state]


def _closings(done: Sequence[Change]) -> list[extensions.Closing]:
    """Return the changes that answer a request for more days, if one is open."""
    return [
        extensions.Closing(
            change.registration_id,
            change.state is State.EXTENDED,
            change.actor,
            "; ".join(change.reasons),
        )
        for change in done
        if change.state not in {State.SUBMITTED, State.APPROVED}
    ]


def _event(change: Change, today: date) -> audit.Event:
    action = "asked staff" if change.state is State.SUBMITTED else change.state.value
    facts = {"expires_on": change.expires_on, "conflicts_with": change.with_id, "deal": change.deal}
    return audit.Event(
        change.actor,
        action,
        "registration",
        change.registration_id,
        "; ".join(change.reasons),
        {name: value for name, value in facts.items() if value is not None},
        on=None if change.actor == audit.NIGHT else today,
    )


def _letter(change: Change, row: Row[Any], today: date) -> messages.Letter | None:
    if change.state in {State.SUBMITTED, State.WITHDRAWN}:
        return None
    fact = f"registration:{change.registration_id}:{change.state.value}"
    context: dict[str, object] = {"company": row.company}
    if change.state is State.REJECTED:
        context["reasons"] = list(change.reasons if change.told is None else change.told)
    elif change.state is State.CONFLICTING and change.submitted_on:
        context["submitted_on"] = change.submitted_on.isoformat()
    elif change.state in {State.APPROVED, State.EXTENDED, State.EXPIRED}:
        if change.state is not State.EXPIRED and row.expires_on < today:
            return None  # a step on the way to what a missed night means: the last one is told
        if row.deal_has_ended:
            return None  # its deal is won or lost already, and tonight's review tells that
        until = row.expires_on.isoformat()
        fact, context["until"] = f"{fact}:{until}", until
    template = f"registration_{change.state.value}"
    return messages.Letter(fact, template, change.participant_id, context)


# By staff ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """How a claim stood on the screen of who decides."""

    state: rules.RegistrationState
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class StaffRuling:
    """What staff wants of one claim: its next state, with their reason.

    The partner reads the reason of a refusal; `note` beside it is for staff only. `seen` is how the
    claim stood for who decides: when it stands otherwise by now, they must look again.
    """

    registration_id: int
    state: rules.RegistrationState
    reason: str
    actor: str
    note: str = ""
    seen: Seen | None = None


def decide(
    tx: Connection,
    ruling: StaffRuling,
    policy: rules.RegistrationPolicy,
    zone: str,
    today: date,
) -> None:
    """Let staff change one claim; approved, it is protected for the window of its partner's kind.

    A claim on the whole account and one on a division of it stand in each other's way, as at night.

    Raises:
        RegistrationRefused: there is no such claim, its state does not allow the change, no
            reason is given or it names a rival to the partner, the window is over, another live
            claim holds the place, a dispute about it is not closed, it is not as it was seen, the
            state is one that only comes about, such as won, or nobody but the night decides.
    """
    name = f"registration {ruling.registration_id}"
    if ruling.state not in _BY_STAFF:
        raise RegistrationRefused(f"only the program says that a claim is {ruling.state}")
    if not ruling.reason.strip():
        raise RegistrationRefused("a decision by a person needs its reason: give one")
    if ruling.actor == audit.NIGHT:
        raise RegistrationRefused(f"{audit.NIGHT} is the program itself: give a person's name")
    places.lock(tx)  # of two approved at once the second must see the first
    tx.execute(_LOCK, {"id": ruling.registration_id})
    row = tx.execute(_RULED, {"id": ruling.registration_id, "zone": zone}).one_or_none()
    if row is None:
        raise RegistrationRefused(f"there is no {name}: `goodword registrations list` shows them")
    allowed = _BY_STAFF[ruling.state]
    if row.state not in allowed:
        *first, last = allowed
        one = f"one that is {', '.join(first)} or {last}"
        raise RegistrationRefused(f"{name} is {row.state}; only {one} can be {ruling.state}")
    if obstacle := _obstacle(ruling, name, row, today):
        raise RegistrationRefused(obstacle)
    expires_on = _window(ruling.state, row, policy.of(row.kind), today)
    if expires_on and expires_on < today:
        raise RegistrationRefused(f"the window of {name} would have ended on {expires_on}")
    change = Change(
        ruling.registration_id,
        row.participant_id,
        ruling.state,
        (ruling.reason, ruling.note) if ruling.note.strip() else (ruling.reason,),
        ruling.actor,
        expires_on=expires_on,
        extensions=int(ruling.state is State.EXTENDED),
        told=(ruling.reason,),
    )
    apply(tx, [change], today)


def _obstacle(ruling: StaffRuling, name: str, row: Row[Any], today: date) -> str | None:
    """Say what stands in the way of a change that the claim's own state allows."""
    state = ruling.state
    if ruling.seen and ruling.seen != Seen(State(row.state), row.expires_on):
        until = f" until {row.expires_on}" if row.expires_on else ""
        return f"{name} is {row.state}{until} by now, which is not what you saw: look again"
    if state in {State.APPROVED, State.REJECTED} and row.dispute is not None:
        return f"{name} is in dispute {row.dispute}: what is ruled there decides"
    if state is State.APPROVED and row.rival is not None:
        return (
            f"registration {row.rival} protects this account: withdraw it first, or refuse {name}"
        )
    if state is State.REJECTED and (other := rules.name_in(ruling.reason, row.rival_names)):
        return f"the partner reads the reason, and it names {other}: say who it is in the note"
    if state is State.EXTENDED and row.expires_on < today:
        return f"{name} ended on {row.expires_on}: nothing is extended after its last day"
    return None


def _window(
    state: rules.RegistrationState, row: Row[Any], policy: rules.RegistrationPolicy, today: date
) -> date | None:
    if state is State.APPROVED:
        return policy.last_day(row.submitted_on, today)
    if state is State.EXTENDED:
        return rules.window_end(row.expires_on, policy.extension_days)
    return None


_LOCK = text("SELECT FROM registrations WHERE id = :id FOR UPDATE")

_RULED = text(f"""
SELECT r.state, r.participant_id, r.expires_on, p.kind,
       (r.submitted_at AT TIME ZONE :zone)::date AS submitted_on,
       (SELECT min(rival.id) FROM registrations rival
        WHERE rival.claim_key = r.claim_key AND rival.id <> r.id
          AND {places.overlap("rival", "r")} AND rival.state IN ('approved', 'extended')) AS rival,
       ARRAY(SELECT unnest(ARRAY[other.key, other.name, other.email])
             FROM registrations rival JOIN participants other ON other.id = rival.participant_id
             WHERE rival.claim_key = r.claim_key AND other.id <> p.id) AS rival_names,
       (SELECT min(d.id) FROM disputes d
        WHERE r.id IN (d.registration_id, d.rival_id) AND d.{IS_PENDING}) AS dispute
FROM registrations r JOIN participants p ON p.id = r.participant_id
WHERE r.id = :id
""")
