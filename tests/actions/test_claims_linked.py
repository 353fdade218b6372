"""Claims find the accounts that they mean, and never one that is doubtful or protected."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, text

from goodword.actions import claims
from goodword.companies import name_key
from goodword.db.session import Database
from tests import factories as make


def linked(tx: Connection, number: int, table: str = "referrals") -> Any:
    claims.link(tx)
    return make.value(tx, f"SELECT account_crm_id FROM {table} WHERE id = :id", id=number)


@pytest.fixture
def tx(database: Database) -> Any:
    with database.transaction() as tx:
        yield tx


def test_by_the_deal_then_the_domain_then_the_name(tx: Connection) -> None:
    ann = make.participant(tx)
    deals, domains, names = make.account(tx), make.account(tx), make.account(tx, name="Acme Inc.")
    domain = make.value(tx, "SELECT domain FROM accounts WHERE crm_id = :id", id=domains)
    deal = make.deal(tx, account_crm_id=deals)
    name = {"name_key": name_key("ACME")}
    by_deal = make.referral(tx, ann, opportunity_crm_id=deal, domain=domain, **name)
    by_domain = make.referral(tx, ann, domain=domain, **name)
    by_name = make.referral(tx, ann, domain="elsewhere.example.com", **name)
    assert [linked(tx, number) for number in (by_deal, by_domain, by_name)] == [
        deals,
        domains,
        names,
    ]


def test_linking_twice_changes_nothing(tx: Connection) -> None:
    account = make.account(tx, name="Acme")
    number = make.referral(tx, make.participant(tx), name_key="acme")
    assert claims.link(tx) == {"referrals linked": 1}
    before = make.everything(tx)
    assert claims.link(tx) == {}
    assert make.everything(tx) == before
    assert linked(tx, number) == account


def test_a_name_that_two_accounts_have_connects_to_neither(tx: Connection) -> None:
    make.account(tx, name="Acme Ltd", website=None)
    make.account(tx, name="Acme GmbH", website=None)
    assert linked(tx, make.referral(tx, make.participant(tx), name_key="acme")) is None


def test_a_deleted_account_is_not_connected_to(tx: Connection) -> None:
    make.account(tx, name="Acme", is_deleted=True)
    assert linked(tx, make.referral(tx, make.participant(tx), name_key="acme")) is None


def test_a_merged_account_is_followed_whatever_the_claim_is_called(tx: Connection) -> None:
    ann = make.participant(tx)
    kept = make.account(tx, name="Globex")
    gone = make.account(tx, name="Acme")
    named = make.referral(tx, ann, name_key="acme")
    nameless = make.referral(tx, ann, account_crm_id=gone)
    late = {"name": "Acme", "modified_at": make.NOW.replace(hour=9)}
    make.account(tx, crm_id=gone, is_deleted=True, master_crm_id=kept, **late)
    assert [linked(tx, number) for number in (named, nameless)] == [kept, kept]


def test_a_live_claim_is_not_moved_where_another_one_protects(tx: Connection) -> None:
    ann, bob = make.participant(tx), make.participant(tx)
    live = {"state": "approved", "expires_on": make.TOMORROW}
    account = make.account(tx, name="Acme")
    first = make.registration(tx, ann, "Acme", **live)
    second = make.registration(tx, bob, "Acme Corporation of old", name_key="x", **live)
    third = make.registration(tx, bob, "Acme", name_key="acme", **live, division="east")
    assert linked(tx, first, "registrations") == account
    assert linked(tx, third, "registrations") is None  # the whole account takes in its divisions
    tx.execute(text("UPDATE registrations SET state = 'withdrawn' WHERE id = 3"))
    tx.execute(text("UPDATE registrations SET name_key = 'acme' WHERE id = 2"))
    assert linked(tx, second, "registrations") is None


def test_two_live_claims_that_turn_out_to_mean_one_account_keep_apart(tx: Connection) -> None:
    account = make.account(tx, name="Acme")
    domain = make.value(tx, "SELECT domain FROM accounts")
    live = {"state": "approved", "expires_on": make.TOMORROW}
    by_name = make.registration(tx, make.participant(tx), "Acme", **live)
    by_domain = make.registration(tx, make.participant(tx), "Other", domain=domain, **live)
    assert linked(tx, by_name, "registrations") == account
    assert linked(tx, by_domain, "registrations") is None


def test_a_claim_lets_go_of_an_account_that_was_deleted_and_a_closed_one_does_not(
    tx: Connection,
) -> None:
    ann, account = make.participant(tx), make.account(tx)
    live = {"state": "approved", "expires_on": make.TOMORROW}
    held = make.registration(tx, ann, "Acme", account_crm_id=account, **live)
    over = make.registration(tx, ann, "Acme", account_crm_id=account, state="expired")
    make.account(tx, crm_id=account, is_deleted=True, modified_at=make.NOW.replace(hour=9))
    assert linked(tx, held, "registrations") is None
    assert linked(tx, over, "registrations") == account
    again = make.account(tx, name="Acme", website=None)
    assert linked(tx, held, "registrations") == again


def test_two_live_claims_that_lose_their_accounts_never_come_to_one_place(tx: Connection) -> None:
    live = {"state": "approved", "expires_on": make.TOMORROW}
    numbers = []
    for _ in range(2):
        account = make.account(tx, name="Elsewhere")
        ann = make.participant(tx)
        numbers.append(make.registration(tx, ann, "Acme", account_crm_id=account, **live))
        gone = {"name": "Elsewhere", "is_deleted": True, "modified_at": make.NOW.replace(hour=9)}
        make.account(tx, crm_id=account, **gone)
    first, second = numbers
    assert linked(tx, first, "registrations") is None
    assert linked(tx, second, "registrations") is not None


def test_a_lead_finds_its_account_by_domain_and_a_doubtful_name_is_left(tx: Connection) -> None:
    account = make.account(tx, name="Acme", website="acme.example")
    by_domain = make.lead(tx, website="acme.example")
    doubtful = make.lead(tx, company="ACME Inc.", website="other.example")
    claims.link(tx)
    found = "SELECT account_crm_id FROM leads WHERE crm_id = :id"
    assert make.value(tx, found, id=by_domain) == account
    assert make.value(tx, found, id=doubtful) is None


def test_how_a_claim_found_its_account_is_in_the_trail(tx: Connection) -> None:
    account = make.account(tx, name="Acme", website="acme.example")
    number = make.registration(tx, make.participant(tx), "Other", domain="acme.example")
    assert linked(tx, number, "registrations") == account
    said = "SELECT reason FROM audit_events WHERE action = 'linked' AND subject_id = :id"
    assert make.value(tx, said, id=number) == "same domain: acme.example"
