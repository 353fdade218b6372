"""Corrections: conversions that make way for others of the same deal, and those that may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit, conversions
from goodword.phrases import because


@dataclass(frozen=True, slots=True)
class Correction:
    """A conversion that is corrected, by which one, since when and why."""

    conversion_id: int
    by: conversions.Detected
    changed_on: date
    reason: str


def replace(tx: Connection, corrections: Sequence[Correction], today: date) -> int:
    """Put corrected conversions in the place of others; returns how many.

    What the others earned is taken back by the caller, in the same transaction.
    """
    if not corrections:
        return 0
    gone = [
        conversions.Cancelled(each.conversion_id, each.changed_on, each.reason)
        for each in corrections
    ]
    conversions.cancel(tx, gone)
    conversions.record(tx, [each.by for each in corrections], today)
    deals = [each.by.candidate.deal.opportunity_crm_id for each in corrections]
    new = {row.deal: row.id for row in tx.execute(_STANDING, {"deals": deals})}
    audit.record(
        tx,
        [
            audit.Event(
                audit.NIGHT,
                "corrected",
                "conversion",
                new[deal],
                because(
                    "it stands in the place of conversion {conversion}, since {reason}",
                    conversion=each.conversion_id,
                    reason=each.reason,
                ),
                {"replaces": each.conversion_id},
            )
            for deal, each in zip(deals, corrections, strict=True)
        ],
    )
    return len(corrections)


_STANDING = text(
    "SELECT opportunity_crm_id AS deal, id FROM conversions"
    " WHERE state = 'active' AND opportunity_crm_id = ANY(:deals)"
)


def leave(tx: Connection, reasons: dict[int, str]) -> int:
    """Write down once why conversions, by number, are left to a person; returns how many are new.

    Without that the reason would be known only while the night runs.
    """
    known = {(row.subject_id, row.reason) for row in tx.execute(_LEFT, {"ids": list(reasons)})}
    fresh = [(number, why) for number, why in reasons.items() if (number, why) not in known]
    audit.record(
        tx,
        [
            audit.Event(audit.NIGHT, "left to a person", "conversion", number, why)
            for number, why in fresh
        ],
    )
    return len(fresh)


_LEFT = text(
    "SELECT subject_id, reason FROM audit_events WHERE subject = 'conversion'"
    " AND action = 'left to a person' AND subject_id = ANY(:ids)"
)
