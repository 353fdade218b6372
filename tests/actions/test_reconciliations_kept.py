"""Differences with the provider: each kept once, and open until it was looked at and is gone."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from goodword.actions import reconciliations
from goodword.actions.reconciliations import Examined
from goodword.db.session import Database
from goodword.rules.reconciliations import DifferenceKind, Disagreement
from tests import factories as make

STRANGE = Disagreement(
    DifferenceKind.NOT_IN_LEDGER,
    None,
    "tr_9",
    "x-9",
    "acct_9",
    "USD",
    0,
    4_000,
    "x-9: 40.00 USD at the provider",
)
NOTHING = Examined((), ())


def test_a_difference_is_kept_once_while_it_is_found(database: Database) -> None:
    with database.transaction() as tx:
        seen = Examined((), ("tr_9",))
        assert reconciliations.record(tx, [STRANGE], seen, make.TODAY) == 1
        before = make.everything(tx)
        assert reconciliations.record(tx, [STRANGE], seen, make.TOMORROW) == 0
        assert make.everything(tx) == before
        assert make.told(tx, "difference", 1) == ["found"]


def test_an_open_difference_says_what_was_found_last(database: Database) -> None:
    more = replace(STRANGE, provider_minor=5_000, sentence="x-9: 50.00 USD at the provider")
    with database.transaction() as tx:
        seen = Examined((), ("tr_9",))
        reconciliations.record(tx, [STRANGE], seen, make.TODAY)
        # As the version before 0004 kept it, which is how an upgraded database has it.
        tx.execute(text("UPDATE differences SET reference = NULL, destination = NULL"))
        assert reconciliations.record(tx, [more], seen, make.TOMORROW) == 0
        row = tx.execute(text("SELECT * FROM differences")).one()
        assert (row.reference, row.destination) == ("x-9", "acct_9")
        assert (row.provider_minor, row.sentence) == (5_000, more.sentence)
        assert (row.found_on, row.settled_on) == (make.TODAY, None)
        assert make.told(tx, "difference", 1) == ["found"]


def test_a_difference_that_was_looked_at_and_is_gone_is_settled(database: Database) -> None:
    with database.transaction() as tx:
        reconciliations.record(tx, [STRANGE], NOTHING, make.TODAY)
        reconciliations.record(tx, [], Examined((), ("tr_9",)), make.TOMORROW)
        settled = make.value(tx, "SELECT settled_on FROM differences")
        assert settled == make.TOMORROW


def test_a_difference_that_nobody_looked_at_again_stays_open(database: Database) -> None:
    with database.transaction() as tx:
        number = make.reserved(tx, make.approved(tx, make.participant(tx), 4_000))
        missing = replace(STRANGE, kind=DifferenceKind.NOT_AT_PROVIDER, payout_id=number)
        reconciliations.record(tx, [missing, STRANGE], NOTHING, make.TODAY)
        reconciliations.record(tx, [], Examined((99,), ("tr_1",)), make.TOMORROW)
        open_ones = "SELECT count(*) FROM differences WHERE settled_on IS NULL"
        assert make.value(tx, open_ones) == 2
        reconciliations.record(tx, [], Examined((number,), ()), make.TOMORROW)
        assert make.value(tx, open_ones) == 1


def test_a_difference_that_comes_back_is_a_new_one(database: Database) -> None:
    with database.transaction() as tx:
        seen = Examined((), ("tr_9",))
        for found, new in (([STRANGE], 1), ([], 0), ([STRANGE], 1)):
            assert reconciliations.record(tx, found, seen, make.TODAY) == new
        assert make.value(tx, "SELECT count(*) FROM differences") == 2
