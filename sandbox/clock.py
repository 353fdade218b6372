"""The sandbox's clock, which a test can set, move and let run."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class NaiveInstantError(ValueError):
    """An instant without a time zone, which could mean any of 24 hours."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant
        super().__init__(
            f"the clock was given {instant.isoformat()}, which has no time zone; "
            "write it in UTC, for example 2026-06-30T02:00:00Z"
        )


class VirtualClock:
    """A clock that runs with real time plus an offset, or stands still.

    `set` puts it on an instant and freezes it there; `advance` moves it, running or frozen;
    `resume` lets it run on from where it stands. Work can be put off with `call_at`: it is done
    by the thread that moves the clock past its instant, or by `run_due`, which the server calls
    while it runs; in either case before the clock's mover goes on. Thread-safe, but whoever moves
    it holds no lock that the works need.

    Args:
        start: the first reading, aware; None for the real time.
        frozen: whether it stands still until told otherwise.
    """

    def __init__(self, start: datetime | None = None, *, frozen: bool = False) -> None:
        self._lock = threading.RLock()
        self._working = threading.RLock()  # held while works are done, which may move the clock
        self._waiting: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._reading = _aware(start) if start else datetime.now(UTC)
        self._read_at: float | None = None if frozen else time.monotonic()

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._read_at is None

    def now(self) -> datetime:
        """The present instant of the sandbox, aware, in UTC."""
        with self._lock:
            if self._read_at is None:
                return self._reading
            return self._reading + timedelta(seconds=time.monotonic() - self._read_at)

    def set(self, instant: datetime) -> None:
        """Put the clock on an aware instant, earlier or later, and freeze it there.

        Raises:
            NaiveInstantError: the instant has no time zone.
        """
        with self._lock:
            self._reading, self._read_at = _aware(instant), None
        self.run_due()

    def advance(self, step: timedelta) -> None:
        """Move the clock by a step; it goes on running, or standing, as before."""
        with self._lock:
            self._reading += step
        self.run_due()

    def resume(self) -> None:
        """Let the clock run on from where it stands."""
        with self._lock:
            if self._read_at is None:
                self._read_at = time.monotonic()

    def call_at(self, instant: datetime, work: Callable[[], None]) -> None:
        """Do the work once the clock has reached the instant."""
        with self._lock:
            heapq.heappush(self._waiting, (_aware(instant), next(self._order), work))

    def forget(self) -> None:
        """Drop the works that wait."""
        with self._lock:
            self._waiting.clear()

    def run_due(self) -> None:
        """Do, in order of their instants, the works whose instant has come.

        One that another thread has begun is waited for: it is done as well when this returns.
        """
        with self._working:
            while (work := self._next_due()) is not None:
                work()

    def _next_due(self) -> Callable[[], None] | None:
        with self._lock:
            if self._waiting and self._waiting[0][0] <= self.now():
                return heapq.heappop(self._waiting)[2]
            return None


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise NaiveInstantError(instant)
    return instant.astimezone(UTC)
