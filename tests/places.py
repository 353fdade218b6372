"""Where tests put their PostgreSQL: in memory, where there is enough of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - only a folder with a name of its own is made there
_ENOUGH = 2 * 1024**3


def fastest() -> Path:
    """Return the folder for what may be lost with the machine.

    Every action makes and drops temporary tables. On a disk that costs a few milliseconds each,
    whatever PostgreSQL is told of durability, and half of the suite's time.
    """
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        return _MEMORY
    return Path(tempfile.gettempdir())
