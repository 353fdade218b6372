"""Payouts in a real database: planned and marked by one process only, rerun on purpose only."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from goodword.actions import payouts
from goodword.db.queries import payouts as queries
from goodword.db.queries import reconciliations as reconciliation_queries
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.destinations import Closed, way_of
from goodword.rules.payout_plans import Carried
from goodword.rules.payouts import Held, Paid, Rail, Refused
from tests import factories as make
from tests.actions.conftest import Overtake

NOTHING_CLOSED = Closed({}, {})
REFUSED = Refused("account_closed", "the account is closed", "ask for another one")


def test_a_reserved_payout_is_the_sum_of_its_rewards_and_frozen(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        covered = make.approved(tx, ann, 4_000), make.approved(tx, ann, 2_500)
        number = make.reserved(tx, *covered)
        found = make.payout(tx, number)
        assert (found.state, found.money, found.attempt) == ("planned", Money(6_500, "USD"), 1)
        prefix = reconciliation_queries.reference_prefix(tx)
        assert re.fullmatch(rf"{prefix}{number}-[0-9a-f]{{6}}", found.reference)
        assert {make.state(tx, "rewards", reward) for reward in covered} == {"reserved"}
        assert make.balances(tx, ann) == {"program_expense": 6_500, "reserved": -6_500}
        assert make.told(tx, "payout", number) == ["planned"]
        assert queries.planned(tx) == [number]
        assert queries.due(tx, make.TODAY, None) == []


def test_nothing_to_plan_writes_nothing(database: Database) -> None:
    with database.transaction() as tx:
        before = make.everything(tx)
        assert payouts.reserve(tx, [], make.TODAY) == []
        assert make.everything(tx) == before


def test_a_reward_is_not_planned_twice(database: Database) -> None:
    with database.transaction() as tx:
        step = make.planned(tx, make.approved(tx, make.participant(tx), 4_000))
        payouts.reserve(tx, [step], make.TODAY)
        before = make.everything(tx)
    with pytest.raises(payouts.PlanOvertaken, match="plan again"), database.transaction() as tx:
        payouts.reserve(tx, [step], make.TODAY)
    with database.transaction() as tx:
        assert make.everything(tx) == before


def test_of_two_processes_that_plan_the_same_rewards_one_wins(
    database: Database, overtake: Overtake
) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        shared, own = make.approved(tx, ann, 4_000), make.approved(tx, ann, 2_500)
        first, second = make.planned(tx, shared), make.planned(tx, shared, own)
    late = overtake(
        lambda tx: payouts.reserve(tx, [first], make.TODAY),
        lambda tx: payouts.reserve(tx, [second], make.TODAY),
    )
    assert isinstance(late.exception(), payouts.PlanOvertaken)
    with database.transaction() as tx:
        assert make.value(tx, "SELECT count(*) FROM payouts") == 1
        assert make.state(tx, "rewards", own) == "approved"


def test_marking_keeps_what_exactly_is_sent_under_which_key_and_since_when(
    database: Database,
) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        number = make.reserved(tx, make.approved(tx, ann, 4_000))
        make.submit(tx, number)
        found = make.payout(tx, number)
        assert found.state == "submitting"
        assert found.request == {"amount": 4_000}
        assert found.idempotency_key == f"{found.reference}:1"
        assert found.first_sent_at == make.NOW
        assert make.balances(tx, ann) == {"program_expense": 4_000, "in_flight": -4_000}
        assert queries.unsettled(tx) == [number]


def test_a_payout_is_marked_once(database: Database) -> None:
    with database.transaction() as tx:
        number = make.reserved(tx, make.approved(tx, make.participant(tx), 4_000))
        sending = make.submission(tx, number)
        make.submit(tx, number)
        before = make.everything(tx)
        later = make.NOW + timedelta(hours=1)
        assert payouts.submit(tx, [sending], later, make.TODAY) == set()
        assert make.everything(tx) == before


def test_of_two_processes_that_mark_the_same_payout_one_may_send_it(
    database: Database, overtake: Overtake
) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        number = make.reserved(tx, make.approved(tx, ann, 4_000))
        sending = make.submission(tx, number)
    late = overtake(
        lambda tx: payouts.submit(tx, [sending], make.NOW, make.TODAY),
        lambda tx: payouts.submit(tx, [sending], make.NOW, make.TODAY),
    )
    assert late.result() == set()
    with database.transaction() as tx:
        assert make.balances(tx, ann) == {"program_expense": 4_000, "in_flight": -4_000}


# What is carried over and blocked ---------------------------------------------------------------


def notes(database: Database) -> list[str | None]:
    with database.transaction() as tx:
        return list(tx.execute(text("SELECT carried_because FROM rewards ORDER BY id")).scalars())


def test_why_a_reward_is_not_paid_is_noted_until_it_no_longer_holds(database: Database) -> None:
    with database.transaction() as tx:
        ann, bob = make.participant(tx), make.participant(tx)
        rewards = make.approved(tx, ann, 400), make.approved(tx, bob, 500)
        both = [
            Carried(who, Money(400, "USD"), (reward,), "it is below the minimum")
            for who, reward in zip((ann, bob), rewards, strict=True)
        ]
        payouts.note_carried(tx, both, None)
    assert notes(database) == ["it is below the minimum"] * 2
    with database.transaction() as tx:
        payouts.note_carried(tx, [], [ann])
    assert notes(database) == [None, "it is below the minimum"]
    with database.transaction() as tx:
        payouts.note_carried(tx, [], None)
    assert notes(database) == [None, None]


def test_a_participant_is_told_of_an_obstacle_on_each_rail_once_a_month(database: Database) -> None:
    with database.transaction() as tx:
        ann, money = make.participant(tx), Money(400, "USD")
        rails = (Rail.STRIPE_TRANSFER, Rail.STRIPE_COUPON, None)
        blocked = [payouts.Blocked(ann, money, "no_destination", rail) for rail in rails]
        days = [make.TODAY, make.TODAY, make.TOMORROW, make.TOMORROW]
        assert [payouts.tell_blocked(tx, blocked, day) for day in days] == [3, 0, 3, 0]
        told = make.value(tx, "SELECT array_agg(context ->> 'rail' ORDER BY id) FROM messages")
        assert told[:3] == ["stripe_transfer", "stripe_coupon", None]


# A rerun ----------------------------------------------------------------------------------------


def refused(database: Database) -> tuple[int, int]:
    """A payout of 40.00 that was refused, and its reward."""
    with database.transaction() as tx:
        reward = make.approved(tx, make.participant(tx), 4_000)
        number = make.reserved(tx, reward)
        make.settle(tx, make.submit(tx, number), REFUSED)
        return number, reward


def test_a_refused_payout_keeps_its_destination_from_being_paid_until_it_is_cleared(
    database: Database,
) -> None:
    number, reward = refused(database)
    with database.transaction() as tx:
        tx.execute(
            text(
                "UPDATE participants p SET stripe_account = o.destination"
                " FROM payouts o WHERE o.participant_id = p.id"
            )
        )
        (due,) = queries.due(tx, make.TODAY, None)
        assert due.reward_id == reward
        (closed,) = queries.closed_ways(tx).refused.items()
        assert closed[0] == (due.participant_id, way_of(due.payee, due.pay, "USD"))
        assert f"payout {number} was refused: the account is closed" in closed[1].reason
        assert payouts.clear(tx, [number], "olivia") == {"planned again": 1}
        assert queries.closed_ways(tx) == NOTHING_CLOSED
        assert queries.failed(tx) == []
        assert make.reserved(tx, reward) != number


def test_a_refused_payout_keeps_no_other_destination_from_being_paid(database: Database) -> None:
    refused(database)
    with database.transaction() as tx:
        tx.execute(text("UPDATE participants SET stripe_account = 'acct_another'"))
        (due,) = queries.due(tx, make.TODAY, None)
        way = way_of(due.payee, due.pay, "USD")
        assert way
        assert queries.closed_ways(tx).to(due.participant_id, way) is None


def test_clearing_twice_is_recorded_once(database: Database) -> None:
    number, _ = refused(database)
    with database.transaction() as tx:
        payouts.clear(tx, [number], "olivia")
        before = make.everything(tx)
        payouts.clear(tx, [number], "olivia")
        assert make.everything(tx) == before
        assert make.told(tx, "payout", number)[-1] == "cleared for a rerun"


def test_a_rerun_of_what_must_not_be_sent_again_is_refused_and_clears_nothing(
    database: Database,
) -> None:
    number, reward = refused(database)
    with database.transaction() as tx:
        ann = make.value(tx, "SELECT participant_id FROM rewards WHERE id = :id", id=reward)
        paid, held = (make.reserved(tx, make.approved(tx, ann, minor)) for minor in (100, 200))
        make.settle(tx, make.submit(tx, paid), Paid("tr_1"))
        make.settle(tx, make.submit(tx, held), Held("two movements"))
        before = make.everything(tx)
        for other, sentence in (
            (paid, f"payout {paid} is paid: it is never paid twice"),
            (held, f"payout {held} is held: it may have moved money; look at the provider"),
            (99, "there is no payout 99"),
        ):
            with pytest.raises(payouts.RerunRefused, match=sentence):
                payouts.clear(tx, [number, other], "olivia")
            assert make.everything(tx) == before


def test_a_rerun_of_the_unsettled_says_what_happens_next(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        waiting, sent = (make.reserved(tx, make.approved(tx, ann, minor)) for minor in (100, 200))
        make.submit(tx, sent)
        before = make.everything(tx)
        assert payouts.clear(tx, [waiting, sent], "olivia") == {"sent": 1, "settled first": 1}
        assert make.everything(tx) == before
        assert queries.failed(tx) == [waiting, sent]


def test_credits_are_payouts_to_a_customer(database: Database) -> None:
    with database.transaction() as tx:
        reward = make.approved(tx, make.participant(tx), 4_000)
        make.reserved(tx, reward, rail=Rail.STRIPE_CREDIT)
        assert len(reconciliation_queries.credited_customers(tx)) == 1
