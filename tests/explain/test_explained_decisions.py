"""What people decided on a reward, and what became of it: in whose place, taken back, lapsed."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Connection

from goodword.actions import approval_terms, approvals, delegations, withdrawals
from goodword.db.queries import explanations as queries
from goodword.db.session import Database
from goodword.money import Money
from goodword.program import read_program
from goodword.rules import explanations
from goodword.rules.approvals import ApprovalPolicy, Needed
from goodword.rules.delegations import Delegation
from goodword.rules.explanations import Version
from goodword.rules.explanations.facts import Kind
from tests import factories as make

SEEN = Money(90_000, "USD")
POLICY = ApprovalPolicy({}, {}, second_within_days=3)


def said(tx: Connection, reward: int) -> str:
    """Return what the explanation says of its approval."""
    source = make.value(tx, "SELECT source FROM program_versions")
    version = Version(1, date(2026, 1, 1), read_program(source, "the sample"))
    story = explanations.tell(queries.read(tx, Kind.REWARD, reward), {1: version})
    (section,) = [section for section in story.sections if section.heading == "Approval"]
    return "\n".join(section.sentences)


def decide(tx: Connection, reward: int, actor: str, **other: str) -> None:
    ruling = approvals.Ruling(
        reward, actor, approve=True, seen=SEEN, reason="", note=other.get("note", "")
    )
    approvals.decide(tx, ruling, make.TODAY)


def test_every_decision_is_told_with_its_end(database: Database) -> None:
    with database.transaction() as tx:
        reward = make.waiting(tx, make.participant(tx, "ann"), SEEN.minor, needed=2)
        days = Delegation("carol", "dave", make.TODAY, make.TODAY)
        delegations.delegate(tx, days, delegations.Made("carol"), make.TODAY)
        ruling = approvals.Ruling(
            reward, "dave", approve=True, seen=SEEN, reason="", acting_for="carol"
        )
        approvals.decide(tx, ruling, make.TODAY)
        back = withdrawals.Withdrawal(reward, "carol", "I was not asked")
        withdrawals.withdraw(tx, back, make.TODAY)
        decide(tx, reward, "erin", note="called them")
        told = said(tx, reward)
        assert "dave approved 900.00 USD; in the place of carol." in told
        assert "On 2026-06-30 carol took that approval back; I was not asked." in told
        assert "erin approved 900.00 USD.\nA note for staff: called them." in told
        assert "It waits for 1 person" in told
        approval_terms.lapse(tx, POLICY, make.TODAY + timedelta(days=3))
        told = said(tx, reward)
        assert "On 2026-07-03 the approval of erin lapsed; no second approval came within" in told
        assert "It waits for 2 different people" in told


def test_a_sum_that_has_grown_is_told(database: Database) -> None:
    with database.transaction() as tx:
        reward = make.waiting(tx, make.participant(tx, "ann"), SEEN.minor)
        more = approval_terms.Asked(reward, Needed(2, "6,000.00 USD is 5,000.00 USD or more"))
        approval_terms.ask_more(tx, [more])
        told = said(tx, reward)
        assert "Asked of more people, since the sum has grown; 6,000.00 USD is" in told
        assert "It waits for 2 different people" in told
