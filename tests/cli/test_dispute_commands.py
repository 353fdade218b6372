"""The dispute commands: contested, heard, ruled on and appealed from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from goodword.actions import registrations
from goodword.actions.registrations import Change
from goodword.rules.registrations import RegistrationState as State
from tests import factories as make
from tests.cli.conftest import goodword, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from goodword.db.session import Database

ON = ("--date", "2026-06-30")


@pytest.fixture
def company(database: Database, tmp_path: Path) -> Iterator[Database]:
    """Ann's claim 1 protects Acme; Bob's claim 2 came later."""
    url = database.engine.url.render_as_string(hide_password=False)
    with settings(GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=url, USER="olivia"):
        with database.transaction() as tx:
            make.program(tx)
            ann, bob = make.participant(tx, "ann"), make.participant(tx, "bob")
            held = make.registration(tx, ann, "Acme")
            lost = make.registration(tx, bob, "Acme")
            late = Change(lost, bob, State.CONFLICTING, ("late",), with_id=held)
            registrations.apply(tx, [make.approval_of(held, ann), late], make.TODAY)
        yield database


def contest() -> None:
    opened = goodword("disputes", "open", "2", "--by", "bob", "--ground", "met in May", *ON)
    assert opened.out == "Dispute 1 is open; it is to be ruled on by 2026-07-05.\n"


@pytest.mark.usefixtures("company")
def test_a_dispute_goes_from_its_opening_to_the_ruling_on_appeal() -> None:
    contest()
    assert "disputes to rule on" in goodword("status").out
    listed = " ".join(goodword("disputes", "list").out.split())
    assert "somebody who is no party rules: goodword disputes rule 1" in listed
    said = goodword("disputes", "state", "1", "--by", "ann", "--text", "we met in April", *ON)
    assert said.out == "What ann says is kept in dispute 1.\n"
    ruling = ("disputes", "rule", "1", "--outcome", "transferred", "--reason", "the minutes", *ON)
    assert goodword(*ruling, "--share", "20%").out == "Dispute 1 is decided: transferred.\n"
    assert "disputes to rule on" not in goodword("status").out
    appealed = goodword("disputes", "appeal", "1", "--by", "ann", "--ground", "no", *ON)
    assert appealed.out == "Dispute 1 is appealed: another person rules.\n"
    again = goodword(*ruling)
    assert (again.code, again.out) == (1, "")
    assert "olivia made the first ruling: somebody else must rule" in again.err
    last = goodword(*ruling, "--as", "pavel", "--json").document
    assert last == {"id": 1, "state": "closed", "outcome": "transferred"}
    assert goodword("disputes", "list", "--json").document == []
    assert len(goodword("disputes", "list", "--all", "--json").document) == 1


@pytest.mark.usefixtures("company")
def test_one_dispute_is_shown_with_what_was_said_and_ruled() -> None:
    contest()
    goodword("disputes", "state", "1", "--by", "ann", "--text", "we met in April", *ON)
    words = ("--outcome", "upheld", "--share", "2.5", "--reason", "the minutes", *ON)
    goodword("disputes", "rule", "1", *words)
    shown = goodword("disputes", "show", "1").out
    for expected in ("met in May", "we met in April", "upheld", "2.5%", "through 2026-07-07"):
        assert expected in shown
    document = goodword("disputes", "show", "1", "--json").document
    assert document["statements"][0]["said_by"] == "ann"
    assert document["rulings"][0]["share_bps"] == 250


@pytest.mark.usefixtures("company")
def test_who_opened_a_dispute_withdraws_it() -> None:
    contest()
    assert "bob opened it" in goodword("disputes", "withdraw", "1", "--by", "ann", *ON).err
    withdrawn = goodword("disputes", "withdraw", "1", "--by", "bob", *ON)
    assert withdrawn.out == "Dispute 1 is withdrawn.\n"


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize("share", ["a fifth", "20.005%", "101%", "-1%", "NaN"])
def test_a_share_that_is_none_is_wrong_use(share: str) -> None:
    contest()
    words = ("--outcome", "upheld", "--reason", "the minutes", *ON, "--share", share)
    refused = goodword("disputes", "rule", "1", *words)
    assert refused.code == 2


@pytest.mark.usefixtures("company")
def test_a_dispute_that_is_not_there_is_said_to_be_not_there() -> None:
    assert "There is no dispute 7" in goodword("disputes", "show", "7").err
    words = ("--outcome", "upheld", "--reason", "so", *ON)
    assert "there is no dispute 7" in goodword("disputes", "rule", "7", *words).err
