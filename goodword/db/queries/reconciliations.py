"""Reconciliations: what the ledger says of a window of payouts, and since when to look."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, text

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
