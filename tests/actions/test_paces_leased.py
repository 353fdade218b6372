"""Slots of a provider, leased from PostgreSQL by its clock, which stands still here.

A machine that is busy for a moment would let time pass between two leases, and slots be lost.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from math import isclose
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url, text

from goodword.actions import paces
from goodword.adapters.pace import NotPaced
from goodword.db.session import Database
from goodword.rules.paces import RECOVERED_IN_SECONDS, WINDOW_SECONDS, Lease
from goodword.wiring import Pace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@pytest.fixture
def database(database: Database) -> Iterator[Database]:
    """Let every connection find a stopped clock before PostgreSQL's own."""
    name = make_url(database.engine.url).database
    with database.transaction() as tx:
        tx.execute(text("CREATE SCHEMA IF NOT EXISTS stopped"))
        tx.execute(
            text(
                "CREATE OR REPLACE FUNCTION stopped.clock_timestamp() RETURNS timestamptz"
                " LANGUAGE sql AS $$ SELECT timestamptz '2026-06-30 12:00 UTC' $$"
            )
        )
        tx.execute(text(f"ALTER DATABASE {name} SET search_path = stopped, pg_catalog, public"))
    database.dispose()  # connections that are open have the old path
    yield database
    with database.transaction() as tx:
        tx.execute(text(f"ALTER DATABASE {name} RESET search_path"))
    database.dispose()


def lease(database: Database, slots: int = 1, per_second: int = 20) -> Lease:
    with database.apart() as tx:
        return paces.lease(tx, "stripe", slots, per_second)


def slow_down(database: Database, per_second: int = 20) -> bool:
    with database.apart() as tx:
        return paces.slow_down(tx, "stripe", per_second)


def rate(database: Database, per_second: int = 20) -> float:
    return WINDOW_SECONDS / lease(database, 1, per_second).spacing_seconds


def let_pass(database: Database, seconds: float) -> None:
    """Move what the pace remembers back, as if so much time had gone by."""
    with database.transaction() as tx:
        tx.execute(
            text(
                "UPDATE paces SET free_at = free_at - make_interval(secs => :s),"
                " slowed_at = slowed_at - make_interval(secs => :s)"
            ),
            {"s": seconds},
        )


def free_at(database: Database) -> datetime:
    with database.transaction() as tx:
        found: datetime = tx.execute(text("SELECT free_at FROM paces")).scalar_one()
        return found


def test_a_lease_spreads_a_second_s_calls_evenly_over_a_little_more(database: Database) -> None:
    assert lease(database, 2, 100) == Lease(2, 0, WINDOW_SECONDS / 100)


def test_whoever_comes_next_waits_until_the_block_before_is_over(database: Database) -> None:
    first, second = lease(database, 4), lease(database, 4)
    assert (first.slots, first.wait_seconds) == (4, 0)
    assert isclose(second.wait_seconds, 4 * first.spacing_seconds, abs_tol=1e-5)


def test_blocks_leased_at_once_never_overlap_and_leave_no_gap(database: Database) -> None:
    lease(database)
    began = free_at(database)
    with ThreadPoolExecutor(8) as pool:
        blocks = list(pool.map(lambda _: lease(database, 3), range(80)))
    given = sum(block.slots * block.spacing_seconds for block in blocks)
    assert isclose((free_at(database) - began).total_seconds(), given, abs_tol=1e-3)


def test_a_block_is_no_longer_than_a_quarter_of_a_second(database: Database) -> None:
    block = lease(database, 1000, 80)
    assert block.slots * block.spacing_seconds <= 0.25 < (block.slots + 1) * block.spacing_seconds
    assert lease(database, 1000, 2).slots == 1


def test_slots_that_nobody_leased_are_not_saved_up(database: Database) -> None:
    lease(database, 4)
    let_pass(database, 3600)
    assert lease(database, 4).wait_seconds == 0
    assert lease(database, 4).wait_seconds > 0


def test_a_refusal_halves_the_rate_for_everybody_at_most_once_a_second(database: Database) -> None:
    lease(database)
    assert [slow_down(database), slow_down(database)] == [True, False]
    assert isclose(rate(database), 10)
    let_pass(database, 1.1)
    recovered = 10 + 19 * 1.1 / RECOVERED_IN_SECONDS
    assert slow_down(database)
    assert isclose(rate(database), recovered / 2)


def test_the_rate_never_falls_below_one_call_a_second(database: Database) -> None:
    lease(database)
    for _ in range(8):
        slow_down(database)
        let_pass(database, 1.1)
    assert slow_down(database)
    assert isclose(rate(database), 1)


@pytest.mark.parametrize("passed", [5, 10, 15])
def test_the_rate_comes_back_evenly_in_half_a_minute(database: Database, passed: int) -> None:
    lease(database)
    slow_down(database)
    let_pass(database, passed)
    assert isclose(rate(database), min(20, 10 + 19 * passed / RECOVERED_IN_SECONDS))


def test_a_changed_limit_is_obeyed_by_the_next_lease(database: Database) -> None:
    assert isclose(rate(database, 20), 20)
    assert isclose(rate(database, 80), 80)
    slow_down(database, 80)
    assert isclose(rate(database, 5), 5)


def test_a_clock_that_was_set_back_keeps_nobody_waiting(database: Database) -> None:
    lease(database)
    let_pass(database, -3600)
    assert lease(database).wait_seconds == 0


def test_in_a_dry_run_the_pace_is_kept_and_holds_nobody_up(database: Database) -> None:
    rehearsed = Pace(database, "stripe", 20)
    other = Database(database.engine.url.render_as_string(hide_password=False))
    with database.rehearsal():
        with database.transaction() as tx:
            tx.execute(text("SELECT 1"))
        assert rehearsed.lease(4).wait_seconds == 0
        assert Pace(other, "stripe", 20).lease(4).wait_seconds > 0
        assert rehearsed.lease(4).wait_seconds > 0
    assert lease(database).wait_seconds > 0
    other.dispose()


def test_without_the_database_there_is_no_slot_and_it_is_said() -> None:
    nowhere = Pace(Database("postgresql+psycopg://127.0.0.1:9/goodword"), "stripe", 20)
    with pytest.raises(NotPaced, match="stripe was not called, since the database"):
        nowhere.lease(1)
    with pytest.raises(NotPaced):
        nowhere.slow_down()
