"""The one place that reads the clock: once a flow, and everything below takes it as an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from prefect.runtime import flow_run

from tasks.nights import Clock, business_date, tonights_instant


def read(today: date | None, now: datetime | None) -> Clock:
    """Return the instant a flow goes by, and its business date when it was told one."""
    return Clock(now or tonights_instant() or datetime.now(UTC), today)


def run_name(what: str) -> Callable[[], str]:
    """Name a run by what it does and its business date, whether it was told one or not."""

    def name() -> str:
        given = flow_run.get_parameters()
        clock = read(given.get("today"), given.get("now"))
        return f"{what}-{business_date(clock)}"

    return name
