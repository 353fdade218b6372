"""Payouts: what is due, what is to be sent, what is unsettled."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries.rewards import ABOUT
from goodword.money import Money
from goodword.rules.destinations import Payee
from goodword.rules.incentives import Pay
from goodword.rules.payouts import PayoutState, Rail
from goodword.rules.reconciliations import LedgerPayout


@dataclass(frozen=True, slots=True)
class DueReward:
    """An approved reward whose hold is over, with how its participant can be paid."""

    reward_id: int
    participant_id: int
    money: Money
    pay: Pay
    payee: Payee


def due(tx: Connection, today: date, participants: Collection[int] | None) -> list[DueReward]:
    """Return what is due by today, of some participants or of all."""
    given = {
        "today": today,
        "all": participants is None,
        "participants": list(participants or ()),
    }
    return [
        DueReward(
            row.id,
            row.participant_id,
            Money(row.amount_minor, row.currency),
            Pay(row.pay),
            Payee(
                row.status,
                row.payout_method,
                row.stripe_account,
                row.stripe_customer,
                row.accepts,
                row.refused,
            ),
        )
        for row in tx.execute(_DUE, given)
    ]


_DUE = text("""
WITH refusals AS (
    SELECT DISTINCT ON (participant_id, currency, destination)
           participant_id, currency, destination, id, reason
    FROM payouts WHERE state = 'refused' AND cleared_at IS NULL
    ORDER BY participant_id, currency, destination, id DESC
)
SELECT r.id, r.participant_id, r.amount_minor, r.currency, r.pay, p.status, p.payout_method,
       p.stripe_account, p.stripe_customer, p.currency AS accepts,
       'payout ' || f.id || ' was refused: ' || f.reason || ' (`goodword payouts rerun ' || f.id
           || '` when it is repaired)' AS refused
FROM rewards r
JOIN participants p ON p.id = r.participant_id
LEFT JOIN refusals f ON f.participant_id = r.participant_id AND f.currency = r.currency
    AND f.destination = CASE
        WHEN r.pay = 'billing_credit' OR p.payout_method = 'stripe_credit' THEN p.stripe_customer
        ELSE p.stripe_account END
WHERE r.state = 'approved' AND r.payable_on <= :today
  AND (:all OR r.participant_id = ANY(:participants))
ORDER BY r.id
""")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payout that waits to be sent, with how its participant can be paid now."""

    payout_id: int
    participant_id: int
    money: Money
    rail: Rail
    destination: str
    payee: Payee


def waiting(tx: Connection, participants: Collection[int] | None) -> list[Waiting]:
    """Return the payouts that wait to be sent, of some participants or of all, locked."""
    given = {"all": participants is None, "participants": list(participants or ())}
    return [
        Waiting(
            row.id,
            row.participant_id,
            Money(row.amount_minor, row.currency),
            Rail(row.rail),
            row.destination,
            Payee(
                row.status,
                row.payout_method,
                row.stripe_account,
                row.stripe_customer,
                row.accepts,
                None,
            ),
        )
        for row in tx.execute(_WAITING, given)
    ]


_WAITING = text("""
SELECT y.id, y.participant_id, y.amount_minor, y.currency, y.rail, y.destination, p.status,
       p.payout_method, p.stripe_account, p.stripe_customer, p.currency AS accepts
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


def planned(tx: Connection, participants: Collection[int] | None = None) -> list[int]:
    """Return the payouts that wait to be sent, oldest first."""
    return list(
        tx.execute(
            text(
                "SELECT id FROM payouts WHERE state = 'planned'"
                " AND (:all OR participant_id = ANY(:participants)) ORDER BY id"
            ),
            {"all": participants is None, "participants": list(participants or ())},
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
        text("SELECT * FROM payouts WHERE id = ANY(:ids) ORDER BY id"), {"ids": list(ids)}
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
        )
        for row in rows
    ]


def failed(tx: Connection) -> list[int]:
    """Return the payouts that an operator may rerun: refused and not cleared, or unsettled."""
    return list(
        tx.execute(
            text(
                "SELECT id FROM payouts WHERE state IN ('planned', 'submitting', 'unknown')"
                " OR state = 'refused' AND cleared_at IS NULL ORDER BY id"
            )
        ).scalars()
    )


def for_reconciliation(
    tx: Connection, references: Collection[str], since: datetime, until: datetime
) -> list[LedgerPayout]:
    """Return the payouts first sent in a window, and those that the provider's list names."""
    rows = tx.execute(
        text(
            "SELECT *,"
            " COALESCE(first_sent_at >= :since AND first_sent_at < :until, false) AS inside"
            " FROM payouts WHERE reference = ANY(:references)"
            " OR first_sent_at >= :since AND first_sent_at < :until ORDER BY id"
        ),
        {"references": list(references), "since": since, "until": until},
    )
    return [
        LedgerPayout(
            row.id,
            row.reference,
            PayoutState(row.state),
            Money(row.amount_minor, row.currency),
            row.destination,
            row.external_id,
            row.inside,
        )
        for row in rows
    ]


def credited_customers(tx: Connection) -> list[str]:
    """Return the customers that credits were ever planned for."""
    return list(
        tx.execute(
            text("SELECT DISTINCT destination FROM payouts WHERE rail = 'stripe_credit' ORDER BY 1")
        ).scalars()
    )


def lines(tx: Connection, payout_ids: Sequence[int]) -> list[Row[Any]]:
    """Return what each payout covers: payout_id, amount_minor, currency, company, incentive."""
    return list(tx.execute(_LINES, {"ids": list(payout_ids)}))


_LINES = text(f"""
SELECT x.payout_id, r.id AS reward_id, r.amount_minor, r.currency, r.incentive, r.outcome,
       r.outcome_on, COALESCE(a.name, o.name, '') AS company
FROM payout_rewards x
JOIN rewards r ON r.id = x.reward_id
{ABOUT}WHERE x.payout_id = ANY(:ids) AND x.is_live
ORDER BY x.payout_id, r.id
""")


def reference_prefix(tx: Connection) -> str:
    """Return how the references of this installation's payouts begin."""
    name = tx.execute(text("SELECT name FROM installation")).scalar_one()
    return f"goodword-{name}-"
