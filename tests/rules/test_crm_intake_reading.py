"""Records into deal registrations: whatever a field holds becomes text, or one sentence."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.rules.crm import Conventions, DealRegistration, Unreadable
from goodword.rules.crm_intake import (
    Maker,
    People,
    intake_fields,
    key_of,
    needed_intake_fields,
    read_deal_registration,
    who_made_it,
)
from goodword.rules.crm_policy import CrmPolicy, Intake, IntakeFields

FIELDS = IntakeFields(
    company="End_User__c",
    participant="Partner__c",
    evidence="Qualification__c",
    expected_amount="Budget__c",
)
OBJECT = CrmPolicy(intake=Intake.OBJECT, object="Deal__c", fields=FIELDS)
AROUND = Conventions("JPY", OBJECT)
RECORD: dict[str, Any] = {
    "attributes": {"type": "Deal__c"},
    "Id": "a01f4000002NAbGAAW",
    "End_User__c": "Nissan",
    "Partner__c": None,
    "Budget__c": None,
    "IsDeleted": False,
    "CreatedDate": "2026-06-29T15:00:00.000+0000",
    "OwnerId": "005f4000000VrDDAA0",
    "SystemModstamp": "2026-06-29T15:00:00.000+0000",
}
PEOPLE = People(frozenset({"ann"}), {"005f4000000VrDDAA0": ["ben"]}, {"001A": ["di", "ed"]})


def read(**changed: object) -> DealRegistration:
    found = read_deal_registration(RECORD | changed, AROUND)
    assert isinstance(found, DealRegistration), found
    return found


def test_only_what_is_filled_in_is_said() -> None:
    assert read().said == {"company": "Nissan", "submitted_at": RECORD["CreatedDate"]}
    assert key_of(read()) == "Deal__c:a01f4000002NAbGAAW"


def test_an_amount_is_in_the_records_currency_before_the_home_currency() -> None:
    own = read(Budget__c=Decimal("5E+3"), CurrencyIsoCode="EUR").said
    assert (own["expected_amount"], own["currency"]) == ("5000", "EUR")
    assert read(Budget__c=Decimal("80.0")).said["currency"] == "JPY"


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ("Discovery Call;Budget", "discovery_call;budget"),
        ("meeting=2026-06-20: met the CIO", "meeting=2026-06-20: met the CIO"),
        ("Lunch; NEED ", "Lunch;need"),
    ],
)
def test_a_picklists_words_are_evidence(given_: str, said: str) -> None:
    assert read(Qualification__c=given_).said["evidence"] == said


def test_a_record_without_its_own_facts_is_set_aside() -> None:
    found = read_deal_registration(RECORD | {"CreatedDate": None}, AROUND)
    assert isinstance(found, Unreadable)
    assert (found.crm_object, found.crm_id) == ("Deal__c", "a01f4000002NAbGAAW")
    assert found.reason.startswith("CreatedDate is empty")


def test_fields_that_the_program_names_are_needed_and_usual_ones_read_where_there() -> None:
    lead = CrmPolicy(intake=Intake.LEAD, fields=IntakeFields(evidence="Qualification__c"))
    assert "Qualification__c" in needed_intake_fields(lead)
    assert "Company" not in needed_intake_fields(lead)
    read_ = intake_fields(lead, {"Company": "string", "ConvertedAccountId": "reference"})
    assert {"Company", "ConvertedAccountId", "Qualification__c"} <= set(read_)
    assert "Website" not in read_
    assert len(read_) == len(set(read_))


@pytest.mark.parametrize(
    ("named", "maker"),
    [
        (None, Maker("ben")),
        ("ann", Maker("ann")),
        ("005f4000000VrDDAA0", Maker("ben")),
        ("nobody", Maker("nobody")),
        ("001A", Maker("", "001A stands for 2 participants: di, ed; name one by its key")),
    ],
)
def test_the_field_names_the_participant_before_the_owner_does(
    named: str | None, maker: Maker
) -> None:
    assert who_made_it([read(Partner__c=named)], PEOPLE) == [maker]


@given(
    st.dictionaries(
        st.sampled_from([*RECORD, *filter(None, (FIELDS.evidence, "MasterRecordId"))]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.decimals()
        | st.text(st.characters(exclude_categories=()))
        | st.dictionaries(st.text(), st.text()),
    )
)
def test_no_record_whatever_raises(changed: dict[str, object]) -> None:
    found = read_deal_registration(RECORD | changed, AROUND)
    json.dumps(found.raw).encode()
