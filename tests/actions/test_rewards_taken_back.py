"""Rewards in a real database: earned once, void while unpaid, taken back when paid."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection, text

from goodword.actions import conversions, payouts, rewards
from goodword.db.queries import payouts as payout_queries
from goodword.db.queries import rewards as queries
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.incentives import Pay
from goodword.rules.payout_plans import Carried, Due, PayoutPolicy, Planned, plan
from goodword.rules.payouts import Paid, Rail, Refused
from tests import factories as make
from tests.actions.conftest import Overtake

DEAL = "006000000000001AAA"


def planned_tonight(tx: Connection) -> list[Planned | Carried]:
    """What the rules make of everything that is due."""
    dues = (
        Due(due.reward_id, due.participant_id, due.money, Rail.STRIPE_TRANSFER, "acct_1", None)
        for due in payout_queries.due(tx, make.TODAY, None)
    )
    return plan(dues, PayoutPolicy({}))


def pay(tx: Connection, *reward_ids: int) -> int:
    number = make.reserved(tx, *reward_ids)
    make.settle(tx, make.submit(tx, number), Paid(f"tr_{number}"))
    return number


def negative(tx: Connection) -> int:
    """Approve the clawbacks by policy; returns the newest."""
    make.judge(tx, 0)
    return int(make.value(tx, "SELECT max(id) FROM rewards WHERE reverses_id IS NOT NULL"))


def test_a_reward_is_earned_once(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        earned = make.earned(tx, [make.conversion(tx, ann)], Money(4_000, "USD"))
        assert rewards.record_earned(tx, earned, make.TODAY) == {"computed": 1}
        before = make.everything(tx)
        assert rewards.record_earned(tx, earned, make.TODAY) == {}
        assert make.everything(tx) == before


@pytest.mark.parametrize(
    ("pay", "benefit"),
    [
        (Pay.FREE_MONTHS, {"months": 2}),
        (Pay.RENEWAL_DISCOUNT, {"percent_off": "12.5"}),
        (Pay.PERK, {"perk": "Conference ticket"}),
    ],
)
def test_what_is_given_in_kind_is_frozen_on_its_reward_and_on_what_takes_it_back(
    database: Database, pay: Pay, benefit: dict[str, int | str]
) -> None:
    with database.transaction() as tx:
        (earned,) = make.earned(
            tx, [make.conversion(tx, make.participant(tx))], Money(4_900, "USD")
        )
        given = replace(make.INCENTIVE, pay=pay, benefit=benefit)
        rewards.record_earned(tx, [replace(earned, incentive=given)], make.TODAY)
        number = make.value(tx, "SELECT id FROM rewards")
        make.judge(tx, 0, number)
        make.settle(tx, make.submit(tx, make.reserved(tx, number, rail=Rail.PERK)), Paid("perk"))
        make.cancel(tx, number)
        kept = tx.execute(text("SELECT pay, benefit, amount_minor FROM rewards ORDER BY id")).all()
        assert [tuple(row) for row in kept] == [(pay, benefit, 4_900), (pay, benefit, -4_900)]


def test_a_reward_cut_to_nothing_is_kept_as_void(database: Database) -> None:
    with database.transaction() as tx:
        earned = make.earned(tx, [make.conversion(tx, make.participant(tx))], Money(0, "USD"))
        assert rewards.record_earned(tx, earned, make.TODAY) == {"cut to nothing": 1}
        make.judge(tx, 0)
        assert make.value(tx, "SELECT state FROM rewards") == "void"


@pytest.mark.parametrize("needed", [None, 0, 2])
def test_an_unpaid_reward_is_void_and_nothing_of_it_is_owed(
    database: Database, needed: int | None
) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        reward = make.reward(tx, ann, 4_000)
        if needed is not None:
            make.judge(tx, needed, reward)
        make.cancel(tx, reward)
        assert make.state(tx, "rewards", reward) == "void"
        assert make.balances(tx, ann) == {}
        assert make.told(tx, "reward", reward)[-1] == "void"
        before = make.everything(tx)
        rewards.take_back(tx, make.taken_back(tx), make.TODAY)
        assert make.everything(tx) == before


def test_a_paid_reward_is_taken_back_by_a_negative_one_once(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        reward = make.approved(tx, ann, 4_000)
        pay(tx, reward)
        make.cancel(tx, reward)
        back = negative(tx)
        assert make.state(tx, "rewards", reward) == "paid"
        assert make.balances(tx, ann) == {
            "program_expense": 4_000,
            "at_provider": -4_000,
            "owed": 4_000,
            "taken_back": -4_000,
        }
        assert make.told(tx, "reward", reward)[-1] == "taken back"
        assert make.facts(tx) == ["reward:1:earned", "payout:1:paid", "reward:2:taken_back"]
        before = make.everything(tx)
        rewards.take_back(tx, make.taken_back(tx), make.TODAY)
        assert make.everything(tx) == before
        assert make.state(tx, "rewards", back) == "approved"


def test_what_was_taken_back_is_netted_in_the_next_payout(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        first = make.approved(tx, ann, 4_000)
        pay(tx, first)
        make.cancel(tx, first)
        back, second = negative(tx), make.approved(tx, ann, 10_000)
        (step,) = planned_tonight(tx)
        assert isinstance(step, Planned)
        assert (step.money, set(step.reward_ids)) == (Money(6_000, "USD"), {back, second})
        (number,) = payouts.reserve(tx, [step], make.TODAY)
        make.settle(tx, make.submit(tx, number), Paid("tr_2"))
        assert make.state(tx, "rewards", back) == "paid"
        assert make.balances(tx, ann) == {
            "program_expense": 14_000,
            "taken_back": -4_000,
            "at_provider": -10_000,
        }


def test_a_participant_who_owes_is_paid_nothing_until_it_is_covered(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        first = make.approved(tx, ann, 4_000)
        pay(tx, first)
        make.cancel(tx, first)
        negative(tx)
        make.approved(tx, ann, 1_000)
        (step,) = planned_tonight(tx)
        assert isinstance(step, Carried)
        assert "30.00 USD of what was taken back is not covered yet" in step.reason
        assert make.balances(tx, ann)["owed"] == 3_000
        make.approved(tx, ann, 3_500)
        (step,) = planned_tonight(tx)
        assert isinstance(step, Planned)
        assert step.money == Money(500, "USD")


def test_money_that_may_be_moving_is_taken_back_and_not_unsaid(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        reward = make.approved(tx, ann, 4_000)
        sent = make.submit(tx, make.reserved(tx, reward))
        make.cancel(tx, reward)
        negative(tx)
        assert make.state(tx, "rewards", reward) == "reserved"
        refused = Refused("closed", "the account is closed", "ask for another one")
        make.settle(tx, sent, refused)
        assert make.balances(tx, ann) == {"program_expense": 4_000, "taken_back": -4_000}
        (step,) = planned_tonight(tx)
        assert isinstance(step, Carried)
        make.cancel(tx, reward)
        assert make.balances(tx, ann) == {"program_expense": 4_000, "taken_back": -4_000}


def test_a_reward_reserved_while_it_is_voided_is_taken_back_by_the_next_night(
    database: Database, overtake: Overtake
) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        reward = make.approved(tx, ann, 4_000)
        make.cancel_conversion(tx, reward)
        read_before, step = make.taken_back(tx), make.planned(tx, reward)
    late = overtake(
        lambda tx: payouts.reserve(tx, [step], make.TODAY),
        lambda tx: rewards.take_back(tx, read_before, make.TODAY),
    )
    assert late.result() == {}
    with database.transaction() as tx:
        assert make.balances(tx, ann) == {"program_expense": 4_000, "reserved": -4_000}
        assert rewards.take_back(tx, make.taken_back(tx), make.TODAY) == {"taken back": 1}


def test_a_reward_voided_while_it_is_planned_is_planned_by_nobody(
    database: Database, overtake: Overtake
) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        reward = make.approved(tx, ann, 4_000)
        make.cancel_conversion(tx, reward)
        taken, step = make.taken_back(tx), make.planned(tx, reward)
    late = overtake(
        lambda tx: rewards.take_back(tx, taken, make.TODAY),
        lambda tx: payouts.reserve(tx, [step], make.TODAY),
    )
    assert isinstance(late.exception(), payouts.PlanOvertaken)
    with database.transaction() as tx:
        assert make.balances(tx, ann) == {}


def test_two_processes_take_a_paid_reward_back_once(database: Database, overtake: Overtake) -> None:
    with database.transaction() as tx:
        reward = make.approved(tx, make.participant(tx), 4_000)
        pay(tx, reward)
        make.cancel_conversion(tx, reward)
        taken = make.taken_back(tx)
    late = overtake(
        lambda tx: rewards.take_back(tx, taken, make.TODAY),
        lambda tx: rewards.take_back(tx, taken, make.TODAY),
    )
    assert late.result() == {}


@pytest.mark.parametrize("is_paid", [True, False])
def test_two_processes_that_heard_of_different_refunds_take_back_no_more_than_was_earned(
    database: Database,
    overtake: Overtake,
    is_paid: bool,  # noqa: FBT001 - a parametrised argument
) -> None:
    with database.transaction() as tx:
        number = make.conversion(tx, make.participant(tx), crm_id=DEAL)
        rewards.record_earned(tx, make.earned(tx, [number], Money(79, "USD")), make.TODAY)
        make.judge(tx, 0)
        if is_paid:
            pay(tx, int(make.value(tx, "SELECT max(id) FROM rewards")))
        part = make.refunded(tx, DEAL, 40_000)
        whole = make.refunded(tx, DEAL, 60_000)
    late = overtake(
        lambda tx: rewards.take_back(tx, part, make.TODAY),
        lambda tx: rewards.take_back(tx, whole, make.TODAY),
    )
    assert late.result() == {}
    with database.transaction() as tx:
        assert rewards.take_back(tx, make.taken_back(tx), make.TODAY) == {"taken back": 1}
        back = "SELECT array_agg(amount_minor ORDER BY id) FROM rewards WHERE amount_minor < 0"
        assert make.value(tx, back) == [-32, -47]


def test_rewards_of_a_conversion_are_computed_once(database: Database) -> None:
    with database.transaction() as tx:
        number = make.conversion(tx, make.participant(tx))
        assert queries.unrewarded_conversions(tx) == [number]
        conversions.mark_rewarded(tx, [number], make.TODAY)
        assert queries.unrewarded_conversions(tx) == []
