"""Quarantine on the command line: listed with its reasons, and corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from goodword.actions import quarantine
from tests import factories as make
from tests.cli.conftest import goodword, settings

if TYPE_CHECKING:
    from pathlib import Path

    from goodword.db.session import Database

USER: dict[str, Any] = {"Id": "005000000000001AAA", "Name": None, "IsActive": True}
USER |= {"Email": None, "SystemModstamp": "2026-06-21T00:00:00.000+0000"}


def test_a_record_is_corrected_by_its_fields(database: Database, tmp_path: Path) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    with settings(GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=url, USER="sam"):
        with database.transaction() as tx:
            make.program(tx)
            aside = quarantine.Aside(USER["Id"], "Name is empty: fill it in", USER)
            quarantine.set_aside(tx, "salesforce.User", [aside])
        [row] = goodword("quarantine", "--json").document
        assert (row["id"], row["reason"]) == (1, aside.reason)
        correct = ("quarantine", "correct", "1", "--reason", "asked them")
        assert "names no value" in goodword(*correct, "--set", "Name").err
        still = goodword(*correct, "--set", "Email=jo@acme.com")
        assert (still.code, "it cannot be taken in yet: Name is empty" in still.err) == (1, True)
        done = goodword(*correct, "--set", "Name=Jo Doe", "--set", "Email=jo@acme.com")
        assert (done.code, done.out.strip()) == (0, "Record 1 is corrected and taken in.")
        assert "none" in goodword("quarantine").out
        with database.transaction() as tx:
            assert make.value(tx, "SELECT name FROM crm_users") == "Jo Doe"
