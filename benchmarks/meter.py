"""A meter: how long chosen functions take, and how much CPU their own threads spend in them."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(slots=True)
class Reading:
    """What one label has added up to: seconds by the wall and of CPU, and when each call ended."""

    seconds: float = 0
    cpu: float = 0
    ends: list[float] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """How many calls have ended."""
        return len(self.ends)

    @property
    def per_second(self) -> float:
        """Calls a second, from the end of the first to the end of the last."""
        took = self.ends[-1] - self.ends[0] if self.calls > 1 else 0
        return (self.calls - 1) / took if took else 0


class Meter:
    """Adds up by label; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readings: defaultdict[str, Reading] = defaultdict(Reading)

    def take(self) -> Mapping[str, Reading]:
        """Return the readings by label, and begin again at nothing."""
        with self._lock:
            taken, self._readings = self._readings, defaultdict(Reading)
        return taken

    def watch(self, owner: Any, name: str, label: str) -> None:
        """Measure a function of a module, or a method of a class or an object, from now on."""
        function = getattr(owner, name)

        @wraps(function)
        def measured(*args: Any, **kwargs: Any) -> Any:
            with self._measure(label):
                return function(*args, **kwargs)

        setattr(owner, name, measured)

    @contextmanager
    def _measure(self, label: str) -> Iterator[None]:
        began, spent = time.monotonic(), time.thread_time()
        try:
            yield
        finally:
            ended, spent = time.monotonic(), time.thread_time() - spent
            with self._lock:
                reading = self._readings[label]
                reading.seconds += ended - began
                reading.cpu += spent
                reading.ends.append(ended)
