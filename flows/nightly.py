"""The night: nine stages for one business date."""

from __future__ import annotations

from datetime import date, datetime

from prefect import flow

from flows import clock, stages
from goodword.rules.nights import StageName
from tasks import artifacts, events, nights, notices


@flow(name="nightly", flow_run_name=clock.run_name("night"))
def nightly(
    today: date | None = None,
    only: StageName | None = None,
    *,
    dry_run: bool = False,
    stale: bool = False,
    now: datetime | None = None,
) -> nights.Report:
    """Run the night; it takes up whatever an interrupted one left.

    Args:
        today: the business date; the program's own today where none is given.
        only: this stage alone; all nine where none is given.
        dry_run: go the same way, roll everything back, send nothing.
        stale: let the stages that need fresh data run although the sync failed.
        now: the instant to go by; the clock's where none is given.
    """
    with nights.night(clock.read(today, now), dry_run=dry_run) as tonight:
        for name, stage in stages.chosen(only):
            tonight.run(name, stage, stale=stale)
        tonight.check()
        artifacts.publish_night(tonight.report)
        events.tell(tonight.report)
        if only is None:
            notices.tell(tonight.report)
    return tonight.report
