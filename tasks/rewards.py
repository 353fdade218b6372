"""Compute and approve: from conversions and qualified leads to rewards that are owed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from goodword.actions import approvals, conversions, invoices, rewards
from goodword.db.queries import clawbacks, tiers
from goodword.db.queries import invoices as invoice_queries
from goodword.db.queries import rewards as queries
from goodword.rules.approvals import needed
from goodword.rules.books import CapBook
from goodword.rules.dated_tiers import dated
from goodword.rules.earnings import Earned, Earning, Rules, earn
from goodword.rules.programs import Program
from goodword.rules.refunds import judge
from goodword.rules.suspicions import suspicions
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import effect

COMPUTED = 5_000
"""Outcomes a task: each task has tables to make and a transaction to end, whatever is in it."""


def unrewarded_conversions() -> list[int]:
    """Return the conversions whose rewards are not computed, earliest win first."""
    with wiring().database.transaction() as tx:
        return queries.unrewarded_conversions(tx)


def unrewarded_referrals() -> list[int]:
    """Return the qualified leads whose rewards are not computed, earliest first."""
    with wiring().database.transaction() as tx:
        return queries.unrewarded_referrals(tx)


def unrewarded_invoices(today: date) -> list[str]:
    """Return the invoices paid by today whose rewards are not computed, by day of payment."""
    with wiring().database.transaction() as tx:
        return invoice_queries.unrewarded(tx, today)


@effect
def compute_conversions(ids: list[int], today: date) -> Counter[str]:
    """Compute the rewards of a chunk of conversions; caps see the chunks before."""
    versions = nights.rules_by_version()
    with wiring().database.transaction() as tx:
        earned = _earn(tx, queries.converted_earnings(tx, ids), versions)
        conversions.mark_rewarded(tx, ids, today)
        return rewards.record_earned(tx, earned, today)


@effect
def compute_referrals(ids: list[int], today: date) -> Counter[str]:
    """Compute the rewards of a chunk of qualified leads."""
    zone, versions = nights.program(today).time_zone, nights.rules_by_version()
    with wiring().database.transaction() as tx:
        earned = _earn(tx, queries.qualified_earnings(tx, ids, zone), versions)
        rewards.mark_referrals_rewarded(tx, ids, today)
        return rewards.record_earned(tx, earned, today)


@effect
def compute_invoices(ids: list[str], today: date) -> Counter[str]:
    """Compute the rewards of a chunk of paid invoices."""
    versions = nights.rules_by_version()
    with wiring().database.transaction() as tx:
        earned = _earn(tx, invoice_queries.earnings(tx, ids), versions)
        invoices.mark_rewarded(tx, ids, today)
        return rewards.record_earned(tx, earned, today)


def _earn(tx: Connection, found: Sequence[Earning], versions: Mapping[int, Rules]) -> list[Earned]:
    """Work out the rewards of outcomes, each by the tier of its own day."""
    changes = tiers.changes(tx, {earning.participant_id for earning in found})
    earnings = dated(found, changes, versions)
    return earn(earnings, versions, _book(tx, earnings, versions))


def _book(tx: Connection, earnings: Sequence[Earning], versions: Mapping[int, Rules]) -> CapBook:
    """Return what caps and tiers count of the participants of these outcomes."""
    capped = {
        earning.participant_id
        for earning in earnings
        if earning.facts.participant_kind in versions[earning.program_version_id].capped_kinds
    }
    book = queries.cap_book(tx, list(capped)) if capped else CapBook()
    if any(rules.windows for rules in versions.values()):
        queries.add_won(tx, book, list({earning.participant_id for earning in earnings}))
    return book


@effect
def take_back(today: date) -> Counter[str]:
    """Void or claw back the rewards of what was cancelled or refunded, by their own versions."""
    programs = nights.programs_by_version()
    with wiring().database.transaction() as tx:
        return take_back_in(tx, programs, today)


def take_back_in(tx: Connection, programs: Mapping[int, Program], today: date) -> Counter[str]:
    """Do so in a transaction that changed what stands."""
    taken = []
    for item in clawbacks.doubtful(tx):
        policy = programs[item.program_version_id].rewards
        judged = judge(item.earned, item.lost, item.value_minor, policy)
        taken.append(rewards.TakenBack(item, judged))
    return rewards.take_back(tx, taken, today)


@effect
def approve(today: date) -> Counter[str]:
    """Approve what is below the threshold; ask people about the rest.

    What was refunded in part before its reward was approved is taken back in the same transaction,
    so that no payout takes one without the other.
    """
    program, programs = nights.program(today), nights.programs_by_version()
    with wiring().database.transaction() as tx:
        counts = _approve(tx, program, today)
        taken = take_back_in(tx, programs, today) if counts else Counter[str]()
        return counts + taken + (_approve(tx, program, today) if taken else Counter())


def _approve(tx: Connection, program: Program, today: date) -> Counter[str]:
    judged = []
    for item in queries.computed(tx, program.suspicion):
        doubts = suspicions(item.introduction, program.suspicion)
        asked = needed(item.total, program.approvals, item.participant_status, doubts)
        judged.append(approvals.Judged(item, asked))
    return approvals.record_judged(tx, judged, today)


@effect
def remind(today: date, command: str) -> Counter[str]:
    """Tell staff once a day what waits for approval; tell who it escalates to what waits long."""
    program = nights.program(today)
    policy = program.approvals
    late_since = today - timedelta(days=policy.escalate_after_days)
    with wiring().database.transaction() as tx:
        queue = queries.queue(tx)
        late = [row for row in queue if row.asked_on <= late_since]
        reminders = approvals.remind(tx, program.staff_email, _summary(queue, command), today)
        escalations = approvals.escalate(tx, policy.escalate_to, _summary(late, command), today)
    return +Counter({"reminder queued": reminders, "escalation queued": escalations})


def _summary(rows: Sequence[Row[Any]], command: str) -> dict[str, object]:
    """Return what the letter about waiting rewards says; empty when none waits."""
    if not rows:
        return {}
    totals: Counter[str] = Counter()
    for row in rows:
        totals[row.currency] += row.amount_minor
    return {
        "count": len(rows),
        "oldest_on": rows[0].asked_on.isoformat(),
        "totals": [{"minor": minor, "currency": code} for code, minor in sorted(totals.items())],
        "command": command,
        "link": None,
    }
