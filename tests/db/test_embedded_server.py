"""The program's own PostgreSQL: it starts anywhere, is found again, and survives its accidents."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from goodword.db import embedded
from goodword.db.session import Database

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def home() -> Iterator[Path]:
    # As in conftest.py: pytest closes its own folder to the user PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="goodword-embedded-"))
    yield folder
    for child in [folder, *folder.rglob("home*")]:
        if (child / "postgres").exists():
            embedded.stop(child)
    shutil.rmtree(folder)


def answer(url: str) -> object:
    database = Database(url)
    try:
        with database.transaction() as tx:
            return tx.scalar(text("SELECT current_user || '@' || current_database()"))
    finally:
        database.dispose()


def test_it_starts_once_and_is_found_again_at_once(home: Path) -> None:
    url = embedded.start(home)
    assert answer(url) == "goodword@goodword"
    number = process_number(home)
    assert min(seconds_to_find(home, url) for _ in range(3)) < 0.2
    assert process_number(home) == number
    assert embedded.stop(home)
    assert not embedded.stop(home)


def test_it_starts_where_a_path_is_long_or_has_signs_in_it(home: Path) -> None:
    odd = home / ("a folder, with 'quotes' " + "x" * 90) / "home"
    assert answer(embedded.start(odd)) == "goodword@goodword"


def test_nobody_else_comes_in(home: Path) -> None:
    embedded.start(home)
    assert (home / "postgres").stat().st_mode & 0o077 == 0
    with_others = home.stat().st_mode & 0o007
    assert with_others in {0, 0o001}, "at most to pass through, never to read"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_what_somebody_else_has_put_where_the_socket_goes_is_not_touched(home: Path) -> None:
    theirs, link = home / "theirs", home / "link"
    theirs.mkdir(mode=0o755)
    link.symlink_to(theirs)
    before = theirs.stat()
    with pytest.raises(embedded.EmbeddedFailed, match="belongs to another user"):
        embedded._own_socket_folder(link)
    after = theirs.stat()
    assert (after.st_uid, after.st_mode) == (before.st_uid, before.st_mode)


def test_data_outlives_a_server_that_was_killed(home: Path) -> None:
    url = embedded.start(home)
    database = Database(url)
    with database.transaction() as tx:
        tx.execute(text("CREATE TABLE kept AS SELECT 1 AS one"))
    database.dispose()
    os.kill(process_number(home), signal.SIGKILL)

    database = Database(embedded.start(home))
    with database.transaction() as tx:
        assert tx.scalar(text("SELECT one FROM kept")) == 1
    database.dispose()


def test_a_record_of_a_process_that_is_another_program_s_or_none_is_no_obstacle(
    home: Path,
) -> None:
    url = embedded.start(home)
    record = (home / "postgres" / "postmaster.pid").read_text().splitlines()
    embedded.stop(home)
    record[0] = str(os.getpid())
    for left_behind in ("\n".join(record) + "\n", ""):  # nothing was written before a power cut
        (home / "postgres" / "postmaster.pid").write_text(left_behind)
        assert embedded.start(home) == url
        assert answer(url) == "goodword@goodword"
        embedded.stop(home)


def test_a_half_made_folder_is_made_anew(home: Path) -> None:
    (home / "postgres.new").mkdir()
    (home / "postgres.new" / "PG_VERSION").write_text("18\n")
    assert answer(embedded.start(home)) == "goodword@goodword"


def test_a_refusal_says_what_postgres_said_and_what_to_do(home: Path) -> None:
    with pytest.raises(embedded.EmbeddedFailed, match=r"no_such_setting.*GOODWORD_DATABASE_URL"):
        embedded.start(home, {"no_such_setting": "1"})


def seconds_to_find(home: Path, url: str) -> float:
    """Return what this thread computed for it: it asks a process that runs, and imports nothing."""
    began = time.thread_time()
    assert embedded.start(home) == url
    return time.thread_time() - began


def process_number(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
