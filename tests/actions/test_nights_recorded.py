"""Nights: begun, finished, or found interrupted; each stage with what it did."""

from __future__ import annotations

import pytest

from goodword.actions import nights
from goodword.db.session import Database, instant
from tests import factories as make


@pytest.mark.parametrize(("failed", "state"), [(False, "done"), (True, "failed")])
def test_a_night_is_closed_with_how_it_went(
    database: Database, *, failed: bool, state: str
) -> None:
    with database.transaction() as tx:
        number = nights.begin(tx, make.TODAY)
        assert make.state(tx, "nights", number) == "running"
        nights.finish(tx, number, failed=failed)
        assert make.state(tx, "nights", number) == state
        assert make.value(tx, "SELECT finished_at >= started_at FROM nights")


def test_a_night_that_was_killed_is_found_by_the_next(database: Database) -> None:
    with database.transaction() as tx:
        killed = nights.begin(tx, make.TODAY)
        finished = nights.begin(tx, make.TODAY)
        nights.finish(tx, finished, failed=False)
        nights.begin(tx, make.TOMORROW)
        assert make.state(tx, "nights", killed) == "interrupted"
        assert make.state(tx, "nights", finished) == "done"


@pytest.mark.parametrize("alone", [False, True])
def test_a_stage_keeps_its_counts_and_its_failures(database: Database, *, alone: bool) -> None:
    with database.transaction() as tx:
        night = None if alone else nights.begin(tx, make.TODAY)
        result = nights.StageResult(
            night, make.TODAY, "pay", {"paid": 3}, ["payout 7: no answer"], instant(tx)
        )
        nights.record_stage(tx, result)
        kept = "SELECT (night_id IS NULL, stage, outcomes, failures)::text FROM stage_runs"
        assert make.value(tx, kept) == (
            f'({"t" if alone else "f"},pay,"{{""paid"": 3}}","[""payout 7: no answer""]")'
        )
