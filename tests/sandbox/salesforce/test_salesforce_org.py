"""The org behind the API: what loading derives, and what a test may do to it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from sandbox.clock import VirtualClock
from sandbox.salesforce.ids import long_id, new_id
from sandbox.salesforce.org import Org, UnknownObjectError, UnknownRecordError
from sandbox.world import Company

if TYPE_CHECKING:
    from sandbox.world import Row
    from tests.sandbox.salesforce.conftest import Visitor

NOW = datetime(2026, 6, 30, 2, tzinfo=UTC)
WON = "006000000000001AAA"


def org(**tables: list[Row]) -> Org:
    return Org(Company("x", "00D000000000001AAA", tables), VirtualClock(NOW, frozen=True))


def test_ids_are_the_same_in_15_and_18_characters_and_in_any_case() -> None:
    assert long_id("0015500001QdQWa") == "0015500001QdQWaAAN"  # of a recorded org
    assert long_id("0015500001qdqwaAAN") == "0015500001QdQWaAAN"
    assert long_id("0015500001QdQW") is None
    assert new_id("006", 62) == "006Gw0000000010IAA"


def test_a_describe_has_the_recorded_facts_and_the_columns_of_the_data(fresh: Visitor) -> None:
    fields = {field["name"]: field for field in fresh.crm.Opportunity.describe()["fields"]}
    assert (fields["Amount"]["type"], fields["Amount"]["scale"]) == ("currency", 2)
    assert fields["AccountId"]["referenceTo"] == ["Account"]
    assert fields["IsWon"]["updateable"] is False
    stages = [value["value"] for value in fields["StageName"]["picklistValues"]]
    assert (len(stages), stages[-2:]) == (10, ["Closed Won", "Closed Lost"])
    assert "CurrencyIsoCode" not in fields
    partner = fields["Goodword_Partner__c"]
    assert (partner["type"], partner["length"], partner["custom"]) == ("string", 255, True)
    assert fields["Goodword_Protected_Until__c"]["nillable"] is True
    names = {summary["name"] for summary in fresh.crm.describe()["sobjects"]}
    assert {"Account", "Contact", "Lead", "Opportunity", "OpportunityHistory", "User"} <= names


def test_columns_that_nobody_described_are_typed_by_their_values() -> None:
    row: Row = {
        "Id": WON,
        "StageName": "Prospecting",
        "CurrencyIsoCode": "JPY",
        "HasOpenActivity": "false",
        "Paid__c": "true",
        "Rate__c": "1.5",
        "Code__c": "007",
        "Due__c": "2026-01-31",
        "Note__c": "n" * 300,
    }
    fields = org(Opportunity=[row]).table("Opportunity").kind.fields
    assert fields["CurrencyIsoCode"].picklist == ("JPY",)
    assert fields["HasOpenActivity"].type == "boolean"
    types = [fields[f"{name}__c"].type for name in ("Paid", "Rate", "Code", "Due", "Note")]
    assert types == ["boolean", "double", "string", "date", "textarea"]


def test_custom_stages_mean_what_the_data_says() -> None:
    rows: list[Row] = [
        {"Id": new_id("006", 8), "StageName": "Signed", "IsClosed": "true", "IsWon": "true"},
        {"Id": new_id("006", 9), "StageName": "Chatting"},
    ]
    made = org(Opportunity=rows)
    assert (made.stages["Signed"].won, made.stages["Chatting"].closed) == (True, False)


def test_history_is_synthesized_only_when_the_data_brings_none() -> None:
    row: Row = {
        "Id": WON,
        "StageName": "Closed Won",
        "Amount": "5",
        "CloseDate": "2026-03-05",
        "CreatedDate": "2026-01-01T00:00:00.000+0000",
        "SystemModstamp": "2026-04-01T00:00:00.000+0000",
    }
    first, last = org(Opportunity=[row]).table("OpportunityHistory").rows.values()
    assert (first["StageName"], first["CreatedDate"]) == (
        "Prospecting",
        "2026-01-01T00:00:00.000+0000",
    )
    assert (last["StageName"], last["CreatedDate"]) == (
        "Closed Won",
        "2026-03-05T00:00:00.000+0000",
    )
    assert (first["Probability"], last["Probability"]) == (Decimal(10), Decimal(100))
    told = org(Opportunity=[row], OpportunityHistory=[])
    assert told.table("OpportunityHistory").rows == {}


def test_bad_raw_values_are_shown_as_they_are_and_satisfy_no_comparison(fresh: Visitor) -> None:
    bad: Row = {"Id": WON, "Amount": "abc", "CloseDate": "2026-02-31"}
    with fresh.world.lock:
        fresh.world.salesforce.put_raw("Opportunity", [bad])
    query = f"SELECT Amount, CloseDate FROM Opportunity WHERE Id = '{WON}'"
    assert fresh.rows(query) == [{"Amount": "abc", "CloseDate": "2026-02-31"}]
    for condition in ("Amount > 0", "Amount <= 0", "Amount != 0", "Amount = null"):
        assert fresh.rows(f"{query} AND {condition}") == []
    assert len(fresh.rows(f"{query} AND Amount != null")) == 1
    assert fresh.names("CloseDate < 2030-01-01") == ["Globex licences", "it's 100%_new"]


def test_raw_rows_keep_their_stamps_and_bring_their_own_fields(fresh: Visitor) -> None:
    stamp = "2026-06-29T12:00:00.000+0000"
    row: Row = {"Id": WON, "StageName": "Closed Lost", "SystemModstamp": stamp, "Extra__c": "x"}
    with fresh.world.lock:
        fresh.world.salesforce.put_raw("Opportunity", [row])
    found = fresh.crm.Opportunity.get(WON)
    assert (found["SystemModstamp"], found["Extra__c"]) == (stamp, "x")
    assert (found["Name"], found["IsWon"], found["IsClosed"]) == ("Acme servers", False, True)


def test_a_dropped_field_is_gone_everywhere_and_can_come_back(fresh: Visitor) -> None:
    query = "SELECT Goodword_Partner__c FROM Account"
    fresh.world.salesforce.drop_field("Account", "Goodword_Partner__c")
    assert fresh.refusal(query)[1] == "INVALID_FIELD"
    fresh.world.salesforce.add_field("Account", "Goodword_Partner__c", "string")
    assert len(fresh.rows(query)) == 2


def test_what_is_not_there_cannot_be_deleted() -> None:
    with pytest.raises(UnknownObjectError):
        org().soft_delete("Foo", WON)
    with pytest.raises(UnknownRecordError):
        org().soft_delete("Opportunity", WON)
