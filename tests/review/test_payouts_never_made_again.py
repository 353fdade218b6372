"""What is still to be paid after a while, or in a restored copy, and must not be paid any more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
import requests
import stripe
from sqlalchemy import text

from goodword.actions import adoptions, approvals, refunds, reversals, rewards
from goodword.actions import payouts as actions
from goodword.actions.reconciliations import Closing
from goodword.money import Money
from goodword.rules.incentives import Pay
from goodword.rules.payouts import Paid
from goodword.rules.provider_events import GivenBack
from goodword.wiring import close, wiring
from sandbox.stripe.standin import StripeStandIn
from tests import factories as make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from goodword.db.session import Database

NIGHT = datetime(2026, 6, 30, 2, tzinfo=UTC)
DEAL = "006000000000001AAA"


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StripeStandIn]:
    accounts = [{"id": "acct_ann"}]
    with StripeStandIn(accounts=accounts, customers=[{"id": "cus_ann"}], at=NIGHT) as running:
        yield running


@dataclass(frozen=True)
class Desk:
    """One database, one Stripe, and the pay stage between them, without an orchestrator."""

    database: Database
    stripe: StripeStandIn

    def plan(self) -> Counter[str]:
        from tasks import payout_plans, reconciliations  # noqa: PLC0415 - Prefect

        now = self.stripe.clock.now()
        plain(reconciliations.reconcile)(now.date(), now, reconciliations.JUST_BEFORE)
        return plain(payout_plans.plan)(now.date())

    def pay(self) -> Counter[str]:
        from tasks import payouts  # noqa: PLC0415 - Prefect

        now = self.stripe.clock.now()
        return self.plan() + plain(payouts.send)(payouts.planned(), now.date(), now)

    def send_as_forgotten(self, number: int) -> str:
        """Send a planned payout as the program did after this copy was made; returns its name."""
        from tasks import payouts  # noqa: PLC0415 - Prefect

        with self.database.transaction() as tx:
            found = make.payout(tx, number)
        request = wiring().provider.request(payouts._payment(found))
        sent = wiring().provider.send(found.rail, request, actions.key_of(found))
        assert isinstance(sent, Paid)
        return sent.external_id

    def later(self, **delta: float) -> None:
        self.stripe.clock.advance(timedelta(**delta))

    def transfers(self) -> list[tuple[int, int]]:
        """Return what each transfer moved and what of it came back."""
        with self.stripe.state.lock:
            made = self.stripe.state.transfers.newest_first()
            return [(one["amount"], one["amount_reversed"]) for one in made]

    def come_back(self) -> None:
        """Reverse the newest transfer, as a person does in Stripe's dashboard."""
        with self.stripe.state.lock:
            name = next(iter(self.stripe.state.transfers.newest_first()))["id"]
        address = f"{self.stripe.base_url}/sandbox/stripe/transfers/{name}/reversals"
        assert requests.post(address, json={}, timeout=60).ok

    def credits(self) -> int:
        with self.stripe.state.lock:
            return len(list(self.stripe.state.credits.newest_first()))


def plain(task: Any) -> Callable[..., Counter[str]]:
    """Return the function that Prefect would run."""
    return cast("Callable[..., Counter[str]]", task.fn)


@pytest.fixture
def desk(
    database: Database, stand_in: StripeStandIn, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    stand_in.reset(NIGHT)
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("GOODWORD_DATABASE_URL", url)
    monkeypatch.setenv("GOODWORD_STRIPE_API_KEY", "sk_test_desk")
    monkeypatch.setenv("GOODWORD_STRIPE_API_BASE", stand_in.base_url)
    monkeypatch.setenv("GOODWORD_STRIPE_MAX_PER_SECOND", "1000")
    close()
    with database.transaction() as tx:
        make.program(tx)
        long_ago = {"then": NIGHT - timedelta(days=2)}
        tx.execute(text("UPDATE installation SET reconciled_until = :then"), long_ago)
    yield Desk(database, stand_in)
    close()


def states(desk: Desk) -> list[tuple[str, str]]:
    with desk.database.transaction() as tx:
        rows = tx.execute(text("SELECT state, COALESCE(reason, '') FROM payouts ORDER BY id"))
        return [(row[0], row[1]) for row in rows]


# A restored copy of the database ----------------------------------------------------------------


def test_a_payout_that_a_restored_copy_has_as_planned_is_not_made_again(desk: Desk) -> None:
    with desk.database.transaction() as tx:
        make.approved(tx, make.participant(tx, "ann"), 40_00)
    assert desk.plan() == {"planned": 1}
    desk.send_as_forgotten(1)
    desk.later(hours=48)  # Stripe forgets the key
    assert desk.pay() == {"given back": 1, "carried over": 1}
    assert desk.transfers() == [(40_00, 0)]
    assert "the ledger does not know" in states(desk)[0][1]
    assert desk.pay() == {"carried over": 1}


def test_a_reversal_that_a_restored_copy_has_as_planned_takes_nothing_again(desk: Desk) -> None:
    with desk.database.transaction() as tx:
        reward = make.approved(tx, make.participant(tx, "ann"), 100_00)
    assert desk.pay() == {"planned": 1, "paid": 1}
    with desk.database.transaction() as tx:
        make.cancel(tx, reward)
        make.judge(tx, 0)
        reversal = reversals.ask(tx, reversals.Wanted(1, "olivia", "they agreed"), make.TODAY)
    desk.send_as_forgotten(reversal)
    assert desk.transfers() == [(100_00, 100_00)]
    desk.later(hours=48)
    desk.pay()
    assert states(desk)[1][0] == "refused"
    assert desk.transfers() == [(100_00, 100_00)]


@pytest.mark.parametrize("pay", [Pay.CASH, Pay.BILLING_CREDIT])
def test_a_first_credit_that_a_restored_copy_does_not_know_is_found(desk: Desk, pay: Pay) -> None:
    with desk.database.transaction() as tx:
        method = "stripe_credit" if pay is Pay.CASH else "stripe_transfer"
        number = make.conversion(tx, make.participant(tx, "ann", payout_method=method))
        (earned,) = make.earned(tx, [number], Money(40_00, "USD"))
        paid_so = replace(earned, incentive=replace(make.INCENTIVE, pay=pay))
        rewards.record_earned(tx, [paid_so], make.TODAY)
        make.judge(tx, 0)
        name = make.value(tx, "SELECT name FROM installation")
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": desk.stripe.base_url})
    ours = {"goodword_payout": f"goodword-{name}-1-abc123"}
    client.v1.customers.balance_transactions.create(
        "cus_ann", {"amount": -40_00, "currency": "usd", "metadata": ours}
    )
    desk.later(hours=5)
    assert desk.pay() == {"carried over": 1}
    assert desk.credits() == 1


def test_what_came_back_of_a_movement_before_it_was_adopted_is_asked_about_once(
    desk: Desk,
) -> None:
    with desk.database.transaction() as tx:
        reward = make.approved(tx, make.participant(tx, "ann"), 40_00)
        name = make.value(tx, "SELECT name FROM installation")
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": desk.stripe.base_url})
    made = client.v1.transfers.create(
        {
            "amount": 40_00,
            "currency": "usd",
            "destination": "acct_ann",
            "metadata": {"goodword_payout": f"goodword-{name}-1-abc123"},
        }
    )
    client.v1.transfers.reversals.create(made.id, {"amount": 10_00})
    desk.later(hours=2)
    assert desk.plan() == {"carried over": 1}
    with desk.database.transaction() as tx:
        closing = Closing(1, "olivia", "paid before the copy was restored")
        adoptions.adopt(tx, closing, [reward], NIGHT, NIGHT.date())
    desk.plan()
    with desk.database.transaction() as tx:
        asked = "SELECT amount_minor FROM rewards WHERE returned_payout_id = 1"
        assert make.value(tx, asked) == 10_00
        unexplained = "SELECT count(*) FROM differences WHERE settled_on IS NULL"
        assert make.value(tx, unexplained) == 0


# A payout that waited ---------------------------------------------------------------------------


def test_a_payout_that_waited_while_its_deal_was_cancelled_is_not_sent(desk: Desk) -> None:
    with desk.database.transaction() as tx:
        who = make.participant(tx, "ann")
        gone = make.approved(tx, who, 40_00)
        make.approved(tx, who, 70_00)
    assert desk.plan() == {"planned": 1}
    with desk.database.transaction() as tx:
        make.cancel(tx, gone)
        make.judge(tx, 0)
    desk.later(hours=24)
    assert desk.pay() == {"given back": 1, "planned": 1, "paid": 1}
    assert desk.transfers() == [(70_00, 0)]


def test_a_payout_that_waited_is_not_sent_while_the_customer_disputes(desk: Desk) -> None:
    with desk.database.transaction() as tx:
        number = make.conversion(tx, make.participant(tx, "ann"), crm_id=DEAL)
        rewards.record_earned(tx, make.earned(tx, [number], Money(40_00, "USD")), make.TODAY)
        make.judge(tx, 0)
    assert desk.plan() == {"planned": 1}
    with desk.database.transaction() as tx:
        dispute = GivenBack(
            "du_1", "charge", "USD", NIGHT, "", disputed_minor=1, dispute="open", opportunity=DEAL
        )
        refunds.record_found(tx, [dispute], NIGHT, "UTC")
    desk.later(hours=24)
    assert desk.pay() == {"given back": 1, "carried over": 1}
    assert desk.transfers() == []


# What came back ---------------------------------------------------------------------------------


@pytest.mark.parametrize("is_paid_again", [True, False])
def test_of_what_came_back_whole_a_cancelled_deal_takes_only_what_is_paid_again(
    desk: Desk, *, is_paid_again: bool
) -> None:
    with desk.database.transaction() as tx:
        who = make.participant(tx, "ann")
        reward = make.approved(tx, who, 40_00)
    assert desk.pay() == {"planned": 1, "paid": 1}
    desk.come_back()
    desk.later(hours=2)
    desk.plan()
    with desk.database.transaction() as tx:
        asked = make.value(tx, "SELECT id FROM rewards WHERE returned_payout_id = 1")
        make.cancel(tx, reward)  # nobody has decided: nothing is left to take back
        assert make.value(tx, "SELECT count(*) FROM rewards WHERE amount_minor < 0") == 0
        make.judge(tx, 1, asked)
        decision = approvals.Ruling(asked, "olivia", is_paid_again, Money(40_00, "USD"), "as said")
        approvals.decide(tx, decision, make.TODAY)
        make.cancel(tx, reward)
        make.judge(tx, 0)
        assert make.balances(tx, who).get("owed", 0) == 0
