"""The audit trail in a browser: found by page and filter, and exported by those who may."""

from __future__ import annotations

import csv
import gc
import io
import json
import warnings
from typing import TYPE_CHECKING

import pytest

from goodword.actions import audit

if TYPE_CHECKING:
    from tests.web.browsing import Console

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def trail(console: Console) -> None:
    with console.database.transaction() as tx:
        audit.record(
            tx,
            [audit.Event(SCRIPT, SCRIPT, "reward", number, SCRIPT) for number in range(70)]
            + [audit.Event("ann", "approved", "payout", 1, "=1+1", {"who": SCRIPT})],
        )


@pytest.mark.usefixtures("trail")
def test_events_are_shown_fifty_at_a_time_with_nothing_taken_for_markup(console: Console) -> None:
    client = console.signed_in("auditor")
    with console.counting() as statements:
        first = client.get("/console/audit")
    assert len(statements) <= 6
    assert len(first.rows) == 51
    assert SCRIPT not in first.html
    assert SCRIPT in first.text
    older = first.html.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    rest = client.get(older.replace("&amp;", "&"))
    events = [int(row[0]) for page in (first, rest) for row in page.rows[1:]]
    assert events == list(range(events[0], 0, -1))


@pytest.mark.usefixtures("trail")
def test_events_are_found_by_what_is_asked(console: Console) -> None:
    client = console.signed_in("operator")

    def found(**asked: object) -> int:
        page = client.get("/console/audit", **asked)
        assert page.status == 200, page.text
        return len(page.rows[1:])

    assert found(by="ann") == 1
    assert found(by="ann", did="rejected") == 0
    assert found(about="reward", number="7") == 1
    assert found(about="payout", since="2026-01-01", until="2100-01-01") == 1
    assert found(until="2026-01-01") == 0
    for wrong in ({"number": "x"}, {"number": "9" * 30}, {"since": "soon"}, {"after": "0"}):
        assert client.get("/console/audit", **wrong).status in {400, 409}


def test_no_cell_of_an_export_is_a_formula(console: Console) -> None:
    texts = [
        f"{sign}1+1" for sign in ("=", "@", "+", "-", "\t", "\r", "\n", " =", "\uff1d", "|", "%")
    ]
    with console.database.transaction() as tx:
        audit.record(tx, [audit.Event(each, each, each, 1, each, {each: each}) for each in texts])
    sheet = console.signed_in("auditor").post("/console/audit/export", format="csv")
    cells = [row[2:] for row in csv.reader(io.StringIO(sheet.html, newline=""))][1:]
    kept = [cell for row in cells for cell in row if "1+1" in cell]
    assert len(kept) == 5 * len(texts)
    assert {cell[0] for cell in kept} <= {"'", "{"}


@pytest.mark.usefixtures("trail")
def test_auditors_export_what_they_see_and_others_do_not(console: Console) -> None:
    operator = console.signed_in("operator")
    assert "Export" not in operator.get("/console/audit").text
    assert operator.post("/console/audit/export", format="csv").status == 403
    auditor = console.signed_in("auditor", name="sam")
    sheet = auditor.post("/console/audit/export?about=payout", format="csv")
    assert sheet.headers["content-disposition"].endswith('.csv"')
    assert sheet.html.splitlines()[1].split(",")[6] == "'=1+1"
    lines = auditor.post("/console/audit/export", format="jsonl").html.splitlines()
    assert [json.loads(line)["id"] for line in lines] == list(range(1, len(lines) + 1))
    assert console.trail("audit") == [("sam", "exported")] * 2
    assert auditor.post("/console/audit/export", format="exe").status == 400
    with warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always", ResourceWarning)
        assert auditor.post("/console/audit/export?number=x", format="csv").status == 400
        auditor.get("/console/audit")  # the worker of the one before holds what it raised
        gc.collect()
    assert left_open == []
