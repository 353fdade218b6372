"""The database: transactions, rehearsals and locks. Nothing else in the program commits."""

from __future__ import annotations

import zlib
from contextlib import contextmanager, suppress
from threading import RLock
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from goodword.db.driver_errors import hide_values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import psycopg

# A stage over a million rows stays below a minute; whatever takes longer than this is stuck.
_SESSION = {
    "TimeZone": "UTC",
    "statement_timeout": "5min",
    "lock_timeout": "60s",
    "idle_in_transaction_session_timeout": "5min",
}
_ADVISORY_CLASS = 0x676F6F64  # "good": our corner of the locks of a shared database
_REHEARSAL_WAIT_SECONDS = 120


class Busy(Exception):
    """Another process holds the lock."""

    def __init__(self, name: str, pid: int | None, since: datetime | None) -> None:
        self.name = name
        self.pid = pid
        self.since = since
        who = f" (database session {pid}, since {since:%Y-%m-%d %H:%M:%S} UTC)" if since else ""
        super().__init__(
            f"The {name} is already running in another process{who}. "
            "Wait until it has ended; when that process is dead its lock is free at once."
        )


class RehearsalStuck(Exception):
    """A rehearsed transaction waited for another one that does not end."""

    def __init__(self) -> None:
        super().__init__(
            f"A transaction of the dry run waited {_REHEARSAL_WAIT_SECONDS} s for another one. "
            "In a dry run they follow each other: no task may hold one open while it waits "
            "for another task."
        )


_GAVE_WAY = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL's codes for a serialization failure, a deadlock and a lock waited for too long."""


def gave_way(error: BaseException) -> bool:
    """Tell whether a transaction met another one and was given up: it can be tried again."""
    orig = error.orig if isinstance(error, DBAPIError) else None
    return getattr(orig, "sqlstate", None) in _GAVE_WAY


def instant(tx: Connection) -> datetime:
    """Return the database's clock, the one that all processes share; unlike `now()` it goes on."""
    now: datetime = tx.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now


class Database:
    """One PostgreSQL database and its pool of connections; safe to share between threads.

    Make it once a process (after a fork, not before) with a `postgresql+psycopg://` URL.
    """

    def __init__(self, url: str) -> None:
        self.engine = create_engine(
            url,
            pool_size=10,
            max_overflow=10,
            pool_pre_ping=True,
            hide_parameters=True,  # the driver's part of an error is seen to in `hide_values`
            connect_args={
                "application_name": "goodword",
                "connect_timeout": 10,
                "keepalives_idle": 30,
                # Statements take lists of ids, a few or thousands. Prepared, one that ran ten times
                # is planned for no list in particular: such a plan took 88 s where the right one
                # takes one. (`plan_cache_mode` would plan each check of a foreign key anew.)
                "prepare_threshold": None,
            },
        )
        event.listen(self.engine, "connect", _set_session)
        event.listen(self.engine, "handle_error", hide_values)
        self._rehearsed: Connection | None = None
        self._turn = RLock()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a transaction: committed at the end, rolled back when anything raises.

        Keep it short, and call no network inside one.
        """
        rehearsed = self._rehearsed
        if rehearsed is None:
            with self.engine.begin() as tx:
                yield tx
            return
        if not self._turn.acquire(timeout=_REHEARSAL_WAIT_SECONDS):
            raise RehearsalStuck
        try:
            with rehearsed.begin_nested():
                yield rehearsed
                # What a commit would check now; afterwards the next one may defer again.
                rehearsed.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
                rehearsed.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        finally:
            self._turn.release()

    @contextmanager
    def apart(self) -> Iterator[Connection]:
        """Open a transaction on a connection of its own, which commits in a dry run too.

        For what processes share at this moment and no dry run may hold up: the pace of calls.
        """
        with self.engine.begin() as tx:
            yield tx

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Let everything inside happen, in any thread, and roll all of it back at the end.

        Every `transaction()` becomes a savepoint on one connection, one after the other, so that
        each sees what the ones before it wrote. `now()` stands still, as in any transaction.
        """
        with self.engine.connect() as connection, connection.begin() as whole:
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            self._rehearsed = connection
            try:
                yield
            finally:
                self._rehearsed = None
                whole.rollback()

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Hold the lock `name` of this database, on a connection of its own.

        PostgreSQL frees it when the process or its connection dies. `name` reads as a noun in
        the refusal: "night", "rerun of payouts".

        Raises:
            Busy: Another process (or another connection of this one) holds it.
        """
        key = {"class": _ADVISORY_CLASS, "key": zlib.crc32(name.encode()) - 2**31}
        with self.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:class, :key)"), key):
                raise Busy(name, *_holder(connection, key))
            try:
                yield
            finally:
                # Asked first: a closed connection's lock is free only when its process has ended,
                # a moment later, and whoever comes in between would be refused.
                with suppress(DBAPIError):
                    connection.execute(text("SELECT pg_advisory_unlock(:class, :key)"), key)
                # Closed, not returned to the pool: the lock must not outlive this block even
                # when the connection can no longer be asked to free it.
                connection.invalidate()

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _set_session(connection: psycopg.Connection, _record: object) -> None:
    connection.autocommit = True
    for name, value in _SESSION.items():
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    connection.autocommit = False


def _holder(connection: Connection, key: dict[str, int]) -> tuple[int | None, datetime | None]:
    """Return the session that holds the lock and the instant it connected, if still there."""
    row = connection.execute(
        text(
            "SELECT lock.pid, session.backend_start"
            " FROM pg_locks AS lock JOIN pg_stat_activity AS session USING (pid)"
            " WHERE lock.locktype = 'advisory' AND lock.granted"
            " AND lock.classid::bigint = :class"
            # An oid has no sign: bring the key back to what it was.
            " AND lock.objid::bigint = CASE WHEN :key < 0 THEN :key + 4294967296 ELSE :key END"
            " AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ),
        key,
    ).one_or_none()
    return (row.pid, row.backend_start) if row else (None, None)
