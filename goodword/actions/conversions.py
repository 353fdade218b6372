"""Conversions: won deals with the shares of their claims, and the ones that are taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit
from goodword.db.bulk import append, stage
from goodword.db.queries.conversions import Candidate
from goodword.phrases import because
from goodword.rules.attribution import Credit, Model, recorded
from goodword.rules.conversions import Claim, ClaimKind, Credited


@dataclass(frozen=True, slots=True)
class Detected:
    """A won deal that converts, by which model, and what each claim of its journey is credited."""

    candidate: Candidate
    model: Model
    journey: tuple[Claim, ...]
    credits: tuple[Credit, ...]

    @classmethod
    def of(cls, candidate: Candidate, model: Model, credited: Sequence[Credited]) -> Detected:
        """Put together what the rules credit each claim of a deal with."""
        journey = tuple(each.claim for each in credited)
        return cls(candidate, model, journey, tuple(each.credit for each in credited))


def record(tx: Connection, detected: Sequence[Detected], today: date) -> int:
    """Write conversions with their shares and close their claims; a deal has one that stands.

    A claim that an earlier, cancelled conversion had closed is closed by the new one. A renewal
    closes none: the deal that won the customer did.

    Returns:
        How many were new.
    """
    stage(tx, "detected", _DETECTED, [_row(item) for item in detected])
    new = {row.opportunity_crm_id: row.id for row in tx.execute(_INSERT, {"today": today})}
    written = [(new[_deal(item)], item) for item in detected if _deal(item) in new]
    shares = (row for number, item in written for row in _share_rows(number, item))
    append(tx, "shares", _SHARES, shares)
    _close(tx, written)
    audit.record(tx, [_event(number, item) for number, item in written])
    return len(new)


def _close(tx: Connection, written: Sequence[tuple[int, Detected]]) -> None:
    """Say of each claim which conversion it became."""
    for kind, statement in _CLOSE.items():
        closed = [
            (claim.claim_id, number)
            for number, item in written
            if item.candidate.renews_crm_id is None
            for claim in item.journey
            if claim.kind is kind
        ]
        if closed:
            columns = {"id": "bigint", "conversion_id": "bigint"}
            stage(tx, "closed", columns, closed, "id")
            tx.execute(statement)


def _deal(item: Detected) -> str:
    return item.candidate.deal.opportunity_crm_id


def _row(item: Detected) -> tuple[object, ...]:
    candidate, deal = item.candidate, item.candidate.deal
    return (
        deal.opportunity_crm_id,
        candidate.account_crm_id,
        deal.value_minor,
        candidate.currency,
        deal.won_at,
        deal.won_on,
        item.model.value,
        candidate.program_version_id,
        candidate.renews_crm_id,
    )


def _share_rows(number: int, item: Detected) -> list[tuple[object, ...]]:
    return [
        (
            number,
            position,
            claim.kind.value,
            claim.claim_id,
            claim.source,
            claim.at,
            claim.participant_id,
            claim.program_version_id,
            recorded(credit.weight),
            credit.minor,
            credit.reason,
        )
        for position, (claim, credit) in enumerate(zip(item.journey, item.credits, strict=True), 1)
    ]


def _event(number: int, item: Detected) -> audit.Event:
    facts = {
        "deal": _deal(item),
        "value_minor": item.candidate.deal.value_minor,
        "currency": item.candidate.currency,
        "model": item.model.value,
    }
    won_on, claims = item.candidate.deal.won_on, len(item.journey)
    reason = because("won on {on} with {number} claims", on=won_on, number=claims)
    if claims == 1:
        reason = because("won on {on} with 1 claim", on=won_on)
    if renews := item.candidate.renews_crm_id:
        reason += "; " + because("it renews what deal {deal} won", deal=renews)
    return audit.Event(audit.NIGHT, "detected", "conversion", number, reason, facts)


_DETECTED = {
    "opportunity_crm_id": "text",
    "account_crm_id": "text",
    "value_minor": "bigint",
    "currency": "text",
    "won_at": "timestamptz",
    "won_on": "date",
    "model": "text",
    "program_version_id": "bigint",
    "renews_crm_id": "text",
}
_SHARES = (
    "conversion_id",
    "position",
    "claim",
    "claim_id",
    "source",
    "at",
    "participant_id",
    "program_version_id",
    "weight",
    "value_minor",
    "reason",
)

_INSERT = text("""
INSERT INTO conversions (opportunity_crm_id, account_crm_id, value_minor, currency, won_at, won_on,
                         model, program_version_id, renews_crm_id, detected_on)
SELECT *, CAST(:today AS date) FROM detected ORDER BY won_at, opportunity_crm_id
ON CONFLICT (opportunity_crm_id) WHERE state = 'active' DO NOTHING
RETURNING id, opportunity_crm_id
""")

_CLOSE = {
    ClaimKind.REFERRAL: text(
        "UPDATE referrals r SET state = 'converted', conversion_id = c.conversion_id"
        " FROM closed c WHERE c.id = r.id"
    ),
    ClaimKind.REGISTRATION: text(
        "UPDATE registrations r SET conversion_id = c.conversion_id FROM closed c WHERE c.id = r.id"
    ),
}


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A conversion that no longer stands, since when, and why."""

    conversion_id: int
    cancelled_on: date
    reason: str


def cancel(tx: Connection, cancelled: Sequence[Cancelled], actor: str = audit.NIGHT) -> int:
    """Mark conversions whose deal does not stand; their rewards are taken back in compute."""
    columns = {"id": "bigint", "cancelled_on": "date", "reason": "text"}
    rows = [(item.conversion_id, item.cancelled_on, item.reason) for item in cancelled]
    stage(tx, "cancelled", columns, rows, "id")
    done = set(tx.execute(_CANCEL).scalars())
    audit.record(
        tx,
        [
            audit.Event(actor, "cancelled", "conversion", item.conversion_id, item.reason)
            for item in cancelled
            if item.conversion_id in done
        ],
    )
    return len(done)


_CANCEL = text("""
UPDATE conversions v
SET state = 'cancelled', cancelled_on = c.cancelled_on, cancel_reason = c.reason
FROM cancelled c WHERE v.id = c.id AND v.state = 'active'
RETURNING v.id
""")


def mark_rewarded(tx: Connection, conversion_ids: Sequence[int], today: date) -> None:
    """Say that the rewards of these conversions are computed."""
    tx.execute(
        text("UPDATE conversions SET rewarded_on = :today WHERE id = ANY(:ids)"),
        {"ids": list(conversion_ids), "today": today},
    )
