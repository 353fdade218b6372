"""What holds for every page and form of the console, those that will be added too."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from fastapi.routing import APIRoute

from tests.waiting import PATIENT
from tests.web.browsing import tab
from web.console.pages import PAGES, SIGNING_IN

if TYPE_CHECKING:
    from fastapi.dependencies.models import Dependant
    from playwright.sync_api import Browser

    from tests.web.browsing import Console

LARGEST = 100_000
"""Bytes of a page, as people load it on a telephone."""


ROUTES = [
    (page.address + route.path, route)
    for page in (*PAGES, *SIGNING_IN)
    for route in page.router.routes
    if isinstance(route, APIRoute)
]
ADDRESSES = sorted((method, path) for path, route in ROUTES for method in route.methods or ())
OPEN = {"/console/sign-in", "/console/sign-in/provider", "/console/sign-in/answer"}
OWN = {
    "/console/password",
    "/console/second-factor",
    "/console/second-factor/new",
    "/console/second-factor/new/code",
}


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "1", path)


def test_there_are_pages() -> None:
    assert ("GET", "/console/audit") in ADDRESSES
    assert ("POST", "/console/sign-out") in ADDRESSES


def test_no_page_is_shown_to_who_is_not_signed_in(console: Console) -> None:
    visitor = console.visitor()
    shown = {
        path
        for method, path in ADDRESSES
        if method == "GET" and visitor.get(filled(path)).path != "/console/sign-in"
    }
    assert shown <= OPEN


def test_no_form_is_taken_without_the_token_of_its_browser(console: Console) -> None:
    client = console.signed_in("operator", "approver", "administrator", "auditor")
    taken = [
        path
        for method, path in ADDRESSES
        if method not in {"GET", "HEAD"} and client.send(filled(path), {"token": "x"}).status != 403
    ]
    assert taken == []


def test_every_form_says_which_right_it_takes() -> None:
    lacking = [
        path
        for path, route in ROUTES
        if "GET" not in (route.methods or ())
        and path not in {*OPEN, *OWN, "/console/sign-out"}
        and not asks_for_a_right(route.dependant)
    ]
    assert lacking == []


def asks_for_a_right(dependant: Dependant) -> bool:
    name = getattr(dependant.call, "__qualname__", "")
    return name.startswith("allowed.") or any(map(asks_for_a_right, dependant.dependencies))


class Outline(HTMLParser):
    """What a page is made of, as far as everybody must be able to use it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [given for tag, given in self.tags if tag in names]


@pytest.mark.parametrize("path", [page.address for page in PAGES])
def test_every_page_of_the_navigation_can_be_used_by_everybody(console: Console, path: str) -> None:
    page = console.signed_in("administrator", "auditor", "operator", "approver").get(path)
    assert page.status == 200, page.text
    assert len(page.html.encode()) < LARGEST
    outline = Outline()
    outline.feed(page.html)
    assert len(outline.all("h1")) == 1
    assert outline.all("html")[0]["lang"] == "en"
    labels = {given.get("for") for given in outline.all("label")}
    unnamed = [
        given
        for given in outline.all("input", "select", "textarea")
        if given.get("type") not in {"hidden", "submit"}
        and "hidden" not in given
        and not given.get("aria-label")
        and given.get("id") not in labels
    ]
    assert unnamed == []
    assert [given for given in outline.all("script") if "src" not in given] == []
    assert [tag for tag, given in outline.tags if tag == "style" or "style" in given] == []
    assert not re.search(r"(src|href|action)=\"(https?:)?//", page.html)
    tables = outline.all("table")
    assert len(outline.all("th")) >= len(tables)


def test_a_role_that_is_taken_away_is_gone_with_the_next_click(console: Console) -> None:
    client = console.signed_in("auditor", "operator", name="sam")
    export = ("/console/audit/export", {"token": client.token, "format": "csv"})
    assert client.send(*export).status == 200
    console.rows("UPDATE staff SET roles = '{operator}' WHERE name = 'sam' RETURNING id")
    refused = client.send(*export)
    assert refused.status == 403
    assert "sam may not export the audit trail" in refused.text
    console.rows("UPDATE staff SET state = 'disabled' WHERE name = 'sam' RETURNING id")
    assert client.get("/console/audit").path == "/console/sign-in"
    assert client.send(*export).path == "/console/sign-in"


def test_htmx_is_sent_to_the_sign_in_page_and_puts_it_nowhere(console: Console) -> None:
    visitor = console.visitor()
    got = visitor.http.get(
        f"{visitor.url}/console", headers={"HX-Request": "true"}, timeout=PATIENT
    )
    assert (got.status_code, got.headers["hx-redirect"]) == (204, "/console/sign-in")


def test_the_navigation_marks_the_page_and_its_section(console: Console) -> None:
    client = console.signed_in("operator")
    marked = r'<a href="([^"]*)" aria-current="(\w+)">'
    section, in_menu, beside = re.findall(marked, client.get("/console/disputes").html)
    assert section == ("/console/registrations", "true")
    assert in_menu == beside == ("/console/disputes", "page")
    list_ = client.get("/console/registrations/questions").html
    assert "/console/registrations/questions" in [path for path, _ in re.findall(marked, list_)]
    assert 'href="/console/staff"' not in list_  # that takes an administrator


def test_one_line_holds_the_navigation_on_a_desktop_and_a_menu_on_a_telephone(
    console: Console, chromium: Browser
) -> None:
    client = console.signed_in("administrator", "approver", name="a" * 64)
    with tab(chromium, client) as page:
        page.goto("/console/rewards")
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "Skip to the page"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.locator("main :focus").count() == 1
        assert page.locator("header").bounding_box()["height"] < 64
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    with tab(chromium, client, phone=True) as page:
        page.goto("/console/rewards")
        assert not page.get_by_role("link", name="Audit trail").is_visible()
        page.get_by_text("Menu", exact=True).click()
        page.get_by_role("link", name="Audit trail").click()
        assert page.locator("h1").inner_text() == "Audit trail"
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
