"""Deal registrations of the CRM with every field filled in, and who made them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from goodword.rules.crm import Conventions, DealRegistration
from goodword.rules.crm_intake import (
    SINCE,
    Became,
    Maker,
    People,
    dated,
    intake_fields,
    key_of,
    late_since,
    needed_intake_fields,
    read_deal_registration,
    source_of,
    who_made_it,
)
from goodword.rules.crm_policy import CrmPolicy, Intake, IntakeFields

LEAD = CrmPolicy(intake=Intake.LEAD, fields=IntakeFields(participant="Partner__c"))
OBJECT = CrmPolicy(intake=Intake.OBJECT, object="Deal__c")
RECORD: dict[str, Any] = {
    "Id": "00Q000000000001AAA",
    "Company": "Acme",
    "Website": "acme.example",
    "Partner__c": "ada",
    "PartnerAccountId": "001000000000002AAA",
    "OwnerId": "005000000000003AAA",
    "CreatedById": "005000000000004AAA",
    "ConvertedAccountId": "001000000000005AAA",
    "ConvertedOpportunityId": "006000000000006AAA",
    "IsDeleted": True,
    "MasterRecordId": "00Q000000000007AAA",
    "CreatedDate": "2026-01-02T03:04:05.000+0000",
    "SystemModstamp": "2026-03-04T05:06:07.000+0000",
}
WHOLE = DealRegistration(
    crm_object="Lead",
    crm_id="00Q000000000001AAA",
    said={
        "company": "Acme",
        "domain": "acme.example",
        "opportunity_id": "006000000000006AAA",
        "participant": "ada",
        "submitted_at": "2026-01-02T03:04:05.000+0000",
    },
    partner_account_crm_id="001000000000002AAA",
    owner_crm_id="005000000000003AAA",
    creator_crm_id="005000000000004AAA",
    converted_account_crm_id="001000000000005AAA",
    converted_opportunity_crm_id="006000000000006AAA",
    is_deleted=True,
    master_crm_id="00Q000000000007AAA",
    modified_at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
    raw=RECORD,
)


def test_every_value_of_a_lead_lands_where_it_belongs() -> None:
    assert read_deal_registration(RECORD, Conventions("USD", LEAD)) == WHOLE


def test_a_records_key_and_door_say_where_it_is() -> None:
    assert (key_of(WHOLE), source_of(LEAD)) == ("lead:00Q000000000001AAA", "crm_lead")
    custom = replace(WHOLE, crm_object="Deal__c")
    assert (key_of(custom), source_of(OBJECT)) == ("Deal__c:00Q000000000001AAA", "crm_object")


def test_what_became_of_a_record_is_kept_whole() -> None:
    assert Became.of(WHOLE) == Became(
        "00Q000000000001AAA",
        is_deleted=True,
        master_crm_id="00Q000000000007AAA",
        account_crm_id="001000000000005AAA",
        opportunity_crm_id="006000000000006AAA",
    )


EVERY = ("Id", "IsDeleted", "CreatedDate", "SystemModstamp")


def test_the_fields_that_are_read_are_those_that_are_there() -> None:
    assert needed_intake_fields(LEAD) == (*EVERY, "Partner__c")
    types = dict.fromkeys([*RECORD, "CurrencyIsoCode"], "string")
    assert intake_fields(LEAD, types) == (
        *(*EVERY, "Partner__c", "OwnerId", "CreatedById", "CurrencyIsoCode"),
        *("ConvertedAccountId", "ConvertedOpportunityId", "MasterRecordId", "PartnerAccountId"),
        *("Company", "Website"),
    )
    assert intake_fields(LEAD, {}) == (*EVERY, "Partner__c")
    assert intake_fields(OBJECT, types) == (*EVERY, "OwnerId", "CreatedById", "CurrencyIsoCode")


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ({"by_account": {"001000000000002AAA": ["ann"]}}, Maker("ann")),
        (
            {
                "by_account": {"001000000000002AAA": ["ann"]},
                "by_user": {"005000000000003AAA": ["ben"]},
            },
            Maker("ann"),
        ),
        (
            {"by_user": {"005000000000003AAA": ["ben"], "005000000000004AAA": ["cy"]}},
            Maker("ben"),
        ),
        ({"by_user": {"005000000000004AAA": ["cy"]}}, Maker("cy")),
        (
            {"by_user": {"005000000000003AAA": ["ben", "bo"], "005000000000004AAA": ["cy"]}},
            Maker(
                "",
                "005000000000003AAA stands for 2 participants: ben, bo; name one by its key",
            ),
        ),
        (
            {},
            Maker(
                "",
                "no participant is known to have made it: neither its owner 005000000000003AAA nor "
                "who created it, 005000000000004AAA, is a participant's crm_user_id; import the "
                "participant with it, or name the field that holds the key under [crm.fields]",
            ),
        ),
    ],
)
def test_who_made_it_is_the_partner_account_then_the_owner_then_the_creator(
    people: dict[str, Any], expected: Maker
) -> None:
    unsaid = replace(WHOLE, said={})
    known = People(**({"keys": frozenset(), "by_user": {}, "by_account": {}} | people))
    assert who_made_it([unsaid], known) == [expected]


def test_a_maker_who_is_not_known_is_told_before_what_else_is_wrong() -> None:
    wrong = ["participant is empty", "company is empty"]
    assert Maker("ada").explain(wrong) == wrong
    assert Maker("", "nobody made it").explain(wrong) == ["nobody made it", "company is empty"]


MADE_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NAMED = replace(LEAD, fields=IntakeFields(submitted_at="Registered__c"))


@pytest.mark.parametrize(
    ("policy", "read_until", "since"),
    [
        (LEAD, MADE_AT + timedelta(seconds=1), "2026-03-04T05:06:07+00:00"),
        (LEAD, MADE_AT, None),
        (LEAD, None, None),
        (OBJECT, MADE_AT + timedelta(days=9), None),
        (NAMED, MADE_AT + timedelta(days=9), None),
    ],
)
def test_an_older_lead_that_was_no_registration_is_one_since_its_last_change(
    policy: CrmPolicy, read_until: datetime | None, since: str | None
) -> None:
    assert late_since(WHOLE, policy, read_until) == since


def test_a_record_that_is_dated_remembers_since_when() -> None:
    since = "2026-03-04T05:06:07+00:00"
    found = dated(WHOLE, since)
    assert found.said == {**WHOLE.said, "submitted_at": since}
    assert found.raw == {**WHOLE.raw, SINCE: since}
    assert replace(found, said=WHOLE.said, raw=WHOLE.raw) == WHOLE
