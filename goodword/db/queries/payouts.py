"""Payouts: what is due, what is to be sent, what is unsettled."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries.rewards import ABOUT, COMPANY
from goodword.money import Money
from goodword.rules.destinations import ANYWHERE, Closed, Obstacle, Payee, Way, rail_to
from goodword.rules.incentives import Pay
from goodword.rules.payouts import PayoutState, Rail


@dataclass(frozen=True, slots=True)
class DueReward:
    """An approved reward whose hold is over, with how its participant can be paid."""

    reward_id: int
    participant_id: int
    money: Money
    pay: Pay
    benefit: dict[str, Any] | None
    payee: Payee
    conversion_id: int | None


def due(tx: Connection, today: date, participants: Collection[int] | None) -> list[DueReward]:
    """Return what is due by today, of some participants or of all."""
    return [
        DueReward(
            row.id,
            row.participant_id,
            Money(row.amount_minor, row.currency),
            Pay(row.pay),
            row.benefit,
            _payee(row),
            row.conversion_id,
        )
        for row in tx.execute(_DUE, {"today": today, **_of(participants)})
    ]


def _of(participants: Collection[int] | None) -> dict[str, object]:
    return {"all": participants is None, "participants": list(participants or ())}


_PAYEE = """p.key, p.status, p.payout_method, p.currency AS accepts, p.stripe_account,
       p.stripe_customer, p.stripe_subscription, p.iban"""


def _payee(row: Row[Any]) -> Payee:
    return Payee(
        row.key,
        row.status,
        Rail(row.payout_method) if row.payout_method else None,
        row.accepts,
        row.stripe_account,
        row.stripe_customer,
        row.stripe_subscription,
        row.iban,
    )


def payee(tx: Connection, participant_id: int) -> Payee:
    """Return how a participant can be paid."""
    return _payee(tx.execute(_ONE_PAYEE, {"id": participant_id}).one())


_ONE_PAYEE = text(f"SELECT {_PAYEE} FROM participants p WHERE p.id = :id")

_DUE = text(f"""
SELECT r.id, r.participant_id, r.amount_minor, r.currency, r.pay, r.benefit, r.conversion_id,
       {_PAYEE}
FROM rewards r
JOIN participants p ON p.id = r.participant_id
WHERE r.state = 'approved' AND r.payable_on <= :today
  AND (:all OR r.participant_id = ANY(:participants))
ORDER BY r.id
""")


def closed_ways(tx: Connection) -> Closed:
    """Return the ways that nothing may take until a person has acted, and why."""
    refused = {
        (row.participant_id, Way(Rail(row.rail), row.destination, row.currency)): Obstacle(
            "refused",
            f"payout {row.id} was refused: {row.reason} (`goodword payouts rerun {row.id}` when "
            "it is repaired)",
        )
        for row in tx.execute(_REFUSALS)
    }
    unexplained = {
        Way(rail, row.destination if row.is_known else ANYWHERE, row.currency): Obstacle(
            "unexplained",
            f"the provider moved money that the ledger does not know: {row.sentence} "
            f"(difference {row.id}: `goodword payouts differences`)",
        )
        for row in tx.execute(_UNEXPLAINED)
        for rail in _rails_to(row.destination)
    }
    return Closed(refused, unexplained)


def _rails_to(destination: str) -> tuple[Rail, ...]:
    rail = rail_to(destination)
    return (rail,) if rail else tuple(Rail)


_REFUSALS = text("""
SELECT participant_id, rail, destination, currency, id, reason
FROM payouts WHERE state = 'refused' AND cleared_at IS NULL ORDER BY id
""")

_UNEXPLAINED = text("""
SELECT d.id, d.destination, d.currency, d.sentence, EXISTS (
    SELECT FROM participants p
    WHERE d.destination IN (p.stripe_account, p.stripe_customer, p.stripe_subscription)
    UNION ALL
    SELECT FROM payouts y WHERE y.external_id = d.destination) AS is_known
FROM differences d
WHERE d.settled_on IS NULL AND d.kind IN ('not in the ledger', 'twice')
  AND d.destination IS NOT NULL
ORDER BY d.id
""")


def had_tonight(tx: Connection, today: date) -> set[tuple[int, str, Rail]]:
    """Return the participants, currencies and rails that a payout was planned for today."""
    rows = tx.execute(
        text(
            "SELECT DISTINCT participant_id, currency, rail FROM payouts"
            " WHERE planned_on = :today AND state <> 'refused'"
        ),
        {"today": today},
    )
    return {(row.participant_id, row.currency, Rail(row.rail)) for row in rows}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payout that waits to be sent, with how its participant can be paid now.

    `conversions` are those that its rewards are for; `is_taken_back`: of one of these rewards a
    part is taken back by now, and could still be netted.
    """

    payout_id: int
    participant_id: int
    money: Money
    rail: Rail
    destination: str
    payee: Payee
    conversions: tuple[int, ...] = ()
    is_taken_back: bool = False


def waiting(tx: Connection, participants: Collection[int] | None) -> list[Waiting]:
    """Return the payouts that wait to be sent, of some participants or of all, locked."""
    return [
        Waiting(
            row.id,
            row.participant_id,
            Money(row.amount_minor, row.currency),
            Rail(row.rail),
            row.destination,
            _payee(row),
            tuple(row.conversions),
            row.is_taken_back,
        )
        for row in tx.execute(_WAITING, _of(participants))
    ]


_WAITING = text(f"""
SELECT y.id, y.participant_id, y.amount_minor, y.currency, y.rail, y.destination, {_PAYEE},
       ARRAY(SELECT DISTINCT r.conversion_id FROM payout_rewards x
             JOIN rewards r ON r.id = x.reward_id
             WHERE x.payout_id = y.id AND x.is_live AND r.conversion_id IS NOT NULL) AS conversions,
       y.benefit IS NULL AND EXISTS (
           SELECT FROM payout_rewards x JOIN rewards b ON b.reverses_id = x.reward_id
           WHERE x.payout_id = y.id AND x.is_live AND b.state = 'approved') AS is_taken_back
FROM payouts y JOIN participants p ON p.id = y.participant_id
WHERE y.state = 'planned' AND (:all OR y.participant_id = ANY(:participants))
ORDER BY y.id FOR UPDATE OF y
""")


@dataclass(frozen=True, slots=True)
class Sendable:
    """A payout to be sent, repeated or looked up."""

    payout_id: int
    participant_id: int
    reference: str
    state: PayoutState
    rail: Rail
    destination: str
    money: Money
    attempt: int
    idempotency_key: str | None
    request: dict[str, Any] | None
    first_sent_at: datetime | None
    benefit: dict[str, Any] | None = None
    receiver: str = ""
    bic: str | None = None


def planned(tx: Connection, participants: Collection[int] | None = None) -> list[int]:
    """Return the payouts that wait to be sent, oldest first."""
    return list(
        tx.execute(
            text(
                "SELECT id FROM payouts WHERE state = 'planned'"
                " AND (:all OR participant_id = ANY(:participants)) ORDER BY id"
            ),
            _of(participants),
        ).scalars()
    )


def unsettled(tx: Connection) -> list[int]:
    """Return the payouts whose outcome is not known, oldest first."""
    return list(
        tx.execute(
            text("SELECT id FROM payouts WHERE state IN ('submitting', 'unknown') ORDER BY id")
        ).scalars()
    )


def by_ids(tx: Connection, ids: Sequence[int]) -> list[Sendable]:
    """Return payouts by their numbers, in that order of number."""
    rows = tx.execute(
        text(
            "SELECT y.*, p.name AS receiver, p.bic FROM payouts y"
            " JOIN participants p ON p.id = y.participant_id WHERE y.id = ANY(:ids) ORDER BY y.id"
        ),
        {"ids": list(ids)},
    )
    return [
        Sendable(
            row.id,
            row.participant_id,
            row.reference,
            PayoutState(row.state),
            Rail(row.rail),
            row.destination,
            Money(row.amount_minor, row.currency),
            row.attempt,
            row.idempotency_key,
            row.request,
            row.first_sent_at,
            row.benefit,
            row.receiver,
            row.bic,
        )
        for row in rows
    ]


def failed(tx: Connection) -> list[int]:
    """Return the payouts that an operator may rerun: refused and not cleared, unsent, unsettled."""
    return list(
        tx.execute(
            text(
                "SELECT id FROM payouts WHERE state IN ('planned', 'submitting', 'unknown')"
                " OR state = 'refused' AND cleared_at IS NULL ORDER BY id"
            )
        ).scalars()
    )


def lines(tx: Connection, payout_ids: Sequence[int]) -> list[Row[Any]]:
    """Return what each payout covers: payout_id, amount_minor, currency, company, incentive."""
    return list(tx.execute(_LINES, {"ids": list(payout_ids)}))


_LINES = text(f"""
SELECT x.payout_id, r.id AS reward_id, r.amount_minor, r.currency, r.incentive, r.outcome,
       r.outcome_on, COALESCE({COMPANY}, '') AS company
FROM payout_rewards x
JOIN rewards r ON r.id = x.reward_id
{ABOUT}WHERE x.payout_id = ANY(:ids) AND x.is_live
ORDER BY x.payout_id, r.id
""")
