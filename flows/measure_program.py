"""Stage 9: the figures that the program is steered by."""

from __future__ import annotations

from datetime import date, datetime

from prefect import flow

from flows import clock
from tasks import artifacts, figures, nights


@flow(name="measure-program", flow_run_name=clock.run_name("measure"))
def measure_program(today: date | None = None, now: datetime | None = None) -> nights.Tally:
    """Work out the program's figures and publish them as a table.

    Args:
        today: the business date; the program's own today where none is given.
        now: the instant to go by; the clock's where none is given.
    """
    with nights.stage("measure", clock.read(today, now)) as stage:
        stage.count(figures.measure(stage.today))
        artifacts.publish_figures(stage.today)
    return stage.tally
