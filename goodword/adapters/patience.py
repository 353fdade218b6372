"""Patience: a payment that may be repeated in a moment is repeated, a few times, within its run.

Only what the provider itself says can be repeated is: too many calls just now, an object that is
held by another request, the same request still on its way. It is the same request with the same
key each time, so that it is done once, however often it is sent.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from goodword.rules.payouts import Answer, NotNow, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from goodword.adapters.pace import Clock


@dataclass(frozen=True, slots=True)
class Patience:
    """How often one payment is sent in a run, and how long is waited between, in seconds.

    No try begins later than `within` after the first one: with the half minute that one try may
    take, a payment keeps its run for less than a minute, besides what it waits for its slot.
    """

    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 8
    within: float = 20

    def waits(self) -> Iterator[float | None]:
        """Draw the wait after each attempt; after the last there is none."""
        for attempt in range(self.attempts - 1):
            wait = self.first_wait * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
            yield min(wait, self.longest_wait)
        yield None


def send_patiently(
    send: Callable[[], Answer],
    is_ours: Callable[[], bool],
    patience: Patience,
    clock: Clock = time,
) -> Answer:
    """Send, and send again while the provider asks for that; waits double, each with some chance.

    Args:
        send: sends the stored request with its key, always the same.
        is_ours: whether this process may still send it: asked again before each repeat.
        patience: how long.
        clock: what to wait by.

    Returns:
        The last answer. "Nothing moved" is not believed after a try whose outcome is unknown: it
        speaks of the last try only, so that the payment stays unknown.
    """
    unknown: Unknown | None = None
    began = clock.monotonic()
    for wait in patience.waits():
        answer = send()
        if isinstance(answer, Unknown):
            unknown = answer
        if not isinstance(answer, NotNow | Unknown) or not answer.at_once:
            break
        if wait is None or clock.monotonic() - began + wait > patience.within:
            break
        clock.sleep(wait)
        if not is_ours():
            break
    return unknown if unknown and isinstance(answer, NotNow) else answer
