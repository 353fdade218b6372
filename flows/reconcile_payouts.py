"""Stage 7: the provider's books against ours."""

from __future__ import annotations

from datetime import date, datetime

from prefect import flow

from flows import clock
from tasks import artifacts, nights, reconciliations


@flow(name="reconcile-payouts", flow_run_name=clock.run_name("reconcile"))
def reconcile_payouts(today: date | None = None, now: datetime | None = None) -> nights.Tally:
    """Compare the provider's movements since the last time with the ledger, both ways.

    Args:
        today: the business date; the program's own today where none is given.
        now: the instant to go by; the clock's where none is given.
    """
    with nights.stage("reconcile", clock.read(today, now)) as stage:
        reconciliations.bind_account()
        stage.count(reconciliations.reconcile(stage.today, stage.now))
        artifacts.publish_reconciliation(stage.today)
    return stage.tally
