"""The pictures: what they count, and that each can be read as a table."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests import factories as make

if TYPE_CHECKING:
    from tests.web.browsing import Console

TODAY = datetime.now(UTC).date() - timedelta(days=1)  # where the program is, it may be yesterday


@pytest.fixture
def told(console: Console) -> None:
    """Let four rewards wait, and a night tell of itself and of two months in yen."""
    with console.database.transaction() as tx:
        for days in (0, 5, 6, 40):
            number = make.waiting(tx, make.participant(tx), 100_000)
            tx.execute(
                make.text("UPDATE rewards SET asked_on = :on WHERE id = :id"),
                {"on": TODAY - timedelta(days=days), "id": number},
            )
        for ago, owed, paid, days in ((32, 500, 1_000, 9), (0, 700, 1_600, 4)):
            for name, value, unit in (
                ("owed in JPY", owed, "JPY"),
                ("paid in JPY", paid, "JPY"),
                ("won to paid, median", days, "days"),
            ):
                tx.execute(
                    make.text("INSERT INTO figures VALUES (:on, :name, :value, :unit, '{}')"),
                    {"on": TODAY - timedelta(ago), "name": name, "value": value, "unit": unit},
                )
        night = make.insert(tx, "nights", business_date=TODAY, state="done")
        for stage, outcomes in (("compute", {"computed": 1_234}), ("pay", {"paid": 7})):
            make.insert(
                tx,
                "stage_runs",
                night_id=night,
                business_date=TODAY,
                stage=stage,
                outcomes=json.dumps(outcomes),
                failures="[]",
                started_at=datetime.now(UTC),
            )


@pytest.mark.usefixtures("told")
def test_each_picture_is_a_table_as_well(console: Console) -> None:
    page = console.signed_in("auditor").get("/console/figures")
    assert ["4 to 7 days", "2"] in page.rows
    assert ["longer", "1"] in page.rows
    assert [TODAY.isoformat(), "1,234"] in page.rows
    assert [TODAY.isoformat(), "7"] in page.rows
    assert [f"{TODAY:%Y-%m}", "700 JPY"] in page.rows
    assert [f"{TODAY:%Y-%m}", "600 JPY"] in page.rows
    assert [TODAY.isoformat(), "4"] in page.rows
    assert page.html.count("<svg") == 6


@pytest.mark.usefixtures("told")
def test_home_has_them_small_each_with_its_number_its_words_and_a_way_to_the_large_one(
    console: Console,
) -> None:
    client = console.signed_in("operator")
    with console.counting() as statements:
        page = client.get("/console")
    assert len(statements) <= 12
    tiles = re.findall(
        r'class="tile" href="/console/figures#(.*?)">\s*<span class="hint">(.*?)</span>\s*'
        r'<strong>(.*?)</strong>\s*<svg [^>]*aria-label="(.*?)"',
        page.html,
    )
    assert [(brief, now) for _, brief, now, _ in tiles] == [
        ("Rewards to approve", "4"),
        ("Won to paid, median", "4 days"),
        ("Rewards computed", "1,234"),
        ("Payouts paid", "7"),
        ("Owed", "700 JPY"),
        (f"Paid in {TODAY:%Y-%m}", "600 JPY"),
    ]
    assert tiles[0][3] == (
        "Rewards that wait for a person, by how long: up to a day 1; 4 to 7 days 2; longer 1"
    )
    large = client.get("/console/figures").html
    assert all(f'id="{anchor}"' in large for anchor, *_ in tiles)


def test_a_new_company_has_no_pictures_and_one_page_says_so(console: Console) -> None:
    client = console.signed_in("operator")
    with console.counting() as statements:
        page = client.get("/console/figures")
    assert (page.status, page.html.count("<svg")) == (200, 0)
    assert page.text.count("Nothing to show yet") == 5
    assert len(statements) <= 8
