"""goodword program show and diff: what a file or a version says, and what two do not say alike."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from goodword.actions import programs
from goodword.program import digest
from tests import factories as make
from tests.cli.conftest import ROOT, goodword, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from goodword.db.session import Database

SOURCE = (ROOT / "config" / "program.toml").read_text(encoding="utf-8")
OTHER_RULES = SOURCE.replace("clawback_days = 90", "clawback_days = 60")


@pytest.fixture
def published(database: Database, tmp_path: Path) -> Iterator[None]:
    url = database.engine.url.render_as_string(hide_password=False)
    with settings(GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=url):
        with database.transaction() as tx:
            make.program(tx)
            programs.publish(tx, OTHER_RULES, digest(OTHER_RULES), date(2026, 7, 1), "ada")
        yield


@pytest.mark.usefixtures("published")
def test_two_versions_are_shown_side_by_side_by_rule() -> None:
    said = goodword("program", "diff", "--json").document
    assert (said["before"], said["after"]) == (1, 2)
    changed = {each["heading"]: (each["before"], each["after"]) for each in said["differences"]}
    before, after = changed["What is taken back"]
    assert "90 days" in before
    assert "60 days" in after
    lines = goodword("program", "diff").out
    assert "From version 1 to version 2" in lines
    assert goodword("program", "diff", "2", "2").out.splitlines()[-1] == "Both say the same."


@pytest.mark.usefixtures("published")
def test_a_version_that_is_not_there_is_named_with_those_that_are() -> None:
    for words in (("diff", "1", "9"), ("show", "--version", "9")):
        said = goodword("program", *words)
        assert (said.code, said.err.strip()) == (1, "There is no version 9; published: 1, 2.")


def test_a_file_is_told_in_sentences_before_it_is_published(tmp_path: Path) -> None:
    file = tmp_path / "draft.toml"
    file.write_text(OTHER_RULES, encoding="utf-8")
    with settings(GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=""):
        said = goodword("program", "show", str(file))
        document = goodword("program", "show", str(file), "--json").document
        both = goodword("program", "show", str(file), "--version", "1")
    assert said.out.startswith(f"{file}, in force from 2026-01-01\n- Harbour Software Referrals")
    assert (document["file"], document["effective_on"]) == (str(file), "2026-01-01")
    assert any("refunded within 60 days" in rule for rule in document["rules"])
    assert both.code == 2
    assert "not both" in both.err
    assert not (tmp_path / "postgres").exists(), "no database is needed for it"
