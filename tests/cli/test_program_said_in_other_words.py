"""A program file whose comments changed says what it said before: nothing is to be published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from goodword.actions import nights
from goodword.db.queries import programs as queries
from tests import factories as make
from tests.cli.conftest import ROOT, goodword, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from goodword.db.session import Database

SOURCE = (ROOT / "config" / "program.toml").read_text(encoding="utf-8")
IN_OTHER_WORDS = SOURCE + "\n# A later release explains more here.\n"
OTHER_RULES = SOURCE.replace("clawback_days = 90", "clawback_days = 91")


@pytest.fixture
def program(database: Database, tmp_path: Path) -> Iterator[Path]:
    """The file of a program that is published and by which a night has decided."""
    file = tmp_path / "program.toml"
    file.write_text(SOURCE, encoding="utf-8")
    url = database.engine.url.render_as_string(hide_password=False)
    with settings(
        GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=url, GOODWORD_PROGRAM=str(file)
    ):
        assert goodword("init").code == 0
        with database.transaction() as tx:
            nights.begin(tx, make.TODAY)
        yield file


def versions(database: Database) -> int:
    with database.transaction() as tx:
        return len(queries.versions(tx))


def test_other_comments_are_nothing_to_publish_even_after_a_night(
    database: Database, program: Path
) -> None:
    program.write_text(IN_OTHER_WORDS, encoding="utf-8")

    init = goodword("init")
    publish = goodword("program", "publish", str(program), "--as", "ann")
    doctor = goodword("doctor", "--json")

    assert (init.code, init.err) == (0, "")
    assert "already published" in init.out
    assert "nothing, since the newest version says the same" in publish.out
    said = {finding["what"]: finding["said"] for finding in doctor.document}
    assert said["published program"] == f"version 1, as in {program}"
    assert versions(database) == 1


def test_other_rules_for_days_that_a_night_has_decided_are_refused(
    database: Database, program: Path
) -> None:
    program.write_text(OTHER_RULES, encoding="utf-8")

    init = goodword("init")

    assert init.code == 1
    assert "Set effective_on after 2026-06-30" in init.err
    assert versions(database) == 1
