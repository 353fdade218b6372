"""An operator's rerun of payouts that failed; the same action as `goodword payouts rerun`."""

from __future__ import annotations

from datetime import date, datetime

from prefect import flow

from flows import clock
from tasks import artifacts, nights, payout_plans, payouts, reconciliations


@flow(name="rerun-payouts", flow_run_name=clock.run_name("rerun-payouts"))
def rerun_payouts(
    actor: payouts.Actor,
    ids: list[int] | None = None,
    *,
    dry_run: bool = False,
    today: date | None = None,
    now: datetime | None = None,
) -> nights.Tally:
    """Settle, plan again and send the payouts that failed. No payout is ever made twice.

    Args:
        actor: who asks, for the audit trail.
        ids: the payouts to rerun, by number; every failed one where none is given.
        dry_run: go the same way, roll everything back, send nothing.
        today: the business date; the program's own today where none is given.
        now: the instant to go by; the clock's where none is given.
    """
    with nights.rehearsal(dry_run=dry_run), nights.stage("rerun", clock.read(today, now)) as stage:
        reconciliations.bind_account()
        participants, unsettled = payouts.reopen(ids, actor)
        stage.count(payouts.settle_unknown(unsettled, stage.today, stage.instant))
        reconciliations.look_before_paying(stage.today, stage.now)
        stage.count(payout_plans.plan(stage.today, participants, is_asked_for=True))
        stage.count(payouts.send(payouts.planned(participants), stage.today, stage.instant))
        stage.count(payouts.make_bank_files(stage.today))
        artifacts.publish_failed_payouts(stage.today)
    return stage.tally
