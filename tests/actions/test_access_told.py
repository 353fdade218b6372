"""Whose password, second factor or roles an administrator changes hears of it, at their address."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, text

from goodword.actions import staff
from goodword.adapters.letters import Letters
from goodword.rules.rights import Role
from goodword.wiring import PHRASES, TEMPLATES
from tests import factories as make

if TYPE_CHECKING:
    from goodword.db.session import Database

NOW = datetime(2026, 6, 30, 12, 8, tzinfo=UTC)
PROGRAM = {"name": "Harbour Partners", "support_email": "partners@harbour.example"}


def company(tx: Connection) -> None:
    """Ann approves, in Japanese and with a second factor; two of four administrators are others."""
    for name, role, other in (
        ("ada", "administrator", {}),
        ("ann", "approver", {"locale": "ja", "factor_since": NOW, "factor_secret": "sealed"}),
        ("carol", "administrator", {}),
        ("dave", "administrator", {"state": "disabled"}),
    ):
        email = f"{name}@harbour.example"
        make.insert(tx, "staff", name=name, email=email, roles=[role], **other)


def letters(tx: Connection) -> list[tuple[str, str, str, dict[str, Any]]]:
    found = tx.execute(text("SELECT recipient, template, locale, context FROM messages"))
    return [(row.recipient, row.template, row.locale, dict(row.context)) for row in found]


def test_who_is_reset_is_told_by_whom_when_and_who_can_undo_it(database: Database) -> None:
    with database.transaction() as tx:
        company(tx)
        password = staff.reset(tx, "ann", "ada", NOW, factor=True)
        [(to, template, locale, said)] = letters(tx)
        assert (to, template, locale) == ("ann@harbour.example", "access_changed", "ja")
        on = make.value(tx, "SELECT max(at) FROM audit_events").date().isoformat()
        assert (said["by"], said["on"], said["factor"], said["roles"]) == ("ada", on, True, None)
        assert said["time"].endswith(" UTC")
        assert said["administrators"] == [{"name": "carol", "email": "carol@harbour.example"}]
        assert said["command"] == "goodword staff reset ann --second-factor --as NAME"
        assert said["trail"] == "goodword audit list --by ann"
        assert password not in str(said)


def test_each_reset_is_told_and_a_second_factor_that_was_none_is_not(database: Database) -> None:
    with database.transaction() as tx:
        company(tx)
        staff.reset(tx, "carol", "ada", NOW, factor=True)
        staff.reset(tx, "carol", "carol", NOW)
        told = letters(tx)
        assert [(to, said["by"], said["factor"]) for to, _, _, said in told] == [
            ("carol@harbour.example", "ada", False),
            ("carol@harbour.example", "carol", False),
        ]
        assert [len(said["administrators"]) for *_, said in told] == [0, 1]


def test_a_reset_that_is_not_done_is_not_told(database: Database) -> None:
    def undone() -> None:
        with database.transaction() as tx:
            staff.reset(tx, "ann", "ada", NOW)
            staff.reset(tx, "nobody", "ada", NOW)

    with database.transaction() as tx:
        company(tx)
    with pytest.raises(staff.NoSuchMember):
        undone()
    with database.transaction() as tx:
        assert letters(tx) == []


def test_whose_roles_are_changed_is_told_which_and_the_same_ones_are_no_change(
    database: Database,
) -> None:
    with database.transaction() as tx:
        company(tx)
        staff.give_roles(tx, "ann", [Role.APPROVER], "ada")
        assert letters(tx) == []
        staff.give_roles(tx, "ann", [Role.OPERATOR, Role.AUDITOR], "ada")
        [(to, _, _, said)] = letters(tx)
        assert (to, said["by"]) == ("ann@harbour.example", "ada")
        assert (said["roles"], said["roles_before"]) == (["auditor", "operator"], ["approver"])
        assert said["command"] == "goodword staff roles ann --role approver --as NAME"


def test_what_the_identity_provider_says_of_roles_is_no_administrator_s_doing(
    database: Database,
) -> None:
    person = staff.Identified("https://id.example 7", "eve", "e@example.com", frozenset())
    with database.transaction() as tx:
        company(tx)
        for role in (Role.OPERATOR, Role.AUDITOR):
            known = staff.Identified(person.identity, "eve", "e@example.com", frozenset({role}))
            staff.take_in(tx, known)
        assert letters(tx) == []


@pytest.mark.parametrize("locale", ["en", "ja", "ms"])
def test_the_letter_says_what_to_do(database: Database, locale: str) -> None:
    written = Letters(TEMPLATES, PHRASES)
    with database.transaction() as tx:
        company(tx)
        staff.reset(tx, "ann", "ada", NOW, factor=True)
        staff.give_roles(tx, "ann", [Role.OPERATOR], "carol")
        staff.disable(tx, "ada", "carol")
        staff.reset(tx, "carol", "carol", NOW)
        told = [said for *_, said in letters(tx)]
    reset, roles, alone = (
        written.render("access_changed", locale, {**said, "program": PROGRAM}) for said in told
    )
    for letter in (reset, roles):
        assert "carol@harbour.example" in letter.text or "ada@harbour.example" in letter.text
    for part in (reset.text, reset.html):
        assert "goodword staff reset ann --second-factor --as NAME" in part
        assert "goodword audit list --by ann" in part
    assert "operator" in roles.text
    assert "approver" in roles.text
    assert reset.subject != roles.subject
    assert "@harbour.example" not in alone.text
    assert "Goodword" in alone.text
