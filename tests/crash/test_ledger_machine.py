"""The books alone, in any order of steps: rewards, payouts, answers, refunds and reversals.

What the machine remembers is arithmetic on what it gave and what it answered; after every step the
ledger must say the same, and every invariant must hold.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, text

from goodword.actions import payouts, reversals, rewards, settlements
from goodword.db.checks import violations
from goodword.db.queries import payouts as queries
from goodword.db.queries import reconciliations as reconciliation_queries
from goodword.money import split
from goodword.rules.payout_plans import Due, PayoutPolicy, Planned
from goodword.rules.payout_plans import plan as plan_payouts
from goodword.rules.payouts import (
    Answer,
    Held,
    Movement,
    NotNow,
    Paid,
    Rail,
    Refused,
    TryLater,
    Unknown,
)
from goodword.rules.reconciliations import returned
from goodword.rules.reversals import ReversalRefused
from tests import factories as make
from tests.crash.opening import opened
from tests.crash.oracle import Fate
from tests.crash.world import DEAL_MINOR, OUTCOMES, PEOPLE, START, Given, Person, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conftest import Template

TODAY = START.date()
_MINOR = st.integers(1, 90_000)
TRANSFERRED = [person for person in PEOPLE if person.key in {"yuki", "dan", "kamal"}]
"""One for each of JPY, USD and KWD."""

NO_MINIMUM = PayoutPolicy({})
ANSWERS: tuple[Answer | None, ...] = (
    NotNow("rate_limit", "later"),
    TryLater("balance_insufficient", "later"),
    Unknown("no answer"),
    Refused("account_closed", "it is closed", "ask them"),
    Held("a person looks"),
    None,
)


@pytest.fixture(scope="module")
def world(template: Template) -> Iterator[World]:
    with (
        template.clone() as database,
        opened(database.engine.url.render_as_string(hide_password=False)) as made,
    ):
        yield made


def _approve(tx: Connection) -> None:
    """Approve what was earned or clawed back; nobody says that what came back is paid again."""
    found = tx.execute(
        text("SELECT id FROM rewards WHERE state = 'computed' AND returned_payout_id IS NULL")
    )
    if numbers := found.scalars().all():
        make.judge(tx, 0, *numbers)


class Ledger(RuleBasedStateMachine):
    """Rewards, payouts and what comes back, of three people in three currencies."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.reset()
        self.given: dict[str, list[Given]] = {person.key: [] for person in TRANSFERRED}
        self.lost: Counter[int] = Counter()
        self.amounts: dict[int, Planned] = {}
        self.sent: dict[int, queries.Sendable] = {}
        self.paid: dict[int, int] = {}
        self.back: Counter[int] = Counter()

    # What is owed -------------------------------------------------------------------------------

    @initialize(minors=st.tuples(_MINOR, _MINOR, _MINOR))
    def begin(self, minors: tuple[int, int, int]) -> None:
        """Give everybody something, so that there is something to do."""
        for person, minor in zip(TRANSFERRED, minors, strict=True):
            self._give(person, minor)

    @rule(person=st.sampled_from(TRANSFERRED), minor=_MINOR)
    def earn(self, person: Person, minor: int) -> None:
        self._give(person, minor)

    def _give(self, person: Person, minor: int) -> None:
        mine = self.given[person.key]
        if len(mine) < OUTCOMES:
            mine += self.world.give([(person, minor, TODAY)], len(mine), TODAY)
            with self.world.database.transaction() as tx:
                _approve(tx)

    @rule(data=st.data(), part=st.integers(1, DEAL_MINOR))
    def refund(self, data: st.DataObject, part: int) -> None:
        everything = [one for mine in self.given.values() for one in mine]
        if not everything:
            return
        one = data.draw(st.sampled_from(everything))
        part = min(part, DEAL_MINOR - self.lost[one.reward_id])
        if part:
            self.lost[one.reward_id] += part
            key = f"{one.reward_id}-{self.lost[one.reward_id]}"
            self.world.refund(one, part, key, TODAY)
        with self.world.database.transaction() as tx:
            rewards.take_back(tx, make.taken_back(tx), TODAY)
            _approve(tx)

    # What is paid -------------------------------------------------------------------------------

    @rule()
    def plan_and_send(self) -> None:
        with self.world.database.transaction() as tx:
            dues = [
                Due(
                    item.reward_id,
                    item.participant_id,
                    item.money,
                    Rail.STRIPE_TRANSFER,
                    item.payee.stripe_account,
                    None,
                )
                for item in queries.due(tx, TODAY, None)
            ]
            steps = plan_payouts(dues, NO_MINIMUM)
            planned = [step for step in steps if isinstance(step, Planned)]
            numbers = payouts.reserve(tx, planned, TODAY)
            self.amounts |= dict(zip(numbers, planned, strict=True))
            for number in queries.planned(tx):
                self.sent[number] = make.submit(tx, number)

    @rule()
    def pay(self) -> None:
        """Let everything that is under way be paid."""
        self.plan_and_send()
        for number in sorted(self.sent):
            self._answer(number, Paid(f"tr_{number}"))

    @rule(data=st.data(), answer=st.sampled_from(ANSWERS))
    def answer(self, data: st.DataObject, answer: Answer | None) -> None:
        """Record an answer, also one that was recorded before."""
        if self.sent:
            self._answer(data.draw(st.sampled_from(sorted(self.sent))), answer)

    def _answer(self, number: int, answer: Answer | None) -> None:
        sent = self.sent[number]
        if isinstance(answer, Paid) and not self._is_there(number):
            answer = Refused("amount_too_large", "there is not as much", "ask them")
        with self.world.database.transaction() as tx:
            before = make.payout(tx, number)
            make.settle(tx, sent, answer)
        is_open = before.state in {"submitting", "unknown"} and before.attempt == sent.attempt
        if isinstance(answer, Paid) and is_open:
            self.paid[number] = self.amounts[number].money.minor

    @rule(data=st.data(), found=st.booleans())
    def settle_by_hand(self, data: st.DataObject, found: bool) -> None:  # noqa: FBT001 - drawn
        with self.world.database.transaction() as tx:
            held = list(tx.execute(text("SELECT id FROM payouts WHERE state = 'held'")).scalars())
            if not held:
                return
            number = data.draw(st.sampled_from(held))
            found = found and self._is_there(number)
            name = f"tr_{number}" if found else None
            finding = settlements.Finding(number, name, "ann", "she looked")
            settlements.settle_by_hand(tx, [finding], TODAY)
        if found:
            self.paid[number] = self.amounts[number].money.minor

    # What comes back ----------------------------------------------------------------------------

    @rule(data=st.data(), part=st.integers(1, DEAL_MINOR))
    def ask_back(self, data: st.DataObject, part: int) -> None:
        """Refund what was paid, and let an operator take its transfer back as far as that goes."""
        self.pay()
        self.refund(data, part)
        ours = sorted(number for number, minor in self.paid.items() if minor > 0)
        if not ours:
            return
        number = data.draw(st.sampled_from(ours))
        with self.world.database.transaction() as tx:
            try:
                asked = reversals.ask(tx, reversals.Wanted(number, "ann", "it was too much"), TODAY)
            except ReversalRefused:
                return
            amount = make.payout(tx, asked).money
            planned = Planned(0, amount, Rail.STRIPE_REVERSAL, f"tr_{number}", ())
            self.amounts[asked] = planned

    @rule(data=st.data(), part=st.integers(1, 90_000))
    def come_back(self, data: st.DataObject, part: int) -> None:
        """Let the provider take some of a transfer back by itself, and be found to have.

        Never all of it: of that nothing is clawed back any more (queries/rewards.py).
        """
        ours = sorted(number for number, minor in self.paid.items() if minor > 0)
        if not ours:
            return
        number = data.draw(st.sampled_from(ours))
        own = self._taken_back(number)
        with self.world.database.transaction() as tx:
            payout = make.payout(tx, number)
            most = payout.money.minor - own - self.back[number]
            if most <= 1:
                return
            total = self.back[number] + min(part, most - 1)
            movement = Movement(
                f"tr_{number}",
                payout.reference,
                payout.money.minor,
                payout.money.currency,
                payout.destination,
                total + own,
                START,
            )
            ledger = reconciliation_queries.compared(tx, [payout.reference], START, START)
            found = returned([movement], ledger)
            reversals.record(tx, found, TODAY)
            # While a reversal of our own is under way, it is not known whose the sum is.
            self.back[number] = total if found else self.back[number]

    def _is_there(self, number: int) -> bool:
        """Tell whether the provider can do it: of a transfer no more comes back than is left."""
        planned = self.amounts[number]
        if planned.rail is not Rail.STRIPE_REVERSAL:
            return True
        of = int(planned.destination.removeprefix("tr_"))
        left = self.amounts[of].money.minor - self.back[of] - self._taken_back(of)
        return left + planned.money.minor >= 0

    def _taken_back(self, number: int) -> int:
        """Return what reversals of our own took back of a transfer."""
        return -sum(
            minor
            for reversal, minor in self.paid.items()
            if minor < 0 and self.amounts[reversal].destination == f"tr_{number}"
        )

    # What must hold -----------------------------------------------------------------------------

    @invariant()
    def every_invariant_holds(self) -> None:
        with self.world.database.transaction() as tx:
            assert [found.sentence for found in violations(tx)] == []

    @invariant()
    def the_provider_has_what_was_paid_less_what_came_back(self) -> None:
        expected = self._by_currency(self.paid)
        expected.subtract(self._by_currency(self.back))
        assert self._balances("at_provider") == +expected

    @invariant()
    def what_stands_is_owed_or_on_its_way_or_paid(self) -> None:
        """Reversals never exceed: what was lost is exactly what the books take off."""
        stands: Counter[str] = Counter()
        for one in (one for mine in self.given.values() for one in mine):
            stands[one.person.currency] += Fate(one, self.lost[one.reward_id]).stands_for
        stands.subtract(self._by_currency(self.back))
        booked = self._balances("owed", "reserved", "in_flight", "at_provider")
        expected = {code: minor for code, minor in stands.items() if minor}
        assert booked == expected, f"booked {booked}, expected {expected}"

    def _by_currency(self, minor: Mapping[int, int]) -> Counter[str]:
        sums: Counter[str] = Counter()
        for number, amount in minor.items():
            sums[self.amounts[number].money.currency] += amount
        return sums

    def _balances(self, *accounts: str) -> dict[str, int]:
        """Return what lies in accounts as credits, by currency, where it is not nothing."""
        with self.world.database.transaction() as tx:
            rows = tx.execute(_BALANCES, {"accounts": list(accounts)})
            return {row.currency: row.minor for row in rows}


_BALANCES = text("""
SELECT currency, -sum(amount_minor)::bigint AS minor FROM entries
WHERE account = ANY(:accounts) GROUP BY currency HAVING sum(amount_minor) <> 0
""")


def test_the_books_are_right_after_any_steps(world: World) -> None:
    machine: Any = type("OfThisWorld", (Ledger,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@given(
    minor=st.integers(-(10**12), 10**12),
    weights=st.lists(st.integers(0, 10_000), min_size=1, max_size=9).filter(any),
)
def test_the_parts_of_any_amount_sum_to_it(minor: int, weights: list[int]) -> None:
    assert sum(split(minor, weights)) == minor
