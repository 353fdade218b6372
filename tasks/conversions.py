"""Detect: referrals that qualified, deals that converted, conversions that no longer stand."""

from __future__ import annotations

from collections import Counter
from datetime import date

from goodword.actions import conversions, referrals
from goodword.db.queries import conversions as queries
from goodword.db.queries import referrals as referral_queries
from goodword.rules import conversions as rules
from goodword.rules.earnings import expected
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import effect

DETECTED = 5_000
"""Won deals a task: each task has tables to make and a transaction to end, whatever is in it."""


@effect
def qualify(today: date) -> Counter[str]:
    """Mark the referrals whose deal reached the qualifying stage, and say what they may earn."""
    program, versions = nights.program(today), nights.rules_by_version()
    stages = program.stages
    with wiring().database.transaction() as tx:
        rows = referral_queries.newly_qualified(
            tx, today, program.time_zone, stages.order, stages.qualified_from
        )
        qualified = [
            referrals.Qualified(
                row.id,
                row.participant_id,
                row.company,
                row.deal,
                row.qualified_on,
                expected(versions[row.version].incentives, row.kind, row.tier, row.worth),
            )
            for row in rows
        ]
        return +Counter({"qualified": referrals.qualify(tx, qualified, today)})


def waiting(today: date) -> list[str]:
    """Return the won deals that somebody may claim and that are no conversion yet."""
    zone = nights.program(today).time_zone
    with wiring().database.transaction() as tx:
        return queries.waiting(tx, today, zone)


@effect
def detect(ids: list[str], today: date) -> Counter[str]:
    """Decide of a chunk of won deals who may claim them, and divide their value."""
    zone, programs = nights.program(today).time_zone, nights.programs_by_version()
    counts = Counter[str]()
    with wiring().database.transaction() as tx:
        detected = []
        for candidate in queries.candidates(tx, ids, zone):
            policy = programs[candidate.program_version_id].attribution
            verdict = rules.detect(candidate.deal, policy)
            if isinstance(verdict, rules.Unclaimed):
                counts["claimed too late or too early"] += 1
                continue
            credited = rules.credit(candidate.deal, verdict, policy)
            detected.append(conversions.Detected.of(candidate, policy.model, credited))
        counts["converted"] = conversions.record(tx, detected, today)
    return +counts


@effect
def cancel(today: date) -> Counter[str]:
    """Take back the conversions whose deal is deleted or no longer won."""
    zone = nights.program(today).time_zone
    with wiring().database.transaction() as tx:
        cancelled = [
            conversions.Cancelled(standing.conversion_id, standing.changed_on, reason)
            for standing in queries.doubtful(tx, today, zone)
            if (
                reason := rules.cancelled(
                    is_won=standing.is_won, is_deleted=standing.is_deleted, stage=standing.stage
                )
            )
        ]
        return +Counter({"cancelled": conversions.cancel(tx, cancelled)})
