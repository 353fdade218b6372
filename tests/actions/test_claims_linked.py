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
    assert linked(tx, third, "registrations") == account
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
