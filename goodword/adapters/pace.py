"""Pace: when a call may leave, so that all processes together keep to a provider's limit.

A process leases blocks of slots from what it shares with the others (`Pace`), and its threads take
them one after the other (`Turnstile`), by this process's own clock.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Protocol

from goodword.adapters.payments import ProviderUnreachable
from goodword.rules.paces import SLOWED_ONCE_IN_SECONDS

if TYPE_CHECKING:
    from goodword.rules.paces import Lease

_LATE_SECONDS = 0.03  # a call that leaves later than this would crowd the slots behind it

_log = logging.getLogger("goodword")


class NotPaced(ProviderUnreachable):
    """No slot could be leased: nothing was sent, and calling again later is safe."""

    def __init__(self, provider: str, cause: str) -> None:
        super().__init__(
            f"{provider} was not called, since the database that keeps its pace cannot be reached "
            f"({cause})"
        )


class Pace(Protocol):
    """The slots of one provider, shared by all processes."""

    def lease(self, slots: int) -> Lease:
        """Take the next free slots, or some of them.

        Raises:
            NotPaced: what keeps them cannot be reached.
        """

    def slow_down(self) -> None:
        """Halve the rate for everybody, since the provider refused a call as too many.

        Raises:
            NotPaced: as above.
        """


class Clock(Protocol):
    """Seconds that only go on, and waiting for them: what Python's own module `time` has."""

    def monotonic(self) -> float:
        """Return the seconds since some instant of the past."""

    def sleep(self, seconds: float, /) -> None:
        """Wait."""


class Turnstile:
    """Lets the threads of this process through one by one, each at its slot.

    Whoever waits holds the lock, so that a slot is given out only when it is due, and a block is
    leased only when somebody is there to use it. Asked for is twice what was used of the last
    block: who calls seldom takes no slots from who calls often. A slot that nobody used in its
    time is lost, as is the rest of a block once the provider refuses.
    """

    def __init__(self, pace: Pace, clock: Clock = time) -> None:
        self._pace = pace
        self._clock = clock
        self._lock = threading.Lock()
        self._next = 0.0
        self._spacing = 0.0
        self._left = 0
        self._used = 0
        self._slowed_at = float("-inf")

    def wait(self) -> None:
        """Return when a call may leave.

        Raises:
            NotPaced: nothing may be sent now.
        """
        with self._lock:
            while not self._at_slot():
                pass

    def slow_down(self) -> None:
        """Have everybody call at half the rate, and drop what is left of the block.

        The call that was refused has its answer already, so that a pace which cannot be reached is
        only noted: the next call meets it too, and is not sent.
        """
        now = self._clock.monotonic()
        if now - self._slowed_at < SLOWED_ONCE_IN_SECONDS:
            return
        self._slowed_at, self._left = now, 0
        try:
            self._pace.slow_down()
        except NotPaced as error:
            _log.warning("the pace could not be slowed down: %s", error)

    def _at_slot(self) -> bool:
        if self._left <= 0:
            self._lease()
        slot = self._next
        self._next += self._spacing
        self._left -= 1
        early = slot - self._clock.monotonic()
        if early > 0:  # to sleep for nothing gives the processor away
            self._clock.sleep(early)
        if self._clock.monotonic() > slot + _LATE_SECONDS:
            return False
        self._used += 1
        return True

    def _lease(self) -> None:
        block = self._pace.lease(max(1, 2 * self._used))
        # Counted from the answer on: counted from the question, a slot could come too early.
        self._next = self._clock.monotonic() + block.wait_seconds
        self._spacing, self._left, self._used = block.spacing_seconds, block.slots, 0
