"""Query locators: pages, how long they live, and how many may be open."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Visitor

QUERY = "SELECT Id, LastName FROM Contact ORDER BY Id"
SMALL_PAGES = {"Sforce-Query-Options": "batchSize=200"}
REFUSED = [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]


def first_page(visitor: Visitor, **headers: str) -> dict[str, Any]:
    headers = headers or SMALL_PAGES
    page: dict[str, Any] = visitor.call(
        "GET", "/query", params={"q": QUERY}, headers=headers
    ).json()
    return page


def follow(visitor: Visitor, page: dict[str, Any]) -> Any:
    return visitor.call("GET", page["nextRecordsUrl"].removeprefix("/services/data/v59.0"))


def test_pages_are_followed_to_the_last(reader: Visitor) -> None:
    page = first_page(reader)
    assert (page["totalSize"], page["done"], len(page["records"])) == (500, False, 200)
    second = follow(reader, page).json()
    third = follow(reader, second).json()
    assert (len(third["records"]), third["done"], "nextRecordsUrl" in third) == (100, True, False)
    met = [record["Id"] for part in (page, second, third) for record in part["records"]]
    assert met == sorted(met)
    assert len(set(met)) == 500


def test_a_page_holds_2000_unless_asked_and_never_fewer_than_200(reader: Visitor) -> None:
    whole = reader.call("GET", "/query", params={"q": QUERY}).json()
    assert (whole["done"], len(whole["records"])) == (True, 500)
    tiny = first_page(reader, **{"Sforce-Query-Options": "batchSize=5"})
    assert len(tiny["records"]) == 200


def test_a_cursor_keeps_what_it_read_while_the_org_changes(fresh: Visitor) -> None:
    page = first_page(fresh)
    fresh.world.salesforce.soft_delete("Contact", "003000000000300AAA")
    records = follow(fresh, page).json()["records"]
    assert "003000000000300AAA" in [record["Id"] for record in records]


def test_an_idle_locator_expires_after_fifteen_minutes(fresh: Visitor) -> None:
    page = first_page(fresh)
    fresh.world.clock.advance(timedelta(minutes=14))
    assert follow(fresh, page).ok
    fresh.world.clock.advance(timedelta(minutes=16))
    answer = follow(fresh, page)
    assert (answer.status_code, answer.json()) == (400, REFUSED)


def test_an_eleventh_cursor_releases_the_first(fresh: Visitor) -> None:
    pages = [first_page(fresh) for _ in range(11)]
    assert follow(fresh, pages[0]).json() == REFUSED
    assert all(follow(fresh, page).ok for page in pages[1:])
