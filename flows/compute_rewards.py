"""Stage 4: who earned what."""

from __future__ import annotations

from datetime import date, datetime

from prefect import flow

from flows import clock
from tasks import nights, rewards, tiers


@flow(name="compute-rewards", flow_run_name=clock.run_name("compute"))
def compute_rewards(today: date | None = None, now: datetime | None = None) -> nights.Tally:
    """Move tiers; compute rewards by the rules of each claim's day; take back cancelled ones.

    Args:
        today: the business date; the program's own today where none is given.
        now: the instant to go by; the clock's where none is given.
    """
    with nights.stage("compute", clock.read(today, now)) as stage:
        stage.count(tiers.move(stage.today))
        if referred := rewards.unrewarded_referred(stage.today):
            stage.count(rewards.compute_referred(referred, stage.today))
        if leads := rewards.unrewarded_referrals():
            stage.count(rewards.compute_referrals(leads, stage.today))
        if won := rewards.unrewarded_conversions():
            stage.count(rewards.compute_conversions(won, stage.today))
        if paid := rewards.unrewarded_invoices(stage.today):
            stage.count(rewards.compute_invoices(paid, stage.today))
        stage.count(rewards.link_recipients())
        stage.count(rewards.take_back(stage.today))
    return stage.tally
