"""Reconcile: the provider's movements against the ledger, both ways, before and after paying."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from goodword.actions import reconciliations, reversals
from goodword.db.queries import reconciliations as queries
from goodword.rules.reconciliations import compare, returned
from goodword.wiring import wiring
from tasks.retries import network

AGAIN = timedelta(days=7)
"""How much before the last comparison the night's looks once more: for what is settled late."""

JUST_BEFORE = timedelta(days=1)
"""The same, for the quick look before money is sent."""

AHEAD = timedelta(hours=1)
"""Beyond now, since the provider's clock is not ours."""


def _has_no_provider() -> bool:
    """Whether money only ever went by bank files and perks; a lost key is not taken for that."""
    if wiring().settings.stripe.api_key:
        return False
    with wiring().database.transaction() as tx:
        return not queries.has_asked_provider(tx)


@network
def bind_account() -> None:
    """Make sure that this database's payouts are made at, and looked for in, one account.

    Raises:
        AnotherAccount: the key belongs to another account than before.
        ProviderUnreachable: it could not be asked.
    """
    if _has_no_provider():
        return
    account = str(wiring().provider.reach())
    with wiring().database.transaction() as tx:
        reconciliations.adopt_account(tx, account)


def look_before_paying(today: date, now: datetime) -> None:
    """Find what moved without the ledger's knowledge before anything is sent.

    After an old copy of the database was restored, its rewards look unpaid: their money is found
    here, and nothing more goes to those destinations until a person has explained it.
    """
    reconcile(today, now, JUST_BEFORE)


@network
def reconcile(today: date, now: datetime, again: timedelta = AGAIN) -> Counter[str]:
    """Compare since the last time, keep every difference for a person, book what came back.

    However long no night ran, or however old the copy of the database is that was restored: the
    window begins where the ledger's knowledge ends. Nothing is repaired here.

    Args:
        today: the business date.
        now: the instant to go by.
        again: how much before the last comparison to begin.
    """
    if _has_no_provider():
        return Counter()
    with wiring().database.transaction() as tx:
        since = min(queries.reconciled_until(tx), now) - again
        customers = queries.credited_customers(tx)
        prefix = queries.reference_prefix(tx)
    until = now + AHEAD
    movements = [
        movement
        for movement in wiring().provider.movements(since, until, customers)
        if movement.reference.startswith(prefix)
    ]
    with wiring().database.transaction() as tx:
        references = [movement.reference for movement in movements]
        names = [movement.external_id for movement in movements]
        ledger = queries.compared(tx, references, since + AHEAD, until, names)
        came_back = reversals.record(tx, returned(movements, ledger), today)
        ledger = queries.compared(tx, references, since + AHEAD, until, names)
        differences = compare(movements, ledger)
        examined = reconciliations.Examined([payout.payout_id for payout in ledger], names)
        new = reconciliations.record(tx, differences, examined, today)
        reconciliations.note_reconciled(tx, now)
        differ = queries.open_differences(tx)
    agree = len(movements) - len({d.external_id for d in differences if d.external_id})
    counts = {"agree": agree, "differ": differ, "new differences": new}
    return +(Counter(counts) + came_back)
