"""Signing in through the real forms: passwords, second factors, sessions, and attacks on them."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest
import requests

from benchmarks.served import running
from goodword.actions import credentials, sessions
from goodword.db.queries import staff as queries
from goodword.rules.sign_in import MOST_FAILURES
from goodword.wiring import close, wiring
from tests.waiting import PATIENT
from tests.web.browsing import tab
from tests.web.conftest import Late
from web import rendering

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.web.browsing import Answer, Client, Console

GOOD = "a long way to Tipperary"


def sign_in(client: Client, name: str, password: str, after: str = "") -> Answer:
    client.get("/console/sign-in")
    return client.post("/console/sign-in", name=name, password=password, after=after)


def new_password(client: Client, current: str, new: str = GOOD) -> Answer:
    return client.post("/console/password", current=current, new=new, again=new)


def key(client: Client, password: str = GOOD) -> Answer:
    """Return the page that shows what an authenticator app is set up with."""
    return client.post("/console/second-factor/new", password=password)


def secret_of(page: Answer) -> str:
    return page.html.split('class="key">')[1].split("<")[0].replace(" ", "")


def code_of(secret: str) -> str:
    """Return the code of the next half minute: it is taken at once, and for a minute at least.

    That of this half minute may be of the past before a busy machine has looked at it.
    """
    return pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=1)


def first_code(client: Client, code: str) -> Answer:
    return client.post("/console/second-factor/new/code", code=code)


def made_an_approver(console: Console) -> Client:
    """Return an operator's browser, who is given the role of approver a moment later."""
    client = operator(console)
    console.rows("UPDATE staff SET roles = '{approver}' WHERE name = 'olivia' RETURNING id")
    return client


def operator(console: Console, name: str = "olivia") -> Client:
    """Return somebody who has signed in with a first password and chosen another."""
    client = console.visitor()
    first = console.first_password("operator", name=name)
    assert sign_in(client, name, first).path == "/console/password"
    assert new_password(client, first).path == "/console"
    return client


def test_who_is_not_signed_in_is_asked_and_then_sees_what_they_asked_for(console: Console) -> None:
    operator(console)
    visitor = console.visitor()
    asked = visitor.get("/console/password")
    assert asked.path == "/console/sign-in"
    assert 'value="/console/password"' in asked.html
    assert sign_in(visitor, "olivia", GOOD, "/console/password").path == "/console/password"


@pytest.mark.parametrize(
    "after", ["https://evil.example", "//evil.example", "/console/\\evil", "x"]
)
def test_nobody_is_led_to_another_site_by_signing_in(console: Console, after: str) -> None:
    operator(console)
    visitor = console.visitor()
    assert "evil" not in visitor.get("/console/sign-in", next=after).html
    assert sign_in(visitor, "olivia", GOOD, after).path == "/console"


@pytest.mark.parametrize(
    "path",
    ["/", "/console/", "/console/rewards/", "/console//evil.example/", "/console/%0d%0aX:y/"],
)
def test_no_answer_leads_to_the_host_that_a_request_named(console: Console, path: str) -> None:
    named = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    answer = requests.get(console.url + path, headers=named, allow_redirects=False, timeout=PATIENT)
    assert answer.status_code == 307
    assert answer.headers["location"].startswith("/console")
    assert "evil" not in answer.text


def test_a_first_password_leads_only_to_the_choice_of_another(console: Console) -> None:
    first = console.first_password("operator", name="olivia")
    client = console.visitor()
    sign_in(client, "olivia", first)
    assert client.get("/console").path == "/console/password"
    assert "differ" in client.post("/console/password", current=first, new=GOOD, again="x").text
    assert "12 to 128" in new_password(client, first, "short").text
    assert "hold the name" in new_password(client, first, "olivia is my name").text
    assert "not this one" in new_password(client, "wrong", GOOD).text
    assert new_password(client, first).path == "/console"
    assert sign_in(console.visitor(), "olivia", first).status == 401


def test_a_first_password_is_good_for_a_day(console: Console) -> None:
    first = console.first_password("operator", name="olivia")
    console.rows("UPDATE staff SET first_password_until = now() - interval '1 s' RETURNING id")
    assert "older than 24 hours" in sign_in(console.visitor(), "olivia", first).text
    assert console.trail("staff")[-1] == ("olivia", "refused to sign in")


def test_an_approver_sets_up_a_second_factor_and_uses_each_code_once(console: Console) -> None:
    first = console.first_password("approver", name="ann")
    client = console.visitor()
    sign_in(client, "ann", first)
    page = new_password(client, first)
    assert page.path == "/console/second-factor/new"
    assert client.get("/console").path == "/console/second-factor/new"
    page = key(client)
    secret = secret_of(page)
    address = credentials.factor_address(secret, "ann")
    assert rendering.qr(address) in page.html  # for the camera what is written for the keyboard
    assert secret not in rendering.qr(address)
    assert "style=" not in page.html  # the browser would refuse it
    code = code_of(secret)
    kept = console.rows("SELECT factor_secret FROM staff WHERE name = 'ann'")[0][0]
    assert secret not in kept
    assert first_code(client, code).path == "/console"

    again = console.visitor()
    asked = sign_in(again, "ann", GOOD, "/console/password")
    assert asked.path == "/console/second-factor"
    assert 'value="/console/password"' in asked.html
    replayed = again.post("/console/second-factor", code=code)
    assert (replayed.status, "used already" in replayed.text) == (401, True)
    console.rows("UPDATE staff SET factor_last_step = 0 RETURNING id")  # half a minute passes
    assert again.post("/console/second-factor", code=f"{code[:3]} {code[3:]}").path == "/console"
    assert [did for _, did in console.trail("staff")][-4:] == [
        "set up a second factor",
        "signed in",
        "refused to sign in",
        "signed in",
    ]


def test_a_code_is_taken_half_a_minute_early_and_half_a_minute_late() -> None:
    secret, now = "JBSWY3DPEHPK3PXP" * 2, datetime(2026, 6, 30, 12, tzinfo=UTC)
    codes = [pyotp.TOTP(secret).at(now, counter_offset=steps) for steps in (-2, -1, 0, 1, 2)]
    taken = [credentials.step_of(code, secret, now, 0) is not None for code in codes]
    assert taken == [False, True, True, True, False]


def test_who_has_only_somebodys_session_sets_up_no_second_factor(console: Console) -> None:
    client = made_an_approver(console)
    page = client.get("/console")
    assert (page.path, 'class="key"' in page.html) == ("/console/second-factor/new", False)
    for _ in range(MOST_FAILURES):
        refused = key(client, "guessed")
        assert (refused.status, 'class="key"' in refused.html) == (422, False)
        assert "not this one" in refused.text
    assert key(client).status == 429
    assert console.trail("staff")[-MOST_FAILURES:] == [("olivia", "refused")] * 5
    assert first_code(client, "000000").status == 401
    assert console.rows("SELECT factor_secret FROM staff WHERE name = 'olivia'") == [(None,)]


def test_a_key_that_was_shown_before_is_worth_nothing(console: Console) -> None:
    client = made_an_approver(console)
    before, now = (code_of(secret_of(key(client))) for _ in range(2))
    wrong = first_code(client, before)
    assert (wrong.status, "begin again" in wrong.text) == (401, True)
    assert first_code(client, now).path == "/console"


def test_a_second_factor_that_is_set_up_ends_every_other_session(console: Console) -> None:
    here = made_an_approver(console)
    there = console.visitor()
    assert sign_in(there, "olivia", GOOD).path == "/console/second-factor/new"
    first_code(here, code_of(secret_of(key(here))))
    assert here.get("/console").path == "/console"
    assert there.get("/console").path == "/console/sign-in"


def test_a_session_that_was_ended_a_moment_ago_goes_no_further(console: Console) -> None:
    here = made_an_approver(console)
    secret = secret_of(key(here))
    with console.database.transaction() as tx:
        session = queries.session(tx, credentials.fingerprint(here.cookie))
    assert session is not None
    code = code_of(secret)
    first_code(here, code)
    late, vault = sessions.Here(session, "127.0.0.1", datetime.now(UTC)), wiring().vault
    with pytest.raises(sessions.Ended, match="sign in again"), console.database.transaction() as tx:
        sessions.new_factor(tx, 0, late, GOOD, vault)
    console.rows("DELETE FROM sessions RETURNING id")
    console.rows("UPDATE staff SET factor_last_step = 0 RETURNING id")
    with pytest.raises(sessions.Ended), console.database.transaction() as tx:
        sessions.with_code(tx, 0, late, code, vault)


def test_after_five_wrong_passwords_the_right_one_waits_too(console: Console) -> None:
    operator(console)
    for _ in range(MOST_FAILURES):
        assert sign_in(console.visitor(), "olivia", "wrong").status == 401
    locked = sign_in(console.visitor(), "olivia", GOOD)
    assert (locked.status, "Wait 15 minutes" in locked.text) == (429, True)
    console.rows("UPDATE sign_in_attempts SET at = at - interval '16 minutes' RETURNING id")
    assert sign_in(console.visitor(), "olivia", GOOD).path == "/console"


def test_a_name_that_is_written_in_other_letters_has_no_more_guesses(console: Console) -> None:
    operator(console)
    names = ("olivia", "OLIVIA", "ol\u0130via", "oliv\u0130a", "ol\u0130v\u0130a", " olivia ")
    answers = [sign_in(console.visitor(), name, "wrong").status for name in names]
    assert answers == [401] * MOST_FAILURES + [429]


def test_who_has_a_network_of_addresses_has_no_more_guesses(console: Console) -> None:
    console.rows(
        "INSERT INTO sign_in_attempts (kind, name, address, at)"
        " SELECT 'password', n, '2001:db8:0:7::', now() FROM generate_series(1, 50) n RETURNING id"
    )
    for address, status in (("2001:db8:0:7:9::9", 429), ("2001:db8:0:8::9", 401)):
        visitor = console.visitor()
        visitor.http.headers["X-Forwarded-For"] = address  # as the proxy on this machine says
        assert sign_in(visitor, "nobody", "wrong").status == status


def test_names_that_do_not_exist_are_limited_and_answered_alike(console: Console) -> None:
    operator(console)
    known = sign_in(console.visitor(), "olivia", "wrong")
    unknown = [sign_in(console.visitor(), "nobody", "wrong") for _ in range(MOST_FAILURES + 1)]
    assert known.text == unknown[0].text
    assert [answer.status for answer in unknown] == [401] * MOST_FAILURES + [429]


def test_a_token_that_was_planted_before_signing_in_leads_nowhere(console: Console) -> None:
    operator(console)
    victim, attacker = console.visitor(), console.visitor()
    for client in (victim, attacker):
        client.http.cookies.set("goodword", "planted", domain="127.0.0.1", path="/")
    victim.post("/console/sign-in", name="olivia", password=GOOD)
    assert victim.get("/console").path == "/console"
    assert "planted" not in victim.cookie
    assert attacker.get("/console").path == "/console/sign-in"


def test_only_the_hash_of_a_token_is_kept(console: Console) -> None:
    client = console.signed_in("operator")
    assert client.cookie not in str(console.rows("SELECT * FROM sessions"))


@pytest.mark.parametrize("path", ["sign-in", "sign-out", "password", "second-factor"])
def test_a_form_of_another_page_is_refused(console: Console, path: str) -> None:
    client, other = console.signed_in("operator"), console.signed_in("operator")
    for token in ({}, {"token": ""}, {"token": other.token}, {"token": "\u00e9"}):
        refused = client.send(f"/console/{path}", {"name": "x", "password": "x", **token})
        assert (refused.status, "did not come from a page" in refused.text) == (403, True)
    assert client.get("/console").path == "/console"


def test_a_session_ends_when_it_is_not_used_and_at_the_end_of_the_day(console: Console) -> None:
    for column, long in (("used_at", timedelta(minutes=61)), ("began_at", timedelta(hours=13))):
        client = console.signed_in("operator")
        past = datetime.now(UTC) - long
        console.rows(f"UPDATE sessions SET {column} = :past RETURNING id", past=past)
        assert client.get("/console").path == "/console/sign-in"


def test_a_page_that_asks_by_itself_is_no_use_of_a_session(console: Console) -> None:
    client = console.signed_in("operator")
    long = datetime.now(UTC) - timedelta(minutes=45)
    console.rows("UPDATE sessions SET used_at = :long RETURNING id", long=long)
    asks = {"HX-Request": "true"}
    assert client.http.get(f"{client.url}/console/payouts/asked", headers=asks, timeout=PATIENT).ok
    assert console.rows("SELECT used_at FROM sessions") == [(long,)]
    client.send("/console/account/language", {"token": client.token, "language": "en"}, **asks)
    assert console.rows("SELECT used_at > :long FROM sessions", long=long) == [(True,)]
    console.rows("UPDATE sessions SET used_at = :long RETURNING id", long=long)
    assert client.get("/console").path == "/console"
    assert console.rows("SELECT used_at > :long FROM sessions", long=long) == [(True,)]


def test_signing_out_ends_the_session_on_the_server(console: Console) -> None:
    client = console.signed_in("operator")
    before = client.cookie
    assert client.post("/console/sign-out").path == "/console/sign-in"
    client.http.cookies.clear()
    client.http.cookies.set("goodword", before)
    assert client.get("/console").path == "/console/sign-in"


def test_changing_the_password_ends_every_other_session(console: Console) -> None:
    here = operator(console)
    there = console.visitor()
    sign_in(there, "olivia", GOOD)
    assert new_password(here, GOOD, "another long password").path == "/console"
    assert here.get("/console").path == "/console"
    assert there.get("/console").path == "/console/sign-in"


def test_pages_forbid_frames_scripts_of_others_and_copies(console: Console) -> None:
    headers = console.signed_in("operator").get("/console").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_the_cookie_is_kept_from_scripts_and_other_sites(console: Console) -> None:
    set_cookie = console.visitor().get("/console/sign-in").headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(set_cookie.split("; "))


def test_of_many_guesses_at_once_five_are_looked_at(console: Console) -> None:
    operator(console)

    def guess(_: int) -> int:
        return sign_in(console.visitor(), "olivia", "wrong").status

    with ThreadPoolExecutor(12) as pool:
        answers = Counter(pool.map(guess, range(12)))
    assert answers == {401: MOST_FAILURES, 429: 12 - MOST_FAILURES}


def test_of_one_code_sent_twice_at_once_one_is_taken(console: Console) -> None:
    first = console.first_password("approver", name="ann")
    browsers = [console.visitor() for _ in range(2)]
    sign_in(browsers[0], "ann", first)
    new_password(browsers[0], first)
    code = code_of(secret_of(key(browsers[0])))
    first_code(browsers[0], code)
    console.rows("UPDATE staff SET factor_last_step = 0 RETURNING id")
    for browser in browsers:
        sign_in(browser, "ann", GOOD)

    def answer(browser: Client) -> int:
        return browser.post("/console/second-factor", code=code).status

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(answer, browsers)) == [200, 401]


def test_a_code_is_guessed_five_times_at_most(console: Console) -> None:
    client = console.signed_in("approver", name="ann")
    console.rows(
        "UPDATE staff SET factor_since = now(), factor_secret = 'sealed by nobody' RETURNING id"
    )
    console.rows("UPDATE sessions SET by_provider = false RETURNING id")
    locked = [client.post("/console/second-factor", code=str(n)).status for n in range(6)]
    assert locked == [409] * MOST_FAILURES + [429]


def test_behind_tls_the_cookie_never_travels_in_the_open(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    from web.app import create_app  # noqa: PLC0415 - FastAPI

    assert console.url
    monkeypatch.setenv("GOODWORD_BASE_URL", "https://partners.example.com")
    close()
    with running(create_app(Late())) as url:
        headers = requests.get(f"{url}/console/sign-in", timeout=PATIENT).headers
    assert headers["set-cookie"].startswith("__Host-goodword=")
    assert "Secure" in headers["set-cookie"]
    assert headers["strict-transport-security"] == "max-age=31536000"


def test_a_proxy_that_says_it_speaks_tls_is_enough_for_a_secure_cookie(console: Console) -> None:
    proxied = {"X-Forwarded-Proto": "https"}
    answer = requests.get(f"{console.url}/console/sign-in", headers=proxied, timeout=PATIENT)
    assert "Secure" in answer.headers["set-cookie"]


def test_an_approver_signs_in_for_the_first_time_without_a_mouse(
    console: Console, chromium: Browser
) -> None:
    first = console.first_password("approver", name="ann")
    with tab(chromium, console.visitor()) as page:

        def type_in(*fields: str) -> None:
            page.locator("input:focus").wait_for()  # the page gives it, once it is drawn
            for place, text in enumerate(fields):
                page.keyboard.type(text)
                page.keyboard.press("Tab" if place < len(fields) - 1 else "Enter")

        page.goto("/console")
        type_in("ann", first)
        page.get_by_role("heading", name="Change your password").wait_for()
        page.get_by_label("Present password").focus()
        type_in(first, GOOD, GOOD)
        page.get_by_role("heading", name="Set up a second factor").wait_for()
        type_in(GOOD)
        secret = page.locator(".key").inner_text().replace(" ", "")
        type_in(code_of(secret))
        page.get_by_role("heading", name="No night yet").wait_for()
        assert page.get_by_role("link", name="ann", exact=True).is_visible()
