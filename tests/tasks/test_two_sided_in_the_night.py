"""Rewards for the customer and for the company, on a real database: who gets them, and how."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from goodword.actions import recipients
from goodword.rules.payouts import Paid, Rail
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.tasks import trials

if TYPE_CHECKING:
    from goodword.db.session import Database

RULES = """
[[incentives]]
name = "Thanks"
kinds = ["reseller"]
on = "converted"
pay = "cash"
amount = ["100.00 USD"]

[[incentives]]
name = "Welcome"
kinds = ["reseller"]
on = "converted"
to = "customer"
pay = "billing_credit"
amount = ["50.00 USD"]
cap = { count = 1, per = "year" }
"""
FOR_COMPANY = """
[[incentives]]
name = "For the firm"
kinds = ["reseller"]
on = "converted"
to = "company"
pay = "cash"
amount = "10%"
"""
EARNED = (
    "SELECT p.key, r.incentive, r.amount_minor, r.state FROM rewards r"
    " JOIN participants p ON p.id = r.participant_id ORDER BY r.id"
)
PAID = (
    "INSERT INTO paid_invoices (id, opportunity_crm_id, customer, paid_minor, billed_minor,"
    " currency, paid_on) VALUES ('in_1', :deal, 'cus_fab', 100, 100, 'USD', :today)"
)
MADE = "SELECT key, name, email, status, account_crm_id FROM participants WHERE made_on = '{}'"


def won(database: Database, *keys: str, rules: str = RULES, account: bool = True) -> str:
    """Let resellers refer a company in turn, which buys for 1,000 dollars; return its account."""
    trials.publish(database, rules, model='"linear"')
    with database.transaction() as tx:
        crm_id = make.account(tx, name="Fabrikam", website="fabrikam.example") if account else ""
        deal = make.deal(tx, account_crm_id=crm_id or None)
        for place, key in enumerate(keys):
            person = make.participant(tx, key, tier="basic")
            at = NOW - timedelta(days=40 - place)
            named = {"company": "Fabrikam", "contact_email": "Chief@fabrikam.example"}
            make.referral(tx, person, opportunity_crm_id=deal, submitted_at=at, **named)
    return crm_id


def customer(database: Database, **known: object) -> None:
    with database.transaction() as tx:
        make.participant(tx, "fab", kind="customer", tier="basic", **known)


@pytest.mark.parametrize(
    "known",
    [
        {"account_crm_id": "the account"},
        {"email": "chief@fabrikam.example"},
        {"company_domain": "fabrikam.example"},
    ],
)
def test_a_customer_who_is_a_participant_gets_it(
    joined: Database, known: dict[str, object]
) -> None:
    account = won(joined, "ann")
    customer(joined, **{name: account if "acc" in name else what for name, what in known.items()})
    assert trials.night() == {"converted": 1, "computed": 2, "approved": 2}
    assert trials.rows(joined, EARNED) == [
        ("ann", "Thanks", 100_00, "approved"),
        ("fab", "Welcome", 50_00, "approved"),
    ]
    assert trials.rows(joined, MADE.format(TODAY)) == []
    assert trials.night() == {}


def test_one_who_is_not_is_made_of_its_account_and_paid_once_the_provider_knows_it(
    joined: Database,
) -> None:
    account = won(joined, "ann")
    trials.night()
    key = f"customer:{account}"
    made = (key, "Fabrikam", "chief@fabrikam.example", "active", account)
    assert trials.rows(joined, MADE.format(TODAY)) == [made]
    assert trials.rows(joined, EARNED)[1] == (key, "Welcome", 50_00, "approved")
    with joined.transaction() as tx:
        assert recipients.link(tx) == 0
        deal = make.value(tx, "SELECT crm_id FROM opportunities")
        tx.execute(text(PAID), {"deal": deal, "today": TODAY})
        assert recipients.link(tx) == 1
        number = make.value(tx, "SELECT id FROM rewards WHERE side = 'customer'")
        sent = make.submit(tx, make.reserved(tx, number, rail=Rail.STRIPE_CREDIT))
        make.settle(tx, sent, Paid("cbtxn_1"))
        assert make.state(tx, "rewards", number) == "paid"


def test_where_it_is_not_sure_who_it_is_a_person_is_asked_and_nothing_is_lost(
    joined: Database,
) -> None:
    won(joined, "ann", account=False)
    trials.night()
    assert [row[1:4] for row in trials.rows(joined, MADE.format(TODAY))] == [
        ("Fabrikam", "chief@fabrikam.example", "applied")
    ]
    assert trials.rows(joined, EARNED)[1][2:] == (50_00, "waiting")


def test_of_two_who_may_be_the_customer_none_is_taken_for_it(joined: Database) -> None:
    won(joined, "ann")
    for number in range(2):
        with joined.transaction() as tx:
            domain = "fabrikam.example"
            make.participant(tx, f"fab{number}", kind="customer", company_domain=domain)
    trials.night()
    assert trials.rows(joined, EARNED)[1][3] == "waiting"


def test_a_customer_gets_it_once_and_whole_however_many_brought_it(joined: Database) -> None:
    won(joined, "bob", "ann")
    trials.night()
    assert [row[1:3] for row in trials.rows(joined, EARNED)] == [
        ("Thanks", 50_00),
        ("Welcome", 50_00),
        ("Thanks", 50_00),
    ]
    by = "SELECT p.key FROM rewards r JOIN participants p ON p.id = r.earner_id"
    assert trials.rows(joined, by) == [("bob",)]


def test_its_cap_counts_what_the_customer_got(joined: Database) -> None:
    account = won(joined, "ann")
    with joined.transaction() as tx:
        ann = make.value(tx, "SELECT id FROM participants WHERE key = 'ann'")
        for _ in range(2):
            deal = make.deal(tx, account_crm_id=account)
            make.referral(tx, ann, opportunity_crm_id=deal, submitted_at=NOW - timedelta(days=15))
    trials.night()
    welcomes = [row[2:] for row in trials.rows(joined, EARNED) if row[1] == "Welcome"]
    assert welcomes == [(50_00, "approved"), (0, "void"), (0, "void")]


def test_the_suspicions_are_those_of_who_brought_it(joined: Database) -> None:
    won(joined, "ann")
    with joined.transaction() as tx:
        tx.execute(text("UPDATE participants SET company_domain = 'fabrikam.example'"))
    trials.night()
    assert [row[3] for row in trials.rows(joined, EARNED)] == ["waiting", "waiting"]


def test_a_deal_that_falls_takes_the_customers_back_too(joined: Database) -> None:
    won(joined, "ann")
    trials.night()
    with joined.transaction() as tx:
        tx.execute(text("UPDATE opportunities SET is_won = false, won_at = NULL"))
    trials.night()
    assert [row[3] for row in trials.rows(joined, EARNED)] == ["void", "void"]


@pytest.mark.parametrize("is_named", [True, False])
def test_the_company_of_who_brought_it_gets_its_part(joined: Database, *, is_named: bool) -> None:
    won(joined, "ann", rules=FOR_COMPANY)
    with joined.transaction() as tx:
        make.participant(tx, "firm", tier="basic")
        if is_named:
            tx.execute(text("UPDATE participants SET company_key = 'firm' WHERE key = 'ann'"))
    trials.night()
    key, state = ("firm", "approved") if is_named else ("company:ann", "waiting")
    assert trials.rows(joined, EARNED) == [(key, "For the firm", 100_00, state)]


def test_it_is_told_whose_it_is_and_by_what(joined: Database) -> None:
    won(joined, "ann", "bob")
    trials.night()
    told = trials.story(2)
    assert "It is the customer who was brought" in told
    assert "Ann (ann) is a reseller" in told
    assert "once and whole" in told
    assert "it comes out the same" in told
    told = "SELECT template, recipient FROM messages WHERE template = 'customer_rewarded'"
    assert trials.rows(joined, told) == [("customer_rewarded", "chief@fabrikam.example")]
