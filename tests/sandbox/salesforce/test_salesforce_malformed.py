"""What makes no sense is refused in Salesforce's way, never with a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Visitor

ACME = "/sobjects/Account/001000000000001AAA"
DEALS = "/sobjects/Opportunity"
DEAL = '{"Name":"x","StageName":"New","CloseDate":"2026-01-01","Amount":%s}'
SELECT = "SELECT Id FROM Opportunity "


@pytest.mark.parametrize(
    "soql",
    [
        "",
        SELECT + "WHERE CreatedDate > LAST_N_DAYS:99999999999",
        SELECT + "WHERE CreatedDate > LAST_N_DAYS",
        SELECT + "WHERE CloseDate = 0000-00-00",
        SELECT + "WHERE CreatedDate > 0001-01-01T00:00:00+23:00",
        SELECT + "WHERE CloseDate IN (TODAY)",
        SELECT + "WHERE AccountId IN (SELECT Id, Name FROM Account)",
        SELECT + "WHERE " + "(" * 300 + "Amount = 1" + ")" * 300,
        SELECT + "LIMIT 99999999999999999999",
    ],
)
def test_a_query_that_makes_no_sense(reader: Visitor, soql: str) -> None:
    assert reader.refusal(soql)[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "request_"),
    [
        ("GET", "/query", {}),
        ("POST", DEALS, {"json": [1]}),
        ("POST", DEALS, {"data": b"\xff\xfe"}),
        ("POST", DEALS, {"data": DEAL % "NaN"}),
        ("POST", DEALS, {"data": DEAL % "1e999999"}),
        ("POST", DEALS, {"data": DEAL % "true"}),
        ("POST", DEALS, {"json": {"Name": {"a": 1}}}),
        ("POST", "/sobjects/Contact", {"json": {"LastName": "x", "Email": "nope"}}),
        ("POST", "/sobjects/OpportunityHistory", {"json": {}}),
        ("PATCH", ACME, {"json": {"Name": "x"}, "headers": {"If-Unmodified-Since": "never"}}),
        ("GET", f"{ACME}?fields=Name,Foo", {}),
        ("PATCH", "/composite/sobjects", {"json": {"records": [1]}}),
        ("GET", "/sobjects/Account/updated?start=x&end=y", {}),
        ("GET", "/sobjects/Account/updated?start=2026-06-30T00:00:00&end=2026-06-30T01:00:00", {}),
        ("POST", "/jobs/ingest", {"json": {"object": "Account", "operation": ["insert"]}}),
        (
            "POST",
            "/jobs/ingest",
            {"json": {"object": "Account", "operation": "insert", "columnDelimiter": "X"}},
        ),
        ("POST", "/jobs/query", {"json": {"operation": ["query"]}}),
        ("GET", "/query/01g-200", {}),
    ],
)
def test_a_request_that_makes_no_sense(
    reader: Visitor, method: str, path: str, request_: dict[str, Any]
) -> None:
    answer = reader.call(method, path, **request_)
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"]


@pytest.mark.parametrize("locator", ["%21", "LTU="])
def test_a_bulk_locator_that_was_never_given(reader: Visitor, locator: str) -> None:
    body = {"operation": "query", "query": "SELECT Id FROM Account"}
    job = reader.call("POST", "/jobs/query", json=body).json()["id"]
    assert reader.call("GET", f"/jobs/query/{job}/results?locator={locator}").status_code == 400


def test_an_upload_that_is_no_csv_fails_its_job(fresh: Visitor) -> None:
    body = {"object": "Account", "operation": "insert"}
    job = fresh.call("POST", "/jobs/ingest", json=body).json()["id"]
    path = f"/jobs/ingest/{job}"
    assert fresh.call("PUT", f"{path}/batches", data=b"\xff\xfe").status_code == 400
    assert fresh.call("PUT", f"{path}/batches", data=b'Name\n"x').status_code == 201
    fresh.call("PATCH", path, json={"state": "UploadComplete"})
    done = fresh.call("GET", path).json()
    assert done["state"] == "Failed"
    assert done["errorMessage"].startswith("InvalidBatch : The CSV cannot be read")
    assert fresh.call("GET", f"{path}/otherResults").status_code == 404
