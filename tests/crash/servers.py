"""A PostgreSQL of one's own, in memory where there is room, for what no other test may meet."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from goodword.db import embedded, schema
from goodword.db.session import Database
from tests.places import fastest

FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Enough where the server itself is never killed."""

KILLABLE = {"fsync": "off"}
"""A commit that was answered for has left the server's own memory: it survives kill -9."""

_GONE_SECONDS = 20


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL with one migrated database, and how it is killed."""

    home: Path
    url: str
    settings: Mapping[str, str]

    def kill(self) -> None:
        """End it as a power cut does, and wait until the last of its processes has noticed."""
        record = self.home / "postgres" / "postmaster.pid"
        postmaster = psutil.Process(int(record.read_text(encoding="ascii").splitlines()[0]))
        family = [postmaster, *postmaster.children(recursive=True)]
        os.kill(postmaster.pid, signal.SIGKILL)
        psutil.wait_procs(family, _GONE_SECONDS)

    def restart(self) -> None:
        """Start it again on the same data."""
        embedded.start(self.home, self.settings)


@contextmanager
def server(settings: Mapping[str, str]) -> Iterator[Server]:
    """Run a server, and remove it with its data at the end."""
    home = Path(tempfile.mkdtemp(prefix="goodword-crash-", dir=fastest()))
    try:
        url = embedded.start(home, settings)
        database = Database(url)
        schema.upgrade(database)
        database.dispose()
        yield Server(home, url, settings)
    finally:
        with suppress(embedded.EmbeddedFailed):
            embedded.stop(home)
        shutil.rmtree(home, ignore_errors=True)
