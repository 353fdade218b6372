"""Stage 5: small rewards by policy, large ones by people."""

from __future__ import annotations

from datetime import date, datetime

from prefect import flow

from flows import clock
from tasks import approvals, artifacts, nights

COMMAND = "goodword rewards list"


@flow(name="approve-rewards", flow_run_name=clock.run_name("approve"))
def approve_rewards(today: date | None = None, now: datetime | None = None) -> nights.Tally:
    """Approve what is below the threshold, put the rest into the queue, and remind of it.

    Args:
        today: the business date; the program's own today where none is given.
        now: the instant to go by; the clock's where none is given.
    """
    with nights.stage("approve", clock.read(today, now)) as stage:
        stage.count(approvals.approve(stage.today))
        stage.count(approvals.remind(stage.today, COMMAND))
        artifacts.publish_queue(stage.today)
    return stage.tally
