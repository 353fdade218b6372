"""Search in a browser: everything by what somebody has at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import factories as make

if TYPE_CHECKING:
    from tests.web.browsing import Client, Console

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def company(console: Console) -> int:
    with console.database.transaction() as tx:
        anna = make.participant(tx, "anna-key", name="Anna Ågren", email="anna@example.com")
        for number in range(12):
            make.participant(tx, name=f"Repeated Name {number}", email=f"r{number}@example.com")
        make.participant(tx, name=SCRIPT, email="s@example.com")
        return make.waiting(tx, anna, 100_000)


def found(client: Client, asked: str) -> dict[str, list[str]]:
    """Return the rows found, by their number."""
    page = client.get("/console/search", q=asked)
    assert page.status == 200, page.text
    assert SCRIPT not in page.html
    return {row[0]: row for row in page.rows if row[0] != "Number"}


def test_people_are_found_by_the_beginnings_of_their_names_words(
    console: Console, company: int
) -> None:
    client = console.signed_in("auditor")
    for asked in ("ann", "ågr an", "ANNA", "anna@example.com", "Anna@Example.com", "anna-key"):
        assert [row[1] for row in found(client, asked).values()] == ["Anna Ågren"], asked
    assert found(client, str(company))[str(company)][2] == "waiting, standard"
    assert [row[1] for row in found(client, "s@example.com").values()] == [SCRIPT]
    assert len(found(client, "repeated")) == 10


@pytest.mark.usefixtures("company")
def test_whatever_is_typed_is_answered(console: Console) -> None:
    client = console.signed_in("auditor")
    for asked in ("", " ", "'", "\\", "&|!", "q:*", "r", "9" * 40, "日本", "-77", "%"):
        assert found(client, asked) == {}, asked
    assert client.get("/console/search", q="x" * 201).status == 400
    with console.counting() as statements:
        client.get("/console/search", q="repeated")
    assert len(statements) <= 5
