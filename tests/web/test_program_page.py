"""The program in a browser: its rules as sentences, and what two versions do not say alike."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from goodword.actions import programs
from goodword.program import digest

if TYPE_CHECKING:
    from tests.web.browsing import Console

SAMPLE = Path(__file__).parents[2] / "config" / "program.toml"


def publish(console: Console, **changed: str) -> None:
    source = SAMPLE.read_text(encoding="utf-8")
    for old, new in changed.items():
        assert old in source
        source = source.replace(old, new)
    with console.database.transaction() as tx:
        programs.publish(tx, source, digest(source), date(2026, 7, 1), "ada")


def test_the_rules_are_sentences_under_headings(console: Console) -> None:
    page = console.signed_in("auditor").get("/console/program")
    assert "Version 1 of the program" in page.text
    assert "Who is credited" in page.text
    assert "Registrations are" in page.text or "registration" in page.text
    assert console.signed_in("auditor", name="sam").get("/console/program?version=9").status == 404
    assert console.signed_in("auditor", name="kim").get("/console/program?version=x").status == 400


def test_two_versions_stand_side_by_side_by_rule(console: Console) -> None:
    publish(console, **{"clawback_days = 90 ": "clawback_days = 60 "})
    page = console.signed_in("operator").get("/console/program/differences")
    assert "From version 1 to version 2" in page.text
    [row] = page.rows[1:]
    assert row[0] == "What is taken back"
    assert "90 days" in row[1]
    assert "60 days" in row[2]


def test_a_version_and_itself_say_the_same(console: Console) -> None:
    page = console.signed_in("operator").get("/console/program/differences")
    assert "Both say the same." in page.text
