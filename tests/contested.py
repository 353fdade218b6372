"""A contested account in a real database, and the program that it goes by."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from goodword.actions import conversions, dispute_terms, disputes, registrations, rewards, rulings
from goodword.actions.disputes import Contest
from goodword.actions.registrations import Change
from goodword.actions.rulings import Decision
from goodword.money import Money
from goodword.program import load_program
from goodword.rules.disputes import DisputeState, Outcome
from goodword.rules.registrations import RegistrationState as State
from tests import factories as make

PROGRAM, _ = load_program(Path(__file__).parents[1] / "config" / "program.toml")
POLICY = PROGRAM.disputes
TODAY = make.TODAY
ENDS = TODAY + timedelta(days=60)
STAFF = dispute_terms.Recipients("staff@example.com", "head@example.com")


def later(days: int) -> date:
    return TODAY + timedelta(days=days)


class Place:
    """An account that Ann's claim (1) protects, and that Bob's conflicting claim (2) lost."""

    def __init__(self, tx: Connection, state: State = State.CONFLICTING) -> None:
        make.program(tx)
        self.tx = tx
        self.ann = make.participant(tx, "ann", name="Northwind Traders")
        self.bob = make.participant(tx, "bob", name="Tailspin Toys")
        self.held = make.registration(tx, self.ann, "Acme")
        self.lost = make.registration(tx, self.bob, "Acme")
        change = Change(self.held, self.ann, State.APPROVED, ("theirs",), "carl", ENDS)
        late = Change(self.lost, self.bob, state, ("late",), with_id=self.held, submitted_on=TODAY)
        registrations.apply(tx, [change, late], TODAY)

    def win(self, **other: object) -> str:
        """Let Ann's claim be won by a deal ten days ago."""
        deal = make.deal(self.tx, **other)
        won = Change(self.held, self.ann, State.WON, ("won",), deal=deal)
        registrations.apply(self.tx, [won], TODAY)
        return deal

    def convert(self, deal: str) -> int:
        """Convert the deal with its shares, as the night does."""
        found = [make.detected(each) for each in make.candidates(self.tx, deal)]
        conversions.record(self.tx, found, TODAY)
        statement = "SELECT max(id) FROM conversions WHERE opportunity_crm_id = :d"
        return int(make.value(self.tx, statement, d=deal))

    def reward(self, conversion: int, currency: str = "USD") -> list[int]:
        """Compute and approve a reward of 100.00 for each who is credited."""
        earned = make.earned(self.tx, [conversion], Money(100_00, currency))
        rewards.record_earned(self.tx, earned, TODAY)
        make.judge(self.tx, 0)
        statement = text("SELECT id FROM rewards WHERE conversion_id = :c ORDER BY participant_id")
        return list(self.tx.execute(statement, {"c": conversion}).scalars())

    def open(self, by: str = "bob", registration: int | None = None) -> int:
        contest = Contest(registration or self.lost, by, "we met them in May")
        return disputes.open_(self.tx, contest, POLICY, TODAY)

    def rule(
        self,
        dispute: int,
        outcome: Outcome,
        by: str = "olivia",
        share: int = 0,
        today: date = TODAY,
    ) -> DisputeState:
        decision = Decision(dispute, by, outcome, "the minutes of May show it", share)
        return rulings.rule(self.tx, decision, PROGRAM, today)

    def states(self) -> tuple[str, str]:
        held, lost = (make.state(self.tx, "registrations", n) for n in (self.held, self.lost))
        return held, lost

    def shares(self, conversion: int) -> list[tuple[int, int, str]]:
        """Return what each claim of a conversion gets, with the reason."""
        statement = text(
            "SELECT claim_id, value_minor, reason FROM shares WHERE conversion_id = :c"
            " ORDER BY position"
        )
        return [tuple(row) for row in self.tx.execute(statement, {"c": conversion})]
