"""Bank files and perks, from the reward to the person who confirms: Stripe is asked nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import text

from goodword.actions import bank_files, rewards, settlements
from goodword.money import Money
from goodword.rules.incentives import Pay
from goodword.wiring import wiring
from tests import factories as make
from tests.factories import NOW, TODAY

if TYPE_CHECKING:
    from goodword.db.session import Database

IBAN = "NL91ABNA0417164300"


def owe_by_file(database: Database) -> int:
    with database.transaction() as tx:
        person = make.participant(
            tx, "ada", currency="EUR", payout_method="bank_file", iban=IBAN, name="Zoë & Søn"
        )
        return make.approved(tx, person, 12_345, "EUR")


def owe_ticket(database: Database) -> int:
    with database.transaction() as tx:
        person = make.participant(tx, "bo")
        (earned,) = make.earned(tx, [make.conversion(tx, person)], Money(400_00, "USD"))
        ticket = replace(make.INCENTIVE, pay=Pay.PERK, benefit={"perk": "Conference ticket"})
        rewards.record_earned(tx, [replace(earned, incentive=ticket)], TODAY)
        number = int(make.value(tx, "SELECT max(id) FROM rewards"))
        make.judge(tx, 0, number)
        return number


def pay() -> Any:
    from tasks import payout_plans, payouts  # noqa: PLC0415 - Prefect

    planned = cast("Any", payout_plans.plan).fn(TODAY)
    return planned + cast("Any", payouts.send).fn(payouts.planned(), TODAY, NOW)


def make_bank_files() -> Any:
    from tasks import payouts  # noqa: PLC0415 - as above

    return cast("Any", payouts.make_bank_files).fn(TODAY)


def test_a_night_hands_over_and_makes_a_file_and_a_person_confirms(joined: Database) -> None:
    numbers = owe_by_file(joined), owe_ticket(joined)
    assert pay() == {"planned": 2, "handed_over": 2}
    assert make_bank_files() == {"bank files made": 1}
    assert make_bank_files() == {}
    with joined.transaction() as tx:
        number = make.value(tx, "SELECT id FROM bank_files")
        body = bank_files.export(tx, number, "ann").body.decode()
        assert "<Nm>Zoe + Son</Nm>" in body
        assert f"<IBAN>{IBAN}</IBAN>" in body
        payouts = list(tx.execute(text("SELECT id FROM payouts ORDER BY id")).scalars())
        done = [
            settlements.Finding(number, settlements.BY_HAND, "ann", "seen") for number in payouts
        ]
        assert settlements.settle_by_hand(tx, done, TODAY) == {"paid": 2}
        assert [make.state(tx, "rewards", number) for number in numbers] == ["paid", "paid"]


def test_without_a_bank_account_of_ones_own_nothing_is_planned_and_it_is_said(
    joined: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOODWORD_BANK_IBAN")
    wiring.cache_clear()
    reward = owe_by_file(joined)
    assert pay() == {"carried over": 1}
    with joined.transaction() as tx:
        why = make.value(tx, "SELECT carried_because FROM rewards WHERE id = :id", id=reward)
        assert "GOODWORD_BANK_IBAN" in why
