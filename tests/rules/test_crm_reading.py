"""Raw CRM records into facts: every impossible value has its sentence, none stops the rest."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.rules.crm import (
    NEEDED_FIELDS,
    Conventions,
    CrmObject,
    Unreadable,
    optional_fields,
)
from goodword.rules.crm_policy import CrmPolicy
from goodword.rules.crm_reading import (
    READERS,
    read_account,
    read_opportunity,
    read_stage_change,
    read_user,
)

HOME = Conventions("USD", CrmPolicy(division_field="Division__c"), {"012000000000001AAA": "Deal"})
DEAL: dict[str, Any] = {
    "attributes": {"type": "Opportunity", "url": "/services/data/v62.0/sobjects/Opportunity/006"},
    "Id": "006f4000002NAbGAAW",
    "AccountId": "001f4000003NkdYAAS",
    "Name": "System Assessment",
    "StageName": "Closed Won",
    "Amount": Decimal("24710.50"),
    "CloseDate": "2024-06-14",
    "CreatedDate": "2017-08-04T09:09:33.000+0000",
    "IsClosed": True,
    "IsWon": True,
    "IsDeleted": False,
    "LeadSource": "Partner",
    "Type": None,
    "OwnerId": "005f4000000VrDDAA0",
    "LastActivityDate": None,
    "SystemModstamp": "2021-06-05T11:12:00.000+0000",
}
ACCOUNT: dict[str, Any] = {
    "Id": "001f4000009wJD7AAM",
    "Name": "日産自動車",
    "Website": "https://nissan.example",
    "IsDeleted": False,
    "SystemModstamp": "2017-10-10T09:04:14.000Z",
}
CHANGE: dict[str, Any] = {
    "Id": "008f4000002NAbGAAW",
    "OpportunityId": "006f4000002NAbGAAW",
    "StageName": "Prospecting",
    "CreatedDate": "2021-06-05T11:12:00.000+0000",
    "IsDeleted": False,
    "SystemModstamp": "2021-06-05T11:12:00.000+0000",
}
USER: dict[str, Any] = {
    "Id": "005f4000000VrDDAA0",
    "Name": "Ana Lim",
    "Email": "ana@goodword.example",
    "IsActive": True,
    "SystemModstamp": "2021-06-05T11:12:00.000+0000",
}


def refusal(**changed: object) -> str:
    found = read_opportunity(DEAL | changed, HOME)
    assert isinstance(found, Unreadable), found
    return found.reason


def test_a_deal_arrives_with_every_value_typed() -> None:
    deal = read_opportunity(DEAL, HOME)
    assert not isinstance(deal, Unreadable)
    assert (deal.amount_minor, deal.currency) == (2471050, "USD")
    assert deal.close_on == date(2024, 6, 14)
    assert deal.created_at == datetime(2017, 8, 4, 9, 9, 33, tzinfo=UTC)
    assert deal.modified_at.tzinfo is UTC
    assert (deal.type, deal.lead_source) == (None, "Partner")


def test_an_amount_is_in_the_records_own_currency_before_the_home_currency() -> None:
    deal = read_opportunity(DEAL | {"CurrencyIsoCode": "JPY", "Amount": Decimal("80.0")}, HOME)
    assert not isinstance(deal, Unreadable)
    assert (deal.amount_minor, deal.currency) == (80, "JPY")


def test_an_open_deal_needs_neither_amount_nor_close_date_nor_account() -> None:
    bare = {"Amount": None, "CloseDate": None, "AccountId": None, "IsWon": False, "IsClosed": False}
    deal = read_opportunity(DEAL | bare, HOME)
    assert not isinstance(deal, Unreadable)
    assert (deal.amount_minor, deal.close_on, deal.account_crm_id) == (None, None, None)


def test_a_won_deal_worth_nothing_is_a_deal() -> None:
    deal = read_opportunity(DEAL | {"Amount": 0}, HOME)
    assert not isinstance(deal, Unreadable)
    assert deal.amount_minor == 0


def test_the_deletion_of_an_incomplete_won_deal_is_learned() -> None:
    deal = read_opportunity(DEAL | {"Amount": None, "CloseDate": None, "IsDeleted": True}, HOME)
    assert not isinstance(deal, Unreadable)
    assert deal.is_deleted


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"Amount": None}, "Amount is empty on a won deal: fill in what it is worth"),
        ({"CloseDate": ""}, "CloseDate is empty on a won deal: fill in when it was won"),
        ({"Amount": Decimal("-1.00")}, "Amount is -1.00: no deal is worth less than nothing"),
        ({"Amount": "a lot"}, "Amount cannot be read: 'a lot' is no amount in USD"),
        ({"Amount": Decimal("1.005")}, "Amount cannot be read"),
        ({"Amount": Decimal("1E+400")}, "Amount cannot be read"),
        ({"Amount": Decimal("1E-99999999")}, "Amount cannot be read"),
        ({"Amount": Decimal("NaN")}, "Amount cannot be read"),
        ({"Amount": 1.5}, "Amount is 1.5, which is no amount"),
        ({"Amount": True}, "Amount cannot be read: True is no amount"),
        ({"CurrencyIsoCode": "ZZZ"}, "CurrencyIsoCode is 'ZZZ', which is no currency of ISO 4217"),
        ({"CurrencyIsoCode": "ZZZ", "Amount": None}, "CurrencyIsoCode is 'ZZZ'"),
        ({"CloseDate": "2024-02-30"}, "CloseDate is '2024-02-30', which is no date"),
        ({"CloseDate": "20240630"}, "CloseDate is '20240630', which is no date"),
        ({"CloseDate": "0204-06-30"}, "CloseDate is 0204-06-30, outside the years 1900 to 2999"),
        ({"CloseDate": 20240630}, "CloseDate is 20240630, which is no date"),
        ({"CreatedDate": "2017-08-04T09:09:33"}, "does not say its offset from UTC"),
        ({"CreatedDate": None}, "CreatedDate is empty, which is no instant"),
        ({"CreatedDate": "0001-01-01T00:00:00+14:00"}, "CreatedDate is 0001-01-01T00:00:00+14:00"),
        ({"SystemModstamp": "soon"}, "SystemModstamp is 'soon', which is no instant"),
        ({"Name": None}, "Name is empty: fill it in"),
        ({"StageName": ""}, "StageName is empty: fill it in"),
        ({"StageName": 7}, "StageName is 7, which is not a text"),
        ({"Name": "a\0b"}, "Name has the character U+0000 in it"),
        ({"Name": "é\0b"}, "Name has the character U+0000 in it"),
        ({"Name": "a\ud800"}, "Name has half a character at place 2"),
        ({"Id": None}, "Id is empty"),
        ({"AccountId": "Acme Corp"}, "AccountId is 'Acme Corp', which is no record's id"),
        ({"IsWon": None}, "IsWon is empty, neither true nor false"),
        ({"IsWon": "yes"}, "IsWon is 'yes', neither true nor false"),
        ({"IsClosed": False}, "IsWon is true while IsClosed is false"),
        ({"Goodword_Protected_Until__c": "later"}, "Goodword_Protected_Until__c is 'later'"),
    ],
)
def test_an_impossible_deal_is_set_aside_with_its_sentence(
    changed: dict[str, object],
    sentence: str,
) -> None:
    assert sentence in refusal(**changed)


def test_what_is_set_aside_can_be_kept_as_json_and_names_its_record() -> None:
    found = read_opportunity(DEAL | {"Name": "a\0\ud800b", "Amount": Decimal("-1.00")}, HOME)
    assert isinstance(found, Unreadable)
    assert (found.crm_object, found.crm_id) == (CrmObject.OPPORTUNITY, DEAL["Id"])
    kept = json.loads(json.dumps(found.raw))
    assert kept["Amount"] == "-1.00"
    assert kept["Name"] == "a\ufffd?b"
    assert "attributes" not in kept


def test_a_merged_account_names_its_winner() -> None:
    winner = "001f4000003NkdYAAS"
    account = read_account(ACCOUNT | {"IsDeleted": True, "MasterRecordId": winner}, HOME)
    assert not isinstance(account, Unreadable)
    assert (account.is_deleted, account.master_crm_id) == (True, winner)
    assert account.name == "日産自動車"


def test_the_programs_own_fields_are_read_when_the_org_has_them() -> None:
    own = {"Goodword_Partner__c": "acme", "Goodword_Protected_Until__c": "2026-09-30"}
    account = read_account(ACCOUNT | own, HOME)
    assert not isinstance(account, Unreadable)
    assert (account.protected_partner, account.protected_until) == ("acme", date(2026, 9, 30))


def test_history_is_kept_even_where_a_deal_was_worth_less_than_nothing() -> None:
    change = read_stage_change(CHANGE | {"Amount": Decimal(-5)}, HOME)
    assert not isinstance(change, Unreadable)
    assert change.amount_minor == -500


def test_a_user_without_an_address_is_a_user() -> None:
    user = read_user(USER | {"Email": None}, HOME)
    assert not isinstance(user, Unreadable)
    assert user.email is None


@given(
    kind=st.sampled_from(CrmObject),
    values=st.lists(
        st.none()
        | st.booleans()
        | st.integers()
        | st.decimals(min_value=-(10**20), max_value=10**20)
        | st.text(st.characters(exclude_categories=())),
        min_size=25,
        max_size=25,
    ),
)
def test_no_record_whatever_raises(kind: CrmObject, values: list[object]) -> None:
    fields = (*NEEDED_FIELDS[kind], *optional_fields(kind, HOME.policy))
    raw = dict(zip(fields, values, strict=False))
    found = READERS[kind](raw, HOME)
    if isinstance(found, Unreadable):
        json.dumps(found.raw).encode()
