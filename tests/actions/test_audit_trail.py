"""The audit trail: one chain, whoever writes at once; a broken link is found and named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url

from goodword.actions import audit
from goodword.db.session import Database
from tests import factories as make
from tests.conftest import administrator

if TYPE_CHECKING:
    from tests.actions.conftest import Overtake


def event(number: int, **other: object) -> audit.Event:
    return audit.Event("olivia", "looked at", "reward", number, "just so", other)


def record(database: Database, *numbers: int) -> None:
    with database.transaction() as tx:
        audit.record(tx, [event(number, on=date(2026, 6, 30)) for number in numbers])


def first_broken(database: Database) -> int | None:
    with database.transaction() as tx:
        return audit.first_broken(tx)


def test_an_empty_trail_is_whole(database: Database) -> None:
    record(database)
    assert first_broken(database) is None


def test_events_are_kept_in_order_with_their_facts(database: Database) -> None:
    with database.transaction() as tx:
        audit.record(tx, [event(1, minor=5, who="Zoë 株"), event(2, on=date(2026, 6, 30))])
        assert make.value(tx, "SELECT facts::text FROM audit_events WHERE id = 2") == (
            '{"on": "2026-06-30"}'
        )
        assert make.told(tx, "reward", 2) == ["looked at"]
        assert audit.first_broken(tx) is None


def test_the_chain_goes_on_over_transactions(database: Database) -> None:
    for number in range(3):
        record(database, number, number)
    with database.transaction() as tx:
        links = (
            "SELECT count(*) FROM audit_events a JOIN audit_events b ON b.previous_hash = a.hash"
        )
        assert make.value(tx, links) == 5
    assert first_broken(database) is None


def test_what_is_rolled_back_leaves_no_gap(database: Database) -> None:
    record(database, 1)
    with database.engine.connect() as tx, tx.begin() as whole:
        audit.record(tx, [event(2)])
        whole.rollback()
    record(database, 3)
    assert first_broken(database) is None


def test_two_processes_write_one_chain(database: Database, overtake: Overtake) -> None:
    late = overtake(
        lambda tx: audit.record(tx, [event(1)]), lambda tx: audit.record(tx, [event(2)])
    )
    assert late.exception() is None
    assert first_broken(database) is None


def test_twenty_processes_write_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda number: record(database, number, number), range(40)))
    assert first_broken(database) is None
    with database.transaction() as tx:
        assert make.value(tx, "SELECT max(id) FROM audit_events") == 80


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE audit_events SET reason = 'another' WHERE id = 3", 3),
        ("UPDATE audit_events SET actor = 'nobody' WHERE id = 4", 4),
        ("UPDATE audit_events SET subject_id = 9 WHERE id = 2", 2),
        ("UPDATE audit_events SET at = at + interval '1 microsecond' WHERE id = 2", 2),
        ("""UPDATE audit_events SET facts = '{"on":"2026-06-30"}' WHERE id = 3""", 3),
        ("UPDATE audit_events SET hash = previous_hash WHERE id = 1", 1),
        ("UPDATE audit_events SET previous_hash = hash WHERE id = 5", 5),
        ("DELETE FROM audit_events WHERE id = 3", 4),
        ("DELETE FROM audit_events WHERE id = 1", 2),
    ],
)
def test_tampering_is_found_at_the_first_broken_link(
    database: Database, tampering: str, found: int
) -> None:
    record(database, *range(5))
    name = make_url(database.engine.url).database
    with administrator(database.engine.url.render_as_string(), name or "") as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(tampering)
    assert first_broken(database) == found


def test_an_event_put_between_two_others_is_found(database: Database) -> None:
    record(database, 1, 2)
    name = make_url(database.engine.url).database
    with administrator(database.engine.url.render_as_string(), name or "") as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE audit_events SET id = 3 WHERE id = 2")
        connection.execute(
            "INSERT INTO audit_events SELECT 2, at, actor, action, subject, 77, reason, facts,"
            " hash, hash FROM audit_events WHERE id = 1"
        )
    assert first_broken(database) == 2


def test_an_end_that_was_cut_off_shows_by_an_event_that_was_noted(database: Database) -> None:
    record(database, 1, 2)
    with database.transaction() as tx:
        noted = f"2:{make.value(tx, 'SELECT hash FROM audit_events WHERE id = 2')}"
        assert audit.breaks(tx, noted) == []
        assert "is another one" in audit.breaks(tx, noted.replace("2:", "1:"))[0]
    name = make_url(database.engine.url).database
    with administrator(database.engine.url.render_as_string(), name or "") as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM audit_events WHERE id = 2")
    with database.transaction() as tx:
        assert audit.breaks(tx) == []
        assert "event 2 of the audit trail is not there" in audit.breaks(tx, noted)[0]
