"""Limits by what those who are paid are billed themselves, on a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from goodword.actions import invoices
from goodword.money import Money
from goodword.rules.provider_events import InvoicePaid
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.tasks import trials

if TYPE_CHECKING:
    from goodword.db.session import Database

RULES = """
[[incentives]]
name = "Off your bill"
kinds = ["customer"]
on = "converted"
pay = "billing_credit"
amount = ["60.00 USD"]
cap = { own_bill = "100%", count = 12, per = "month" }
"""
EARNED = "SELECT amount_minor, state FROM rewards ORDER BY id"


def billed(database: Database, *bills: tuple[int, int]) -> None:
    """Bill Carl such amounts so many days ago, half of each paid by his credit."""
    with database.transaction() as tx:
        found = [
            InvoicePaid(
                f"in_{number}",
                Money(minor // 2, "USD"),
                datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC) - timedelta(days=ago),
                None,
                "cus_carl",
                Money(minor, "USD"),
            )
            for number, (minor, ago) in enumerate(bills)
        ]
        assert invoices.record_paid(tx, found, "UTC") == len(bills)


def three_deals(database: Database) -> None:
    """Let Carl bring three deals, won ten days ago."""
    trials.publish(database, RULES)
    with database.transaction() as tx:
        carl = make.participant(tx, "carl", kind="customer", tier="basic")
        for _ in range(3):
            deal = make.deal(tx)
            make.referral(tx, carl, opportunity_crm_id=deal, submitted_at=NOW - timedelta(days=30))


def test_rewards_of_a_month_are_no_more_than_the_bill_of_the_month_before(
    joined: Database,
) -> None:
    three_deals(joined)
    billed(joined, (100_00, 20), (900_00, 45))
    trials.night()
    assert trials.rows(joined, EARNED) == [(60_00, "approved"), (40_00, "approved"), (0, "void")]
    told = trials.story(2)
    assert "capped at 100% of their own bill of 100.00 USD in a month" in told
    assert "it comes out the same" in told


def test_who_is_not_billed_has_nothing_taken_off(joined: Database) -> None:
    three_deals(joined)
    trials.night()
    assert trials.rows(joined, EARNED) == [(0, "void")] * 3


def test_an_invoice_that_credit_paid_is_a_bill_and_no_payment(joined: Database) -> None:
    three_deals(joined)
    billed(joined, (1, 20))
    kept = "SELECT paid_minor, billed_minor FROM paid_invoices"
    assert trials.rows(joined, kept) == [(0, 1)]
