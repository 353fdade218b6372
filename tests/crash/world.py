"""A small company: some people who are owed money, a Stripe, and one clock that stands still.

It is made once a process. What a seed does to it is taken away again before the next one, which
costs milliseconds: the tables that were empty are emptied, and Stripe begins anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import psycopg
from sqlalchemy import make_url, text

from goodword.actions import conversions, refunds, rewards
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.earnings import Earned, Earning
from goodword.rules.incentives import Incentive, Pay
from sandbox.stripe import transfers
from sandbox.stripe.endpoints import Call
from sandbox.stripe.standin import StripeStandIn
from tests import factories as make

START = datetime.fromisoformat("2026-06-30T02:00:00+00:00")
OUTCOMES = 10
"""Won deals of each person: no seed gives anybody more rewards than that."""
DEAL_MINOR = 100_000

MINIMUM = {"JPY": 2_000, "USD": 2_000, "KWD": 0}
"""The smallest payouts of `program.toml`, in minor units: less is carried over."""


@dataclass(frozen=True, slots=True)
class Person:
    """A participant and how they are paid; `step`: what their amounts are multiples of."""

    key: str
    currency: str
    method: str
    country: str = "US"
    pay: Pay = Pay.CASH
    usual: tuple[int, int] = (500, 60_000)
    step: int = 1

    @property
    def account(self) -> str:
        """Their account at Stripe, whether they are paid there or not."""
        return f"acct_{self.key}"

    @property
    def customer(self) -> str:
        """Their company as a customer at Stripe."""
        return f"cus_{self.key}"

    @property
    def subscription(self) -> str:
        """What that customer pays for every month."""
        return f"sub_{self.key}"

    @property
    def incentive(self) -> Incentive:
        """The rule that gives them something."""
        benefit = {"months": 1} if self.pay is Pay.FREE_MONTHS else None
        return replace(make.INCENTIVE, pay=self.pay, benefit=benefit)


PEOPLE = (
    Person("yuki", "JPY", "stripe_transfer", country="JP"),
    Person("ume", "JPY", "stripe_credit", country="JP"),
    Person("dan", "USD", "stripe_transfer"),
    Person("ann", "USD", "stripe_transfer"),
    Person("bob", "USD", "stripe_credit"),
    # Stripe takes three-decimal currencies in steps of ten (docs.stripe.com/currencies).
    Person("kamal", "KWD", "stripe_transfer", usual=(100, 90_000), step=10),
    Person("laila", "KWD", "stripe_credit", usual=(100, 90_000), step=10),
    Person("sue", "USD", "stripe_transfer", pay=Pay.FREE_MONTHS, usual=(2_000, 5_000)),
)


REFERENCE = "goodword_payout"
"""What our movements at Stripe carry in their metadata."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement in Stripe's book, less what came back of it."""

    reference: str
    destination: str
    currency: str
    minor: int


@dataclass(frozen=True, slots=True)
class Given:
    """A reward that somebody was given, as the world remembers it."""

    reward_id: int
    person: Person
    minor: int
    conversion_id: int


@dataclass
class World:
    """The company, while this process plays with it."""

    url: str
    database: Database
    stripe: StripeStandIn
    administrator: psycopg.Connection[Any]
    _earnings: dict[str, list[Earning]]
    _emptying: str
    _seeds: int = 0

    def reset(self) -> None:
        """Take away what the last seed did, here and at Stripe."""
        self.administrator.execute(self._emptying)
        self.stripe.reset(START)
        if self._seeds % 50 == 0:  # what the seeds before left behind slows the next ones down
            self.administrator.execute("VACUUM (ANALYZE)")
        self._seeds += 1

    def reconnect(self) -> None:
        """Come back after the server was restarted."""
        self.administrator.close()
        self.administrator = administrator_of(self.url)
        self.database.dispose()

    def give(
        self, wanted: Sequence[tuple[Person, int, date]], used: int, today: date
    ) -> list[Given]:
        """Give rewards of so much, payable from some day on; the policy approves them at night.

        Args:
            wanted: person, minor units and day; nobody twice.
            used: how many outcomes were used before.
            today: the business date.
        """
        earned = [
            Earned(
                self._earnings[person.key][used],
                person.incentive,
                minor,
                minor,
                "as much as the seed says",
                payable_on,
            )
            for person, minor, payable_on in wanted
        ]
        with self.database.transaction() as tx:
            rewards.record_earned(tx, earned, today)
            found = tx.execute(
                text("SELECT conversion_id, id FROM rewards WHERE reverses_id IS NULL")
            )
            numbers = {row.conversion_id: row.id for row in found}
        return [
            Given(numbers[item.earning.conversion_id], person, minor, item.earning.conversion_id)
            for item, (person, minor, _) in zip(earned, wanted, strict=True)
            if item.earning.conversion_id is not None
        ]

    def cancel(self, given: Given, today: date) -> None:
        """Let the customer leave, so that what was given for them is taken back."""
        with self.database.transaction() as tx:
            conversions.cancel(
                tx, [conversions.Cancelled(given.conversion_id, today, "the customer left")]
            )

    def refund(self, given: Given, minor: int, key: str, today: date) -> None:
        """Give the customer some of the deal's money back."""
        with self.database.transaction() as tx:
            deal = make.value(
                tx,
                "SELECT opportunity_crm_id FROM conversions WHERE id = :id",
                id=given.conversion_id,
            )
            money = Money(minor, given.person.currency)
            manual = refunds.Manual(deal, money, today, "unhappy", key)
            refunds.record_manual(tx, manual, "ann", today)

    def unmade(self) -> Moved | None:
        """Return a transfer that is unknown here and was never made at Stripe, less one step."""
        with self.database.transaction() as tx:
            unknown = tx.execute(_UNKNOWN).all()
        with self.stripe.state.lock:
            made = {
                transfer["transfer_group"]
                for transfer in self.stripe.state.transfers.newest_first()
            }
        for row in unknown:
            if row.reference not in made:
                step = next(person.step for person in PEOPLE if person.account == row.destination)
                return Moved(row.reference, row.destination, row.currency, row.amount_minor - step)
        return None

    def pay_by_hand(self, moved: Moved) -> None:
        """Make a transfer as a person does in Stripe's dashboard, with a copied reference."""
        state = self.stripe.state
        params = {
            "amount": moved.minor,
            "currency": moved.currency.lower(),
            "destination": moved.destination,
            "transfer_group": moved.reference,
            "metadata": {REFERENCE: moved.reference},
        }
        with state.lock:
            transfers.create(Call(state, "req_by_hand", params=params))


_UNKNOWN = text("""
SELECT reference, destination, currency, amount_minor FROM payouts
WHERE state IN ('submitting', 'unknown') AND rail = 'stripe_transfer' ORDER BY id
""")


def administrator_of(url: str) -> psycopg.Connection[Any]:
    """Connect as who alone may pass the triggers that keep history append-only."""
    given = make_url(url)
    connection = psycopg.connect(
        host=str(given.query["host"]), user="postgres", dbname=given.database, autocommit=True
    )
    connection.execute("SET session_replication_role = replica")
    return connection
