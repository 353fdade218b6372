"""Leads in the sandbox's Salesforce: record types, owners, conversion; and custom objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import requests
from simple_salesforce.exceptions import SalesforceMalformedRequest

from sandbox.clock import VirtualClock
from sandbox.csv_tables import DataFolderError
from sandbox.data import load_company
from sandbox.server import Sandbox
from sandbox.world import Company, Row

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Visitor

Visit: TypeAlias = "Callable[[Sandbox], Visitor]"
NOW = datetime(2026, 6, 30, 2, tzinfo=UTC)
LEAD, ANN, GONE = "00Q000000000001EAA", "005000000000101AAA", "005000000000102AAA"
QUEUE, DEAL_REGISTRATION = "00G000000000001EAA", "012000000000001AAA"


def lead(**fields: str) -> Row:
    row: Row = {
        "Id": LEAD,
        "LastName": "Ito",
        "Company": "Nissan",
        "Status": "Open - Not Contacted",
        "RecordTypeId": DEAL_REGISTRATION,
        "OwnerId": QUEUE,
        "SystemModstamp": "2026-06-29T02:00:00.000+0000",
    }
    return row | fields


@pytest.fixture
def org(visit: Visit) -> Iterator[Visitor]:
    users: list[Row] = [
        {"Id": ANN, "LastName": "Lim", "Email": "ann@partner.example", "IsActive": "true"},
        {"Id": GONE, "LastName": "Oh", "Email": "oh@partner.example", "IsActive": "false"},
    ]
    types: list[Row] = [
        {
            "Id": DEAL_REGISTRATION,
            "Name": "Deal Registration",
            "DeveloperName": "Deal_Registration",
            "SobjectType": "Lead",
            "IsActive": "true",
        }
    ]
    queues: list[Row] = [{"Id": QUEUE, "Name": "New leads", "Type": "Queue"}]
    tables = {"Lead": [lead()], "User": users, "RecordType": types, "Group": queues}
    company = Company("Acme", "00Df40000000001AAA", tables)
    with Sandbox(company, VirtualClock(NOW, frozen=True)) as sandbox:
        yield visit(sandbox)


def write(org: Visitor, **fields: Any) -> dict[str, Any]:
    record = {"attributes": {"type": "Lead"}, "id": LEAD, **fields}
    body = {"allOrNone": False, "records": [record]}
    (found,) = org.call("PATCH", "/composite/sobjects", json=body).json()
    assert isinstance(found, dict)
    return found


def convert(org: Visitor, **body: str) -> requests.Response:
    address = f"{org.sandbox.base_url}/sandbox/salesforce/leads/{LEAD}/convert"
    return requests.post(address, json=body, timeout=60)


def test_describe_names_the_objects_own_record_types_beside_the_master(org: Visitor) -> None:
    infos = org.call("GET", "/sobjects/Lead/describe").json()["recordTypeInfos"]
    found = [(info["developerName"], info["recordTypeId"], info["master"]) for info in infos]
    assert found == [
        ("Deal_Registration", DEAL_REGISTRATION, False),
        ("Master", "012000000000000AAA", True),
    ]
    (master,) = org.call("GET", "/sobjects/Account/describe").json()["recordTypeInfos"]
    assert master["master"]


def test_a_record_type_is_reached_through_its_relationship(org: Visitor) -> None:
    soql = "SELECT Id, RecordType.DeveloperName FROM Lead WHERE RecordType.Name LIKE 'Deal%'"
    (record,) = org.crm.query(soql)["records"]
    assert record["RecordType"]["DeveloperName"] == "Deal_Registration"


def test_a_lead_goes_from_a_queue_to_a_user_and_back(org: Visitor) -> None:
    assert write(org, OwnerId=ANN)["success"]
    assert write(org, OwnerId=QUEUE)["success"]


def test_a_user_who_has_left_owns_nothing(org: Visitor) -> None:
    (error,) = write(org, OwnerId=GONE)["errors"]
    assert (error["statusCode"], error["fields"]) == ("INACTIVE_OWNER_OR_USER", ["OwnerId"])


def test_a_converted_lead_names_what_it_became_and_is_history(org: Visitor) -> None:
    write(org, OwnerId=ANN)
    became = convert(org, opportunity_name="Nissan, first order").json()
    record = org.crm.query(
        "SELECT IsConverted, Status, ConvertedAccountId, ConvertedContactId,"
        " ConvertedOpportunityId FROM Lead"
    )["records"][0]
    assert record["IsConverted"]
    assert {name: record[name] for name in became} == became
    deal = org.crm.query("SELECT AccountId, OwnerId, StageName FROM Opportunity")["records"][0]
    assert deal["AccountId"] == became["ConvertedAccountId"]
    assert (deal["OwnerId"], deal["StageName"]) == (ANN, "Prospecting")
    (error,) = write(org, Title="Head of IT")["errors"]
    assert error["statusCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"
    assert convert(org).status_code == 400


def test_a_lead_may_be_converted_without_a_deal(org: Visitor) -> None:
    assert convert(org).json()["ConvertedOpportunityId"] is None
    assert org.crm.query("SELECT Id FROM Opportunity")["totalSize"] == 0


def test_a_hidden_object_is_there_for_nobody(org: Visitor) -> None:
    address = f"{org.sandbox.base_url}/sandbox/salesforce/objects"
    assert requests.delete(f"{address}/Lead", timeout=60).json() == {"hidden": "Lead"}
    assert requests.delete(f"{address}/Lead", timeout=60).status_code == 404
    [error] = org.call("GET", "/sobjects/Lead/describe").json()
    assert error["errorCode"] == "NOT_FOUND"
    assert org.refusal("SELECT Id FROM Lead")[1] == "INVALID_TYPE"


def test_a_custom_object_is_loaded_from_its_csv_and_described(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "Account.csv").write_text("Id,Name\n001000000000001AAA,Nissan\n")
    (tmp_path / "Opportunity.csv").write_text("Id,Name,StageName,CloseDate\n")
    (tmp_path / "Deal_Registration__c.csv").write_text(
        "Id,Name,OwnerId,End_User__c,Budget__c\na01000000000001AAA,DR-1,,Nissan,5000\n"
    )
    with Sandbox(load_company(tmp_path), VirtualClock(NOW, frozen=True)) as sandbox:
        query = visit(sandbox).crm.query
        (record,) = query("SELECT End_User__c, Budget__c FROM Deal_Registration__c")["records"]
        assert (record["End_User__c"], record["Budget__c"]) == ("Nissan", 5000.0)
        with pytest.raises(SalesforceMalformedRequest, match="INVALID_TYPE"):
            query("SELECT Id FROM Other__c")


def test_what_is_neither_known_nor_custom_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Account.csv").write_text("Id,Name\n")
    (tmp_path / "Opportunity.csv").write_text("Id,Name,StageName,CloseDate\n")
    (tmp_path / "Deal_Registration.csv").write_text("Id\n")
    with pytest.raises(DataFolderError, match=r"Deal_Registration\.csv is not loaded"):
        load_company(tmp_path)
