"""Stage 8: everybody hears what concerns them."""

from __future__ import annotations

from datetime import date, datetime

from prefect import flow

from flows import clock
from tasks import digests, messages, nights


@flow(name="send-messages", flow_run_name=clock.run_name("send"))
def send_messages(today: date | None = None, now: datetime | None = None) -> nights.Tally:
    """Tell each of staff what waits for them, and drain the outbox.

    What an interrupted night was sending waits for a person.

    Args:
        today: the business date; the program's own today where none is given.
        now: the instant to go by; the clock's where none is given.
    """
    with nights.stage("send", clock.read(today, now)) as stage:
        stage.count(digests.write(stage.today))
        stage.count(messages.set_aside_interrupted())
        for chunk in nights.chunks(messages.queued(), messages.CHUNK):
            stage.count(messages.send(chunk, stage.today))
    return stage.tally
