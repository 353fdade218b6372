"""Approvals in a real database: by the policy, by people, by two people at the same instant."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from goodword.actions import approval_terms, approvals, rewards
from goodword.db.queries import rewards as reward_queries
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.approvals import ApprovalRefused, Needed
from tests import factories as make
from tests.actions.conftest import Act, Overtake

SEEN = Money(90_000, "USD")


def ruling(reward_id: int, actor: str = "carol", **other: object) -> approvals.Ruling:
    given = {"approve": True, "seen": SEEN, "reason": "", **other}
    return approvals.Ruling(reward_id, actor, **given)  # type: ignore[arg-type]


def decides(reward_id: int, actor: str) -> Act:
    return lambda tx: approvals.decide(tx, ruling(reward_id, actor), make.TODAY)


def waiting(database: Database, needed: int = 1) -> int:
    """A reward of 900.00 for ann that waits for so many people."""
    with database.transaction() as tx:
        return make.waiting(tx, make.participant(tx, "ann"), SEEN.minor, needed)


def owed(tx: Connection) -> int:
    return -int(make.value(tx, "SELECT sum(amount_minor) FROM entries WHERE account = 'owed'") or 0)


def test_what_needs_nobody_is_approved_by_the_policy_owed_and_promised(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        reward = make.approved(tx, ann, 4_000)
        assert make.state(tx, "rewards", reward) == "approved"
        assert make.value(tx, "SELECT decided_by FROM approvals") == "policy"
        assert make.balances(tx, ann) == {"program_expense": 4_000, "owed": -4_000}
        assert make.facts(tx) == [f"reward:{reward}:earned"]
        assert make.told(tx, "reward", reward) == ["computed", "approved"]


def test_judging_twice_changes_nothing(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx)
        make.reward(tx, ann, 4_000)
        make.reward(tx, ann, 90_000)
        small, large = reward_queries.computed(tx)
        judged = [
            approvals.Judged(small, Needed(0, "it is small")),
            approvals.Judged(large, Needed(1, "it is large")),
        ]
        assert approvals.record_judged(tx, judged, make.TODAY) == {
            "approved": 1,
            "waiting for people": 1,
        }
        before = make.everything(tx)
        assert approvals.record_judged(tx, judged, make.TODAY) == {}
        assert make.everything(tx) == before


def test_one_person_approves_what_needs_one(database: Database) -> None:
    reward = waiting(database)
    with database.transaction() as tx:
        assert approvals.decide(tx, ruling(reward), make.TODAY) == "approved"
        assert owed(tx) == SEEN.minor
        assert make.facts(tx) == [f"reward:{reward}:earned"]
        assert make.told(tx, "reward", reward) == ["computed", "asked for approval", "approved"]
    with database.transaction() as tx, pytest.raises(ApprovalRefused, match="is approved: only a"):
        approvals.decide(tx, ruling(reward, "dave"), make.TODAY)


def test_two_people_approve_what_needs_two(database: Database) -> None:
    reward = waiting(database, needed=2)
    with database.transaction() as tx:
        assert approvals.decide(tx, ruling(reward, "carol"), make.TODAY) == "waiting"
        assert owed(tx) == 0
    with database.transaction() as tx:
        assert approvals.decide(tx, ruling(reward, "dave"), make.TODAY) == "approved"
        assert owed(tx) == SEEN.minor


def test_a_refusal_is_kept_with_its_reason_and_owes_nothing(database: Database) -> None:
    reward = waiting(database, needed=2)
    with database.transaction() as tx:
        approvals.decide(tx, ruling(reward, "carol"), make.TODAY)
        refusal = ruling(reward, "dave", approve=False, reason="their own company")
        assert approvals.decide(tx, refusal, make.TODAY) == "rejected"
        assert owed(tx) == 0
        assert make.facts(tx) == [f"reward:{reward}:refused"]
        kept = make.value(tx, "SELECT reason FROM approvals WHERE decision = 'reject'")
        assert kept == "their own company"


@pytest.mark.parametrize(
    ("actor", "other", "sentence"),
    [
        ("ann", {}, "ann benefits from reward 1: somebody else must decide"),
        ("Ann@Example.com", {}, "benefits from reward 1"),
        ("CAROL", {}, "CAROL approved reward 1 already"),
        ("carol", {"approve": False, "reason": "no"}, "carol approved reward 1 already"),
        ("dave", {"seen": Money(90_001, "USD")}, r"is 900\.00 USD, not 900\.01 USD: look at it"),
        ("dave", {"seen": Money(90_000, "EUR")}, r"is 900\.00 USD, not 900\.00 EUR"),
        ("dave", {"approve": False, "reason": " "}, "a refusal needs a reason"),
    ],
)
def test_who_may_not_decide_is_told_why_and_nothing_changes(
    database: Database, actor: str, other: dict[str, object], sentence: str
) -> None:
    reward = waiting(database, needed=2)
    with database.transaction() as tx:
        approvals.decide(tx, ruling(reward, "carol"), make.TODAY)
        before = make.everything(tx)
    with pytest.raises(ApprovalRefused, match=sentence), database.transaction() as tx:
        approvals.decide(tx, ruling(reward, actor, **other), make.TODAY)
    with database.transaction() as tx:
        assert make.everything(tx) == before


def test_a_reward_that_does_not_exist_is_said_not_to(database: Database) -> None:
    with database.transaction() as tx, pytest.raises(approvals.NoSuchReward, match="no reward 77"):
        approvals.decide(tx, ruling(77), make.TODAY)


def test_two_people_at_once_complete_what_needs_two(database: Database, overtake: Overtake) -> None:
    reward = waiting(database, needed=2)
    second = overtake(decides(reward, "carol"), decides(reward, "dave"))
    assert second.result() == "approved"
    with database.transaction() as tx:
        assert owed(tx) == SEEN.minor


def test_two_people_at_once_approve_what_needs_one_only_once(
    database: Database, overtake: Overtake
) -> None:
    reward = waiting(database)
    second = overtake(decides(reward, "carol"), decides(reward, "dave"))
    assert "is approved: only a waiting reward can be decided" in str(second.exception())
    with database.transaction() as tx:
        assert owed(tx) == SEEN.minor
        assert make.value(tx, "SELECT count(*) FROM approvals") == 1


def test_one_person_at_two_doors_counts_once(database: Database, overtake: Overtake) -> None:
    reward = waiting(database, needed=2)
    second = overtake(decides(reward, "carol"), decides(reward, "Carol"))
    assert isinstance(second.exception(), ApprovalRefused)
    with database.transaction() as tx:
        assert make.state(tx, "rewards", reward) == "waiting"


def test_a_reward_approved_while_it_is_voided_owes_nothing(
    database: Database, overtake: Overtake
) -> None:
    reward = waiting(database)
    with database.transaction() as tx:
        make.cancel_conversion(tx, reward)
        read_before = make.taken_back(tx)
    second = overtake(
        decides(reward, "carol"),
        lambda tx: rewards.take_back(tx, read_before, make.TODAY),
    )
    assert second.result() == {"void": 1}
    with database.transaction() as tx:
        assert owed(tx) == 0


def test_staff_is_reminded_once_a_day(database: Database) -> None:
    with database.transaction() as tx:
        summary = {"count": 2}
        told = [approval_terms.remind(tx, "s@example.com", summary, make.TODAY) for _ in range(2)]
        assert told == [1, 0]
        assert approval_terms.remind(tx, "s@example.com", summary, make.TOMORROW) == 1
        assert approval_terms.escalate(tx, "s@example.com", summary, make.TOMORROW) == 1
