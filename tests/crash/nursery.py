"""The process whose forks run nights: what takes long to import is imported once.

Reads lines `night|rerun DATE INSTANT locked|unlocked` and answers with the number of the process
that runs it. Such a process ends with 0, with 1 when a stage failed as it may while others work or
a server is gone, and with 2 for anything else, whose traceback is on the standard error.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from typing import Any

from prefect import Flow
from sqlalchemy.exc import DBAPIError

from goodword.actions.payouts import PlanOvertaken, RerunRefused
from goodword.adapters.payments import ProviderUnreachable
from goodword.db.session import Busy, Database
from goodword.wiring import wiring
from tasks import nights
from tests.crash.engine import NIGHT, RERUN
from tests.plainly import without_prefect

MAY_FAIL = (Busy, PlanOvertaken, RerunRefused, ProviderUnreachable, DBAPIError)
_PATIENCE_SECONDS = 20


class _Unlocked(Database):
    """The database as it is for a process whose lock was lost with its connection."""

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        del name
        yield


def main() -> None:
    """Fork for each line, and fetch none of the children: they may be killed."""
    logging.getLogger("goodword").setLevel(logging.CRITICAL)  # failures are what is made here
    wiring().provider.reach()  # so that a night does not begin with a second of imports
    wiring().database.dispose()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with without_prefect(once=True):
        for line in sys.stdin:
            pid = os.fork()
            if pid == 0:
                os._exit(_live(*line.split()))
            sys.stdout.write(f"{pid}\n")
            sys.stdout.flush()


def _live(what: str, today: str, now: str, lock: str) -> int:
    wiring.cache_clear()
    if lock == "unlocked":
        wiring().database = _Unlocked(wiring().settings.database_url.reveal())
    given: dict[str, Any] = {"today": date.fromisoformat(today), "now": datetime.fromisoformat(now)}
    if what != "night":
        return _run(partial(RERUN.fn, "operator", **given))
    flows: Sequence[Flow[..., Any]] = NIGHT
    return max(_run(partial(flow.fn, **given)) for flow in flows)


def _run(stage: Callable[[], object]) -> int:
    """Run a stage once its lock is free; returns how it ended."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            stage()
        except Busy:
            if time.monotonic() > end:
                return 1
            time.sleep(0.005)
        except nights.StageFailed as failed:
            return _told(failed.__cause__ or failed)
        except Exception as error:  # noqa: BLE001 - whatever it was is what the test wants to see
            return _told(error)
        else:
            return 0


def _told(error: BaseException) -> int:
    if isinstance(error, MAY_FAIL):
        return 1
    traceback.print_exception(error)
    return 2


if __name__ == "__main__":
    main()
