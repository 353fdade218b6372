"""The staff page: what administrators do, and what becomes of who tries it without being one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.web.browsing import Answer, Client, Console


@pytest.fixture
def ada(console: Console) -> Client:
    return console.signed_in("administrator", name="ada")


def password(page: Answer) -> str:
    found = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", page.text)
    assert found, page.text
    return found.group()


def test_who_is_added_signs_in_with_the_password_that_is_shown_once(
    console: Console, ada: Client
) -> None:
    new = {"name": "olivia", "email": "o@example.com", "role": "operator"}
    first = password(ada.post("/console/staff", **new))
    assert first not in ada.get("/console/staff").html
    olivia = console.visitor()
    olivia.get("/console/sign-in")
    said = olivia.post("/console/sign-in", name=" Olivia", password=first)
    assert said.path == "/console/password"
    assert console.trail("staff")[-1] == ("ada", "added")


def test_roles_a_reset_and_a_lock_hold_at_once(console: Console, ada: Client) -> None:
    olivia = console.signed_in("operator", name="olivia")
    assert "Staff" not in olivia.get("/console").text
    assert '<input type="hidden" name="seen" value="operator">' in ada.get("/console/staff").html
    given = {"role": ["auditor", "administrator"], "seen": "operator"}
    page = ada.post("/console/staff/olivia/roles", **given)
    assert "olivia: administrator, auditor." in page.text
    assert olivia.get("/console/staff").status == 200
    stale = ada.post("/console/staff/olivia/roles", role="operator", seen=["operator"])
    assert (stale.status, "by now, which is not what you saw" in stale.text) == (409, True)
    reset = ada.post("/console/staff/olivia/reset", factor="true")
    assert password(reset)
    assert "a letter says that you did this" in reset.text
    told = console.rows("SELECT recipient, context->>'by' FROM messages ORDER BY id")
    assert told == [("olivia@example.com", "ada")] * 2, "of the roles, and of the reset"
    assert olivia.get("/console").path == "/console/sign-in"
    again = console.signed_in(name="olivia")
    assert "olivia is disabled" in ada.post("/console/staff/olivia/disable", reason="left").text
    assert again.get("/console").path == "/console/sign-in"
    assert "olivia may sign in again" in ada.post("/console/staff/olivia/enable").text


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": "<script>"}, "cannot be the name"),
        ({"name": "night"}, "calls itself"),
        ({"name": "x" * 300}, "name: "),
        ({"name": "ada"}, "on the staff already"),
        ({"email": "no address"}, "no mail address"),
        ({"email": "a@example.com\nBcc: b@example.com"}, "no mail address"),
        ({"role": "owner"}, "role: "),
        ({"role": None}, "role: "),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    console: Console, ada: Client, wrong: dict[str, str | None], why: str
) -> None:
    form = {"name": "ann", "email": "a@example.com", "role": "operator", **wrong}
    refused = ada.post("/console/staff", **form)
    assert (refused.status, why in refused.text) == (400, True), refused.text
    assert console.rows("SELECT name FROM staff") == [("ada",)]


def test_only_administrators_come_here(console: Console, ada: Client) -> None:
    others = console.signed_in("operator", "approver", "auditor")
    for path in ("", "/ada/roles", "/ada/reset", "/ada/disable", "/ada/enable"):
        form = {"role": "auditor", "name": "eve", "email": "e@example.com"}
        assert others.post(f"/console/staff{path}", **form).status == 403
    assert others.get("/console/staff").status == 403
    assert ada.post("/console/staff/nobody/reset").status == 404
    assert "last active administrator" in ada.post("/console/staff/ada/disable").text
