"""One decision on a filtered list: shown with its total, confirmed as it was shown, set-based."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event

from goodword.actions import approvals, bulk_decisions
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.approval_filters import Filter
from goodword.rules.approvals import ApprovalRefused
from tests import factories as make
from tests.actions.conftest import Overtake

RESELLERS = Filter(kind="reseller", currency="USD", below_minor=100_000)
BULK = bulk_decisions.Bulk(RESELLERS, "carol", approve=True)


def company(tx: Connection) -> None:
    """Rewards 1 to 5: 600.00 and 900.00 of ann, 1,000.00 of ann, 700.00 of eve, 800.00 of carol."""
    ann, eve = make.participant(tx, "ann"), make.participant(tx, "eve", kind="employee")
    carol = make.participant(tx, "carol")
    for person, minor in ((ann, 60_000), (ann, 90_000), (ann, 100_000), (eve, 70_000)):
        make.waiting(tx, person, minor)
    make.waiting(tx, carol, 80_000)


def test_a_list_is_shown_with_its_total_and_with_what_one_may_not_decide(
    database: Database,
) -> None:
    with database.transaction() as tx:
        company(tx)
        before = make.everything(tx)
        shown = bulk_decisions.preview(tx, BULK, make.TODAY)
        assert (shown.numbers, shown.bound) == ([1, 2], "")
        assert shown.totals == (Money(150_000, "USD"),)
        assert shown.completes == 2
        assert shown.left_out == {5: "carol benefits from reward 5: somebody else must decide"}
        assert make.everything(tx) == before


def test_a_list_is_decided_as_it_was_shown(database: Database) -> None:
    with database.transaction() as tx:
        company(tx)
        shown = bulk_decisions.preview(tx, BULK, make.TODAY)
        outcomes = bulk_decisions.decide(tx, BULK, shown.digest, make.TODAY)
        assert [(one.ruling.reward_id, one.state) for one in outcomes] == [
            (1, "approved"),
            (2, "approved"),
        ]
        states = [make.state(tx, "rewards", number) for number in (3, 4, 5)]
        assert states == ["waiting"] * 3


def test_a_list_is_refused_with_one_reason_that_each_participant_reads(database: Database) -> None:
    with database.transaction() as tx:
        company(tx)
        bulk = replace(BULK, approve=False, reason="the campaign was over", note="see ticket 12")
        shown = bulk_decisions.preview(tx, bulk, make.TODAY)
        bulk_decisions.decide(tx, bulk, shown.digest, make.TODAY)
        assert make.facts(tx) == ["reward:1:refused", "reward:2:refused"]
        context = make.value(tx, "SELECT context FROM messages WHERE fact = 'reward:1:refused'")
        assert context["reason"] == "the campaign was over"
        assert "ticket" not in str(context)
        assert make.value(tx, "SELECT DISTINCT note FROM approvals WHERE note <> ''") == (
            "see ticket 12"
        )


def _one_more(tx: Connection) -> None:
    make.waiting(tx, 1, 60_000)


def _one_less(tx: Connection) -> None:
    ruling = approvals.Ruling(1, "dave", approve=True, seen=Money(60_000, "USD"), reason="")
    approvals.decide(tx, ruling, make.TODAY)


def _another_amount(tx: Connection) -> None:
    """The same deal for another amount: one reward makes way for another."""
    make.cancel(tx, 1)
    _one_more(tx)


@pytest.mark.parametrize("change", [_one_more, _one_less, _another_amount])
def test_a_list_that_changed_since_is_shown_again(database: Database, change: Any) -> None:
    with database.transaction() as tx:
        company(tx)
        shown = bulk_decisions.preview(tx, BULK, make.TODAY)
        change(tx)
        before = make.everything(tx)
        with pytest.raises(bulk_decisions.ListChanged, match="has changed since it was shown"):
            bulk_decisions.decide(tx, BULK, shown.digest, make.TODAY)
        assert make.everything(tx) == before


def test_what_one_was_shown_another_does_not_confirm(database: Database) -> None:
    with database.transaction() as tx:
        company(tx)
        shown = bulk_decisions.preview(tx, replace(BULK, actor="dave"), make.TODAY)
        for other in (BULK, replace(BULK, approve=False, reason="no")):
            with pytest.raises(bulk_decisions.ListChanged):
                bulk_decisions.decide(tx, other, shown.digest, make.TODAY)


def test_a_list_is_not_refused_without_a_reason(database: Database) -> None:
    refusal = replace(BULK, approve=False)
    with database.transaction() as tx:
        company(tx)
        digest = bulk_decisions.preview(tx, refusal, make.TODAY).digest
        with pytest.raises(ApprovalRefused, match="needs a reason"):
            bulk_decisions.decide(tx, refusal, digest, make.TODAY)


def test_of_two_tabs_that_confirm_one_list_the_second_is_told_that_it_changed(
    database: Database, overtake: Overtake
) -> None:
    with database.transaction() as tx:
        company(tx)
        digest = bulk_decisions.preview(tx, BULK, make.TODAY).digest
    second = overtake(
        lambda tx: bulk_decisions.decide(tx, BULK, digest, make.TODAY),
        lambda tx: bulk_decisions.decide(tx, BULK, digest, make.TODAY),
    )
    assert isinstance(second.exception(), bulk_decisions.ListChanged)
    with database.transaction() as tx:
        assert make.value(tx, "SELECT count(*) FROM approvals") == 2


def test_one_refused_decision_among_many_stops_no_other(database: Database) -> None:
    with database.transaction() as tx:
        company(tx)
        seen = Money(90_000, "USD")
        rulings = [
            approvals.Ruling(number, "dave", approve=True, seen=seen, reason="")
            for number in (1, 2, 77, 2)
        ]
        outcomes = approvals.decide_all(tx, rulings, make.TODAY)
        assert [outcome.state for outcome in outcomes] == ["", "approved", "", ""]
        assert [str(outcome.refusal) for outcome in outcomes if outcome.refusal] == [
            "reward 1 is 600.00 USD, not 900.00 USD: look at it again",
            "there is no reward 77; `goodword rewards list` shows them",
            "reward 2 is approved: only a waiting reward can be decided",
        ]


def test_two_people_in_one_batch_complete_what_needs_two(database: Database) -> None:
    with database.transaction() as tx:
        reward = make.waiting(tx, make.participant(tx, "ann"), 90_000, needed=2)
        seen = Money(90_000, "USD")
        rulings = [
            approvals.Ruling(reward, who, approve=True, seen=seen, reason="")
            for who in ("carol", "CAROL", "dave")
        ]
        outcomes = approvals.decide_all(tx, rulings, make.TODAY)
        assert [outcome.state for outcome in outcomes] == ["waiting", "", "approved"]
        assert make.state(tx, "rewards", reward) == "approved"


@contextmanager
def counted(tx: Connection) -> Iterator[Counter[str]]:
    statements: Counter[str] = Counter()

    def ran(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements[statement] += 1

    event.listen(tx.engine, "before_cursor_execute", ran)
    yield statements
    event.remove(tx.engine, "before_cursor_execute", ran)


def test_one_decision_covers_the_first_thousand_by_as_many_statements_as_one(
    database: Database,
) -> None:
    with database.transaction() as tx:
        ann, carol = make.participant(tx, "ann"), make.participant(tx, "carol")
        own = make.waiting(tx, carol, 80_000)
        first = make.waiting(tx, ann, 60_000)
        _copies(tx, first, 1_001)
        ruling = approvals.Ruling(first, "dave", approve=True, seen=Money(60_000, "USD"), reason="")
        with counted(tx) as one:
            approvals.decide(tx, ruling, make.TODAY)
        with counted(tx) as many:
            shown = bulk_decisions.preview(tx, BULK, make.TODAY)
            outcomes = bulk_decisions.decide(tx, BULK, shown.digest, make.TODAY)
        assert len(outcomes) == len(shown.rewards) == bulk_decisions.MOST
        assert list(shown.left_out) == [own]
        assert shown.bound == (
            "These are the first 1,000 of 1,002, oldest first: one decision covers no more. "
            "The others come with the next list."
        )
        assert many.total() <= one.total() + 16, "what is read three times, in two batches each"
        rest = bulk_decisions.preview(tx, BULK, make.TODAY)
        assert (rest.numbers, rest.bound) == ([shown.numbers[-1] + 1], "")


def _copies(tx: Connection, reward_id: int, count: int) -> None:
    """Let so many rewards like one wait, each by a rule of its own."""
    columns = (
        "participant_id, outcome, conversion_id, program_version_id, pay, base_minor,"
        " computed_minor, amount_minor, currency, reason, outcome_on, payable_on, computed_on,"
        " state, approvals_needed, asked_on"
    )
    tx.exec_driver_sql(
        f"INSERT INTO rewards (incentive, {columns})"
        f" SELECT 'rule ' || n, {columns} FROM rewards, generate_series(1, {count}) n"
        f" WHERE rewards.id = {reward_id}"
    )


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "Decided: 1 waits for a second person."), (2, "Decided: 2 wait for a second person.")],
)
def test_what_waits_for_a_second_person_is_said_with_its_number(count: int, said: str) -> None:
    ruling = approvals.Ruling(1, "carol", approve=True, seen=Money(60_000, "USD"), reason="")
    assert bulk_decisions.said([approvals.Outcome(ruling, "waiting")] * count) == said
