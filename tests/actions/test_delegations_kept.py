"""Who decides in whose place, with and without staff accounts, in a real database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from goodword.actions import approvals, audit, delegations, withdrawals
from goodword.actions.delegations import Made
from goodword.db.queries import approvals as queries
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.approvals import ApprovalRefused
from goodword.rules.delegations import Delegation, DelegationRefused
from goodword.rules.rights import NotAllowed
from tests import factories as make

SEEN = Money(90_000, "USD")
LAST = make.TODAY + timedelta(days=3)


def waiting(tx: Connection, needed: int = 1) -> int:
    return make.waiting(tx, make.participant(tx, "ann"), SEEN.minor, needed)


def staff(tx: Connection, name: str, *roles: str, **other: Any) -> None:
    row = {"name": name, "email": f"{name}@harbour.example", "roles": list(roles), **other}
    make.insert(tx, "staff", **row)


def lets(tx: Connection, delegator: str, delegate: str, by: str = "") -> int:
    days = Delegation(delegator, delegate, make.TODAY, LAST)
    return delegations.delegate(tx, days, Made(by or delegator, "on leave"), make.TODAY)


def decide(
    tx: Connection, reward_id: int, actor: str, acting_for: str = "", on: date = make.TODAY
) -> str:
    ruling = approvals.Ruling(
        reward_id, actor, approve=True, seen=SEEN, reason="", acting_for=acting_for
    )
    return approvals.decide(tx, ruling, on)


def given(tx: Connection) -> Sequence[Any]:
    return tx.exec_driver_sql("SELECT decided_by, acting_for FROM approvals ORDER BY id").all()


def test_without_staff_accounts_anybody_decides_in_their_own_name(database: Database) -> None:
    with database.transaction() as tx:
        reward = waiting(tx)
        lets(tx, "carol", "dave")
        decide(tx, reward, "dave")
        assert given(tx) == [("dave", None)]


def test_two_names_are_one_voice_when_one_stands_in_for_the_other(database: Database) -> None:
    with database.transaction() as tx:
        reward = waiting(tx, needed=2)
        lets(tx, "Carol", "dave")
        assert decide(tx, reward, "dave", "carol") == "waiting"
        assert given(tx) == [("dave", "Carol")]
        for again in ("carol", "dave"):
            with pytest.raises(ApprovalRefused, match=f"{again} approved reward 1 already"):
                decide(tx, reward, again)
        assert decide(tx, reward, "erin") == "approved"
        facts = make.value(tx, "SELECT facts FROM audit_events WHERE actor = 'dave'")
        assert facts["acting_for"] == "Carol"


@pytest.mark.parametrize("on", [make.TODAY - timedelta(days=1), LAST + timedelta(days=1)])
def test_before_and_after_its_days_a_delegation_is_none(database: Database, on: date) -> None:
    with database.transaction() as tx:
        reward = waiting(tx)
        lets(tx, "carol", "dave")
        with pytest.raises(DelegationRefused, match="dave does not stand in for carol today"):
            decide(tx, reward, "dave", "carol", on)
        assert decide(tx, reward, "dave", "carol", LAST) == "approved"


def test_a_delegation_that_was_ended_is_none_and_what_it_decided_stands(
    database: Database,
) -> None:
    with database.transaction() as tx:
        reward = waiting(tx, needed=2)
        number = lets(tx, "carol", "dave")
        decide(tx, reward, "dave", "carol")
        delegations.end(tx, number, Made("carol"), make.TODAY)
        with pytest.raises(DelegationRefused):
            decide(tx, reward, "dave", "carol")
        with pytest.raises(DelegationRefused, match="no delegation 1 that is not over"):
            delegations.end(tx, number, Made("carol"), make.TODAY)
        assert queries.delegations(tx, make.TODAY, everything=False) == []
        assert len(queries.delegations(tx, make.TODAY, everything=True)) == 1
        assert decide(tx, reward, "erin") == "approved"


def test_who_was_stood_in_for_takes_the_decision_back(database: Database) -> None:
    with database.transaction() as tx:
        reward = waiting(tx)
        lets(tx, "carol", "dave")
        decide(tx, reward, "dave", "carol")
        withdrawal = withdrawals.Withdrawal(reward, "carol", "I would not have")
        withdrawals.withdraw(tx, withdrawal, make.TODAY)
        assert make.state(tx, "rewards", reward) == "waiting"


def test_nobody_hands_their_own_reward_to_who_stands_in_for_them(database: Database) -> None:
    with database.transaction() as tx:
        reward = waiting(tx)
        lets(tx, "ann", "dave")
        with pytest.raises(ApprovalRefused, match="ann benefits from reward 1"):
            decide(tx, reward, "dave", "ann")


# With staff accounts ----------------------------------------------------------------------------


def office(tx: Connection) -> int:
    staff(tx, "carol", "approver")
    staff(tx, "cy", "approver")
    staff(tx, "dave", "operator")
    staff(tx, "ada", "administrator")
    return waiting(tx)


def test_with_staff_accounts_a_decision_takes_the_right(database: Database) -> None:
    with database.transaction() as tx:
        reward = office(tx)
        for who in ("dave", "nobody", "ada"):
            with pytest.raises(NotAllowed, match=f"{who} may not decide on rewards"):
                decide(tx, reward, who)
        assert decide(tx, reward, "Carol") == "approved"


def test_who_left_decides_nothing(database: Database) -> None:
    with database.transaction() as tx:
        staff(tx, "carol", "approver", state="disabled")
        with pytest.raises(NotAllowed):
            decide(tx, waiting(tx), "carol")


def test_a_delegation_gives_the_right_and_goes_without_saying(database: Database) -> None:
    with database.transaction() as tx:
        reward = office(tx)
        lets(tx, "carol", "dave")
        assert decide(tx, reward, "dave") == "approved"
        assert given(tx) == [("dave", "carol")]


def test_who_stands_in_for_two_says_for_whom(database: Database) -> None:
    with database.transaction() as tx:
        reward = office(tx)
        lets(tx, "carol", "dave")
        lets(tx, "cy", "dave")
        with pytest.raises(DelegationRefused, match="stands in for carol and cy: say for whom"):
            decide(tx, reward, "dave")
        assert decide(tx, reward, "dave", "cy") == "approved"


def test_a_right_that_was_taken_away_is_not_delegated_on(database: Database) -> None:
    with database.transaction() as tx:
        reward = office(tx)
        lets(tx, "carol", "dave")
        tx.exec_driver_sql("UPDATE staff SET roles = '{operator}' WHERE name = 'carol'")
        with pytest.raises(NotAllowed):
            decide(tx, reward, "dave")


def test_nobody_decides_on_a_reward_whose_address_is_that_of_their_account(
    database: Database,
) -> None:
    with database.transaction() as tx:
        staff(tx, "zoe", "approver")
        own = make.participant(tx, "z1", email="zoe+partner@harbour.example")
        reward = make.waiting(tx, own, SEEN.minor)
        with pytest.raises(ApprovalRefused, match="zoe benefits from reward 1"):
            decide(tx, reward, "zoe")


def test_two_accounts_of_one_address_are_one_person(database: Database) -> None:
    with database.transaction() as tx:
        staff(tx, "carol", "approver")
        staff(tx, "caroline", "approver", email="Carol+2@harbour.example")
        reward = waiting(tx, needed=2)
        assert decide(tx, reward, "Carol") == "waiting"
        assert given(tx) == [("carol", None)]
        with pytest.raises(ApprovalRefused, match="caroline approved reward 1 already"):
            decide(tx, reward, "caroline")


def test_nobody_decides_on_a_claim_that_they_took_in_for_a_partner(database: Database) -> None:
    with database.transaction() as tx:
        staff(tx, "carol", "approver")
        staff(tx, "cy", "approver", email="carol@harbour.example")
        reward = waiting(tx)
        referral = make.value(tx, "SELECT max(id) FROM referrals")
        event = audit.Event("carol", "submitted", "referral", referral)
        audit.record(tx, [event])
        for who in ("carol", "cy"):
            with pytest.raises(ApprovalRefused, match=f"{who} brought in the claim that reward 1"):
                decide(tx, reward, who)


@pytest.mark.parametrize(
    ("delegator", "delegate", "by", "sentence"),
    [
        ("dave", "carol", "dave", "dave may not decide on rewards: there is nothing to delegate"),
        ("carol", "nobody", "carol", "nobody has no active staff account"),
        ("carol", "dave", "dave", "dave may not do this for carol: carol does, or an admin"),
        ("carol", "dave", "cy", "cy may not do this for carol"),
        ("carol", "ada", "ada", "ada cannot take the place of carol by themselves"),
    ],
)
def test_a_delegation_that_is_not_theirs_to_give_is_refused(
    database: Database, delegator: str, delegate: str, by: str, sentence: str
) -> None:
    with database.transaction() as tx:
        office(tx)
        before = make.everything(tx)
        with pytest.raises(DelegationRefused, match=sentence):
            lets(tx, delegator, delegate, by)
        assert make.everything(tx) == before


def test_a_delegation_is_made_once(database: Database) -> None:
    with database.transaction() as tx:
        office(tx)
        number = lets(tx, "carol", "dave", by="carol")
        with pytest.raises(DelegationRefused, match=f"this is delegation {number} already"):
            lets(tx, "carol", "dave", by="ada")
        delegations.end(tx, number, Made("carol"), make.TODAY)
        assert lets(tx, "carol", "dave", by="carol") > number


def test_an_administrator_delegates_for_who_is_ill_and_ends_it(database: Database) -> None:
    with database.transaction() as tx:
        office(tx)
        number = lets(tx, "carol", "dave", by="ada")
        with pytest.raises(DelegationRefused, match="dave may not do this for carol"):
            delegations.end(tx, number, Made("dave"), make.TODAY)
        delegations.end(tx, number, Made("ada"), make.TODAY)
        assert make.told(tx, "delegation", number) == [
            "delegated approvals",
            "ended a delegation",
        ]
