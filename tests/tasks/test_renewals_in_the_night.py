"""Renewals, on a real database: credited as the customer's first deal is, and paid once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from goodword.rules.explanations import Kind
from tests import factories as make
from tests.factories import NOW, TODAY
from tests.tasks import trials

if TYPE_CHECKING:
    from goodword.db.session import Database

FIRST, RENEWAL = "006000000000001AAA", "006000000000002AAA"
TYPE = "Existing Customer - Renewal"
EARNED = (
    "SELECT p.key, r.outcome, r.amount_minor, r.state FROM rewards r"
    " JOIN participants p ON p.id = r.participant_id ORDER BY r.id"
)
MARGIN = """
[[incentives]]
name = "Margin"
kinds = ["reseller", "service"]
on = "converted"
pay = "cash"
amount = "20%"
"""
TYPES = '["Renewal", "existing customer - renewal"]'
RULES = f"""
{MARGIN}
[[incentives]]
name = "Renewal"
kinds = ["reseller"]
on = "renewed"
pay = "cash"
amount = "5%"
"""


def sold(database: Database, *brought_by: str, **program: str) -> str:
    """Let a company be won a year ago, by what these resellers did in turn; return its account."""
    trials.publish(database, **{"rules": RULES, "deal_types": TYPES, **program})
    year_ago = TODAY - timedelta(days=365)
    with database.transaction() as tx:
        account = make.account(tx)
        make.deal(tx, crm_id=FIRST, account_crm_id=account, close_on=year_ago)
        for number, key in enumerate(brought_by):
            person = make.participant(tx, key, tier="basic")
            at = datetime(2025, 5, 1 + number, tzinfo=UTC)
            make.referral(tx, person, opportunity_crm_id=FIRST, submitted_at=at)
    return account


def renew(database: Database, account: str, **other: object) -> None:
    """Let the company renew for 500.00 dollars ten days ago."""
    deal = {"crm_id": RENEWAL, "type": TYPE, "amount_minor": 50_000, **other}
    with database.transaction() as tx:
        make.deal(tx, account_crm_id=account, **deal)


def touch(database: Database, key: str, deal: str) -> None:
    with database.transaction() as tx:
        person = make.participant(tx, key, tier="basic", kind="service")
        at, name = NOW - timedelta(days=20), f"{key}-touch"
        given = {"key": name, "opportunity_crm_id": deal, "at": at, "source": "partner"}
        make.insert(tx, "touches", participant_id=person, **given)


def test_a_renewal_pays_who_brought_the_customer_once(joined: Database) -> None:
    account = sold(joined, "ann")
    renew(joined, account)
    assert trials.night() == {
        "converted": 1,
        "renewed": 1,
        "computed": 2,
        "approved": 2,
    }
    earned = [("ann", "converted", 20_000, "approved"), ("ann", "renewed", 2_500, "approved")]
    assert trials.rows(joined, EARNED) == earned
    assert trials.night() == {}
    assert trials.rows(joined, EARNED) == earned


def test_it_is_told_with_the_deal_that_won_the_customer(joined: Database) -> None:
    account = sold(joined, "ann")
    renew(joined, account)
    trials.night()
    told = trials.story(2)
    assert "It is a renewal" in told
    assert FIRST in told
    assert "it comes out the same" in told
    assert "DIFFERS" not in trials.story(2, Kind.CONVERSION)


def test_several_share_it_as_they_share_the_first_deal(joined: Database) -> None:
    account = sold(joined, "ann", "bob", "cam", model='"time_decay"')
    renew(joined, account, amount_minor=50_001)
    trials.night()
    weights = (
        "SELECT s.position, s.weight, s.value_minor FROM shares s JOIN conversions v"
        " ON v.id = s.conversion_id WHERE v.opportunity_crm_id = '{}' ORDER BY 1"
    )
    first, again = (trials.rows(joined, weights.format(deal)) for deal in (FIRST, RENEWAL))
    assert [row[:2] for row in again] == [row[:2] for row in first]
    assert sum(row[2] for row in again) == 50_001
    assert "DIFFERS" not in trials.story(2, Kind.CONVERSION)


def test_touches_on_a_renewal_count_for_nothing(joined: Database) -> None:
    account = sold(joined, "ann")
    renew(joined, account)
    touch(joined, "tom", RENEWAL)
    trials.night()
    assert [row[:2] for row in trials.rows(joined, EARNED)] == [
        ("ann", "converted"),
        ("ann", "renewed"),
    ]


def test_a_registration_that_won_the_deal_goes_before(joined: Database) -> None:
    account = sold(joined, "ann")
    renew(joined, account)
    with joined.transaction() as tx:
        person = make.participant(tx, "rob", tier="basic")
        make.registration(
            tx, person, opportunity_crm_id=RENEWAL, account_crm_id=account, state="won"
        )
    trials.night()
    assert [row[:2] for row in trials.rows(joined, EARNED)] == [
        ("ann", "converted"),
        ("rob", "converted"),
    ]


def test_of_another_type_it_is_a_deal_as_any_other(joined: Database) -> None:
    account = sold(joined, "ann")
    renew(joined, account, type="Existing Customer - Upgrade")
    touch(joined, "tom", RENEWAL)
    assert trials.night()["converted"] == 2
    assert [row[:2] for row in trials.rows(joined, EARNED)][-1] == ("tom", "converted")


def test_without_a_credited_first_deal_there_is_nobody_to_pay(joined: Database) -> None:
    account = sold(joined)
    renew(joined, account)
    assert trials.night() == {}


def test_a_program_that_names_no_types_knows_no_renewals(joined: Database) -> None:
    account = sold(joined, "ann", rules=MARGIN, deal_types="[]")
    renew(joined, account)
    assert trials.night()["converted"] == 1
    assert [row[:2] for row in trials.rows(joined, EARNED)] == [("ann", "converted")]


@pytest.mark.parametrize(("minor", "reward"), [(30_000, 1_500), (80_000, 4_000)])
def test_a_corrected_amount_corrects_the_renewal_alone(
    joined: Database, minor: int, reward: int
) -> None:
    account = sold(joined, "ann")
    renew(joined, account)
    trials.night()
    with joined.transaction() as tx:
        changed = "UPDATE opportunities SET amount_minor = :minor WHERE crm_id = :deal"
        tx.execute(text(changed), {"minor": minor, "deal": RENEWAL})
    trials.night()
    assert trials.rows(joined, EARNED)[1:] == [
        ("ann", "renewed", 2_500, "void"),
        ("ann", "renewed", reward, "approved"),
    ]
    kept = "SELECT renews_crm_id FROM conversions WHERE state = 'active' ORDER BY id"
    assert trials.rows(joined, kept) == [(None,), (FIRST,)]


def test_a_renewal_that_falls_is_taken_back_and_the_first_deal_stands(joined: Database) -> None:
    account = sold(joined, "ann")
    renew(joined, account)
    trials.night()
    with joined.transaction() as tx:
        tx.execute(
            text(
                "UPDATE opportunities SET is_won = false, won_at = NULL, stage = 'Closed Lost'"
                " WHERE crm_id = :deal"
            ),
            {"deal": RENEWAL},
        )
    trials.night()
    assert [row[3] for row in trials.rows(joined, EARNED)] == ["approved", "void"]


def test_when_the_first_deal_falls_the_renewal_stands(joined: Database) -> None:
    account = sold(joined, "ann")
    renew(joined, account)
    trials.night()
    with joined.transaction() as tx:
        tx.execute(
            text("UPDATE opportunities SET is_won = false, won_at = NULL WHERE crm_id = :deal"),
            {"deal": FIRST},
        )
    trials.night()
    states = "SELECT opportunity_crm_id, state FROM conversions ORDER BY id"
    assert trials.rows(joined, states) == [(FIRST, "cancelled"), (RENEWAL, "active")]


def test_it_brings_nobody_anew_and_moves_no_tier(joined: Database) -> None:
    steps = 'steps = ["from 1 pay 10%", "from 2 pay 30%"]'
    tiers = f'amount.tiered = {{ by = "count", over = "ever", {steps} }}'
    counted = RULES.replace('amount = "20%"', tiers)
    account = sold(joined, "ann", rules=counted)
    renew(joined, account)
    trials.night()
    with joined.transaction() as tx:
        ann = make.value(tx, "SELECT id FROM participants WHERE key = 'ann'")
        make.referral(tx, ann, opportunity_crm_id=make.deal(tx), submitted_at=NOW - timedelta(20))
    trials.night()
    minors = [row[2] for row in trials.rows(joined, EARNED)]
    assert minors == [10_000, 2_500, 30_000]
