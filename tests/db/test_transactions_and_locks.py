"""What a transaction, a rehearsal and a lock promise, on a real PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from goodword.db.bulk import stage
from goodword.db.session import Busy, Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Template


PATIENCE_SECONDS = 120

SECRET = "hush, a word of someone's"
"""In a constant: a trace quotes the lines of this file."""


@pytest.fixture(scope="module")
def scratch(template: Template) -> Iterator[Database]:
    """A clone with a table whose uniqueness is checked at commit only."""
    with template.clone() as database:
        with database.transaction() as tx:
            tx.execute(
                text(
                    "CREATE TABLE notes (word text UNIQUE DEFERRABLE INITIALLY DEFERRED"
                    " CHECK (length(word) < 20))"
                )
            )
        yield database


@pytest.fixture
def notes(scratch: Database) -> Database:
    with scratch.transaction() as tx:
        tx.execute(text("TRUNCATE notes"))
    return scratch


def write(tx: Connection, word: str) -> None:
    tx.execute(text("INSERT INTO notes VALUES (:word)"), {"word": word})


def write_and_fail(database: Database, word: str) -> None:
    with database.transaction() as tx:
        write(tx, word)
        raise ZeroDivisionError


def words(database: Database) -> list[str]:
    with database.transaction() as tx:
        return list(tx.scalars(text("SELECT word FROM notes ORDER BY word")))


def test_a_transaction_is_kept_when_it_ends_and_lost_when_it_raises(notes: Database) -> None:
    with notes.transaction() as tx:
        write(tx, "kept")
    with pytest.raises(ZeroDivisionError):
        write_and_fail(notes, "lost")
    assert words(notes) == ["kept"]


def test_a_statement_that_runs_often_is_planned_for_what_it_is_given_each_time(
    notes: Database,
) -> None:
    statement = text("SELECT count(*) FROM pg_class WHERE oid = ANY(CAST(:ids AS oid[]))")
    with notes.transaction() as tx:
        for _ in range(20):
            tx.execute(statement, {"ids": [1, 2, 3]})
        prepared = tx.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one()
    assert prepared == 0


def test_every_session_has_its_limits_and_utc(notes: Database) -> None:
    with notes.transaction() as tx:
        settings = tx.execute(
            text(
                "SELECT current_setting('TimeZone'), current_setting('lock_timeout'),"
                " current_setting('statement_timeout'),"
                " current_setting('idle_in_transaction_session_timeout')"
            )
        ).one()
    assert tuple(settings) == ("UTC", "1min", "5min", "5min")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT word FROM notes WHERE wort = :word", 'column "wort" does not exist'),
        ("INSERT INTO notes VALUES (:word)", 'violates check constraint "notes_word_check"'),
        ("SELECT CAST(CAST(:word AS text) AS bigint)", "a value is refused (SQLSTATE 22P02)"),
    ],
)
def test_an_error_says_which_statement_failed_and_why_and_no_value_of_it(
    notes: Database, statement: str, said: str
) -> None:
    with pytest.raises(DBAPIError) as failed, notes.transaction() as tx:
        tx.execute(text(statement), {"word": SECRET})
    told = "".join(traceback.format_exception(failed.value))
    assert said in str(failed.value)
    assert statement.partition(":")[0] in told
    assert SECRET not in told


def test_what_a_commit_or_a_copy_refuses_is_told_without_its_values_too(notes: Database) -> None:
    twice = text("INSERT INTO notes VALUES (:word), (:word)")
    with pytest.raises(IntegrityError, match="unique") as unkept, notes.transaction() as tx:
        tx.execute(twice, {"word": SECRET[:6]})
    place = "COPY counted, line 2, column number"
    with pytest.raises(DataError, match=place) as uncopied, notes.transaction() as tx:
        stage(tx, "counted", {"number": "bigint"}, [["1"], [SECRET]])
    for failed in (unkept, uncopied):
        assert SECRET[:6] not in "".join(traceback.format_exception(failed.value))
    assert getattr(unkept.value.orig, "sqlstate", None) == "23505"


def test_a_rehearsal_sees_what_it_wrote_from_every_thread_and_leaves_nothing(
    notes: Database,
) -> None:
    def add(word: str) -> None:
        with notes.transaction() as tx:
            write(tx, word)

    with notes.rehearsal():
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(add, "abcdefgh"))
        assert words(notes) == list("abcdefgh")
    assert words(notes) == []


def test_a_rehearsed_transaction_that_raises_takes_only_its_own_work_back(notes: Database) -> None:
    with notes.rehearsal():
        with notes.transaction() as tx:
            write(tx, "kept")
        with pytest.raises(ZeroDivisionError):
            write_and_fail(notes, "lost")
        assert words(notes) == ["kept"]


def test_a_rehearsal_meets_the_constraints_that_a_commit_would(notes: Database) -> None:
    with notes.rehearsal():
        with notes.transaction() as tx:  # deferred: broken and mended within one transaction
            write(tx, "twice")
            write(tx, "twice")
            tx.execute(text("DELETE FROM notes"))
            write(tx, "twice")
        with pytest.raises(IntegrityError), notes.transaction() as tx:
            write(tx, "twice")
        assert words(notes) == ["twice"]


def test_the_same_lock_is_refused_to_a_second_holder_who_is_told_of_the_first(
    notes: Database,
) -> None:
    with (
        notes.exclusive("night"),
        pytest.raises(Busy, match=r"The night is already running.*session \d+, since"),
        notes.exclusive("night"),
    ):
        pass


def test_a_lock_is_free_again_after_its_block_even_when_that_raised(notes: Database) -> None:
    with pytest.raises(RuntimeError), notes.exclusive("night"):
        raise RuntimeError
    with notes.exclusive("night"), notes.exclusive("something else"):
        pass


def test_a_lock_is_free_at_once_for_whoever_comes_next(notes: Database) -> None:
    for _ in range(100):
        with notes.exclusive("import"):
            pass


def test_a_lock_whose_connection_was_lost_does_not_hide_what_happened(notes: Database) -> None:
    with pytest.raises(RuntimeError, match="what happened"), notes.exclusive("night"):  # noqa: PT012 - the loss comes first
        with notes.transaction() as tx:
            tx.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks"
                    " WHERE locktype = 'advisory' AND database ="
                    " (SELECT oid FROM pg_database WHERE datname = current_database())"
                )
            )
        raise RuntimeError("what happened")
    take_soon(notes)


def test_a_lock_dies_with_its_process(notes: Database) -> None:
    holder = subprocess.Popen(  # noqa: S603 - this Python and the text below
        [sys.executable, "-c", HOLD, notes.engine.url.render_as_string(hide_password=False)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(Busy), notes.exclusive("night"):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    take_soon(notes)


def take_soon(database: Database) -> None:
    """Take the lock as soon as the server has noticed that its holder is gone."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with suppress(Busy), database.exclusive("night"):
            return
        time.sleep(0.01)
    pytest.fail("the lock outlived its process")


HOLD = """
import sys, time
from goodword.db.session import Database
with Database(sys.argv[1]).exclusive("night"):
    print("held", flush=True)
    time.sleep(600)
"""
