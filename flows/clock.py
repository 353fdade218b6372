"""The one place that reads the clock: once a flow, and everything below takes it as an argument."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tasks.nights import Clock


def read(today: date | None, now: datetime | None) -> Clock:
    """Return the instant a flow goes by, and its business date when it was told one."""
    return Clock(now or datetime.now(UTC), today)
