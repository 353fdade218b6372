"""Two processes at once, in a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, text

from goodword.db.session import Database

Act = Callable[[Connection], Any]
Overtake = Callable[[Act, Act], "Future[Any]"]

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def overtake(database: Database) -> Iterator[Overtake]:
    """Let a second process act while a first one has acted and not committed.

    The second comes to where it must wait for the first, or to its end; then the first commits.
    What became of the second is in the future that is returned.
    """

    def alone(act: Act) -> Any:
        with database.transaction() as tx:
            return act(tx)

    with ThreadPoolExecutor(1) as pool:

        def run(first: Act, second: Act) -> Future[Any]:
            with database.transaction() as tx:
                first(tx)
                coming = pool.submit(alone, second)
                while not coming.done():
                    with database.transaction() as other:
                        if other.execute(_WAITING).scalar_one():
                            break
            coming.exception(timeout=120)
            return coming

        yield run
