"""Simulations of what nights computed: referrals as such, renewals, and limits by own bills."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from goodword.actions import invoices, simulations
from goodword.money import Money
from goodword.rules import comparisons
from goodword.rules.histories import Days
from goodword.rules.provider_events import InvoicePaid
from goodword.wiring import wiring
from tests import factories as make
from tests.factories import NOW, TODAY, TOMORROW
from tests.tasks import trials

if TYPE_CHECKING:
    from collections.abc import Iterable

    from goodword.actions.simulations import Tried
    from goodword.db.session import Database
    from goodword.rules.histories import PastReward

JUNE = Days(date(2026, 6, 1), TODAY)
FIRST, RENEWAL = "006000000000001AAA", "006000000000002AAA"
TYPE = "Existing Customer - Renewal"
TYPES = '["existing customer - renewal"]'


def rule(name: str, kinds: str, on: str, amount: str, *more: str, pay: str = "cash") -> str:
    lines = f'name = "{name}"', f"kinds = [{kinds}]", f'on = "{on}"', f'pay = "{pay}"'
    return "\n".join(["\n[[incentives]]", *lines, f"amount = {amount}", *more, ""])


def thanks(dollars: int) -> str:
    cap = 'cap = { count = 2, per = "year" }'
    return rule("Thanks for the name", '"employee"', "referred", f'["{dollars}.00 USD"]', cap)


def off_your_bill(percent: int) -> str:
    cap = f'cap = {{ own_bill = "{percent}%", per = "month" }}'
    amount = '["60.00 USD"]'
    return rule("Off your bill", '"customer"', "converted", amount, cap, pay="billing_credit")


MARGIN = rule("Margin", '"reseller", "service"', "converted", '"20%"')
RENEWED = rule("Renewal", '"reseller"', "renewed", '"5%"')
LEAD = rule("Thanks for the lead", '"employee"', "qualified", '["30.00 USD"]')
SHARE = rule("Share", '"reseller"', "invoice_paid", '"10%"', "for_months = 13")
EVERYTHING = thanks(20) + LEAD + off_your_bill(100) + MARGIN + RENEWED + SHARE


def attempt(database: Database, rules: str, days: Days = JUNE, **edited: str) -> Tried:
    program = wiring().program(trials.source(rules, **edited))
    with database.transaction() as tx:
        return simulations.attempt(tx, program, days, wiring().program)


def given(tried: Tried, rewards: Iterable[PastReward]) -> list[tuple[str, str, int]]:
    """Return who was given what by which rule, in the order of the names."""
    return sorted(
        (tried.people[each.participant_id].key, each.rule, each.minor) for each in rewards
    )


def same(tried: Tried) -> bool:
    """Tell whether the program gives exactly what was computed; something must have been."""
    before, after = tried.before, tried.after
    told = [
        sorted(
            (each.subject, each.participant_id, each.rule, each.on, each.kept_minor, each.asked)
            for each in outlook.rewards
        )
        for outlook in (before, after)
    ]
    assert told[0] == told[1]
    assert comparisons.differences(before, after) == []
    assert (before.proceeds, before.unclaimed) == (after.proceeds, after.unclaimed)
    return bool(told[0])


def sold(database: Database, *brought_by: str) -> str:
    """Let a company be won a year ago, by what these resellers did in turn; return its account."""
    with database.transaction() as tx:
        account = make.account(tx)
        at = TODAY - timedelta(days=365)
        make.deal(tx, crm_id=FIRST, account_crm_id=account, close_on=at)
        for number, key in enumerate(brought_by):
            person = make.participant(tx, key, tier="basic")
            made = datetime(2025, 5, 1 + number, tzinfo=UTC)
            make.referral(tx, person, opportunity_crm_id=FIRST, submitted_at=made)
    return account


def renew(database: Database, account: str, touched_by: str = "", **other: object) -> None:
    """Let the company renew for 500.00 dollars ten days ago, touched by a service partner."""
    with database.transaction() as tx:
        deal = {"crm_id": RENEWAL, "type": TYPE, "amount_minor": 50_000, **other}
        made = make.deal(tx, account_crm_id=account, **deal)
        if touched_by:
            person = make.participant(tx, touched_by, tier="basic", kind="service")
            about = {"opportunity_crm_id": made, "at": NOW - timedelta(days=20)}
            make.insert(
                tx, "touches", key=touched_by, source="partner", participant_id=person, **about
            )


def billed(
    database: Database, customer: str, minor: int, ago: int, deal: str | None = None
) -> None:
    """Bill a customer so much, so many days ago, of a deal or none; it was paid at once."""
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    at, money = noon - timedelta(days=ago), Money(minor, "USD")
    bill = InvoicePaid(f"in_{customer}_{minor}", money, at, deal, customer, money)
    with database.transaction() as tx:
        assert invoices.record_paid(tx, [bill], "UTC") == 1


def employee(database: Database, companies: int) -> None:
    with database.transaction() as tx:
        emma = make.participant(tx, "emma", kind="employee", tier="basic")
        for number in range(companies):
            make.referral(tx, emma, submitted_at=NOW - timedelta(days=20 - number))


def three_deals(database: Database) -> None:
    """Let Carl bring three deals, won ten days ago; he was billed 100.00 the month before."""
    with database.transaction() as tx:
        carl = make.participant(tx, "carl", kind="customer", tier="basic")
        for _ in range(3):
            make.referral(tx, carl, opportunity_crm_id=make.deal(tx))
    billed(database, "cus_carl", 100_00, 20)
    billed(database, "cus_carl", 900_00, 45)


# The program in force ---------------------------------------------------------------------------


def a_company(database: Database) -> None:
    """Let everything happen that pays."""
    trials.publish(database, EVERYTHING, deal_types=TYPES)
    renew(database, sold(database, "ann", "bob"), "tom")
    billed(database, "cus_fabrikam", 80_00, 1, RENEWAL)
    employee(database, 3)
    three_deals(database)


def test_the_program_in_force_gives_what_was_computed_of_every_outcome(joined: Database) -> None:
    a_company(joined)
    trials.night()
    tried = attempt(joined, EVERYTHING, deal_types=TYPES)
    assert same(tried)
    assert (tried.before.payments, tried.before.left) == (tried.after.payments, tried.after.left)
    assert given(tried, tried.after.rewards) == [
        ("ann", "Renewal", 25_00),
        ("ann", "Share", 8_00),
        ("carl", "Off your bill", 0),
        ("carl", "Off your bill", 40_00),
        ("carl", "Off your bill", 60_00),
        ("emma", "Thanks for the name", 0),
        ("emma", "Thanks for the name", 20_00),
        ("emma", "Thanks for the name", 20_00),
    ]
    assert tried.after.proceeds.minor == {"USD": 500_00 + 3 * 1_000_00}


@pytest.mark.parametrize(
    "later",
    [
        f"UPDATE opportunities SET amount_minor = 80000 WHERE crm_id IN ('{FIRST}', '{RENEWAL}')",
        f"UPDATE opportunities SET is_won = false, won_at = NULL WHERE crm_id = '{FIRST}'",
        f"UPDATE opportunities SET is_won = false, won_at = NULL WHERE crm_id = '{RENEWAL}'",
    ],
)
def test_so_it_does_after_the_deals_were_changed_in_the_crm(joined: Database, later: str) -> None:
    a_company(joined)
    trials.night()
    with joined.transaction() as tx:
        tx.execute(text(later))
    trials.night(TOMORROW)
    billed(joined, "cus_fabrikam", 30_00, 0, RENEWAL)
    trials.night(TOMORROW)
    assert same(attempt(joined, EVERYTHING, Days(JUNE.first, TOMORROW), deal_types=TYPES))


def test_so_it_does_for_a_renewal_that_a_registration_won(joined: Database) -> None:
    trials.publish(joined, EVERYTHING, deal_types=TYPES)
    account = sold(joined, "ann")
    renew(joined, account, "tom")
    with joined.transaction() as tx:
        rob = make.participant(tx, "rob", tier="basic")
        make.registration(tx, rob, opportunity_crm_id=RENEWAL, account_crm_id=account, state="won")
    trials.night()
    tried = attempt(joined, EVERYTHING, deal_types=TYPES)
    assert same(tried)
    assert given(tried, tried.after.rewards) == [("rob", "Margin", 100_00)]


# Another program --------------------------------------------------------------------------------


def test_a_referral_as_such_is_given_what_the_other_program_pays_up_to_its_limit(
    joined: Database,
) -> None:
    trials.publish(joined, thanks(20))
    employee(joined, 3)
    trials.night()
    tried = attempt(joined, thanks(25))
    named = "Thanks for the name"
    assert given(tried, tried.before.rewards) == [("emma", named, n) for n in (0, 20_00, 20_00)]
    assert given(tried, tried.after.rewards) == [("emma", named, n) for n in (0, 25_00, 25_00)]
    assert {each.subject[-7:] for each in tried.after.rewards} == {"as such"}


def test_a_program_that_pays_for_names_at_all_does_so_for_each_that_came(joined: Database) -> None:
    trials.publish(joined, LEAD)
    employee(joined, 2)
    trials.night()
    tried = attempt(joined, thanks(25))
    assert not tried.before.rewards
    assert [each.minor for each in tried.after.rewards] == [25_00, 25_00]
    assert attempt(joined, LEAD).after.rewards == ()


def test_what_nobody_claimed_renews_by_a_program_that_knows_renewals(joined: Database) -> None:
    trials.publish(joined, MARGIN, deal_types="[]")
    renew(joined, sold(joined, "ann"))
    trials.night()
    tried = attempt(joined, MARGIN + RENEWED, deal_types=TYPES)
    assert not tried.before.rewards
    assert given(tried, tried.after.rewards) == [("ann", "Renewal", 25_00)]
    assert tried.after.proceeds.minor == {"USD": 500_00}
    assert tried.after.proceeds.customers == {}
    assert tried.before.unclaimed == tried.after.unclaimed == {}


def test_what_was_a_conversion_is_a_renewal_by_a_program_that_knows_them(joined: Database) -> None:
    trials.publish(joined, MARGIN, deal_types="[]")
    renew(joined, sold(joined, "ann"), "tom")
    trials.night()
    tried = attempt(joined, MARGIN + RENEWED, deal_types=TYPES)
    assert given(tried, tried.before.rewards) == [("tom", "Margin", 100_00)]
    assert given(tried, tried.after.rewards) == [("ann", "Renewal", 25_00)]
    customers = tried.before.proceeds.customers, tried.after.proceeds.customers
    assert [len(each) for each in customers] == [1, 0]


@pytest.mark.parametrize("touched_by", ["tom", ""])
def test_what_was_a_renewal_is_a_deal_as_any_other_by_a_program_that_knows_none(
    joined: Database, touched_by: str
) -> None:
    trials.publish(joined, MARGIN + RENEWED, deal_types=TYPES)
    renew(joined, sold(joined, "ann"), touched_by)
    billed(joined, "cus_fabrikam", 80_00, 1, RENEWAL)
    trials.night()
    tried = attempt(joined, MARGIN + SHARE, deal_types="[]")
    assert given(tried, tried.before.rewards) == [("ann", "Renewal", 25_00)]
    assert given(tried, tried.after.rewards) == [("tom", "Margin", 100_00)] * bool(touched_by)
    assert ("conversion 2" in tried.after.unclaimed) != bool(touched_by)


def test_a_renewal_is_shared_as_the_other_program_shares_the_first_deal(joined: Database) -> None:
    trials.publish(joined, MARGIN + RENEWED, deal_types=TYPES, model='"first_touch"')
    renew(joined, sold(joined, "ann", "bob"))
    trials.night()
    tried = attempt(joined, MARGIN + RENEWED, deal_types=TYPES, model='"last_touch"')
    assert given(tried, tried.before.rewards) == [("ann", "Renewal", 25_00)]
    assert given(tried, tried.after.rewards) == [("bob", "Renewal", 25_00)]
    shared = attempt(joined, MARGIN + RENEWED, deal_types=TYPES, model='"linear"')
    assert [minor for *_, minor in given(shared, shared.after.rewards)] == [12_50, 12_50]


def test_a_limit_by_the_own_bill_finds_the_bill(joined: Database) -> None:
    trials.publish(joined, off_your_bill(100))
    three_deals(joined)
    trials.night()
    tried = attempt(joined, off_your_bill(50))
    assert sorted(each.minor for each in tried.before.rewards) == [0, 40_00, 60_00]
    assert sorted(each.minor for each in tried.after.rewards) == [0, 0, 50_00]


def test_it_finds_the_bill_of_the_customer_who_was_brought(joined: Database) -> None:
    trials.publish(joined, MARGIN)
    account = sold(joined, "ann")
    with joined.transaction() as tx:
        make.participant(tx, "fabrikam", kind="customer", tier="basic", account_crm_id=account)
        ann = make.value(tx, "SELECT id FROM participants WHERE key = 'ann'")
        deal = make.deal(tx, account_crm_id=account)
        make.referral(tx, ann, opportunity_crm_id=deal)
    billed(joined, "cus_fabrikam", 80_00, 15)
    trials.night()
    amount, cap = '["60.00 USD"]', 'cap = { own_bill = "50%", per = "month" }'
    welcome = rule("Welcome", '"reseller"', "converted", amount, 'to = "customer"', cap)
    tried = attempt(joined, welcome)
    assert given(tried, tried.after.rewards) == [("ann", "Welcome", 40_00)]
