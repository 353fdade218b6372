"""How many requests a second the Stripe stand-in takes."""

from __future__ import annotations

import time
from collections import deque

_WINDOW_SECONDS = 1.0


class RateLimit:
    """A limit on the requests in any window of one second, of real time; none until it is set.

    Attributes:
        per_second: the limit, or None.
        refused: how many requests were refused since the limit was set.
        most_in_a_second: the highest count of requests, refused ones too, seen in any window of
            one second since the limit was set.
    """

    def __init__(self) -> None:
        self.set(None)

    def set(self, per_second: int | None) -> None:
        """Set the limit, or lift it, and count from zero."""
        self.per_second = per_second
        self.refused = 0
        self.most_in_a_second = 0
        self._received: deque[float] = deque()
        self._accepted: deque[float] = deque()

    def accept(self) -> bool:
        """Count one request, and say whether it is within the limit."""
        now = time.monotonic()
        for window in (self._received, self._accepted):
            while window and window[0] <= now - _WINDOW_SECONDS:
                window.popleft()
        self._received.append(now)
        self.most_in_a_second = max(self.most_in_a_second, len(self._received))
        if self.per_second is not None and len(self._accepted) >= self.per_second:
            self.refused += 1
            return False
        self._accepted.append(now)
        return True
