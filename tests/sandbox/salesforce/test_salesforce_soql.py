"""SOQL over HTTP: what it finds, and what it refuses instead of ignoring."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Visitor

WON, OPEN, ORPHAN = "Acme servers", "Globex licences", "it's 100%_new"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Name = 'ACME SERVERS'", [WON]),
        ("Name != 'acme servers'", [OPEN, ORPHAN]),
        (r"Name = 'it\'s 100%_new'", [ORPHAN]),
        (r"Name LIKE '%100\%\_N%'", [ORPHAN]),
        ("Name LIKE '_cme%'", [WON]),
        ("(NOT Name LIKE 'a%') AND Amount = null", [ORPHAN]),
        ("Amount > 500", [WON]),
        ("Amount >= 500.00", [WON, OPEN]),
        ("Amount < 1000000", [WON, OPEN]),
        ("Amount != 500", [WON, ORPHAN]),
        ("Amount = 12000.5", [WON]),
        ("AccountId = ''", [ORPHAN]),
        ("AccountId = '001000000000001'", [WON]),
        ("AccountId IN ('001000000000001AAA', '001000000000002aaa')", [WON, OPEN]),
        ("AccountId NOT IN ('001000000000001')", [OPEN, ORPHAN]),
        ("AccountId IN (SELECT Id FROM Account WHERE Name LIKE 'g%')", [OPEN]),
        ("IsWon = true", [WON]),
        ("IsClosed != TRUE", [OPEN, ORPHAN]),
        ("CloseDate >= 2026-08-15", [OPEN, ORPHAN]),
        ("CreatedDate = 2026-05-01T12:00:00+02:00", [WON, OPEN, ORPHAN]),
        ("CreatedDate < LAST_N_DAYS:60", []),
        ("CreatedDate = LAST_N_DAYS:60", [WON, OPEN, ORPHAN]),
        ("CreatedDate >= YESTERDAY OR CloseDate > TODAY", [OPEN, ORPHAN]),
        ("Account.Name = 'acme'", [WON]),
        ("Account.Owner.Name = 'Ann Ng'", [WON, OPEN]),
        ("Account.Name = null", [ORPHAN]),
        ("(StageName = 'closed won' OR StageName = 'Qualification') AND Amount = null", [ORPHAN]),
    ],
)
def test_conditions_find_what_salesforce_would(
    reader: Visitor, where: str, expected: list[str]
) -> None:
    assert reader.names(where) == expected


@pytest.mark.parametrize(
    ("soql", "code", "words"),
    [
        (
            "SELECT Id FROM Opportunity WHERE Amount = 1 AND IsWon = true OR IsClosed = true",
            "MALFORMED_QUERY",
            "unexpected token: 'OR'",
        ),
        (
            "SELECT Id FROM Opportunity WHERE IsWon = true AND NOT Amount = 1",
            "MALFORMED_QUERY",
            "unexpected token",
        ),
        ("SELECT Id FROM Opportunity GROUP BY Id", "MALFORMED_QUERY", "unexpected token: 'GROUP'"),
        ("SELECT COUNT(Id) FROM Opportunity", "MALFORMED_QUERY", "unexpected token: 'Id'"),
        ("SELECT Id FROM Opportunity FOR UPDATE", "MALFORMED_QUERY", "unexpected token: 'FOR'"),
        (
            "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
            "MALFORMED_QUERY",
            "unexpected token",
        ),
        ("SELECT Id FROM", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Opportunity WHERE Name = 'x", "MALFORMED_QUERY", "no viable alternative"),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate = NEXT_QUARTER",
            "MALFORMED_QUERY",
            "LAST_N_DAYS",
        ),
        (
            "SELECT Foo FROM Opportunity",
            "INVALID_FIELD",
            "No such column 'Foo' on entity 'Opportunity'",
        ),
        ("SELECT Id FROM Opportunity WHERE Foo = 1", "INVALID_FIELD", "No such column 'Foo'"),
        ("SELECT Id FROM Opportunity ORDER BY Foo", "INVALID_FIELD", "No such column 'Foo'"),
        ("SELECT Id, id FROM Opportunity", "INVALID_FIELD", "duplicate field selected: id"),
        (
            "SELECT Boss.Name FROM Opportunity",
            "INVALID_FIELD",
            "Didn't understand relationship 'Boss'",
        ),
        ("SELECT Id FROM Deal", "INVALID_TYPE", "sObject type 'Deal' is not supported"),
        (
            "SELECT Id FROM Opportunity WHERE CreatedDate > '2026-01-01'",
            "INVALID_FIELD",
            "must be of type dateTime and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Opportunity WHERE CreatedDate > 2026-01-01",
            "INVALID_FIELD",
            "must be of type dateTime",
        ),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate > 2026-02-31",
            "INVALID_FIELD",
            "must be of type date",
        ),
        (
            "SELECT Id FROM Opportunity WHERE Amount > '5'",
            "INVALID_FIELD",
            "must be of type double",
        ),
        (
            "SELECT Id FROM Opportunity WHERE Name = 5",
            "INVALID_FIELD",
            "must be of type string and should be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Opportunity WHERE IsWon = 'true'",
            "INVALID_FIELD",
            "must be of type boolean",
        ),
        ("SELECT Id FROM Opportunity WHERE IsWon > true", "INVALID_FIELD", "invalid operator"),
        ("SELECT Id FROM Opportunity WHERE Amount LIKE '5%'", "INVALID_FIELD", "invalid operator"),
        (
            "SELECT Id FROM Opportunity WHERE Description = 'x'",
            "INVALID_FIELD",
            "can not be filtered",
        ),
        (
            "SELECT Id FROM Opportunity WHERE Id = 'x'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid ID field: x",
        ),
        ("SELECT Id FROM Opportunity WHERE Id IN ()", "MALFORMED_QUERY", "unexpected token: ')'"),
        ("SELECT Id FROM Opportunity OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
    ],
)
def test_what_cannot_be_done_is_refused(reader: Visitor, soql: str, code: str, words: str) -> None:
    status, found, message = reader.refusal(soql)
    assert (status, found) == (400, code)
    assert words in message


def test_a_refusal_shows_the_place_in_the_query(reader: Visitor) -> None:
    _, _, message = reader.refusal("select count() from XYZZY")
    assert message.startswith(
        "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\n"
        "sObject type 'XYZZY' is not supported."
    )


def test_values_are_typed_by_the_describe(reader: Visitor) -> None:
    [record] = reader.crm.query(
        "select id, amount, isWon, closedate, CreatedDate, NextStep, account.name, Owner.Name "
        "from opportunity where Name = 'Acme servers'"
    )["records"]
    url = "/services/data/v59.0/sobjects/Opportunity/006000000000001AAA"
    assert record["attributes"] == {"type": "Opportunity", "url": url}
    assert (record["Amount"], record["IsWon"], record["NextStep"]) == (12000.5, True, None)
    assert record["CloseDate"] == "2026-05-20"
    assert record["CreatedDate"] == "2026-05-01T10:00:00.000+0000"
    assert record["Account"]["attributes"]["type"] == "Account"
    assert (record["Account"]["Name"], record["Owner"]["Name"]) == ("Acme", "Ann Ng")


def test_a_missing_parent_is_null(reader: Visitor) -> None:
    where = r"WHERE Name LIKE 'it%'"
    assert reader.rows(f"SELECT Account.Name FROM Opportunity {where}") == [{"Account": None}]


def test_count_says_only_how_many(reader: Visitor) -> None:
    answer = reader.crm.query("SELECT COUNT() FROM Opportunity WHERE IsWon = false")
    assert answer == {"totalSize": 2, "done": True, "records": []}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("Amount", [ORPHAN, OPEN, WON]),
        ("Amount DESC NULLS LAST", [WON, OPEN, ORPHAN]),
        ("Amount ASC NULLS LAST LIMIT 2", [OPEN, WON]),
        ("SystemModstamp, Id DESC", [ORPHAN, OPEN, WON]),
        ("SystemModstamp, Id LIMIT 1 OFFSET 1", [OPEN]),
        ("IsClosed DESC, Name", [WON, OPEN, ORPHAN]),
        ("Account.Name DESC NULLS FIRST", [ORPHAN, OPEN, WON]),
    ],
)
def test_order_by_several_keys_with_nulls_where_they_are_wanted(
    reader: Visitor, order: str, expected: list[str]
) -> None:
    rows = reader.rows(f"SELECT Name FROM Opportunity ORDER BY {order}")
    assert [row["Name"] for row in rows] == expected
