"""Signing in by an identity provider over real HTTP, and answers that are not to be trusted."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from goodword.wiring import close
from tests.waiting import PATIENT
from tests.web.identity import CLIENT, key, person

if TYPE_CHECKING:
    from tests.web.browsing import Answer, Client, Console
    from tests.web.identity import Provider


def sign_in(client: Client, after: str = "") -> Answer:
    return client.get("/console/sign-in/provider", next=after)


def account_of(client: Client) -> list[str]:
    """Return the name and the roles that the page of one's account says."""
    page = client.get("/console/account").html
    return re.findall(r"<dt>(?:Name|Roles)</dt><dd>(.*?)</dd>", page)


def test_who_the_provider_names_is_on_the_staff_with_the_roles_of_their_groups(
    console: Console, provider: Provider
) -> None:
    client = console.visitor()
    assert "Sign in by 127.0.0.1" in client.get("/console/sign-in").text
    page = sign_in(client, "/console?x=1")
    assert (page.path, page.status) == ("/console", 200)
    assert account_of(client) == ["ann", "approver"]
    asked = provider.asked[-1]
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"] == "openid profile email"
    who = "SELECT name, email, roles, identity FROM staff WHERE name = 'ann'"
    identity = f"{provider.url} number-of-ann"
    assert console.rows(who) == [("ann", "ann@example.com", ["approver"], identity)]
    assert console.trail("staff")[-2:] == [("provider", "added"), ("ann", "signed in")]


def test_roles_are_those_of_the_provider_at_each_sign_in(
    console: Console, provider: Provider
) -> None:
    client = console.visitor()
    sign_in(client)
    provider.person = person("ann", "auditor", "partner team", preferred_username="another name")
    sign_in(client)
    assert account_of(client) == ["ann", "auditor, operator"]
    provider.person = person("ann", "unknown")
    refused = sign_in(client)
    assert (refused.status, "gives no role" in refused.text) == (409, True)


@pytest.mark.usefixtures("provider")
def test_who_is_disabled_here_is_not_let_in_by_the_provider(console: Console) -> None:
    client = console.visitor()
    sign_in(client)
    console.rows("UPDATE staff SET state = 'disabled' WHERE name = 'ann' RETURNING id")
    assert client.get("/console").path == "/console/sign-in"
    assert "ann is disabled" in sign_in(client).text


def test_nobody_takes_the_name_of_somebody_else(console: Console, provider: Provider) -> None:
    for name in ("ada", "night"):
        provider.person = person(name, "administrator", email="eve@example.com")
        client = console.visitor()
        page = sign_in(client)
        if name == "ada":
            assert "ada is on the staff already" in page.text
        else:
            assert account_of(client) == ["eve@example.com", "administrator"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://another.example"},
        {"aud": "another client"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"nonce": "another"},
        {"exp": int(time.time()) - 300},
        {"iat": int(time.time()) + 86_400},
        {"email": None},
        {"email_verified": False},
        {"email_verified": "false"},
        {"email_verified": 0},
        {"roles": 7},
    ],
    ids="-".join,
)
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(
    console: Console, provider: Provider, wrong: dict[str, Any]
) -> None:
    provider.token = wrong
    refused = sign_in(console.visitor())
    assert (refused.status, "did not say who you are" in refused.text) == (409, True)
    assert console.rows("SELECT name FROM staff") == [("ada",)]


def test_who_is_named_by_what_is_no_text_is_not_let_in(
    console: Console, provider: Provider
) -> None:
    for claim in ("sub", "email", "preferred_username"):
        for odd in ("ann\0", "\ud800", "ann\n", "x" * 256, ["ann"]):
            provider.token = {claim: odd}
            refused = sign_in(console.visitor())
            assert (refused.status, len(refused.html) < 5_000) == (409, True), (claim, odd)
            assert "did not say who you are" in refused.text
    assert console.rows("SELECT name FROM staff") == [("ada",)]


def test_only_a_key_that_the_provider_publishes_signs_and_a_new_one_is_read(
    console: Console, provider: Provider
) -> None:
    assert sign_in(console.visitor()).path == "/console"
    provider.is_signed = False
    assert "not to be trusted" in sign_in(console.visitor()).text
    provider.is_signed, provider.published = True, provider.signing
    provider.signing = key("first")  # another key of the same name
    assert "not to be trusted" in sign_in(console.visitor()).text
    provider.published, provider.signing = None, key("second")
    assert sign_in(console.visitor()).path == "/console"


@pytest.mark.usefixtures("provider")
def test_an_answer_is_taken_once_and_only_by_the_browser_that_asked(console: Console) -> None:
    client, other = console.visitor(), console.visitor()
    away = client.http.get(f"{client.url}/console/sign-in/provider", allow_redirects=False)
    back = client.http.get(away.headers["location"], allow_redirects=False).headers["location"]
    path = back.removeprefix(console.url)
    assert "did not ask" in other.get(path).text
    other.get("/console/sign-in/provider")
    assert "not to a question of this browser" in other_asks(other, path).text
    assert client.get(path).path == "/console"
    assert "did not ask" in client.get(path).text
    assert "did not say" in other_asks(client, path.replace("code=", "code=x")).text


@pytest.mark.usefixtures("provider")
def test_over_tls_the_browser_forgets_what_it_asked(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://partners.example.com"
    monkeypatch.setenv("GOODWORD_BASE_URL", address)
    close()

    def go(url: str, **headers: str) -> Any:
        return requests.get(url, headers=headers, allow_redirects=False, timeout=PATIENT).headers

    away = go(f"{console.url}/console/sign-in/provider")
    cookie = away["set-cookie"].split(";")[0]
    back = go(away["location"])["location"].removeprefix(address)
    given = go(console.url + back, Cookie=cookie)["set-cookie"]
    forgotten = given.partition("__Host-goodword-asking=")[2].split(", __Host-")[0]
    assert {"Max-Age=0", "Path=/", "Secure", "HttpOnly"} <= set(forgotten.split("; "))


def other_asks(client: Client, path: str) -> Answer:
    """Return what an answer to another question gets."""
    client.http.get(f"{client.url}/console/sign-in/provider", allow_redirects=False)
    return client.get(path)


@pytest.mark.usefixtures("provider")
def test_a_provider_that_refuses_or_cannot_be_reached_is_told(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = console.visitor()
    client.http.get(f"{client.url}/console/sign-in/provider", allow_redirects=False)
    state = client.get("/console/sign-in/answer", error="access_denied", state="x")
    assert "not to a question" in state.text
    monkeypatch.setenv("GOODWORD_OIDC_ISSUER", "http://127.0.0.1:1")
    close()
    assert "cannot be read" in sign_in(console.visitor()).text
    monkeypatch.delenv("GOODWORD_OIDC_ISSUER")
    close()
    assert sign_in(console.visitor()).status == 404
