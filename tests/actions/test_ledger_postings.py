"""The ledger: every kind of posting has its pair of accounts, and every path of money adds up."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from goodword.actions import ledger
from goodword.actions.ledger import Kind
from goodword.db.checks import violations
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.payouts import Answer, Held, NotNow, Paid, Refused, Unknown
from tests import factories as make


@pytest.mark.parametrize("kind", Kind)
def test_a_posting_debits_one_account_and_credits_another(database: Database, kind: Kind) -> None:
    with database.engine.connect() as tx, tx.begin() as whole:
        ann = make.participant(tx)
        ledger.post(tx, [ledger.Move(kind, ann, "USD", 500)], make.TODAY)
        debit, credit = ledger.ACCOUNTS[kind]
        assert make.balances(tx, ann) == {debit: 500, credit: -500}
        assert make.value(tx, "SELECT (kind, posted_on)::text FROM postings") == (
            f"({kind.value},2026-06-30)"
        )
        whole.rollback()  # it explains nothing, which no database may keep


def test_nothing_to_move_writes_nothing(database: Database) -> None:
    with database.transaction() as tx:
        before = make.everything(tx)
        ledger.post(tx, [], make.TODAY)
        ledger.post(tx, [ledger.Move(Kind.ACCRUE, 1, "USD", 0)], make.TODAY)
        assert make.everything(tx) == before


def test_each_move_of_a_batch_is_a_posting_of_its_own(database: Database) -> None:
    with database.transaction() as tx:
        ann, bob = make.participant(tx), make.participant(tx)
        for who, minor, currency in ((ann, 100, "USD"), (ann, 200, "JPY"), (bob, 300, "USD")):
            make.reward(tx, who, minor, currency)
        make.judge(tx, 0)
        assert make.value(tx, "SELECT count(*) FROM postings") == 3
        assert make.value(tx, "SELECT count(DISTINCT (currency, participant_id)) FROM entries") == 3


ANSWERS: tuple[Answer | None, ...] = (
    Paid("tr"),
    Refused("closed", "closed", "ask"),
    NotNow("rate_limit", "later"),
    Held("another request"),
    Unknown("no answer"),
    None,
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    amounts=st.lists(st.integers(1, 10**12), min_size=1, max_size=3),
    answers=st.lists(st.sampled_from(ANSWERS), max_size=4),
    cancelled=st.booleans(),
)
def test_whatever_is_answered_the_books_add_up(
    database: Database,
    amounts: list[int],
    answers: list[Answer | None],
    cancelled: bool,  # noqa: FBT001 - hypothesis gives it by name
) -> None:
    with database.engine.connect() as tx, tx.begin() as whole:
        ann = make.participant(tx)
        rewards = [make.approved(tx, ann, minor) for minor in amounts]
        number = make.reserved(tx, *rewards)
        for answer in answers:
            if make.state(tx, "payouts", number) == "planned":
                make.submit(tx, number)
            make.settle(tx, make.payout(tx, number), answer)
        if cancelled:
            make.cancel(tx, rewards[0])
            make.judge(tx, 0)
        assert violations(tx) == []
        total = make.value(tx, "SELECT sum(amount_minor)::bigint FROM entries")
        spent = make.balances(tx, ann).get("program_expense", 0)
        paid = make.value(tx, "SELECT count(*) FROM payouts WHERE state = 'paid'")
        assert total == 0
        assert spent in {sum(amounts), sum(amounts[1:])}
        assert not paid or make.balances(tx, ann)["at_provider"] == -sum(amounts)
        whole.rollback()


def test_amounts_are_those_of_the_payout_that_they_move() -> None:
    move = ledger.of_payout(Kind.RESERVE, 7, 3, Money(500, "JPY"))
    assert (move.payout_id, move.participant_id, move.amount_minor) == (7, 3, 500)
    assert (move.currency, move.reward_id) == ("JPY", None)


def test_the_accounts_are_those_that_the_database_knows(database: Database) -> None:
    with database.transaction() as tx:
        check = tx.execute(
            text(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conname = 'ck_entries_account'"
            )
        ).scalar_one()
    for pair in ledger.ACCOUNTS.values():
        for account in pair:
            assert f"'{account}'" in check
