"""Registrations by hand: taken down, listed, shown, approved, refused."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from tests import factories as make
from tests.cli.conftest import Said, goodword, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from goodword.db.session import Database

ON = ("--date", "2026-06-30")
SUBMIT = (
    *(
        "registrations",
        "submit",
        "--participant",
        "ann",
        "--company",
        "Acme Inc.",
        "--as",
        "olivia",
    ),
    *("--domain", "acme.com", "--submitted-at", "2026-06-30T10:00", *ON),
)
EVIDENCE = ("--evidence", "meeting 2026-06-01 'met the CIO; liked it'", "--evidence", "need")


@pytest.fixture
def company(database: Database, tmp_path: Path) -> Iterator[Database]:
    with database.transaction() as tx:
        make.program(tx)
        make.participant(tx, "ann")
    url = database.engine.url.render_as_string(hide_password=False)
    with settings(GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=url):
        yield database


def shown(number: int = 1) -> Any:
    return goodword("registrations", "show", str(number), "--json").document


def decided(word: str, *more: str, on: tuple[str, ...] = ON) -> Said:
    return goodword("registrations", word, "1", "--as", "olivia", "--reason", "we know", *more, *on)


@pytest.mark.usefixtures("company")
def test_a_claim_is_taken_down_once_with_what_it_rests_on() -> None:
    more = (*EVIDENCE, "--amount", "50000.00 USD", "--close", "2026-12-31")
    said = goodword(*SUBMIT, *more)
    assert (said.code, said.out) == (
        0,
        "Registration 1 is submitted: the next night decides it.\n",
    )
    again = goodword(*SUBMIT, *more, "--json").document
    assert (again["id"], again["new"]) == (1, False)
    claim = shown()
    assert (claim["source"], claim["expected_amount_minor"]) == ("staff", 50_000_00)
    assert claim["evidence"] == [
        {"kind": "meeting", "on": "2026-06-01", "note": "met the CIO; liked it"},
        {"kind": "need", "on": None},
    ]
    told = goodword("registrations", "show", "1").out
    assert "2026-06-01 meeting met the CIO; liked it; need" in told
    assert "expected amount    50,000.00 USD" in told


@pytest.mark.usefixtures("company")
def test_a_claim_that_cannot_be_taken_down_is_refused_with_every_problem() -> None:
    wrong = ("--evidence", "lunch", "--amount", "50000 dollars", "--close", "soon")
    said = goodword(*SUBMIT, *wrong)
    assert said.code == 1
    for problem in ("- evidence has 'lunch'", "- currency is 'dollars'", "- expected_close_on is"):
        assert problem in said.out
    document = goodword(*SUBMIT, *wrong, "--json").document
    assert document["id"] is None
    assert len(document["refused"]) >= 3


def test_staff_approves_and_refuses_with_a_reason_told_and_a_note_kept(company: Database) -> None:
    goodword(*SUBMIT)
    assert decided("reject", "--note", "he is the CIO's brother").code == 0
    assert shown()["reasons"] == ["we know", "he is the CIO's brother"]
    with company.transaction() as tx:
        letters = "SELECT context->'reasons' FROM messages WHERE template = :t"
        assert make.value(tx, letters, t="registration_rejected") == ["we know"]
    assert decided("approve", "--json").document == {"id": 1, "state": "approved"}
    assert shown()["expires_on"] == "2026-09-28"
    listed = goodword("registrations", "list", "--state", "approved")
    assert "Acme Inc." in listed.out


def test_an_approval_counts_from_the_day_that_the_program_says(company: Database) -> None:
    with company.transaction() as tx:
        tx.execute(text("UPDATE participants SET kind = 'service'"))
        source = make.value(tx, "SELECT source FROM program_versions")
        own = '[registrations.by_kind.service]\ncounted_from = "approval"\nwindow_days = 30\n\n'
        changed = source.replace("# Who is credited with", own + "# Who is credited with", 1)
        assert changed != source
        make.insert(
            tx,
            "program_versions",
            effective_on=date(2026, 2, 1),
            digest="2",
            source=changed,
            published_by="tests",
        )
    goodword(*SUBMIT)
    decided("approve", on=("--date", "2026-07-10"))
    assert shown()["expires_on"] == "2026-08-09"


@pytest.mark.usefixtures("company")
def test_what_waits_longer_than_promised_is_in_the_status() -> None:
    goodword(*SUBMIT)
    waiting = {row["what"]: row["rows"] for row in goodword("status", "--json").document["waiting"]}
    assert waiting["claims that wait longer than partners were promised"] == 1
    assert waiting["claims to decide"] == 1
