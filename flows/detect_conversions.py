"""Stage 3: which won deals somebody can claim."""

from __future__ import annotations

from datetime import date, datetime

from prefect import flow

from flows import clock
from tasks import conversions, corrections, nights, provider_events


@flow(name="detect-conversions", flow_run_name=clock.run_name("detect"))
def detect_conversions(today: date | None = None, now: datetime | None = None) -> nights.Tally:
    """Hear the provider; find qualified leads, conversions, those that fell, those that changed.

    Args:
        today: the business date; the program's own today where none is given.
        now: the instant to go by; the clock's where none is given.
    """
    with nights.stage("detect", clock.read(today, now)) as stage:
        stage.count(provider_events.hear(stage.today, stage.now))
        stage.count(conversions.qualify(stage.today))
        if won := conversions.waiting(stage.today):
            stage.count(conversions.detect(won, stage.today))
        renewals = conversions.waiting_renewals(stage.today)
        for chunk in nights.chunks(renewals, conversions.DETECTED):
            stage.count(conversions.renew(chunk, stage.today))
        stage.count(conversions.cancel(stage.today))
        stage.count(corrections.correct(stage.today))
    return stage.tally
