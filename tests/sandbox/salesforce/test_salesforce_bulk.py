"""Bulk API 2.0 through simple-salesforce's own bulk client."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Visitor

WON, OPEN = "006000000000001AAA", "006000000000002AAA"


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def ingest(visitor: Visitor, operation: str, text: str, **job: Any) -> dict[str, Any]:
    """Run a whole ingest job, and return it with its three results."""
    body = {"object": "Opportunity", "operation": operation, "contentType": "CSV", **job}
    made = visitor.call("POST", "/jobs/ingest", json=body).json()
    path = f"/jobs/ingest/{made['id']}"
    put = visitor.call(
        "PUT", f"{path}/batches", data=text.encode(), headers={"Content-Type": "text/csv"}
    )
    assert put.status_code == 201
    closed = visitor.call("PATCH", path, json={"state": "UploadComplete"}).json()
    assert closed["state"] == "UploadComplete"
    done = visitor.call("GET", path).json()
    kinds = ("successfulResults", "failedResults", "unprocessedrecords")
    return {**done, **{kind: table(visitor.call("GET", f"{path}/{kind}").text) for kind in kinds}}


def test_a_query_job_is_read_page_by_page_each_with_its_header(reader: Visitor) -> None:
    client = reader.crm.bulk2.Contact._client
    job = client.create_job("query", query="SELECT Id, LastName, SystemModstamp FROM Contact")
    assert job["state"] == "UploadComplete"
    assert client.get_job(job["id"], is_query=True)["numberRecordsProcessed"] == 500
    locator, met, numbers = "", [], []
    while True:
        page = client.get_query_results(job["id"], locator, 200)
        met += [row["Id"] for row in table(page["records"])]
        numbers.append(page["number_of_records"])
        locator = page["locator"]
        if not locator:
            break
    assert numbers == [200, 200, 100]
    assert len(set(met)) == 500


def test_bulk_cells_are_text_and_datetimes_end_in_z(reader: Visitor) -> None:
    [page] = reader.crm.bulk2.Opportunity.query(
        "SELECT Id, Amount, IsWon, CloseDate, SystemModstamp, Account.Name, NextStep "
        f"FROM Opportunity WHERE Id = '{WON}'",
        wait=0,
    )
    assert page == (
        '"Id","Amount","IsWon","CloseDate","SystemModstamp","Account.Name","NextStep"\n'
        f'"{WON}","12000.5","true","2026-05-20","2026-06-01T08:00:00.000Z","Acme",""\n'
    )


def test_query_all_jobs_see_the_recycle_bin(fresh: Visitor) -> None:
    fresh.crm.Opportunity.delete(OPEN)
    pages = [
        "".join(run("SELECT Id FROM Opportunity", wait=0))
        for run in (fresh.crm.bulk2.Opportunity.query, fresh.crm.bulk2.Opportunity.query_all)
    ]
    assert [OPEN in page for page in pages] == [False, True]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT Id FROM", "MALFORMED_QUERY"),
        ("SELECT Foo FROM Account", "INVALID_FIELD"),
        ("SELECT COUNT() FROM Account", "FEATURENOTENABLED"),
        ("SELECT Id FROM Account OFFSET 5", "FEATURENOTENABLED"),
    ],
)
def test_a_query_that_bulk_cannot_run_is_refused_at_once(
    reader: Visitor, query: str, code: str
) -> None:
    response = reader.call("POST", "/jobs/query", json={"operation": "query", "query": query})
    assert (response.status_code, response.json()[0]["errorCode"]) == (400, code)


def test_a_query_job_is_aborted_before_its_end_and_deleted_after_it(reader: Visitor) -> None:
    client = reader.crm.bulk2.Account._client
    job = client.create_job("query", query="SELECT Id FROM Account")["id"]
    assert reader.call("DELETE", f"/jobs/query/{job}").status_code == 400
    assert client.abort_job(job, is_query=True)["state"] == "Aborted"
    assert reader.call("GET", f"/jobs/query/{job}/results").status_code == 400
    assert reader.call("DELETE", f"/jobs/query/{job}").status_code == 204
    assert reader.call("GET", f"/jobs/query/{job}").status_code == 404


def test_an_update_ignores_empty_cells_clears_na_and_reports_every_row(fresh: Visitor) -> None:
    text = (
        "Id,Name,Amount,NextStep\n"
        f"{WON},,#N/A,call\n"
        f"{OPEN},Globex two,much,\n"
        "006000000000009AAA,Ghost,,\n"
    )
    job = ingest(fresh, "update", text)
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (
        "JobComplete",
        3,
        2,
    )
    [done] = job["successfulResults"]
    assert (done["sf__Id"], done["sf__Created"], done["NextStep"]) == (WON, "false", "call")
    errors = [row["sf__Error"] for row in job["failedResults"]]
    assert errors == [
        "INVALID_TYPE_ON_FIELD_IN_RECORD:Amount: value not of required type: much:Amount --",
        "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id: --",
    ]
    row = fresh.crm.Opportunity.get(WON)
    assert (row["Name"], row["Amount"]) == ("Acme servers", None)


def test_an_insert_creates_records_with_embedded_newlines(fresh: Visitor) -> None:
    text = 'Name,StageName,CloseDate,NextStep\n"Dé\nal",Prospecting,2026-12-01,go\nx,,,\n'
    job = ingest(fresh, "insert", text)
    [done], [failed] = job["successfulResults"], job["failedResults"]
    assert (done["sf__Created"], done["Name"]) == ("true", "Dé\nal")
    assert failed["sf__Error"] == (
        "REQUIRED_FIELD_MISSING:Required fields are missing: [StageName, CloseDate]"
        ":StageName,CloseDate --"
    )
    assert fresh.crm.Opportunity.get(done["sf__Id"])["Name"] == "Dé\nal"


def test_an_upsert_goes_by_its_external_id_and_a_delete_by_ids_alone(fresh: Visitor) -> None:
    upserted = ingest(
        fresh,
        "upsert",
        "Email,LastName\nnew@x.example,New\nnew@x.example,Newer\n",
        object="Contact",
        externalIdFieldName="Email",
    )
    assert [row["sf__Created"] for row in upserted["successfulResults"]] == ["true", "false"]
    assert ingest(fresh, "delete", f"Id\n{WON}\n")["numberRecordsFailed"] == 0
    failed = ingest(fresh, "delete", f"Id,Name\n{OPEN},x\n")
    assert failed["state"] == "Failed"
    assert failed["errorMessage"] == "InvalidBatch : The 'delete' batch must contain only ids"
    assert failed["unprocessedrecords"] == [{"Id": OPEN, "Name": "x"}]


def test_simple_salesforce_updates_in_bulk(fresh: Visitor) -> None:
    [done] = fresh.crm.bulk2.Opportunity.update(records=[{"Id": OPEN, "NextStep": "x"}], wait=0)
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (1, 0)
    failed = ingest(fresh, "update", f"Id,Foo\n{OPEN},x\n")
    assert failed["errorMessage"] == "InvalidBatch : Field name not found : Foo"


def test_hard_delete_and_unknown_objects_are_refused(reader: Visitor) -> None:
    for body, code in (
        ({"object": "Account", "operation": "hardDelete"}, "FEATURENOTENABLED"),
        ({"object": "Foo", "operation": "insert"}, "INVALIDENTITY"),
        ({"object": "Account", "operation": "upsert"}, "API_ERROR"),
    ):
        response = reader.call("POST", "/jobs/ingest", json=body)
        assert (response.status_code, response.json()[0]["errorCode"]) == (400, code)
