"""Hear the payment provider by day: what it says of refunds and disputes before the night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from prefect import flow

from flows import clock
from tasks import nights, provider_events


@flow(name="hear-provider", flow_run_name=clock.run_name("hear"))
def hear_provider(today: date | None = None, now: datetime | None = None) -> Mapping[str, int]:
    """Take up the provider's events; a night may run beside it, and nothing is decided here.

    Args:
        today: the business date; the program's own today where none is given.
        now: the instant to go by; the clock's where none is given.
    """
    heard_at = clock.read(today, now)
    return provider_events.hear(nights.business_date(heard_at), heard_at.now)
