"""Records one at a time, and what the org itself keeps on them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from simple_salesforce.exceptions import SalesforceMoreThanOneRecord

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Visitor

ACME, WON, OPEN = "001000000000001AAA", "006000000000001AAA", "006000000000002AAA"
DEAL = {"Name": "New", "StageName": "Prospecting", "CloseDate": "2026-12-01"}


def error(visitor: Visitor, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    response = visitor.call(method, path, json=body)
    [found] = response.json()
    return response.status_code, found


def test_a_created_record_is_stamped_and_derived(fresh: Visitor) -> None:
    made = fresh.crm.Opportunity.create({**DEAL, "Amount": 99.5, "AccountId": ACME[:15]})
    assert made == {"id": made["id"], "success": True, "errors": []}
    row = fresh.crm.Opportunity.get(made["id"])
    now = "2026-06-30T02:00:00.000+0000"
    stamps = ("CreatedDate", "LastModifiedDate", "SystemModstamp", "LastStageChangeDate")
    assert {row[name] for name in stamps} == {now}
    assert (row["IsClosed"], row["IsWon"], row["IsDeleted"]) == (False, False, False)
    assert (row["Probability"], row["ExpectedRevenue"]) == (10.0, 9.95)
    assert (row["ForecastCategory"], row["Fiscal"]) == ("Pipeline", "2026 4")
    assert row["AccountId"] == ACME
    assert row["OwnerId"] == row["CreatedById"] == fresh.world.salesforce.user_id


def test_an_update_moves_the_stamp_even_when_nothing_changes(fresh: Visitor) -> None:
    fresh.world.clock.advance(timedelta(minutes=5))
    assert fresh.crm.Account.update(ACME, {"Name": "Acme"}) == 204
    assert fresh.crm.Account.get(ACME)["SystemModstamp"] == "2026-06-30T02:05:00.000+0000"


def test_a_new_stage_closes_the_deal_and_is_kept_in_its_history(fresh: Visitor) -> None:
    for stage in ("Closed Won", "Negotiation/Review", "Closed Won"):
        fresh.world.clock.advance(timedelta(hours=1))
        fresh.crm.Opportunity.update(OPEN, {"StageName": stage})
    fresh.crm.Opportunity.update(OPEN, {"NextStep": "celebrate"})
    row = fresh.crm.Opportunity.get(OPEN)
    assert (row["IsClosed"], row["IsWon"], row["Probability"]) == (True, True, 100.0)
    history = fresh.rows(
        "SELECT StageName, CreatedDate FROM OpportunityHistory "
        f"WHERE OpportunityId = '{OPEN}' ORDER BY CreatedDate"
    )
    assert [(row["StageName"], row["CreatedDate"][:16]) for row in history] == [
        ("Prospecting", "2026-05-01T10:00"),
        ("Negotiation/Review", "2026-06-01T08:00"),
        ("Closed Won", "2026-06-30T03:00"),
        ("Negotiation/Review", "2026-06-30T04:00"),
        ("Closed Won", "2026-06-30T05:00"),
    ]


def test_null_clears_a_field_and_its_derived_ones(fresh: Visitor) -> None:
    fresh.crm.Opportunity.update(OPEN, {"Amount": None})
    row = fresh.crm.Opportunity.get(OPEN)
    assert (row["Amount"], row["ExpectedRevenue"]) == (None, None)


@pytest.mark.parametrize(
    ("body", "code", "message", "fields"),
    [
        (
            {"Name": "x"},
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [StageName, CloseDate]",
            ["StageName", "CloseDate"],
        ),
        (
            {**DEAL, "foo": 1},
            "INVALID_FIELD",
            "No such column 'foo' on sobject of type Opportunity",
            None,
        ),
        (
            {**DEAL, "IsWon": True, "Fiscal": "x"},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            (
                "Unable to create/update fields: IsWon, Fiscal. Please check the security settings "
                "of this field and verify that it is read/write for your profile or permission set."
            ),
            ["IsWon", "Fiscal"],
        ),
        (
            {**DEAL, "NextStep": "n" * 256},
            "STRING_TOO_LONG",
            f"Next Step: data value too large: {'n' * 256} (max length=255)",
            ["NextStep"],
        ),
        (
            {**DEAL, "AccountId": OPEN},
            "MALFORMED_ID",
            f"Account ID: id value of incorrect type: {OPEN}",
            ["AccountId"],
        ),
        (
            {**DEAL, "AccountId": "001000000000009AAA"},
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id",
            None,
        ),
        (
            {**DEAL, "CloseDate": "2026-02-31"},
            "JSON_PARSER_ERROR",
            (
                "Cannot deserialize instance of date from VALUE_STRING value 2026-02-31 or request "
                "may be missing a required field at [line:1, column:1]"
            ),
            None,
        ),
        (
            {**DEAL, "Amount": 1e17},
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Amount: value outside of valid range on numeric field: 1E+17",
            ["Amount"],
        ),
        (
            {**DEAL, "ForecastCategoryName": "Sure"},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Forecast Category: bad value for restricted picklist field: Sure",
            ["ForecastCategoryName"],
        ),
        (
            {**DEAL, "Id": WON},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "cannot specify Id in an insert call",
            ["Id"],
        ),
    ],
)
def test_a_record_that_breaks_a_rule_is_refused_in_salesforce_s_words(
    reader: Visitor, body: dict[str, Any], code: str, message: str, fields: list[str] | None
) -> None:
    status, found = error(reader, "POST", "/sobjects/Opportunity", body)
    assert status == 400
    assert (found["errorCode"], found["message"]) == (code, message)
    assert found.get("fields") == fields


def test_an_emptied_required_field_and_a_broken_body_are_refused(reader: Visitor) -> None:
    _, found = error(reader, "PATCH", f"/sobjects/Opportunity/{OPEN}", {"Name": ""})
    assert found["message"] == "Required fields are missing: [Name]"
    response = reader.call("PATCH", f"/sobjects/Opportunity/{OPEN}", data="{")
    assert (response.status_code, response.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_a_deleted_record_says_so_and_stays_in_the_bin_for_fifteen_days(fresh: Visitor) -> None:
    assert fresh.crm.Opportunity.delete(OPEN) == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert error(fresh, method, f"/sobjects/Opportunity/{OPEN}", {}) == (
            404,
            {"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED"},
        )
    query = f"SELECT IsDeleted, SystemModstamp FROM Opportunity WHERE Id = '{OPEN}'"
    assert fresh.crm.query(query)["totalSize"] == 0
    [found] = fresh.crm.query(query, include_deleted=True)["records"]
    assert (found["IsDeleted"], found["SystemModstamp"][:10]) == (True, "2026-06-30")
    fresh.world.clock.advance(timedelta(days=16))
    assert fresh.crm.query(query, include_deleted=True)["totalSize"] == 0


def test_an_address_that_names_no_record_is_not_found(reader: Visitor) -> None:
    assert error(reader, "GET", "/sobjects/Account/23foo") == (
        404,
        {
            "message": "Provided external ID field does not exist or is not accessible: 23foo",
            "errorCode": "NOT_FOUND",
        },
    )
    assert error(reader, "GET", "/sobjects/Account/001000000000009") == (
        404,
        {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"},
    )


def test_upsert_creates_once_and_updates_after(fresh: Visitor) -> None:
    path = "/sobjects/Contact/Email/jo@acme.example"
    first = fresh.call("PATCH", path, json={"LastName": "Jo"})
    second = fresh.call("PATCH", path, json={"FirstName": "Billie"})
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (second.status_code, second.json()["created"]) == (200, False)
    assert second.json()["id"] == first.json()["id"]
    assert fresh.crm.Contact.get_by_custom_id("Email", "JO@acme.example")["Name"] == "Billie Jo"


def test_upsert_by_a_field_that_is_no_key_or_not_unique_is_refused(fresh: Visitor) -> None:
    status, found = error(fresh, "PATCH", "/sobjects/Contact/Namez/x", {})
    assert (status, found["errorCode"]) == (404, "NOT_FOUND")
    assert found["message"].endswith("does not exist or is not accessible: Namez")
    for name in ("One", "Two"):
        fresh.crm.Contact.create({"LastName": name, "Email": "both@acme.example"})
    with pytest.raises(SalesforceMoreThanOneRecord) as caught:
        fresh.crm.Contact.upsert("Email/both@acme.example", {"Title": "x"})
    assert [path.split("/")[-2] for path in caught.value.content] == ["Contact", "Contact"]


def test_a_conditional_update_is_refused_when_the_record_has_changed(fresh: Visitor) -> None:
    path, since = f"/sobjects/Account/{ACME}", "Mon, 01 Jun 2026 08:00:00 GMT"
    unless = {"If-Unmodified-Since": since}
    assert fresh.call("PATCH", path, json={"Phone": "1"}, headers=unless).status_code == 204
    assert fresh.call("PATCH", path, json={"Phone": "2"}, headers=unless).status_code == 412


def test_updated_and_deleted_tell_what_happened_in_a_window(fresh: Visitor) -> None:
    start = fresh.world.clock.now()
    fresh.crm.Account.update(ACME, {"Phone": "1"})
    fresh.crm.Opportunity.delete(OPEN)
    fresh.world.clock.advance(timedelta(minutes=10, seconds=30))
    end = fresh.world.clock.now()
    assert fresh.crm.Account.updated(start, end) == {
        "ids": [ACME],
        "latestDateCovered": "2026-06-30T02:10:00.000+0000",
    }
    gone = fresh.crm.Opportunity.deleted(start, end)
    assert gone["deletedRecords"] == [{"id": OPEN, "deletedDate": "2026-06-30T02:00:00.000+0000"}]
    assert gone["earliestDateAvailable"] == "2026-06-15T02:10:30.000+0000"
    response = fresh.call(
        "GET",
        "/sobjects/Account/updated/",
        params={"start": "2026-01-01T00:00:00Z", "end": "2026-06-30T00:00:00Z"},
    )
    assert response.json()[0]["errorCode"] == "INVALID_REPLICATION_DATE"
