"""A dry run goes the same way as the night after it, keeps nothing, and sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.company import sample
from sandbox.company.dates import BUSINESS_DATE

if TYPE_CHECKING:
    from tasks.nights import Report
    from tests.flows.conftest import Trials

pytestmark = pytest.mark.prefect


@dataclass(frozen=True)
class Rehearsed:
    """A dry run and the night after it: reports, and what the first one left."""

    dry: Report
    night: Report
    kept: dict[str, Any]
    writes: int


@pytest.fixture(scope="module")
def rehearsed(trial: Trials) -> Rehearsed:
    with trial(sample(opportunities=100)) as opened:
        before, sequel = opened.dump(), opened.rows("SELECT * FROM nights")
        dry = opened.night(BUSINESS_DATE, dry_run=True)
        after = opened.dump()
        kept = {table: rows for table, rows in after.items() if rows != before[table]}
        if opened.rows("SELECT * FROM nights") != sequel:
            kept["nights"] = opened.rows("SELECT * FROM nights")
        writes = sum(opened.writes().values())
        return Rehearsed(dry, opened.night(BUSINESS_DATE), kept, writes)


def test_it_says_that_it_is_one_and_fails_nowhere(rehearsed: Rehearsed) -> None:
    assert rehearsed.dry.is_rehearsal
    assert not rehearsed.night.is_rehearsal
    assert rehearsed.dry.failures == []


def test_it_keeps_nothing(rehearsed: Rehearsed) -> None:
    assert rehearsed.kept == {}


def test_it_changes_nothing_outside(rehearsed: Rehearsed) -> None:
    assert rehearsed.writes == 0


def test_it_counts_what_the_night_then_does(rehearsed: Rehearsed) -> None:
    dry, night = (
        {tally.stage: dict(tally.outcomes) for tally in report.tallies}
        for report in (rehearsed.dry, rehearsed.night)
    )
    for stage in ("sync", "detect", "compute", "approve", "measure"):
        assert dry[stage] == night[stage]
    night["review"]["protection to write"] = night["review"].pop("protection written")
    assert night["review"].pop("routed") == night["review"]["to route"]
    assert dry["review"] == night["review"]
    night["pay"]["would be sent"] = night["pay"].pop("paid")
    assert dry["pay"] == night["pay"]
    assert dry["reconcile"] == {}
    assert dry["send"]["would be sent"] > 0
