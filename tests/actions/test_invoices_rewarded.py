"""Paid invoices in a real database: kept once, divided as their deal, rewarded once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from goodword.actions import invoices, rewards
from goodword.db.queries import invoices as queries
from goodword.db.session import Database
from goodword.money import Money
from goodword.rules.amounts import Percent
from goodword.rules.books import CapBook
from goodword.rules.earnings import Rules, earn
from goodword.rules.incentives import Incentive, Pay
from goodword.rules.outcomes import Outcome
from goodword.rules.provider_events import InvoicePaid
from tests import factories as make

SHARE = Incentive(
    "Revenue share",
    frozenset({"reseller", "affiliate", "customer", "service", "employee"}),
    Outcome.INVOICE_PAID,
    Pay.CASH,
    Percent(3000),
)
DEAL = "006000000000001AAA"
NOON = datetime.combine(make.TODAY, datetime.min.time(), UTC) + timedelta(hours=17)


def paid(number: int, deal: str | None, minor: int = 100_00) -> InvoicePaid:
    paid = Money(minor, "USD")
    return InvoicePaid(f"in_{number}", paid, NOON, deal, "cus_1", paid)


def compute(tx: Connection) -> list[tuple[int, int]]:
    """Reward every invoice that waits; returns who got how much, by number."""
    ids = queries.unrewarded(tx, make.TODAY)
    earnings = queries.earnings(tx, ids)
    versions = {each.program_version_id: Rules((SHARE,), 3) for each in earnings}
    invoices.mark_rewarded(tx, ids, make.TODAY)
    earned = earn(earnings, versions, CapBook())
    rewards.record_earned(tx, earned, make.TODAY)
    return [(each.earning.participant_id, each.amount_minor) for each in earned]


def test_an_invoice_is_kept_once_whatever_is_said_of_it_later(database: Database) -> None:
    with database.transaction() as tx:
        first = invoices.record_paid(tx, [paid(1, None), paid(1, None), paid(2, None)], make.ZONE)
        again = invoices.record_paid(tx, [paid(1, None, 999_99)], make.ZONE)
        kept = tx.execute(text("SELECT id, paid_minor FROM paid_invoices ORDER BY id")).all()
        assert (first, again) == (2, 0)
        assert [tuple(row) for row in kept] == [("in_1", 100_00), ("in_2", 100_00)]
        assert invoices.record_paid(tx, [], make.ZONE) == 0


def test_an_invoice_is_rewarded_once_and_one_without_a_won_deal_waits(database: Database) -> None:
    with database.transaction() as tx:
        ann = make.participant(tx, "ann")
        make.conversion(tx, ann, crm_id=DEAL)
        invoices.record_paid(tx, [paid(1, DEAL), paid(2, None)], make.ZONE)
        assert compute(tx) == [(ann, 30_00)]
        assert compute(tx) == []
        assert queries.unrewarded(tx, make.TODAY) == []


def test_an_invoice_of_tomorrow_is_not_rewarded_today(database: Database) -> None:
    with database.transaction() as tx:
        make.conversion(tx, make.participant(tx, "ann"), crm_id=DEAL)
        invoices.record_paid(tx, [paid(1, DEAL)], make.ZONE)
        assert queries.unrewarded(tx, make.TODAY - timedelta(days=1)) == []
        assert queries.unrewarded(tx, make.TODAY) == ["in_1"]


def test_after_a_correction_the_invoice_is_there_for_the_conversion_that_follows(
    database: Database,
) -> None:
    with database.transaction() as tx:
        conversion = make.conversion(tx, make.participant(tx, "ann"), crm_id=DEAL)
        invoices.record_paid(tx, [paid(1, DEAL)], make.ZONE)
        compute(tx)
        assert rewards.void(tx, [conversion], "olivia", "another held it", make.TODAY) == 1
        assert queries.unrewarded(tx, make.TODAY) == ["in_1"]
