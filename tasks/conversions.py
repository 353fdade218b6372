"""Detect: referrals that qualified, deals that converted, conversions that no longer stand."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from datetime import date

from goodword.actions import conversions, referrals
from goodword.actions.conversions import Detected
from goodword.db.queries import conversions as queries
from goodword.db.queries import referrals as referral_queries
from goodword.db.queries import renewals as renewal_queries
from goodword.db.queries.conversions import Candidate
from goodword.db.queries.renewals import Renewal
from goodword.rules import conversions as rules
from goodword.rules import renewals
from goodword.rules.earnings import expected
from goodword.rules.programs import Program
from goodword.wiring import wiring
from tasks import ahead, nights
from tasks.retries import effect

DETECTED = 2_500
"""Won deals a chunk: each has tables to make and a transaction to end, whatever is in it."""


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
        return queries.waiting(tx, today, zone, _renewal_types())


def waiting_renewals(today: date) -> list[str]:
    """Return the deals that customers won before have bought since, of the types that renew."""
    zone = nights.program(today).time_zone
    with wiring().database.transaction() as tx:
        return queries.waiting_renewals(tx, today, zone, _renewal_types())


def _renewal_types() -> tuple[str, ...]:
    programs = nights.programs_by_version().values()
    return renewals.types_of(program.renewals for program in programs)


@effect
def detect(ids: list[str], today: date) -> Counter[str]:
    """Decide of won deals who may claim them, and divide their value, a chunk at a time."""
    zone, programs = nights.program(today).time_zone, nights.programs_by_version()

    def decide(chunk: list[str]) -> list[Detected | None]:
        with wiring().database.transaction() as tx:
            candidates = queries.candidates(tx, chunk, zone)
        return [_detected(candidate, programs) for candidate in candidates]

    counts = Counter[str]()
    for decided in ahead.prepared(nights.chunks(ids, DETECTED), decide):
        detected = [each for each in decided if each]
        counts["claimed too late or too early"] += len(decided) - len(detected)
        with wiring().database.transaction() as tx:
            counts["converted"] += conversions.record(tx, detected, today)
    return +counts


def _detected(candidate: Candidate, programs: Mapping[int, Program]) -> Detected | None:
    policy = programs[candidate.program_version_id].attribution
    verdict = rules.detect(candidate.deal, policy)
    if isinstance(verdict, rules.Unclaimed):
        return None
    return Detected.of(candidate, policy.model, rules.credit(candidate.deal, verdict, policy))


@effect
def renew(ids: list[str], today: date) -> Counter[str]:
    """Credit a chunk of renewals as the deals are that won their customers.

    A deal that is none by the version which its customer's first deal converted by, or that a
    registration won, converts as any other.
    """
    zone, programs = nights.program(today).time_zone, nights.programs_by_version()
    types = renewals.types_of(program.renewals for program in programs.values())
    counts = Counter[str]()
    with wiring().database.transaction() as tx:
        own = {each.deal.opportunity_crm_id: each for each in queries.candidates(tx, ids, zone)}
        found = renewal_queries.renewals(tx, ids, zone, types)
        detected = []
        for deal in ids:
            claimed, renewal = own.get(deal), found.get(deal)
            if renewal and _renews(renewal, claimed, programs):
                detected.append(_renewed(renewal, programs))
                counts["renewed"] += 1
            elif claimed and (converted := _detected(claimed, programs)):
                detected.append(converted)
                counts["converted"] += 1
        conversions.record(tx, detected, today)
    return counts


def _renews(renewal: Renewal, claimed: Candidate | None, programs: Mapping[int, Program]) -> bool:
    policy = programs[renewal.first.candidate.program_version_id].renewals
    if not policy.has(renewal.type) or claimed is None:
        return policy.has(renewal.type)
    return not rules.registered(claimed.deal, programs[claimed.program_version_id].attribution)


def _renewed(renewal: Renewal, programs: Mapping[int, Program]) -> Detected:
    first = renewal.first.candidate
    version = programs[first.program_version_id]
    policy = dataclasses.replace(version.attribution, model=renewal.first.model)
    candidate = Candidate(
        renewal.deal,
        renewal.account_crm_id,
        renewal.currency,
        first.program_version_id,
        first.deal.opportunity_crm_id,
    )
    credited = renewals.credit(renewal.deal, first.deal, renewal.first.shared, policy)
    return Detected.of(candidate, policy.model, credited)


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
