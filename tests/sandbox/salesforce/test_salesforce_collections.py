"""Up to 200 records in one request, with the errors of single ones inside a 200."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Visitor

ACME, GLOBEX = "001000000000001AAA", "001000000000002AAA"


def account(**fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Account"}, **fields}


def send(visitor: Visitor, method: str, *records: dict[str, Any], all_or_none: bool = False) -> Any:
    body = {"allOrNone": all_or_none, "records": list(records)}
    return visitor.crm.restful("composite/sobjects", method=method, json=body)


def phones(visitor: Visitor) -> list[str | None]:
    rows = visitor.rows("SELECT Phone FROM Account WHERE Name IN ('Acme', 'Globex') ORDER BY Name")
    return [row["Phone"] for row in rows]


def test_each_record_has_its_own_result(fresh: Visitor) -> None:
    results = send(
        fresh,
        "PATCH",
        account(id=ACME, Phone="1"),
        account(id="001000000000009AAA", Phone="2"),
        account(id="006000000000001AAA", Phone="3"),
        account(id=GLOBEX, Industry="i" * 41),
        account(Phone="4"),
    )
    assert results[0] == {"id": ACME, "success": True, "errors": []}
    codes = [result["errors"][0]["statusCode"] for result in results[1:]]
    assert codes == [
        "INVALID_CROSS_REFERENCE_KEY",
        "MALFORMED_ID",
        "STRING_TOO_LONG",
        "MISSING_ARGUMENT",
    ]
    assert results[2]["errors"] == [
        {
            "statusCode": "MALFORMED_ID",
            "message": "Account ID: id value of incorrect type: 006000000000001AAA",
            "fields": ["Id"],
        }
    ]


def test_all_or_none_undoes_every_record_when_one_fails(fresh: Visitor) -> None:
    results = send(
        fresh, "PATCH", account(id=ACME, Phone="1"), account(id=GLOBEX, foo="x"), all_or_none=True
    )
    codes = [result["errors"][0]["statusCode"] for result in results]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_FIELD"]
    assert phones(fresh) == [None, None]


def test_all_or_none_keeps_every_record_when_none_fails(fresh: Visitor) -> None:
    records = (account(id=ACME, Phone="1"), account(id=GLOBEX, Phone="2"))
    assert all(r["success"] for r in send(fresh, "PATCH", *records, all_or_none=True))
    assert phones(fresh) == ["1", "2"]


def test_records_are_created_upserted_and_deleted_together(fresh: Visitor) -> None:
    [made] = send(fresh, "POST", account(Name="Initech"))
    assert made["id"].startswith("001")
    body = {
        "allOrNone": False,
        "records": [
            {"attributes": {"type": "Contact"}, "LastName": name, "Email": "x@initech.example"}
            for name in ("First", "Second")
        ],
    }
    path = "composite/sobjects/Contact/Email"
    results = fresh.crm.restful(path, method="PATCH", json=body)
    assert [result["created"] for result in results] == [True, False]
    ids = f"{made['id']},{results[0]['id']},nonsense"
    gone = fresh.crm.restful("composite/sobjects", {"ids": ids}, method="DELETE")
    assert [result["success"] for result in gone] == [True, True, False]
    assert gone[2]["errors"][0]["statusCode"] == "MALFORMED_ID"


def test_one_unreadable_value_refuses_the_whole_request_and_writes_nothing(fresh: Visitor) -> None:
    body = {
        "records": [account(id=ACME, Phone="1"), account(id=GLOBEX, NumberOfEmployees="many")],
    }
    response = fresh.call("PATCH", "/composite/sobjects", json=body)
    assert (response.status_code, response.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert phones(fresh) == [None, None]


def test_more_than_200_records_are_refused(reader: Visitor) -> None:
    body = {"records": [account(Name="x")] * 201}
    response = reader.call("POST", "/composite/sobjects", json=body)
    assert (response.status_code, response.json()[0]["errorCode"]) == (400, "LIMIT_EXCEEDED")
