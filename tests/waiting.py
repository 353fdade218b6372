"""Waiting for what another thread or process does; a busy machine may keep it waiting itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENT = 120
"""Seconds. A machine that has stood still for a while is no server that does not answer."""


def until(is_true: Callable[[], bool]) -> None:
    """Return once it is true; as a rule that is not long."""
    deadline = time.monotonic() + PATIENT
    while not is_true():
        assert time.monotonic() < deadline, f"it did not come true within {PATIENT} s"
        time.sleep(0.005)
