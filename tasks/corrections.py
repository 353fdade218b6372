"""Correct: conversions whose deal the CRM gave another amount after it was won."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection

from goodword.actions import corrections
from goodword.actions.conversions import Detected
from goodword.db.queries import corrections as queries
from goodword.rules import corrections as rules
from goodword.rules.programs import Program
from goodword.wiring import wiring
from tasks import nights
from tasks.retries import effect
from tasks.rewards import take_back_in


@effect
def correct(today: date) -> Counter[str]:
    """Put conversions for what deals are worth now in the place of those for what they were.

    What the old ones earned is void or taken back in the same transaction, so that no payout takes
    one without the other; the compute stage rewards the new ones as it does any.
    """
    zone, programs = nights.program(today).time_zone, nights.programs_by_version()
    with wiring().database.transaction() as tx:
        wrong: dict[int, tuple[date, str]] = {}
        left: dict[int, str] = {}
        for found in queries.changed(tx, today, zone):
            days = [programs[each].rewards.clawback_days for each in found.program_version_ids]
            match rules.judge(found.changed, days):
                case rules.Correct(reason):
                    wrong[found.conversion_id] = (found.changed.changed_on, reason)
                case rules.ForPerson(reason):
                    left[found.conversion_id] = reason
        corrections.leave(tx, left)
        counts = Counter({"changed, for a person": len(left)})
        counts["corrected"] = _replace(tx, wrong, programs, zone, today)
        return +counts + (take_back_in(tx, programs, today) if wrong else Counter[str]())


def _replace(
    tx: Connection,
    wrong: Mapping[int, tuple[date, str]],
    programs: Mapping[int, Program],
    zone: str,
    today: date,
) -> int:
    made = []
    for found in queries.credits_of(tx, list(wrong), zone):
        version = programs[found.candidate.program_version_id]
        policy = dataclasses.replace(version.attribution, model=found.model)
        credited = rules.divide(found.candidate.deal, found.shared, policy)
        detected = Detected.of(found.candidate, found.model, credited)
        made.append(
            corrections.Correction(found.conversion_id, detected, *wrong[found.conversion_id])
        )
    return corrections.replace(tx, made, today)
