"""Stage 6: money on its way, each cent once."""

from __future__ import annotations

from datetime import date, datetime

from prefect import flow

from flows import clock
from tasks import artifacts, nights, payout_plans, payouts, reconciliations, reruns


@flow(name="pay-rewards", flow_run_name=clock.run_name("pay"))
def pay_rewards(today: date | None = None, now: datetime | None = None) -> nights.Tally:
    """Settle what is unknown, plan tonight's payouts, and send them.

    Args:
        today: the business date; the program's own today where none is given.
        now: the instant to go by; the clock's where none is given.
    """
    with nights.stage("pay", clock.read(today, now)) as stage:
        reconciliations.bind_account()
        asked = reruns.asked()
        for chunk in nights.chunks(payouts.unsettled(), payouts.CHUNK):
            stage.count(payouts.settle_unknown(chunk, stage.today, stage.instant))
        reconciliations.look_before_paying(stage.today, stage.now)
        stage.count(payout_plans.plan(stage.today, is_asked_for=stage.is_asked_for))
        stage.count(payouts.send(payouts.planned(), stage.today, stage.instant))
        reruns.answer(asked)
        stage.count(payouts.make_bank_files(stage.today))
        artifacts.publish_failed_payouts(stage.today)
    return stage.tally
