"""What every test may ask for: a real PostgreSQL, one server for the whole session.

`database`         a Database with the migrated tables and nothing in them but what the migrations
                   wrote; checked (goodword/db/checks.py) and emptied after each test, whatever the
                   test left behind
`module_database`  a clone that the tests of one module share and nobody empties: for tests that
                   only read what a fixture wrote
`template`         makes more clones, for tests that change the tables themselves
`prefect_server`   the URL of a Prefect server that this process's flows report to; takes 15 s once
                   a session, so ask for it only in tests marked `prefect`
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url, text

from cli import local
from goodword.db import embedded, schema
from goodword.db.checks import violations
from goodword.db.session import Database
from goodword.locks import hold
from tests.places import fastest

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = "GOODWORD_TEST_HOME"
PREFIX = "goodword-test-"
# What is lost with the machine is lost with the test. Every worker, and every process that one
# starts, may fill a pool of twenty connections.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
}

# Emptying takes a few milliseconds, a fresh clone for each test a hundred. The function belongs to
# the administrator, who alone may pass the triggers that keep history append-only.
PRISTINE = """
CREATE SCHEMA pristine;
GRANT USAGE ON SCHEMA pristine TO goodword;
CREATE FUNCTION pristine.tables() RETURNS SETOF regclass LANGUAGE sql AS $$
    SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
$$;
DO $$
DECLARE kept regclass; rows bigint;
BEGIN
    FOR kept IN SELECT pristine.tables() LOOP
        EXECUTE format('CREATE TABLE pristine.%I AS TABLE %s', kept::text, kept);
        GET DIAGNOSTICS rows = ROW_COUNT;
        IF rows = 0 THEN EXECUTE format('DROP TABLE pristine.%I', kept::text); END IF;
    END LOOP;
END $$;
CREATE FUNCTION pristine.restore() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET session_replication_role = replica SET lock_timeout = '60s' AS $$
DECLARE changed text;
BEGIN
    FOR changed IN SELECT pristine.tables() LOOP
        EXECUTE format('DELETE FROM %s', changed);
    END LOOP;
    FOR changed IN SELECT relname FROM pg_class
        WHERE relnamespace = 'pristine'::regnamespace AND relkind = 'r'
    LOOP
        EXECUTE format(
            'INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE TABLE pristine.%1$I', changed
        );
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE last_value IS NOT NULL;
END $$;
"""

# What is cloned must have no connection, and whoever looks for the server makes one to its own
# database for a moment.
NOBODYS = "CREATE DATABASE migrated TEMPLATE goodword ALLOW_CONNECTIONS false"

# How long an example takes, or the drawing of it, says something about the machine only.
settings.register_profile("goodword", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("goodword")


def pytest_configure(config: pytest.Config) -> None:
    """Let the session's first process name the folder that all of its workers share."""
    os.environ["GOODWORD_FIRST_WAIT"] = "0"  # what is tried again is tried at once
    if not hasattr(config, "workerinput"):
        _sweep()
        # Not below pytest's own folder: pytest closes that to the user PostgreSQL runs as.
        home = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=fastest())
        os.environ[HOME] = home


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server when the last worker has gone."""
    if not hasattr(config, "workerinput") and HOME in os.environ:
        _remove(Path(os.environ.pop(HOME)))


def _sweep() -> None:
    """Stop the servers of sessions that were killed; a session beside this one may do so too."""
    for home in fastest().glob(f"{PREFIX}*-*"):
        owner = int(home.name.removeprefix(PREFIX).split("-")[0])
        with suppress(FileNotFoundError):
            if home.stat().st_uid == os.geteuid() and not psutil.pid_exists(owner):
                _remove(home)


def _remove(home: Path) -> None:
    local.stop_all(home)
    shutil.rmtree(home, ignore_errors=True)


@dataclass(frozen=True)
class Template:
    """A server with one migrated database to clone."""

    url: str
    numbers: Iterator[int]

    @contextmanager
    def clone(self) -> Iterator[Database]:
        """Make a database of one's own, and drop it at the end."""
        name = f"test_{os.getpid()}_{next(self.numbers)}"
        with administrator(self.url) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE migrated OWNER goodword")
        database = Database(make_url(self.url).set(database=name).render_as_string())
        try:
            yield database
        finally:
            database.dispose()
            with administrator(self.url) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def administrator(url: str, database: str = "postgres") -> psycopg.Connection:
    """Connect as the embedded server's administrator, who alone may pass triggers."""
    return psycopg.connect(
        host=str(make_url(url).query["host"]), user="postgres", dbname=database, autocommit=True
    )


@pytest.fixture(scope="session")
def template() -> Template:
    home = Path(os.environ[HOME])
    with hold(home / "template.lock"):
        url = embedded.start(home, SETTINGS)
        migrated = home / "migrated"
        if not migrated.exists():
            database = Database(url)
            schema.upgrade(database)
            database.dispose()  # a database with a connection cannot be cloned
            with administrator(url, "goodword") as connection:
                connection.execute(PRISTINE)
            with administrator(url) as connection:
                connection.execute(NOBODYS)
            migrated.touch()
    return Template(url, count())


@pytest.fixture(scope="module")
def module_database(template: Template) -> Iterator[Database]:
    with template.clone() as database:
        yield database


@pytest.fixture(scope="module")
def _shared_clone(template: Template) -> Iterator[Database]:
    with template.clone() as database:
        yield database


@pytest.fixture
def database(_shared_clone: Database) -> Iterator[Database]:
    yield _shared_clone
    with _shared_clone.transaction() as tx:
        broken = violations(tx)
        tx.execute(text("SELECT pristine.restore()"))
    assert not broken, "\n".join(f"{found.invariant.name}: {found.sentence}" for found in broken)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    url = local.use_prefect(Path(os.environ[HOME]))
    from prefect.settings import (  # noqa: PLC0415 - Prefect, once its server is up
        PREFECT_API_URL,
        PREFECT_LOGGING_TO_API_ENABLED,
        temporary_settings,
    )

    # A test before may have needed Prefect and no server: its settings have been read by now, and
    # each worker would start a temporary server of its own. Logs would be sent when the process
    # ends, to a server that has gone, for a minute.
    with temporary_settings({PREFECT_API_URL: url, PREFECT_LOGGING_TO_API_ENABLED: False}):
        yield url
