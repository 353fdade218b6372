"""New claims: taken in by every door in one way, and what the rules say of them written down."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from goodword.actions import imports, messages
from goodword.actions.import_files import RawRow
from goodword.actions.registrations import Change, apply
from goodword.db.queries import new_claims as queries
from goodword.db.queries import places
from goodword.db.session import instant
from goodword.phrases import because
from goodword.rules import new_claims as rules
from goodword.rules.imports import Kind
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.registrations import RegistrationState as State
from goodword.rules.review_times import Waiting

# By every door ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Submission:
    """A claim as its partner makes it: text, as a row of a file of registrations has it.

    `key` is the door's own name for it, for good: the same key is the same claim. Empty is what is
    not said; without `submitted_at` it was submitted now. `source_id` is its number at the door:
    the CRM's id of a lead or a custom object.
    """

    key: str
    participant: str
    company: str = ""
    domain: str = ""
    division: str = ""
    opportunity_id: str = ""
    submitted_at: str = ""
    evidence: str = ""
    expected_amount: str = ""
    currency: str = ""
    expected_close_on: str = ""
    source_id: str | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """Which way claims come in: `source` is "staff", "partner", "crm_lead" or "crm_object".

    `today` is the business date, `zone` the program's. `now` is when what names no time was
    submitted; the database's clock, which all doors share, where none is given.
    """

    source: str
    actor: str
    today: date
    zone: ZoneInfo
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """A claim that is recorded, and whether it was this submission that made it."""

    registration_id: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class SubmissionRefused:
    """A claim that was not taken in; every problem is a sentence about one column."""

    problems: tuple[str, ...]


def staff_key(*said: str) -> str:
    """Name a claim that staff takes down by its words: the same words are the same claim."""
    words = "\n".join(" ".join(word.split()).casefold() for word in said)
    return f"staff:{hashlib.sha256(words.encode(errors='replace')).hexdigest()[:16]}"


_COLUMNS = tuple(each.name for each in fields(Submission) if each.name != "source_id")


def submit(tx: Connection, submission: Submission, door: Door) -> Submitted | SubmissionRefused:
    """Take in one claim, with its audit event and the letter that it was received.

    A submission that comes again changes nothing, but for what a file may correct too (the name's
    spelling, the expected amount and day).
    """
    return submit_all(tx, [submission], door)[0]


def submit_all(
    tx: Connection, submissions: Sequence[Submission], door: Door
) -> list[Submitted | SubmissionRefused]:
    """Take in many claims of one door at once; returns what became of each, in their order.

    Submissions follow one another until they are committed, so that one with an earlier time is
    never seen later: do it first in a transaction, and little else in it.
    """
    tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SUBMISSIONS_LOCK})
    keys = {"keys": [key for each in submissions if (key := each.key.strip()).isprintable()]}
    before = {row.key: row.submitted_at for row in tx.execute(_RECORDED, keys)}
    now = door.now or instant(tx)
    rows = [
        RawRow(place, place, _cells(each, before.get(each.key.strip(), now)))
        for place, each in enumerate(submissions)
    ]
    source_ids = {s.key.strip(): s.source_id for s in submissions if s.source_id is not None}
    batch = imports.Batch(
        Kind.REGISTRATIONS, door.today, door.zone, door.actor, door.source, source_ids
    )
    refused = {row.line: row.reasons for row in imports.save(tx, batch, rows).refused}
    known = {row.key: row.id for row in tx.execute(_RECORDED, keys)}
    return [
        SubmissionRefused(refused[place])
        if place in refused
        else Submitted(known[each.key.strip()], each.key.strip() not in before)
        for place, each in enumerate(submissions)
    ]


def _cells(submission: Submission, at: datetime) -> dict[str, str]:
    cells = {column: getattr(submission, column) for column in _COLUMNS}
    cells["submitted_at"] = cells["submitted_at"].strip() or at.isoformat()
    return cells


_SUBMISSIONS_LOCK = 0x636C6D73
_RECORDED = text("SELECT id, key, submitted_at FROM registrations WHERE key = ANY(:keys)")


# By staff, in the time that was promised ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reminder:
    """What staff is reminded of: claims that wait too long, oldest first; and who is.

    `hours` is what was promised for the oldest. `is_escalated`: it goes to who is above staff.
    """

    recipient: str
    late: Sequence[Waiting]
    hours: int
    is_escalated: bool = False


def remind(tx: Connection, reminder: Reminder, zone: ZoneInfo, today: date) -> int:
    """Remind somebody, at most once a day, of the claims that wait; returns how many letters."""
    if not reminder.recipient or not reminder.late:
        return 0
    oldest = reminder.late[0]
    context: dict[str, object] = {
        "count": len(reminder.late),
        "company": oldest.company,
        "submitted_on": oldest.submitted_at.astimezone(zone).date().isoformat(),
        "hours": reminder.hours,
        "command": "goodword registrations list --state submitted",
    }
    fact = f"claims:{today.isoformat()}" + (":late" if reminder.is_escalated else "")
    letter = messages.StaffLetter(fact, "claims_waiting", reminder.recipient, context)
    return messages.queue_for_staff(tx, letter, today)


# By the rules -----------------------------------------------------------------------------------


def decide(
    tx: Connection, ids: list[int], policy: RegistrationPolicy, zone: str, today: date
) -> Counter[str]:
    """Decide new claims in the order they were submitted; returns counts by outcome.

    What staff gives away at this moment is waited for, and seen.
    """
    places.lock(tx)
    facts = queries.claim_facts(tx, ids, zone)
    return record_verdicts(tx, rules.decide_in_order(facts, policy, today), today)


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
        return Change(*who, State.APPROVED, (because("qualified"),), expires_on=verdict.expires_on)
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
