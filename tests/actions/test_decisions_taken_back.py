"""Decisions that do not stand: taken back by who took them, or lapsed without a second one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from goodword.actions import approval_terms, approvals, messages, nights, withdrawals
from goodword.db.queries import approval_queue
from goodword.db.queries import approvals as queries
from goodword.db.session import Database, instant
from goodword.money import Money
from goodword.rules.approvals import ApprovalPolicy, ApprovalRefused, needed
from tests import factories as make
from tests.actions.conftest import Overtake

SEEN = Money(90_000, "USD")
POLICY = ApprovalPolicy({"USD": 50_000}, {"USD": 500_000}, second_within_days=3)


def waiting(tx: Connection, needed: int = 1) -> int:
    """A reward of 900.00 for ann that waits for so many people."""
    return make.waiting(tx, make.participant(tx, "ann"), SEEN.minor, needed)


def decide(tx: Connection, reward_id: int, actor: str, *, approve: bool = True) -> str:
    ruling = approvals.Ruling(reward_id, actor, approve=approve, seen=SEEN, reason="as it is")
    return approvals.decide(tx, ruling, make.TODAY)


def withdraw(tx: Connection, reward_id: int, actor: str, reason: str = "too soon") -> None:
    withdrawals.withdraw(tx, withdrawals.Withdrawal(reward_id, actor, reason), make.TODAY)


def owed(tx: Connection) -> int:
    return -int(make.value(tx, "SELECT sum(amount_minor) FROM entries WHERE account = 'owed'") or 0)


def test_an_approval_is_taken_back_with_what_was_owed_and_the_letter_that_has_not_left(
    database: Database,
) -> None:
    with database.transaction() as tx:
        reward = waiting(tx)
        decide(tx, reward, "carol")
        withdraw(tx, reward, "Carol")
        assert make.state(tx, "rewards", reward) == "waiting"
        assert owed(tx) == 0
        assert make.facts(tx) == []
        assert make.told(tx, "reward", reward)[-1] == "took back an approval"
        assert decide(tx, reward, "carol") == "approved", "it can be taken anew"
        assert owed(tx) == SEEN.minor


def test_who_has_read_that_a_reward_is_theirs_is_told_that_it_is_looked_at_again(
    database: Database,
) -> None:
    with database.transaction() as tx:
        reward = waiting(tx)
        for _ in range(2):
            decide(tx, reward, "carol")
            letters = messages.start_sending(tx, list(range(1, 10)))
            messages.record_sent(tx, [messages.Sent(number, "sent") for number in letters])
            withdraw(tx, reward, "carol")
        facts = make.facts(tx)
        assert [fact.split(":", 2)[2] for fact in facts] == [
            "earned",
            "again:1",
            "earned:2",
            "again:2",
        ]
        decide(tx, reward, "carol")
        assert make.facts(tx)[-1] == f"reward:{reward}:earned:3"


def test_of_two_approvals_the_other_one_stands(database: Database) -> None:
    with database.transaction() as tx:
        reward = waiting(tx, needed=2)
        decide(tx, reward, "carol")
        decide(tx, reward, "dave")
        withdraw(tx, reward, "carol")
        assert [row.approved_by for row in approval_queue.queue(tx)] == [["dave"]]
        with pytest.raises(ApprovalRefused, match="dave approved reward 1 already"):
            decide(tx, reward, "dave")
        assert decide(tx, reward, "erin") == "approved"


def test_the_first_of_two_is_taken_back_while_the_second_is_missing(database: Database) -> None:
    with database.transaction() as tx:
        reward = waiting(tx, needed=2)
        decide(tx, reward, "carol")
        withdraw(tx, reward, "carol")
        assert decide(tx, reward, "dave") == "waiting"
        assert owed(tx) == 0


def test_a_refusal_is_taken_back_until_a_stage_has_run(database: Database) -> None:
    with database.transaction() as tx:
        reward = waiting(tx)
        decide(tx, reward, "carol", approve=False)
        withdraw(tx, reward, "carol")
        assert make.facts(tx) == []
        decide(tx, reward, "carol", approve=False)
        assert make.facts(tx) == [f"reward:{reward}:refused"]
        began = instant(tx)
        nights.record_stage(tx, nights.StageResult(None, make.TODAY, "compute", {}, [], began))
    with database.transaction() as tx, pytest.raises(ApprovalRefused, match="a stage has run"):
        withdraw(tx, reward, "carol")


def test_who_took_no_decision_takes_none_back(database: Database) -> None:
    with database.transaction() as tx:
        reward = waiting(tx)
        decide(tx, reward, "carol")
        small = make.approved(tx, make.participant(tx), 4_000)
        before = make.everything(tx)
        with pytest.raises(ApprovalRefused, match="no decision of dave on reward 1 stands"):
            withdraw(tx, reward, "dave")
        with pytest.raises(ApprovalRefused, match="no decision of carol on reward 2"):
            withdraw(tx, small, "carol")
        with pytest.raises(ApprovalRefused, match="needs a reason"):
            withdraw(tx, reward, "carol", " ")
        with pytest.raises(approvals.NoSuchReward, match="no reward 77"):
            withdraw(tx, 77, "carol")
        assert make.everything(tx) == before


def test_an_approval_that_a_payout_has_taken_up_stands(database: Database) -> None:
    with database.transaction() as tx:
        reward = waiting(tx)
        decide(tx, reward, "carol")
        make.reserved(tx, reward)
        with pytest.raises(ApprovalRefused, match="reward 1 is reserved"):
            withdraw(tx, reward, "carol")


def test_an_approval_taken_back_while_its_payout_is_planned_is_paid_or_waits_but_never_both(
    database: Database, overtake: Overtake
) -> None:
    with database.transaction() as tx:
        reward = waiting(tx)
        decide(tx, reward, "carol")
        plan = make.planned(tx, reward)
    second = overtake(
        lambda tx: withdraw(tx, reward, "carol"),
        lambda tx: make.payouts.reserve(tx, [plan], make.TODAY),
    )
    assert isinstance(second.exception(), make.payouts.PlanOvertaken)
    with database.transaction() as tx:
        assert make.state(tx, "rewards", reward) == "waiting"


def test_a_decision_is_never_edited_and_ends_once(database: Database) -> None:
    with database.transaction() as tx:
        reward = waiting(tx, needed=2)
        decide(tx, reward, "carol")
    for change in ("reason = 'x'", "amount_minor = 1", "decided_by = 'dave'", "note = 'x'"):
        with database.transaction() as tx, pytest.raises(DBAPIError, match="is frozen"):
            tx.execute(text(f"UPDATE approvals SET {change}"))
    with database.transaction() as tx, pytest.raises(DBAPIError, match="DELETE is refused"):
        tx.execute(text("DELETE FROM approvals"))
    with database.transaction() as tx:
        withdraw(tx, reward, "carol")
    with database.transaction() as tx, pytest.raises(DBAPIError, match="is frozen"):
        tx.execute(text("UPDATE approvals SET ended_reason = 'x'"))


def test_the_database_itself_lets_one_person_decide_once(database: Database) -> None:
    with database.transaction() as tx:
        reward = waiting(tx, needed=2)
        decide(tx, reward, "carol")
    again = {"reward_id": reward, "decision": "approve", "decided_by": "CAROL", "reason": ""}
    with database.transaction() as tx, pytest.raises(DBAPIError, match="uq_approvals_standing"):
        make.insert(tx, "approvals", **again, amount_minor=SEEN.minor, decided_on=make.TODAY)


# Lapsed -----------------------------------------------------------------------------------------


def test_a_first_approval_lapses_when_no_second_one_comes_in_time(database: Database) -> None:
    with database.transaction() as tx:
        reward = waiting(tx, needed=2)
        decide(tx, reward, "carol")
        before = approval_terms.lapse(tx, POLICY, make.TODAY + timedelta(days=2))
        after = approval_terms.lapse(tx, POLICY, make.TODAY + timedelta(days=3))
        again = approval_terms.lapse(tx, POLICY, make.TODAY + timedelta(days=4))
        assert (before, after, again) == (0, 1, 0)
        assert make.told(tx, "reward", reward)[-1] == "approval lapsed"
        assert decide(tx, reward, "dave") == "waiting"
        assert decide(tx, reward, "carol") == "approved"


def test_what_is_complete_or_refused_does_not_lapse(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx, "ann")
        done, refused = (make.waiting(tx, ann, SEEN.minor, 2) for _ in range(2))
        for reward in (done, refused):
            decide(tx, reward, "carol")
        decide(tx, done, "dave")
        decide(tx, refused, "dave", approve=False)
        assert approval_terms.lapse(tx, POLICY, make.TODAY + timedelta(days=99)) == 0


def test_a_second_approval_that_comes_as_the_first_lapses_counts_it_or_comes_after(
    database: Database, overtake: Overtake
) -> None:
    with database.transaction() as tx:
        reward = waiting(tx, needed=2)
        decide(tx, reward, "carol")
    late = make.TODAY + timedelta(days=3)
    second = overtake(
        lambda tx: approval_terms.lapse(tx, POLICY, late),
        lambda tx: decide(tx, reward, "dave"),
    )
    assert second.result() == "waiting"
    with database.transaction() as tx:
        assert owed(tx) == 0


# A sum that grows -------------------------------------------------------------------------------


def test_parts_that_come_one_by_one_are_asked_of_as_many_people_as_their_sum(
    database: Database,
) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx, "ann")
        deal = make.conversion(tx, ann)
        first = make.part(tx, deal, "first", 300_000)
        make.judge(tx, 1, first)
        assert queries.sums(tx) == []
        second = make.part(tx, deal, "second", 300_000)
        [computed] = make.reward_queries.computed(tx)
        assert needed(computed.total, POLICY).approvers == 2
        make.judge(tx, 2, second)
        asked = [
            approval_terms.Asked(one.reward_id, needed(one.total, POLICY))
            for one in queries.sums(tx)
        ]
        assert approval_terms.ask_more(tx, asked) == 1
        assert approval_terms.ask_more(tx, asked) == 0
        assert make.told(tx, "reward", first)[-1] == "asked more people"
        seen = Money(300_000, "USD")
        ruling = approvals.Ruling(first, "carol", approve=True, seen=seen, reason="")
        assert approvals.decide(tx, ruling, make.TODAY) == "waiting"
