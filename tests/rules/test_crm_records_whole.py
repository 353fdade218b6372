"""Records of the CRM with every field filled in: each value lands where it belongs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from goodword.rules.crm import (
    Account,
    Conventions,
    CrmObject,
    Lead,
    Opportunity,
    Record,
    StageChange,
    Unreadable,
    User,
    optional_fields,
)
from goodword.rules.crm_policy import CrmPolicy
from goodword.rules.crm_reading import READERS

POLICY = CrmPolicy(
    partner_field="Partner__c", protected_until_field="Until__c", division_field="Division__c"
)
AROUND = Conventions("EUR", POLICY, {"012000000000001AAA": "Deal_Registration"})
COMMON: dict[str, Any] = {
    "Id": "000000000000001AAA",
    "Name": "Acme",
    "OwnerId": "000000000000002AAA",
    "IsDeleted": True,
    "SystemModstamp": "2026-03-04T05:06:07.000+0100",
}
STAMP = datetime(2026, 3, 4, 4, 6, 7, tzinfo=UTC)
MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

WHOLE: list[tuple[CrmObject, dict[str, Any], Record]] = [
    (
        CrmObject.ACCOUNT,
        {
            "Website": "acme.example",
            "Type": "Customer",
            "ParentId": "000000000000003AAA",
            "Industry": "Bakery",
            "BillingCountry": "MY",
            "MasterRecordId": "000000000000004AAA",
            "LastActivityDate": "2026-02-03",
            "Partner__c": "ada",
            "Until__c": "2026-09-30",
        },
        Account(
            crm_id="000000000000001AAA",
            name="Acme",
            website="acme.example",
            type="Customer",
            parent_crm_id="000000000000003AAA",
            owner_crm_id="000000000000002AAA",
            industry="Bakery",
            country="MY",
            is_deleted=True,
            master_crm_id="000000000000004AAA",
            last_activity_on=date(2026, 2, 3),
            protected_partner="ada",
            protected_until=date(2026, 9, 30),
            modified_at=STAMP,
        ),
    ),
    (
        CrmObject.OPPORTUNITY,
        {
            "AccountId": "000000000000003AAA",
            "StageName": "Closed Won",
            "Amount": Decimal("12.50"),
            "CurrencyIsoCode": "USD",
            "TotalOpportunityQuantity": Decimal("7.5"),
            "CloseDate": "2026-03-01",
            "CreatedDate": "2026-01-02T03:04:05.000+0000",
            "IsClosed": True,
            "IsWon": True,
            "IsDeleted": False,
            "LeadSource": "Partner",
            "Type": "New Business",
            "LastActivityDate": "2026-02-03",
            "Partner__c": "ada",
            "Until__c": "2026-09-30",
            "Division__c": "East",
        },
        Opportunity(
            crm_id="000000000000001AAA",
            account_crm_id="000000000000003AAA",
            name="Acme",
            stage="Closed Won",
            amount_minor=12_50,
            currency="USD",
            close_on=date(2026, 3, 1),
            created_at=MADE,
            is_closed=True,
            is_won=True,
            is_deleted=False,
            lead_source="Partner",
            type="New Business",
            owner_crm_id="000000000000002AAA",
            last_activity_on=date(2026, 2, 3),
            protected_partner="ada",
            protected_until=date(2026, 9, 30),
            division="East",
            modified_at=STAMP,
            quantity=Decimal("7.50"),
        ),
    ),
    (
        CrmObject.STAGE_CHANGE,
        {
            "OpportunityId": "000000000000003AAA",
            "StageName": "Proposal",
            "Amount": Decimal(1250),
            "CurrencyIsoCode": "JPY",
            "CloseDate": "2026-03-01",
            "CreatedDate": "2026-01-02T03:04:05.000+0000",
        },
        StageChange(
            crm_id="000000000000001AAA",
            opportunity_crm_id="000000000000003AAA",
            stage="Proposal",
            amount_minor=1250,
            currency="JPY",
            close_on=date(2026, 3, 1),
            changed_at=MADE,
            is_deleted=True,
            modified_at=STAMP,
        ),
    ),
    (
        CrmObject.USER,
        {"Email": "ana@x.example", "IsActive": True},
        User("000000000000001AAA", "Acme", "ana@x.example", True, STAMP),  # noqa: FBT003 - a fact
    ),
    (
        CrmObject.LEAD,
        {
            "Company": "Acme Bakeries",
            "Website": "acme.example",
            "Email": "jo@acme.example",
            "Status": "Open",
            "LeadSource": "Web",
            "RecordTypeId": "012000000000001AAA",
            "CreatedDate": "2026-01-02T03:04:05.000+0000",
            "IsConverted": True,
            "ConvertedAccountId": "000000000000003AAA",
            "ConvertedOpportunityId": "000000000000004AAA",
            "Partner__c": "ada",
            "Until__c": "2026-09-30",
            "Division__c": "East",
            "IsDeleted": False,
            "MasterRecordId": "000000000000005AAA",
        },
        Lead(
            crm_id="000000000000001AAA",
            company="Acme Bakeries",
            website="acme.example",
            contact_name="Acme",
            contact_email="jo@acme.example",
            status="Open",
            lead_source="Web",
            record_type="Deal_Registration",
            owner_crm_id="000000000000002AAA",
            created_at=MADE,
            is_converted=True,
            converted_account_crm_id="000000000000003AAA",
            converted_opportunity_crm_id="000000000000004AAA",
            protected_partner="ada",
            protected_until=date(2026, 9, 30),
            division="East",
            is_deleted=False,
            master_crm_id="000000000000005AAA",
            modified_at=STAMP,
        ),
    ),
]


@pytest.mark.parametrize(("kind", "own", "expected"), WHOLE)
def test_every_value_lands_where_it_belongs(
    kind: CrmObject, own: dict[str, Any], expected: Record
) -> None:
    assert READERS[kind](COMMON | own, AROUND) == expected


@pytest.mark.parametrize(("kind", "own", "expected"), WHOLE)
def test_what_is_set_aside_says_its_object_its_id_and_all_that_came(
    kind: CrmObject, own: dict[str, Any], expected: Record
) -> None:
    del expected
    found = READERS[kind](
        COMMON | own | {"Name": "", "OpportunityId": None, "StageName": 1}, AROUND
    )
    assert isinstance(found, Unreadable)
    assert (found.crm_object, found.crm_id) == (kind, "000000000000001AAA")
    assert {*found.raw} == {*COMMON, *own, "Name", "OpportunityId", "StageName"}
    nameless = READERS[kind]({"Id": 7}, AROUND)
    assert isinstance(nameless, Unreadable)
    assert (nameless.crm_id, nameless.raw) == ("", {"Id": 7})


def test_a_lead_of_a_person_is_a_company_of_its_own_and_has_no_type_that_is_unknown() -> None:
    kind, own, expected = WHOLE[-1]
    del expected
    for record_type in (None, "012000000000009AAA"):
        bare = COMMON | own | {"Company": "", "RecordTypeId": record_type}
        lead = READERS[kind](bare, AROUND)
        assert isinstance(lead, Lead)
        assert (lead.company, lead.record_type) == ("Acme", None)


@pytest.mark.parametrize("kind", [CrmObject.OPPORTUNITY, CrmObject.STAGE_CHANGE])
def test_an_amount_without_a_currency_is_in_that_of_the_company(kind: CrmObject) -> None:
    own = next(fields for one, fields, _ in WHOLE if one is kind)
    found = READERS[kind](COMMON | own | {"CurrencyIsoCode": None}, AROUND)
    assert isinstance(found, Opportunity | StageChange)
    assert found.currency == "EUR"


@pytest.mark.parametrize(
    ("kind", "own", "division"),
    [
        (CrmObject.ACCOUNT, ("Partner__c", "Until__c"), ()),
        (
            CrmObject.OPPORTUNITY,
            ("CurrencyIsoCode", "TotalOpportunityQuantity", "Partner__c", "Until__c"),
            ("Division__c",),
        ),
        (CrmObject.STAGE_CHANGE, ("CurrencyIsoCode",), ()),
        (CrmObject.USER, (), ()),
        (
            CrmObject.LEAD,
            ("Website", "Email", "LeadSource", "RecordTypeId", "Partner__c", "Until__c"),
            ("Division__c",),
        ),
    ],
)
def test_a_division_is_asked_for_where_a_record_may_have_one(
    kind: CrmObject, own: tuple[str, ...], division: tuple[str, ...]
) -> None:
    assert optional_fields(kind, POLICY) == (*own, *division)
    unnamed = CrmPolicy(partner_field="Partner__c", protected_until_field="Until__c")
    assert optional_fields(kind, unnamed) == own
    needed = CrmPolicy(partner_field="Name", protected_until_field="Until__c", division_field="Id")
    assert {"Name", "Id"}.isdisjoint(optional_fields(kind, needed))


@pytest.mark.parametrize(("field", "product"), [("Product__c", "Platform;Training"), (None, None)])
def test_what_a_deal_sells_is_in_the_field_that_the_program_names(
    field: str | None, product: str | None
) -> None:
    policy = replace(POLICY, product_field=field)
    assert ("Product__c" in optional_fields(CrmObject.OPPORTUNITY, policy)) is (field is not None)
    raw = next(raw for kind, raw, _ in WHOLE if kind is CrmObject.OPPORTUNITY)
    sold = {**COMMON, **raw, "Product__c": "Platform;Training"}
    found = READERS[CrmObject.OPPORTUNITY](sold, Conventions("USD", policy))
    assert isinstance(found, Opportunity)
    assert found.product == product
