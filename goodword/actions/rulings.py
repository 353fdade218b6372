"""Rulings in disputes: the claims change places, and credit that was not paid is given anew.

The ruling, what it changes of the claims and of money, the letters and the audit events are one
commit. What was paid is never changed: such a ruling is refused, and says what can be done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from goodword.actions import audit, conversions, disputes, messages, registrations, rewards
from goodword.db.queries import disputes as queries
from goodword.db.queries import places
from goodword.phrases import because
from goodword.rules import disputes as rules
from goodword.rules import rulings
from goodword.rules.disputes import DisputeRefused, DisputeState, Hearing, Outcome, Ruling, Side
from goodword.rules.programs import Program
from goodword.rules.registrations import RegistrationState


@dataclass(frozen=True, slots=True)
class Decision:
    """What a decider rules: `share_bps` of the partner's share go to the claim that loses.

    Both partners read the reason. `instance` is the ruling that the decider has before them, the
    first or the second; where it is given, none is made in the other instance.
    """

    dispute_id: int
    by: str
    outcome: Outcome
    reason: str
    share_bps: int = 0
    instance: int | None = None


def rule(tx: Connection, decision: Decision, program: Program, today: date) -> DisputeState:
    """Take a ruling and do what it says, at once; on appeal it is the last.

    Returns:
        The state that the dispute is in now: `decided` while it may be appealed, or `closed`.

    Raises:
        NoSuchDispute: there is none of this number.
        DisputeRefused: the rules do not let this person rule so now, another claim holds the
            place, or rewards that it would change are on their way or paid.
    """
    policy = program.disputes
    places.lock(tx)
    hearing = disputes.hear(tx, decision.dispute_id)
    decider = queries.person(tx, decision.by)
    if decider.participant_id is not None:
        raise DisputeRefused(f"{decision.by} is a participant: somebody of staff must rule")
    if decision.instance not in {None, len(hearing.rulings) + 1}:
        raise DisputeRefused(
            f"dispute {decision.dispute_id} was ruled on meanwhile: look at it again"
        )
    ruling = Ruling(decision.outcome, decision.share_bps, decider.name)
    rulings.check_ruling(hearing, ruling, decision.reason, policy)
    changes_credit = rulings.changes_credit(hearing, ruling)
    if changes_credit:
        _credit_anew(tx, hearing, decider.name, today)
    if moved := rulings.move(hearing, decision.outcome):
        _move(tx, hearing, moved, _Why(decision, decider.name, program), today)
    is_last = hearing.state is DisputeState.APPEALED
    term = rules.term(today, policy.appeal_within_days)
    tx.execute(
        _RULE,
        {
            "id": decision.dispute_id,
            "instance": len(hearing.rulings) + 1,
            "outcome": decision.outcome.value,
            "share": decision.share_bps,
            "reason": decision.reason,
            "by": decider.name,
            "on": today,
            "state": "closed" if is_last else "decided",
            "decide_by": hearing.decide_by if is_last else term,
            "closed_on": today if is_last else None,
        },
    )
    told = _Told(decision, changes_credit, None if is_last else term)
    messages.queue(tx, _letters(tx, hearing, told), today)
    facts = {"outcome": decision.outcome.value, "share_bps": decision.share_bps}
    audit.record(
        tx,
        [
            audit.Event(
                decider.name,
                "ruled",
                "dispute",
                decision.dispute_id,
                decision.reason,
                facts,
                on=today,
            )
        ],
    )
    return DisputeState.CLOSED if is_last else DisputeState.DECIDED


_RULE = text("""
WITH ruled AS (
    INSERT INTO dispute_rulings (dispute_id, instance, outcome, share_bps, reason, ruled_by,
                                 ruled_on)
    VALUES (:id, :instance, :outcome, :share, :reason, :by, :on)
)
UPDATE disputes
SET state = :state, decider = :by, decide_by = :decide_by, closed_on = :closed_on
WHERE id = :id
""")


# Claims -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Why:
    """By what a claim changes."""

    decision: Decision
    decider: str
    program: Program

    @property
    def reason(self) -> str:
        return because(
            "the ruling in dispute {dispute}: {said}",
            dispute=self.decision.dispute_id,
            said=self.decision.reason,
        )


def _move(tx: Connection, hearing: Hearing, moved: rulings.Move, why: _Why, today: date) -> None:
    """Let one claim give the place up and the other take it."""
    if moved.put and not moved.is_won:
        but = [side.registration_id for side in hearing.sides]
        if holder := queries.other_holder(tx, moved.put.registration_id, but):
            raise DisputeRefused(
                f"registration {holder} protects this account, and is no side of dispute "
                f"{hearing.dispute_id}: it cannot go to registration {moved.put.registration_id}"
            )
    # One after the other: the database lets no two live claims be on a place at any moment.
    for side, change in (
        (moved.end, _end(moved, why)),
        (moved.put, _put(tx, hearing, moved, why, today)),
    ):
        if side and change and not registrations.apply(tx, [change], today):
            raise DisputeRefused(
                f"registration {side.registration_id} changed meanwhile: try again"
            )


def _end(moved: rulings.Move, why: _Why) -> registrations.Change | None:
    if moved.end is None:
        return None
    who = (moved.end.registration_id, moved.end.participant_id)
    return registrations.Change(
        *who, RegistrationState.WITHDRAWN, (why.reason,), why.decider, is_ruled=True
    )


def _put(
    tx: Connection, hearing: Hearing, moved: rulings.Move, why: _Why, today: date
) -> registrations.Change | None:
    """Return how a claim takes the place: live, or won when the deal is won by now."""
    if moved.put is None:
        return None
    who = (moved.put.registration_id, moved.put.participant_id)
    if moved.end and moved.is_won:
        return registrations.Change(
            *who,
            RegistrationState.WON,
            (why.reason,),
            why.decider,
            deal=moved.end.deal,
            is_ruled=True,
        )
    until = rulings.put_until(
        moved.put,
        why.program.date_of(moved.put.submitted_at),
        why.program.registrations.of(_kind(tx, moved.put)),
        today,
        is_restored=moved.put is hearing.holder,
    )
    return registrations.Change(
        *who, RegistrationState.APPROVED, (why.reason,), why.decider, until, is_ruled=True
    )


def _kind(tx: Connection, side: Side) -> str:
    statement = text("SELECT kind FROM participants WHERE id = :id")
    return str(tx.execute(statement, {"id": side.participant_id}).scalar_one())


# Money ------------------------------------------------------------------------------------------


def _credit_anew(tx: Connection, hearing: Hearing, decider: str, today: date) -> None:
    """Take back the conversion of a deal that is credited otherwise now; the night converts it.

    Conversions are frozen: what one credits is corrected by another one. Its rewards become void,
    which only unpaid ones can.
    """
    claims = [side.registration_id for side in hearing.sides]
    found = queries.credited(tx, claims)
    if not found:
        return
    if paid := queries.paid_rewards(tx, found):
        raise DisputeRefused(_paid(found, [row.id for row in paid]))
    reason = because(
        "the ruling in dispute {dispute} credits the deal otherwise", dispute=hearing.dispute_id
    )
    conversions.cancel(tx, [conversions.Cancelled(each, today, reason) for each in found], decider)
    rewards.void(tx, found, decider, reason, today)
    tx.execute(
        text("UPDATE registrations SET conversion_id = NULL WHERE conversion_id = ANY(:ids)"),
        {"ids": found},
    )


def _paid(conversion_ids: Sequence[int], reward_ids: Sequence[int]) -> str:
    listed = ", ".join(str(each) for each in reward_ids)
    return (
        f"conversion {conversion_ids[0]} stands, and of its rewards {listed} are on their way, "
        "paid or taken back in part: a ruling does not change money that has moved. A payout that "
        "was not sent is given back by `goodword night --only pay`, since the deal is in dispute: "
        "rule again then. Otherwise uphold the claim without a share, and settle the rest outside "
        "the program"
    )


# Letters ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Told:
    """What the letters about a ruling say; `appeal_until` is None on appeal: it is the last."""

    decision: Decision
    changes_credit: bool
    appeal_until: date | None


def _letters(tx: Connection, hearing: Hearing, told: _Told) -> list[messages.Letter]:
    decision = told.decision
    winner, loser = hearing.parted(decision.outcome)
    instance = len(hearing.rulings) + 1
    return [
        messages.Letter(
            f"dispute:{hearing.dispute_id}:decided:{instance}:{side.registration_id}",
            "dispute_decided",
            side.participant_id,
            {
                "company": disputes.company(tx, side.registration_id),
                "has_won": side is winner,
                "is_contested": side is hearing.holder,
                "share_bps": decision.share_bps,
                "reason": decision.reason,
                "changes_credit": told.changes_credit,
                "appeal_until": _iso(told.appeal_until) if side is loser else None,
                "dispute": hearing.dispute_id,
            },
        )
        for side in hearing.sides
    ]


def _iso(on: date | None) -> str | None:
    return on.isoformat() if on else None
