"""What participants hear of their rewards: promised when owed, and told when one does not stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from goodword.actions import approvals, rewards
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.benefits import Benefit
from goodword.rules.incentives import Pay
from goodword.rules.payouts import Paid
from tests import factories as make

DEAL = "006000000000001AAA"
MONTHS: Benefit = {"months": 2}
WORTH = {"minor": 4_900, "currency": "USD"}
WON = {"amount": WORTH, "is_renewal": False}
HOW_MANY = "SELECT count(*) FROM messages WHERE template = 'reward_taken_back'"


def computed(tx: Connection, benefit: Benefit | None = None) -> int:
    """A reward of 49.00, in money or in kind, for a deal of 1,000.00."""
    (earned,) = make.earned(
        tx, [make.conversion(tx, make.participant(tx), crm_id=DEAL)], Money(4_900, "USD")
    )
    pay = Pay.FREE_MONTHS if benefit else Pay.CASH
    given = replace(make.INCENTIVE, pay=pay, benefit=benefit)
    rewards.record_earned(tx, [replace(earned, incentive=given)], make.TODAY)
    return int(make.value(tx, "SELECT id FROM rewards"))


def promised(tx: Connection, benefit: Benefit | None = None) -> int:
    number = computed(tx, benefit)
    make.judge(tx, 0)
    return number


def pay(tx: Connection, reward_id: int) -> None:
    make.settle(tx, make.submit(tx, make.reserved(tx, reward_id)), Paid("tr_1"))


def letter(tx: Connection, template: str = "reward_taken_back") -> dict[str, Any]:
    """What the one letter of this kind says, without whom it is for and of which company."""
    said = make.value(tx, "SELECT context FROM messages WHERE template = :t", t=template)
    assert said.pop("participant")["kind"] == "reseller"
    assert said.pop("company").startswith("Deal ")
    return dict(said)


@pytest.mark.parametrize("benefit", [None, MONTHS])
def test_what_is_promised_is_money_or_the_name_of_what_is_given(
    database: Database, benefit: Benefit | None
) -> None:
    with database.transaction() as tx:
        promised(tx, benefit)
        assert letter(tx, "reward_earned") == {**WON, "benefit": benefit}


def test_what_a_person_approves_is_promised_by_the_same_words(database: Database) -> None:
    with database.transaction() as tx:
        reward = computed(tx, MONTHS)
        make.judge(tx, 1)
        ruling = approvals.Ruling(reward, "carol", approve=True, seen=Money(**WORTH), reason="")
        approvals.decide(tx, ruling, make.TODAY)
        assert letter(tx, "reward_earned") == {**WON, "benefit": MONTHS}


@pytest.mark.parametrize("benefit", [None, MONTHS])
@pytest.mark.parametrize("fact", ["void", "taken_back"])
def test_who_was_promised_a_reward_is_told_once_that_it_does_not_stand(
    database: Database, fact: str, benefit: Benefit | None
) -> None:
    with database.transaction() as tx:
        reward = promised(tx, benefit)
        if fact == "taken_back":
            pay(tx, reward)
        make.cancel(tx, reward)
        make.judge(tx, 0)
        assert letter(tx) == {
            "amount": WORTH,
            "benefit": benefit,
            "was_paid": fact == "taken_back",
            "taken_on": "2026-06-30",
        }
        assert make.facts(tx)[-1].endswith(f":{fact}")
        rewards.take_back(tx, make.taken_back(tx), make.TOMORROW)
        make.judge(tx, 0, today=make.TOMORROW)
        assert make.value(tx, HOW_MANY) == 1


@pytest.mark.parametrize("needed", [None, 2])
def test_who_was_promised_nothing_hears_of_no_end(database: Database, needed: int | None) -> None:
    with database.transaction() as tx:
        reward = computed(tx)
        if needed is not None:
            make.judge(tx, needed, reward)
        make.cancel(tx, reward)
        assert make.state(tx, "rewards", reward) == "void"
        assert make.facts(tx) == []


def test_what_takes_a_reward_back_is_told_of_when_it_is_owed_and_not_before(
    database: Database,
) -> None:
    with database.transaction() as tx:
        reward = promised(tx)
        pay(tx, reward)
        make.cancel(tx, reward)
        make.judge(tx, 1)
        assert make.value(tx, HOW_MANY) == 0
        back = int(make.value(tx, "SELECT id FROM rewards WHERE state = 'waiting'"))
        seen = Money(-4_900, "USD")
        ruling = approvals.Ruling(back, "carol", approve=True, seen=seen, reason="")
        approvals.decide(tx, ruling, make.TOMORROW)
        assert letter(tx)["taken_on"] == "2026-07-01"


@pytest.mark.parametrize(("nights_later", "told"), [(0, 0), (1, 1)])
@pytest.mark.parametrize("minor", [25_000, 100_000])
def test_an_old_loss_is_history_unless_an_earlier_night_promised_the_reward(
    database: Database, minor: int, nights_later: int, told: int
) -> None:
    """A first night reads deals with their refunds; a dispute is lost long after its day."""
    with database.transaction() as tx:
        promised(tx)
        night = make.TODAY + timedelta(days=nights_later)
        old = make.refunded(tx, DEAL, minor, make.NOW - timedelta(days=8))
        assert rewards.take_back(tx, old, night).total() == 1
        make.judge(tx, 0, today=night)
        assert make.value(tx, HOW_MANY) == told


@pytest.mark.parametrize(("benefit", "comes_off_later"), [(None, False), (MONTHS, True)])
def test_a_part_taken_back_before_the_payout_is_not_paid_and_of_a_benefit_comes_off_later(
    database: Database,
    benefit: Benefit | None,
    comes_off_later: bool,  # noqa: FBT001 - a parametrised argument
) -> None:
    """What is in kind is given all the same: nothing is netted in it."""
    with database.transaction() as tx:
        promised(tx, benefit)
        rewards.take_back(tx, make.refunded(tx, DEAL, 50_000), make.TODAY)
        make.judge(tx, 0)
        said = letter(tx)
        assert said["amount"] == {"minor": 2_450, "currency": "USD"}
        assert said["was_paid"] is comes_off_later
