"""Quarantine: one open row a record, with its newest reason, until the record can be read."""

from __future__ import annotations

from goodword.actions import quarantine
from goodword.actions.quarantine import Aside
from goodword.db.session import Database
from tests import factories as make

SOURCE = "salesforce.Opportunity"
BAD = Aside("006A", "Amount is -5: it cannot be negative", {"Id": "006A", "Amount": -5})


def test_a_record_is_set_aside_once_as_it_came(database: Database) -> None:
    with database.transaction() as tx:
        assert quarantine.set_aside(tx, SOURCE, [BAD]) == 1
        before = make.everything(tx)
        assert quarantine.set_aside(tx, SOURCE, [BAD]) == 0
        assert make.everything(tx) == before
        assert make.value(tx, "SELECT record FROM quarantine") == BAD.record


def test_a_newer_reason_replaces_the_older(database: Database) -> None:
    with database.transaction() as tx:
        quarantine.set_aside(tx, SOURCE, [BAD])
        worse = Aside("006A", "CloseDate is empty: fill it in", {"Id": "006A"})
        assert quarantine.set_aside(tx, SOURCE, [BAD, worse]) == 0
        assert make.value(tx, "SELECT reason FROM quarantine") == worse.reason


def test_a_record_that_was_read_is_taken_up_and_may_fall_ill_again(database: Database) -> None:
    with database.transaction() as tx:
        quarantine.set_aside(tx, SOURCE, [BAD])
        assert quarantine.take_up(tx, "salesforce.Account", ["006A"]) == 0
        assert quarantine.take_up(tx, SOURCE, ["006A", "006B"]) == 1
        assert quarantine.take_up(tx, SOURCE, ["006A"]) == 0
        assert quarantine.set_aside(tx, SOURCE, [BAD]) == 1
        assert make.value(tx, "SELECT count(*) FROM quarantine") == 2


def test_nothing_set_aside_is_nothing(database: Database) -> None:
    with database.transaction() as tx:
        assert quarantine.set_aside(tx, SOURCE, []) == 0
        assert quarantine.take_up(tx, SOURCE, []) == 0
