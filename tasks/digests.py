"""Digests: what waits for each of staff, by e-mail each morning."""

from __future__ import annotations

from collections import Counter
from datetime import date

from goodword.actions import digests
from goodword.wiring import wiring
from tasks.retries import effect


@effect
def write(today: date) -> Counter[str]:
    """Put the day's digests into the outbox, each once; who has nothing to do gets none."""
    console = f"{wiring().settings.base_url}/console"
    with wiring().database.transaction() as tx:
        return +Counter({"digests queued": digests.queue(tx, today, console)})
