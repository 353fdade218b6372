"""The audit trail: who did what, when, why, to what, each event holding the hash of the one before.

Record events last in a transaction: the trail is one chain, so writers follow one another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, text

from goodword.db.bulk import append
from goodword.db.session import instant

NIGHT = "night"
"""The actor of what the rules decide by themselves."""

_quoted = json.encoder.encode_basestring_ascii
_in_order = json.JSONEncoder(sort_keys=True, default=str).encode
_CHAIN_LOCK = 0x61756474
_BEFORE_THE_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one subject ("registration", 17).

    `on` is the day that a person gave it, kept among the facts; what the night does has its own.
    """

    actor: str
    action: str
    subject: str
    subject_id: int
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    on: date | None = None


def link(previous_hash: str, number: int, at: str, event: Event, facts: str) -> str:
    """Return the hash of one event (SHA-256, hexadecimal) over everything it says.

    `at` is the instant as ISO 8601 writes it.
    """
    # The JSON of a list of all nine, written by hand: an encoder made for each costs twice as much.
    said = (
        f"[{_quoted(previous_hash)}, {number}, {_quoted(at)}, {_quoted(event.actor)}, "
        f"{_quoted(event.action)}, {_quoted(event.subject)}, {event.subject_id}, "
        f"{_quoted(event.reason)}, {_quoted(facts)}]"
    )
    return hashlib.sha256(said.encode()).hexdigest()


def record(tx: Connection, events: Sequence[Event]) -> None:
    """Append events to the trail, in order, in the caller's transaction."""
    if not events:
        return
    # What does not depend on the event before comes first: other writers wait for the rest.
    facts_of = [_in_order({**one.facts, "on": one.on} if one.on else one.facts) for one in events]
    tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CHAIN_LOCK})
    at = instant(tx)
    last = tx.execute(
        text("SELECT id, hash FROM audit_events ORDER BY id DESC LIMIT 1")
    ).one_or_none()
    number, previous = (last.id, last.hash) if last else (0, _BEFORE_THE_FIRST)
    stamped = at.isoformat()
    rows = []
    for event, facts in zip(events, facts_of, strict=True):
        number += 1
        this = link(previous, number, stamped, event, facts)
        rows.append((number, at, *_words(event), facts, previous, this))
        previous = this
    append(tx, "audit_events", _COLUMNS, rows)


def _words(event: Event) -> tuple[str, str, str, int, str]:
    return (event.actor, event.action, event.subject, event.subject_id, event.reason)


_COLUMNS = (
    "id",
    "at",
    "actor",
    "action",
    "subject",
    "subject_id",
    "reason",
    "facts",
    "previous_hash",
    "hash",
)


def first_broken(tx: Connection) -> int | None:
    """Return the id of the first event whose hash does not follow, or None: the trail is whole."""
    previous = _BEFORE_THE_FIRST
    with tx.execute(
        text("SELECT *, facts::text AS facts_text FROM audit_events ORDER BY id"),
        execution_options={"yield_per": 5000},
    ) as rows:
        for expected, row in enumerate(rows, start=1):
            event = Event(row.actor, row.action, row.subject, row.subject_id, row.reason)
            this = link(previous, row.id, row.at.isoformat(), event, row.facts_text)
            if row.id != expected or row.previous_hash != previous or row.hash != this:
                return int(row.id)
            previous = this
    return None


def breaks(tx: Connection, noted: str = "") -> list[str]:
    """Return a sentence for each thing that is wrong with the trail; none when it is whole.

    A chain shows what was changed inside it. That its end was cut off, or all of it written anew,
    only shows by an event that was noted elsewhere.

    Args:
        tx: the caller's transaction.
        noted: an event as ID:HASH (`goodword audit head`); "": none was noted.
    """
    found = []
    broken = first_broken(tx)
    if broken is not None:
        found.append(
            f"the audit trail is broken at event {broken}: it was changed, or the one before it "
            "was changed or removed"
        )
    number, _, noted_hash = noted.partition(":")
    if noted:
        there = tx.execute(
            text("SELECT hash FROM audit_events WHERE id = :id"),
            {"id": int(number) if number.isdecimal() else 0},
        ).scalar_one_or_none()
        if there != noted_hash:
            state = "is not there" if there is None else "is another one"
            found.append(f"event {number} of the audit trail {state}: it was noted as {noted}")
    return found
