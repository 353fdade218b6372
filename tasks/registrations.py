"""Review: new claims and live claims."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import chain
from math import ceil
from typing import TypeVar

from goodword.actions import extensions
from goodword.actions import live_claims as live_actions
from goodword.actions import new_claims as new_actions
from goodword.db.queries import live_claims as live_queries
from goodword.db.queries import new_claims as new_queries
from goodword.rules import live_claims
from goodword.rules.registrations import RegistrationPolicy
from goodword.rules.review_times import overdue
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import effect

_T = TypeVar("_T")

REVIEWED = 20_000
"""Live claims a task: only those that may change or be warned of."""
AT_ONCE = 2
"""Connections: one keeps PostgreSQL busy while this process sees to the other's rows."""


def submitted(today: date) -> list[int]:
    """Return the claims that wait for a decision, first to register first."""
    zone = nights.program(today).time_zone
    with wiring().database.transaction() as tx:
        return new_queries.submitted(tx, today, zone)


def ended(today: date) -> list[int]:
    """Return the live claims whose last day is over.

    They are reviewed before new claims are decided, which then see whether the place is free: the
    night run again finds the same.
    """
    with wiring().database.transaction() as tx:
        return live_queries.ended(tx, today)


def to_review(today: date) -> list[int]:
    """Return the live claims that tonight can mean anything for."""
    policy = nights.program(today).registrations
    every = [policy, *policy.by_kind.values()]
    warned = {days for one in every for days in one.warn_before_days}
    with wiring().database.transaction() as tx:
        return live_queries.to_review(tx, today, warned)


@effect
def decide(ids: list[int], today: date) -> Counter[str]:
    """Decide a chunk of new claims; the chunks follow one another in the order of submission."""
    program = nights.program(today)
    with wiring().database.transaction() as tx:
        return new_actions.decide(tx, ids, program.registrations, program.time_zone, today)


@contextmanager
def collecting_later() -> Iterator[None]:
    """Look for garbage when a chunk is written: until then all that it makes is in use.

    In a process that has imported Prefect every look goes through half a million objects: it took
    two fifths of the CPU of a review.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@effect
def review(ids: list[int], today: date) -> Counter[str]:
    """Decide what tonight means for a chunk of live claims, up to where each one stands.

    All are decided together, as several may be credited for one deal. Before and after that they
    are apart, each part in transactions of its own: while PostgreSQL works for one, this process
    reads or writes another.
    """
    program = nights.program(today)

    def read(part: list[int]) -> list[live_queries.LiveClaim]:
        with wiring().database.transaction() as tx:
            return live_queries.live_facts(tx, part, today, program.time_zone, program.stages.order)

    def write(part: list[tuple[live_queries.LiveClaim, live_claims.Course]]) -> Counter[str]:
        with wiring().database.transaction() as tx:
            return live_actions.record_courses(tx, part, today)

    with collecting_later(), ThreadPoolExecutor(AT_ONCE) as threads:
        found = chain.from_iterable(threads.map(read, _shared_out(ids)))
        claims = list({claim.facts.registration_id: claim for claim in found}.values())
        followed = list(zip(claims, _courses(claims, program.registrations, today), strict=True))
        return sum(threads.map(write, _shared_out(followed)), Counter())


def _shared_out(items: Sequence[_T]) -> Iterator[list[_T]]:
    return nights.chunks(items, max(1, ceil(len(items) / AT_ONCE)))


def _courses(
    claims: list[live_queries.LiveClaim], policy: RegistrationPolicy, today: date
) -> list[live_claims.Course]:
    claimants = [
        live_claims.Claimant(claim.facts, policy.of(claim.kind), claim.submitted_at, claim.wins)
        for claim in claims
    ]
    return live_claims.courses(claimants, today)


@effect
def remind_of_claims(today: date, now: datetime) -> Counter[str]:
    """Remind staff, once a day, of new claims that wait longer than promised; escalate the rest."""
    program = nights.program(today)
    policy, approvals = program.registrations, program.approvals
    with wiring().database.transaction() as tx:
        waiting = new_queries.waiting(tx)
        late = overdue(waiting, policy, now)
        grace = timedelta(days=approvals.escalate_after_days)
        later = overdue(waiting, policy, now, grace)
        hours = policy.of(late[0].kind).review_within_hours if late else 0
        told = [
            new_actions.remind(tx, reminder, program.zone, today)
            for reminder in (
                new_actions.Reminder(program.staff_email, late, hours),
                new_actions.Reminder(approvals.escalate_to, later, hours, is_escalated=True),
            )
        ]
    return +Counter({"reminders of claims": told[0], "escalations of claims": told[1]})


@effect
def remind_of_requests(today: date) -> Counter[str]:
    """Remind staff of the requests for more days that nobody has answered, once a day."""
    with wiring().database.transaction() as tx:
        reminded = extensions.remind(tx, nights.program(today).staff_email, today)
    return +Counter({"reminders of requests": reminded})
