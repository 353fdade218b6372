"""Reconciliations: what the ledger says of a window of payouts, and since when to look."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from goodword.db.queries.rewards import ABOUT, COMPANY
from goodword.money import Money
from goodword.rules.payouts import BY_HAND, PayoutState, Rail
from goodword.rules.reconciliations import LedgerPayout


def reconciled_until(tx: Connection) -> datetime:
    """Return up to where the provider's movements are compared; at first, when this began.

    What was sent before and settled since, mostly by a person, has not been compared as paid.
    """
    until: datetime = tx.execute(_RECONCILED_UNTIL).scalar_one()
    return until


_RECONCILED_UNTIL = text("""
SELECT LEAST(COALESCE(i.reconciled_until, i.created_at), (
    SELECT min(y.first_sent_at) FROM payouts y
    WHERE y.paid_on >= i.reconciled_until::date - 1 AND y.rail LIKE 'stripe%'))
FROM installation i
""")


def compared(
    tx: Connection,
    references: Collection[str],
    since: datetime,
    until: datetime,
    names: Collection[str] = (),
) -> list[LedgerPayout]:
    """Return the payouts first sent in a window, and those that the provider's list names.

    The list names them by their references, and by the `names` of its movements.

    With each: what of it was taken back by reversals of our own, and whether one is under way.
    """
    listed = {"references": list(references), "names": list(names)}
    rows = tx.execute(_COMPARED, {**listed, "since": since, "until": until})
    return [
        LedgerPayout(
            row.id,
            row.participant_id,
            row.reference,
            PayoutState(row.state),
            Rail(row.rail),
            Money(row.amount_minor, row.currency),
            row.destination,
            row.external_id,
            row.reversed_minor,
            row.own_reversals_minor,
            row.is_being_reversed,
            row.inside,
        )
        for row in rows
    ]


_COMPARED = text("""
SELECT y.*, COALESCE(y.first_sent_at >= :since AND y.first_sent_at < :until, false) AS inside,
       COALESCE(b.minor, 0)::bigint AS own_reversals_minor,
       COALESCE(b.is_open, false) AS is_being_reversed
FROM payouts y
LEFT JOIN LATERAL (
    SELECT -sum(amount_minor) FILTER (WHERE state = 'paid') AS minor,
           bool_or(state IN ('submitting', 'unknown', 'held')) AS is_open
    FROM payouts b WHERE b.rail = 'stripe_reversal' AND b.destination = y.external_id) b ON true
WHERE y.reference = ANY(:references) OR y.external_id = ANY(:names)
   OR y.first_sent_at >= :since AND y.first_sent_at < :until
ORDER BY y.id
""")


def has_asked_provider(tx: Connection) -> bool:
    """Say whether any payout was ever planned on a rail of the provider."""
    found = tx.execute(
        text("SELECT EXISTS (SELECT FROM payouts WHERE NOT rail = ANY(:by_hand))"),
        {"by_hand": [rail.value for rail in BY_HAND]},
    )
    return bool(found.scalar_one())


def open_differences(tx: Connection) -> int:
    """Return how many differences nobody has closed and no later look found gone."""
    found = tx.execute(text("SELECT count(*) FROM differences WHERE settled_on IS NULL"))
    return int(found.scalar_one())


def page(tx: Connection, after: int, most: int) -> list[Row[Any]]:
    """Return open differences, the oldest first, from after a number on."""
    return list(tx.execute(_PAGE, {"after": after, "most": most}))


def one(tx: Connection, number: int) -> Row[Any] | None:
    """Return one difference, open or closed; None: there is none of this number."""
    statement = text("SELECT * FROM differences WHERE id = :id")
    return tx.execute(statement, {"id": number}).one_or_none()


_PAGE = text("""
SELECT * FROM differences WHERE settled_on IS NULL AND id > :after ORDER BY id LIMIT :most
""")


def unpaid_there(
    tx: Connection, destination: str | None, currency: str, most: int
) -> list[Row[Any]]:
    """Return the rewards that a movement may have paid: approved ones of whoever it went to."""
    given = {"destination": destination, "currency": currency, "most": most}
    return list(tx.execute(_UNPAID_THERE, given))


_UNPAID_THERE = text(f"""
SELECT r.id, p.name AS participant, r.incentive, r.amount_minor, r.currency, {COMPANY} AS company
FROM participants p JOIN rewards r ON r.participant_id = p.id
{ABOUT}WHERE :destination IN (p.stripe_account, p.stripe_customer, p.stripe_subscription)
  AND r.state = 'approved' AND r.currency = :currency AND r.benefit IS NULL
ORDER BY r.id LIMIT :most
""")


def credited_customers(tx: Connection) -> list[str]:
    """Return the customers that credits were ever planned for, or may be next.

    The latter, since an old copy of the database forgets whom it credited for the first time.
    """
    return list(tx.execute(_CREDITED).scalars())


_CREDITED = text("""
SELECT destination FROM payouts WHERE rail = 'stripe_credit'
UNION
SELECT p.stripe_customer FROM participants p
WHERE p.stripe_customer IS NOT NULL AND (p.payout_method = 'stripe_credit' OR EXISTS (
    SELECT FROM rewards r WHERE r.participant_id = p.id AND r.pay = 'billing_credit'))
ORDER BY 1
""")


def reference_prefix(tx: Connection) -> str:
    """Return how the references of this installation's payouts begin."""
    name = tx.execute(text("SELECT name FROM installation")).scalar_one()
    return f"goodword-{name}-"
