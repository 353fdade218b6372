"""Requests for more days on the command line: asked for, listed, refused, granted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from goodword.actions import registrations
from tests import factories as make
from tests.cli.conftest import goodword, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from goodword.db.session import Database

ON = ("--date", make.TODAY.isoformat())


@pytest.fixture
def claim(database: Database, tmp_path: Path) -> Iterator[str]:
    url = database.engine.url.render_as_string(hide_password=False)
    with settings(GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=url, USER="sam"):
        with database.transaction() as tx:
            make.program(tx)
            who = make.participant(tx, "ann")
            number = make.registration(tx, who, "Acme")
            registrations.apply(tx, [make.approval_of(number, who)], make.TODAY)
        yield str(number)


def ask(claim: str) -> int:
    why = ("--reason", "they sign in July")
    return goodword("registrations", "ask-extension", claim, *why, "--as", "ann", *ON).code


def test_a_request_is_listed_and_counted_until_it_is_refused(claim: str) -> None:
    assert ask(claim) == 0
    [row] = goodword("registrations", "requests", "--json").document
    assert (row["partner"], row["company"], row["reason"]) == ("ann", "Acme", "they sign in July")
    assert "requests for more days" in goodword("status").out
    again = goodword(
        "registrations", "ask-extension", claim, "--reason", "please", "--as", "ann", *ON
    )
    assert again.code == 1
    assert "already asked for" in again.err
    refuse = ("registrations", "refuse-extension", claim, "--reason", "no budget", *ON)
    assert goodword(*refuse).code == 0
    assert goodword("registrations", "requests", "--json").document == []
    assert "nobody asks for more days" in goodword(*refuse).err


def test_extending_the_claim_answers_the_request(claim: str) -> None:
    assert ask(claim) == 0
    extended = goodword("registrations", "extend", claim, "--reason", "it is fair", *ON)
    assert extended.code == 0
    assert goodword("registrations", "requests", "--json").document == []
    until = (make.TODAY + timedelta(days=90)).isoformat()
    assert goodword("registrations", "show", claim, "--json").document["expires_on"] == until
