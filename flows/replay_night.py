"""Take a past night's decisions once more, as `goodword night --replay` does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from prefect import flow

from flows import clock
from tasks import artifacts, replays


@flow(name="replay-night", flow_run_name=clock.run_name("replay"))
def replay_night(today: date | None = None) -> Mapping[str, int]:
    """Recompute every decision of a night from what is stored; nothing is written.

    Args:
        today: the business date of the night; the last one that ran where none is given.
    """
    on = today or replays.last_night()
    counts, different = replays.replay(on)
    artifacts.publish_replay(on, different)
    if different:
        raise replays.DecidesOtherwise(on, len(different))
    return counts
