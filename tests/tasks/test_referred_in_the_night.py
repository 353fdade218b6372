"""Rewards for referrals as such, on a real database: once each, with limits, and looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from goodword.companies import name_key
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.tasks import trials

if TYPE_CHECKING:
    from goodword.db.session import Database

RULES = """
[[incentives]]
name = "Thanks for the name"
kinds = ["employee"]
on = "referred"
pay = "cash"
amount = ["20.00 USD", "18.00 EUR"]
cap = { count = 2, per = "year" }

[[incentives]]
name = "Thanks for the lead"
kinds = ["employee"]
on = "qualified"
pay = "cash"
amount = ["30.00 USD"]
"""
QUALIFIED = (
    "INSERT INTO stage_changes (crm_id, opportunity_crm_id, stage, currency, changed_at,"
    " is_deleted, modified_at) VALUES ('008', :deal, 'Needs Analysis', 'USD', :at, false, :at)"
    " RETURNING crm_id"
)
EARNED = (
    "SELECT p.key, r.outcome, r.amount_minor, r.currency, r.state FROM rewards r"
    " JOIN participants p ON p.id = r.participant_id ORDER BY r.id"
)


def employee(database: Database, key: str, *companies: str, **other: object) -> int:
    """Let an employee refer companies, one a day."""
    trials.publish(database, RULES)
    with database.transaction() as tx:
        person = make.participant(tx, key, kind="employee", tier="basic", **other)
        for number, company in enumerate(companies):
            named = {"company": company, "name_key": name_key(company)}
            at = NOW - timedelta(days=20 - number)
            make.referral(tx, person, **named, submitted_at=at)
    return person


def test_each_referral_pays_once_in_the_currency_of_who_made_it(joined: Database) -> None:
    employee(joined, "emma", "Fabrikam", currency="EUR")
    assert trials.night() == {"computed": 1, "approved": 1}
    assert trials.rows(joined, EARNED) == [("emma", "referred", 18_00, "EUR", "approved")]
    assert trials.night() == {}


def test_a_cap_counts_the_referrals_of_the_year(joined: Database) -> None:
    employee(joined, "emma", "Fabrikam", "Contoso", "Litware")
    trials.night()
    assert [row[2:] for row in trials.rows(joined, EARNED)] == [
        (20_00, "USD", "approved"),
        (20_00, "USD", "approved"),
        (0, "USD", "void"),
    ]


def test_a_company_that_was_referred_before_is_for_a_person(joined: Database) -> None:
    employee(joined, "emma", "Fabrikam")
    with joined.transaction() as tx:
        other = make.participant(tx, "ivan", kind="employee", tier="basic")
        named = {"company": "Fabrikam Inc", "name_key": name_key("Fabrikam")}
        make.referral(tx, other, **named, submitted_at=NOW - timedelta(days=1))
    assert trials.night()["computed"] == 2
    assert [(row[0], row[4]) for row in trials.rows(joined, EARNED)] == [
        ("emma", "approved"),
        ("ivan", "waiting"),
    ]
    asked = "SELECT reason FROM audit_events WHERE action = 'asked for approval'"
    assert trials.rows(joined, asked) == [("the company had been referred before",)]


def test_the_lead_that_follows_is_paid_beside_it_and_both_are_told(joined: Database) -> None:
    employee(joined, "emma", "Fabrikam")
    trials.night()
    with joined.transaction() as tx:
        deal = make.deal(tx, is_won=False, is_closed=False, stage="Needs Analysis")
        make.value(tx, "UPDATE referrals SET opportunity_crm_id = :deal RETURNING id", deal=deal)
        make.value(tx, QUALIFIED, deal=deal, at=NOW - timedelta(days=2))
    trials.night()
    assert [row[1:3] for row in trials.rows(joined, EARNED)] == [
        ("referred", 20_00),
        ("qualified", 30_00),
    ]
    told = trials.story(1)
    assert "The reward is for the referral as such" in told
    assert "it comes out the same" in told


def test_a_referral_of_tomorrow_waits(joined: Database) -> None:
    person = employee(joined, "emma")
    with joined.transaction() as tx:
        make.referral(tx, person, submitted_at=NOW + timedelta(days=3))
    assert trials.night() == {}
    assert trials.night(TODAY + timedelta(days=3)) == {"computed": 1, "approved": 1}
