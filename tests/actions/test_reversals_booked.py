"""Transfers that come back: by an operator's command, by the provider, and found by a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from goodword.actions import adoptions, reconciliations, reversals, settlements
from goodword.actions.reconciliations import Closing, Examined
from goodword.db.queries import payouts as queries
from goodword.db.queries import reconciliations as reconciliation_queries
from goodword.db.queries import rewards as reward_queries
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.adoptions import AdoptionRefused
from goodword.rules.approvals import ApprovalPolicy, needed
from goodword.rules.destinations import Closed, Way
from goodword.rules.payouts import Held, Paid, Rail, Refused, TryLater
from goodword.rules.reconciliations import DifferenceKind, Disagreement, Returned
from goodword.rules.reversals import ReversalRefused
from goodword.rules.suspicions import suspicions
from tests import factories as make

CURRENCIES = ("USD", "JPY", "KWD")
POLICY = ApprovalPolicy(dict.fromkeys(CURRENCIES, 50_000), dict.fromkeys(CURRENCIES, 500_000))


def paid(database: Database, minor: int, currency: str = "USD") -> tuple[int, int, int]:
    """Pay one reward; returns participant, reward and payout."""
    with database.transaction() as tx:
        who = make.participant(tx, currency=currency)
        reward = make.approved(tx, who, minor, currency)
        number = make.reserved(tx, reward)
        make.settle(tx, make.submit(tx, number), Paid(f"tr_{number}"))
    return who, reward, number


def clawed_back(database: Database, reward: int) -> int:
    """Cancel the deal of a paid reward; returns the clawback, approved."""
    with database.transaction() as tx:
        make.cancel(tx, reward)
        back = make.value(tx, "SELECT id FROM rewards WHERE reverses_id = :id", id=reward)
        if make.state(tx, "rewards", back) == "computed":
            make.judge(tx, 0, back)
    return int(back)


@pytest.mark.parametrize("currency", CURRENCIES)
def test_an_operator_takes_a_transfer_back_for_its_clawback(
    database: Database, currency: str
) -> None:
    who, reward, number = paid(database, 5_000, currency)
    back = clawed_back(database, reward)
    with database.transaction() as tx:
        assert make.balances(tx, who)["owed"] == 5_000
        reversal = reversals.ask(tx, reversals.Wanted(number, "olivia", "they agreed"), make.TODAY)
        found = make.payout(tx, reversal)
        assert (found.rail, found.destination) == (Rail.STRIPE_REVERSAL, f"tr_{number}")
        assert found.money == Money(-5_000, currency)
        assert make.balances(tx, who)["reserved"] == 5_000
        make.settle(tx, make.submit(tx, reversal), Paid("trr_1"))
        assert make.state(tx, "rewards", back) == "paid"
        assert make.balances(tx, who) == {"program_expense": 5_000, "taken_back": -5_000}
        assert make.facts(tx)[-1] == f"payout:{reversal}:taken_back"
        told = make.value(tx, "SELECT context FROM messages WHERE template = 'payout_taken_back'")
        assert told["amount"] == {"minor": 5_000, "currency": currency}
        assert [line["amount"] for line in told["lines"]] == [told["amount"]]
        assert make.value(tx, "SELECT count(*) FROM messages WHERE template = 'reward_paid'") == 1


def test_a_transfer_without_a_clawback_does_not_come_back(database: Database) -> None:
    _, _, number = paid(database, 5_000)
    with pytest.raises(ReversalRefused, match="open clawback"), database.transaction() as tx:
        reversals.ask(tx, reversals.Wanted(number, "olivia", "no reason"), make.TODAY)
    with pytest.raises(ReversalRefused, match="no payout 99"), database.transaction() as tx:
        reversals.ask(tx, reversals.Wanted(99, "olivia", "no reason"), make.TODAY)


def test_a_refused_reversal_leaves_the_clawback_to_be_netted(database: Database) -> None:
    who, reward, number = paid(database, 5_000)
    back = clawed_back(database, reward)
    with database.transaction() as tx:
        reversal = reversals.ask(tx, reversals.Wanted(number, "olivia", "they agreed"), make.TODAY)
        answer = Refused("insufficient_funds", "their balance is empty", "net it")
        make.settle(tx, make.submit(tx, reversal), answer)
        assert make.state(tx, "rewards", back) == "approved"
        assert make.balances(tx, who)["owed"] == 5_000


def returned(database: Database, number: int, in_all: int) -> int:
    """Let the provider take back so much of a payout in all; returns how many were booked."""
    with database.transaction() as tx:
        reference = make.payout(tx, number).reference
        found = reconciliation_queries.compared(tx, [reference], make.NOW, make.NOW)
        return reversals.record(tx, [Returned(found[0], in_all)], make.TODAY)["came back"]


@pytest.mark.parametrize("currency", CURRENCIES)
def test_what_the_provider_took_back_is_booked_and_asked_about_and_not_paid_again(
    database: Database, currency: str
) -> None:
    who, reward, number = paid(database, 5_000, currency)
    assert returned(database, number, 2_000) == 1
    with database.transaction() as tx:
        assert make.state(tx, "payouts", number) == "paid"
        assert make.state(tx, "rewards", reward) == "paid"
        assert make.balances(tx, who) == {
            "program_expense": 5_000,
            "at_provider": -3_000,
            "taken_back": -2_000,
        }
        assert queries.due(tx, make.TODAY, None) == []
    assert returned(database, number, 5_000) == 1
    with database.transaction() as tx:
        assert make.state(tx, "payouts", number) == "reversed"
        rows = "SELECT string_agg(amount_minor || ' ' || state, ', ' ORDER BY id) FROM rewards"
        asked = make.value(tx, rows + " WHERE returned_payout_id IS NOT NULL")
        assert asked == "2000 computed, 3000 computed"
        (one, other) = reward_queries.computed(tx)
        for item in (one, other):  # the small sums together, and always a person
            assert item.total == Money(5_000, currency)
            asks = needed(item.total, POLICY, "active", suspicions(item.introduction))
            assert asks.approvers == 1
            assert "took it back" in asks.reason


def test_what_came_back_is_booked_once(database: Database) -> None:
    _, _, number = paid(database, 5_000)
    with database.transaction() as tx:
        reference = make.payout(tx, number).reference
        found = reconciliation_queries.compared(tx, [reference], make.NOW, make.NOW)
    for _ in range(2):  # two processes that looked at the same instant
        with database.transaction() as tx:
            reversals.record(tx, [Returned(found[0], 2_000)], make.TODAY)
    with database.transaction() as tx:
        assert make.value(tx, "SELECT reversed_minor FROM payouts") == 2_000
        assert make.value(tx, "SELECT count(*) FROM rewards") == 2


def test_too_little_balance_makes_the_next_try_another_attempt(database: Database) -> None:
    with database.transaction() as tx:
        number = make.reserved(tx, make.approved(tx, make.participant(tx), 4_000))
        make.settle(tx, make.submit(tx, number), TryLater("balance_insufficient", "top up"))
        found = make.payout(tx, number)
        assert (found.state, found.attempt, found.first_sent_at) == ("planned", 2, None)


# An old copy was restored -----------------------------------------------------------------------

STRANGE = Disagreement(
    DifferenceKind.NOT_IN_LEDGER,
    None,
    "tr_9",
    "ref-9",
    "acct_9",
    "USD",
    0,
    4_000,
    "ref-9: 40.00 USD at the provider (tr_9) is unknown here",
)


def strange(database: Database) -> int:
    with database.transaction() as tx:
        reconciliations.record(tx, [STRANGE], Examined((), ("tr_9",)), make.TODAY)
        return int(make.value(tx, "SELECT id FROM differences"))


def test_what_the_ledger_does_not_know_closes_its_destination_until_a_person_explains_it(
    database: Database,
) -> None:
    number = strange(database)
    with database.transaction() as tx:
        make.participant(tx, stripe_account="acct_9")
        [way] = queries.closed_ways(tx).unexplained
        assert way == Way(Rail.STRIPE_TRANSFER, "acct_9", "USD")
        assert queries.closed_ways(tx).to_everybody(replace(way, destination="acct_8")) is None
        reconciliations.close(tx, Closing(number, "olivia", "a gift"), make.TODAY)
        assert queries.closed_ways(tx) == Closed({}, {})
        # What a person closed stays closed while nothing about it changes.
        assert reconciliations.record(tx, [STRANGE], Examined((), ()), make.TOMORROW) == 0
    with (
        pytest.raises(reconciliations.NoSuchDifference, match="no open difference"),
        database.transaction() as tx,
    ):
        reconciliations.close(tx, Closing(number, "olivia", "again"), make.TODAY)


def test_what_went_where_nobody_is_paid_now_keeps_its_currency_from_being_paid_at_all(
    database: Database,
) -> None:
    # In an old copy a participant may still have the account before: the same money, elsewhere.
    strange(database)
    with database.transaction() as tx:
        make.participant(tx, stripe_account="acct_before")
        closed = queries.closed_ways(tx)
        before = Way(Rail.STRIPE_TRANSFER, "acct_before", "USD")
        assert closed.to_everybody(before)
        assert closed.to_everybody(replace(before, currency="EUR")) is None
        assert closed.to_everybody(replace(before, rail=Rail.STRIPE_CREDIT)) is None


def test_what_a_person_settles_late_is_compared_from_when_it_was_sent(database: Database) -> None:
    with database.transaction() as tx:
        number = make.reserved(tx, make.approved(tx, make.participant(tx), 4_000))
        sent = make.submit(tx, number)
        make.settle(tx, sent, Held("two movements"))
        later = make.NOW + timedelta(days=30)
        tx.execute(text("UPDATE installation SET reconciled_until = :at"), {"at": later})
        assert reconciliation_queries.reconciled_until(tx) == later
        finding = settlements.Finding(number, "tr_9", "ann", "seen in the dashboard")
        settlements.settle_by_hand(tx, [finding], later.date())
        assert reconciliation_queries.reconciled_until(tx) == make.NOW


def test_an_adopted_movement_is_the_paid_payout_that_it_was(database: Database) -> None:
    number = strange(database)
    with database.transaction() as tx:
        who = make.participant(tx)
        reward = make.approved(tx, who, 4_000)
        closing = Closing(number, "olivia", "paid before the copy was restored")
        payout = adoptions.adopt(tx, closing, [reward], make.NOW, make.TODAY)
        assert make.state(tx, "payouts", payout) == "paid"
        assert make.state(tx, "rewards", reward) == "paid"
        assert make.payout(tx, payout).reference == "ref-9"
        assert make.balances(tx, who) == {"program_expense": 4_000, "at_provider": -4_000}


def test_an_adoption_that_does_not_add_up_changes_nothing(database: Database) -> None:
    number = strange(database)
    with database.transaction() as tx:
        reward = make.approved(tx, make.participant(tx), 4_100)
        before = make.everything(tx)
    with pytest.raises(AdoptionRefused, match=r"40\.00 USD moved"), database.transaction() as tx:
        adoptions.adopt(tx, Closing(number, "o", "r"), [reward], make.NOW, make.TODAY)
    with database.transaction() as tx:
        assert make.everything(tx) == before


def test_what_went_to_somebody_else_is_not_adopted(database: Database) -> None:
    number = strange(database)
    with database.transaction() as tx:
        make.participant(tx, "ann", stripe_account="acct_9")
        reward = make.approved(tx, make.participant(tx), 4_000)
    with (
        pytest.raises(AdoptionRefused, match="acct_9 is that of ann"),
        database.transaction() as tx,
    ):
        adoptions.adopt(tx, Closing(number, "o", "r"), [reward], make.NOW, make.TODAY)


def test_a_database_pays_from_one_account(database: Database) -> None:
    with database.transaction() as tx:
        reconciliations.adopt_account(tx, "acct_1 (test)")
        reconciliations.adopt_account(tx, "acct_1 (test)")
    with (
        pytest.raises(reconciliations.AnotherAccount, match=r"acct_1 \(test\).*acct_1 \(live\)"),
        database.transaction() as tx,
    ):
        reconciliations.adopt_account(tx, "acct_1 (live)")
