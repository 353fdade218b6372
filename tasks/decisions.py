"""Decisions at the orchestrator's forms: what is shown, what is asked, and the answer taken.

The forms know nobody. Who decides is proved by a code (actions/decision_codes.py), and each amount
is written back as it was seen; nothing that decides has a default.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from prefect.input import RunInput
from pydantic import Field

from goodword.actions import approvals, decision_codes
from goodword.rules import answers
from goodword.wiring import wiring


class Decision(StrEnum):
    """What becomes of the rewards of one answer."""

    APPROVE = "approve"
    REFUSE = "refuse"


Rewards = Annotated[
    str,
    Field(
        pattern=answers.LINES,
        max_length=10_000,
        description="The lines of what you decide, copied as they stand, such as `12 750.00 USD;` "
        "(number, amount, semicolon). Another amount than the reward has now decides nothing.",
    ),
]
Code = Annotated[
    str,
    Field(
        pattern=decision_codes.PATTERN,
        max_length=40,
        description="Your own approval code, from `goodword approvals code --as NAME`. It says who "
        "you are, decides once, and is good for 15 minutes.",
    ),
]
Reason = Annotated[
    str,
    Field(
        max_length=2000,
        description="Needed to refuse, and the participant may read it; a note when you approve.",
    ),
]


class Answer(RunInput):
    """One decision on some rewards. What decides has no default: an empty answer is refused."""

    decision: Decision = Field(description="What becomes of the rewards below.")
    rewards: Rewards
    code: Code
    reason: Reason = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one answer: rewards by the state they are in now, and each refusal."""

    outcomes: Counter[str]
    refusals: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """All of it in words."""
        done = ", ".join(f"{state} {count}" for state, count in self.outcomes.items())
        return "; ".join(filter(None, (done, *self.refusals)))


def take(answer: Answer, used_for: str, today: date) -> Taken:
    """Take one answer, once, by the same action as every other door.

    Args:
        answer: what a person wrote.
        used_for: which answer it is; when a run begins anew, the same one decides nothing again.
        today: the business date.
    """
    try:
        rewards = answers.read(answer.rewards)
        with wiring().ready_database.transaction() as tx:
            if decision_codes.was_used_for(tx, answer.code, used_for):
                return Taken(Counter({"taken before": 1}))
            approver = decision_codes.redeem(tx, answer.code, used_for)
            approves = answer.decision is Decision.APPROVE
            rulings = [
                approvals.Ruling(reward_id, approver, approves, seen, answer.reason)
                for reward_id, seen in rewards
            ]
            outcomes = approvals.decide_all(tx, rulings, today)
    except (answers.AnswerUnreadable, decision_codes.CodeRefused) as refusal:
        return Taken(Counter(), (str(refusal),))
    return Taken(
        Counter(outcome.state for outcome in outcomes if not outcome.refusal),
        tuple(str(outcome.refusal) for outcome in outcomes if outcome.refusal),
    )


class NotDecided(Exception):
    """Some of what was asked for was refused; what was not is done."""

    def __init__(self, taken: Taken) -> None:
        super().__init__(taken.sentence)
