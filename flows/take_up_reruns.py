"""Take up what was asked for in the console, which reaches no provider and no chat tool itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from prefect import flow

from flows import clock
from flows.rerun_payouts import rerun_payouts
from tasks import messages, nights, notices, reruns


@flow(name="take-up-reruns", flow_run_name=clock.run_name("take-up-reruns"))
def take_up_reruns(today: date | None = None, now: datetime | None = None) -> Mapping[str, int]:
    """Rerun the payouts that somebody asked for in the console; while a night runs, the night does.

    Notices to the chat tool that somebody asked for there are told as well, and whoever was given
    another password or other roles, there or by a command.

    Args:
        today: the business date; the program's own today where none is given.
        now: the instant to go by; the clock's where none is given.
    """
    heard_at = clock.read(today, now)
    on = nights.business_date(heard_at)
    told = notices.take_up()
    rerun = reruns.take_up(
        lambda actor, ids: rerun_payouts(actor=actor, ids=ids, today=on, now=heard_at.now)
    )
    return told + rerun + messages.take_up(on)
