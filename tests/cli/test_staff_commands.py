"""The staff commands, and that --as names somebody with the right once there is any staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.doctor import examine
from goodword.db.queries import staff as queries
from goodword.wiring import wiring
from tests import factories as make
from tests.cli.conftest import goodword, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from goodword.db.session import Database

EMAIL = ("--email", "a@example.com")


@pytest.fixture
def company(database: Database, tmp_path: Path) -> Iterator[Database]:
    url = database.engine.url.render_as_string(hide_password=False)
    with settings(GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=url, USER="root"):
        with database.transaction() as tx:
            make.program(tx)
        yield database


def add(name: str, *roles: str, actor: str = "ada") -> None:
    given = [word for role in roles for word in ("--role", role)]
    said = goodword("staff", "add", name, *given, *EMAIL, "--as", actor)
    assert said.code == 0, said.err


def refusal(*words: str) -> str:
    said = goodword(*words)
    assert said.code == 1
    return " ".join(said.err.split())


def staff(database: Database) -> dict[str, tuple[str, list[str]]]:
    with database.transaction() as tx:
        return {m.name: (m.state, sorted(m.roles)) for m in queries.everyone(tx)}


def test_the_first_of_the_staff_is_an_administrator_who_adds_the_others(company: Database) -> None:
    add_ann = ("staff", "add", "ann", "--role", "approver", *EMAIL)
    assert "must be an administrator" in refusal(*add_ann)
    add("ada", "administrator", actor="root")
    assert "'root' is not on the staff" in refusal(*add_ann)
    add("ann", "approver", "auditor")
    assert staff(company)["ann"] == ("active", ["approver", "auditor"])
    assert "ann may not manage staff" in refusal(*add_ann[:2], "bob", *add_ann[3:], "--as", "ann")
    assert "ann is on the staff already" in refusal(*add_ann, "--as", "ada")


def test_a_first_password_is_printed_once_and_kept_nowhere(company: Database) -> None:
    added = ("staff", "add", "ada", "--role", "administrator", *EMAIL, "--json")
    first = goodword(*added).document["first_password"]
    second = goodword("staff", "reset", "ada", "--as", "ada", "--json").document["first_password"]
    assert first != second
    with company.transaction() as tx:
        kept = "\n".join(line for lines in make.everything(tx).values() for line in lines)
    assert first not in kept
    assert second not in kept
    assert first not in goodword("staff", "list", "--json").out


@pytest.mark.parametrize("name", ["night", "Ann", "<b>", "a b", "", "x" * 65, "ann\u202e"])
def test_a_name_is_not_mistaken_in_the_audit_trail(company: Database, name: str) -> None:
    assert goodword("staff", "add", name, "--role", "administrator", *EMAIL).code == 1
    assert staff(company) == {}


def test_the_last_administrator_stays_one(company: Database) -> None:
    add("ada", "administrator", actor="root")
    assert "last active administrator" in refusal("staff", "disable", "ada", "--as", "ada")
    taken = ("staff", "roles", "ada", "--role", "auditor", "--as", "ada")
    assert "last active administrator" in refusal(*taken)
    add("eve", "administrator")
    assert goodword(*taken).code == 0
    assert staff(company)["ada"] == ("active", ["auditor"])


@pytest.mark.usefixtures("company")
def test_as_names_somebody_active_with_the_right_once_there_is_staff(company: Database) -> None:
    publish = ("program", "publish", "config/program.toml", "--as")
    assert goodword(*publish, "anybody").code == 0
    add("ada", "administrator", actor="root")
    add("olivia", "operator")
    assert "'anybody' is not on the staff" in refusal(*publish, "anybody")
    assert "'ADA' is not on the staff" in refusal(*publish, "ADA")
    assert "olivia may not publish a program: that takes the role of administrator" in refusal(
        *publish, "olivia"
    )
    assert goodword("staff", "disable", "olivia", "--as", "ada", "--reason", "left").code == 0
    closes = ("payouts", "close", "1", "--reason", "x", "--as", "olivia")
    assert "olivia is disabled" in refusal(*closes)
    assert goodword("staff", "enable", "olivia", "--as", "ada").code == 0
    assert "difference" in refusal(*closes)
    with company.transaction() as tx:
        number = make.value(tx, "SELECT id FROM staff WHERE name = 'olivia'")
        assert make.told(tx, "staff", number) == ["added", "disabled", "enabled"]


def test_doctor_says_whether_as_is_checked_and_who_may_decide(company: Database) -> None:
    def said() -> tuple[str, str]:
        (found,) = (f for f in examine(wiring()) if f.what == "staff")
        return found.state, found.said

    assert company
    assert said()[0] == "look"
    assert "may say to be anybody" in said()[1]
    add("ada", "administrator", actor="root")
    assert "nobody may decide on rewards" in said()[1]
    add("ann", "approver")
    assert said() == (
        "ok",
        "2 active (operator 0, approver 1, administrator 1, auditor 0); --as must name one of them",
    )


def test_every_command_that_takes_an_actor_asks_whether_they_may(company: Database) -> None:
    add("ada", "administrator", actor="root")
    add("ann", "auditor")
    why = ("--reason", "x", "--as", "ann")
    commands = (
        ("registrations", "approve", "1", *why),
        ("registrations", "refuse-extension", "1", *why),
        ("registrations", "match", "1", "--account", "001", "--same", *why),
        ("registrations", "submit", "--participant", "p", "--company", "x", "--as", "ann"),
        ("rewards", "approve", "1", "--as", "ann"),
        ("payouts", "rerun", "--failed", "--as", "ann"),
        ("payouts", "settle", "1", "--not-made", *why),
        ("payouts", "confirm", "1", *why),
        ("payouts", "decline", "1", *why),
        ("payouts", "reverse", "1", *why),
        ("payouts", "adopt", "1", "--rewards", "1", *why),
        ("payouts", "close", "1", *why),
        ("refunds", "link", "re_1", "--none", "--as", "ann"),
        ("refunds", "record", "006", "--amount", "1 USD", "--on", "2026-06-01", *why),
        ("bank-files", "export", "1", "--to", ".", "--as", "ann"),
        ("disputes", "rule", "1", "--outcome", "upheld", *why),
        ("program", "publish", "config/program.toml", "--as", "ann"),
        ("staff", "disable", "ada", "--as", "ann"),
        ("staff", "enable", "ada", "--as", "ann"),
        ("staff", "reset", "ada", "--as", "ann"),
        ("staff", "roles", "ada", "--role", "auditor", "--as", "ann"),
    )
    said = {" ".join(words[:2]): refusal(*words) for words in commands}
    assert {name: line for name, line in said.items() if "ann may not" not in line} == {
        # Whether there is such a reward is said before who may decide it.
        "rewards approve": said["rewards approve"]
    }
    assert staff(company)["ada"] == ("active", ["administrator"])
