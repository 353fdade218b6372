"""Reconcile: the provider's movements of the last days against the ledger, both ways."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from goodword.actions import reconciliations
from goodword.db.queries import payouts as queries
from goodword.rules.reconciliations import compare
from goodword.wiring import wiring
from tasks.retries import network

LOOK_BACK = timedelta(days=7)
"""How far back each night looks: a missed week is still covered."""

AHEAD = timedelta(hours=1)
"""Beyond now, since the provider's clock is not ours."""


@network
def reconcile(today: date, now: datetime) -> Counter[str]:
    """Compare, and keep every difference for a person; nothing is repaired here."""
    since, until = now - LOOK_BACK, now + AHEAD
    with wiring().database.transaction() as tx:
        customers = queries.credited_customers(tx)
        prefix = queries.reference_prefix(tx)
    movements = [
        movement
        for movement in wiring().provider.movements(since, until, customers)
        if movement.reference.startswith(prefix)
    ]
    with wiring().database.transaction() as tx:
        references = [movement.reference for movement in movements]
        ledger = queries.for_reconciliation(tx, references, since + AHEAD, until)
        differences = compare(movements, ledger)
        examined = reconciliations.Examined(
            [payout.payout_id for payout in ledger],
            [movement.external_id for movement in movements],
        )
        new = reconciliations.record(tx, differences, examined, today)
    agree = len(movements) - len({d.external_id for d in differences if d.external_id})
    counts = {"agree": agree, "differ": len(differences), "new differences": new}
    return +Counter(counts)
