"""Chunks that are decided while the one before is written down: in order, and with one memory."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from goodword.wiring import wiring
from tasks import ahead, conversions, rewards
from tests import factories as make
from tests.factories import TODAY
from tests.tasks import trials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from goodword.db.session import Database

# Four deals of a year: a step for each two of them, and no more than 300.00 in all.
RULES = """
[[incentives]]
name = "Climbing"
kinds = ["reseller"]
on = "converted"
pay = "cash"
amount.tiered = { by = "count", over = "year", steps = ["from 1 pay 5%", "from 3 pay 10%"] }
cap = { amount = ["200.00 USD"], per = "year" }
"""
EARNED = "SELECT amount_minor FROM rewards ORDER BY outcome_on, id"


def test_each_is_prepared_in_order_while_the_one_before_is_worked_on() -> None:
    began, taken = threading.Event(), []

    def prepare(number: int) -> int:
        if number == 2:
            began.set()
        return number * 10

    for done in ahead.prepared(range(1, 5), prepare):
        if done == 10:
            assert began.wait(timeout=60)
        taken.append(done)
    assert taken == [10, 20, 30, 40]
    assert list(ahead.prepared([], prepare)) == []


def test_what_goes_wrong_with_one_is_raised_when_its_turn_comes() -> None:
    def prepare(number: int) -> int:
        return 6 // number

    coming = ahead.prepared([2, 0, 1], prepare)
    assert next(coming) == 3
    with pytest.raises(ZeroDivisionError):
        next(coming)


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every chunk be of one deal."""
    for module, name in ((conversions, "DETECTED"), (rewards, "COMPUTED")):
        monkeypatch.setattr(module, name, 1)
    return


def bring(database: Database, *days_ago: int) -> None:
    """Let ann bring deals of 1,000.00 dollars, won so many days ago."""
    with database.transaction() as tx:
        ann = make.participant(tx, "ann", tier="basic")
        for days in days_ago:
            deal = make.deal(tx, close_on=TODAY - timedelta(days=days))
            at = datetime(2026, 1, 5, tzinfo=UTC)
            make.referral(tx, ann, opportunity_crm_id=deal, submitted_at=at)


@pytest.mark.usefixtures("one_by_one")
def test_caps_and_tiers_see_the_chunks_before(joined: Database) -> None:
    trials.publish(joined, RULES)
    bring(joined, 40, 30, 20, 10)
    assert trials.night()["converted"] == 4
    assert trials.rows(joined, EARNED) == [(50_00,), (50_00,), (100_00,), (0,)]


@pytest.mark.usefixtures("one_by_one")
def test_in_a_dry_run_chunks_follow_one_another_and_nothing_is_kept(joined: Database) -> None:
    trials.publish(joined, RULES)
    bring(joined, 30, 20, 10)
    with wiring().database.rehearsal():
        assert trials.night()["converted"] == 3
    assert trials.rows(joined, "SELECT id FROM conversions") == []
