"""The pictures: what they count, and that each can be read as a table."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests import factories as make

if TYPE_CHECKING:
    from tests.web.browsing import Console

TODAY = datetime.now(UTC).date() - timedelta(days=1)  # where the program is, it may be yesterday


def test_each_picture_is_a_table_as_well(console: Console) -> None:
    with console.database.transaction() as tx:
        for days in (0, 5, 6, 40):
            number = make.waiting(tx, make.participant(tx), 100_000)
            tx.execute(
                make.text("UPDATE rewards SET asked_on = :on WHERE id = :id"),
                {"on": TODAY - timedelta(days=days), "id": number},
            )
        for ago, owed, paid in ((32, 500, 1_000), (0, 700, 1_600)):
            for name, minor in (("owed", owed), ("paid", paid)):
                tx.execute(
                    make.text("INSERT INTO figures VALUES (:on, :name, :minor, 'JPY', '{}')"),
                    {"on": TODAY - timedelta(days=ago), "name": f"{name} in JPY", "minor": minor},
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
    page = console.signed_in("auditor").get("/console/figures")
    assert ["4 to 7 days", "2"] in page.rows
    assert ["longer", "1"] in page.rows
    assert [TODAY.isoformat(), "1,234"] in page.rows
    assert [TODAY.isoformat(), "7"] in page.rows
    assert [f"{TODAY:%Y-%m}", "700 JPY"] in page.rows
    assert [f"{TODAY:%Y-%m}", "600 JPY"] in page.rows
    assert page.html.count("<svg") == 5


def test_a_new_company_has_no_pictures_and_one_page_says_so(console: Console) -> None:
    client = console.signed_in("operator")
    with console.counting() as statements:
        page = client.get("/console/figures")
    assert (page.status, page.html.count("<svg")) == (200, 0)
    assert page.text.count("Nothing to show yet") == 4
    assert len(statements) <= 7
