"""The home page: last night at a glance, and what waits for whom; in Chromium as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from goodword.actions import nights
from goodword.db.session import instant
from tests import factories as make
from tests.web.browsing import tab
from web.rendering import counts

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.web.browsing import Console

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def night(console: Console) -> int:
    """Leave a night behind that failed in its second stage, and a reward for an approver."""
    with console.database.transaction() as tx:
        number = nights.begin(tx, make.TODAY)
        for stage, outcomes, failures in (
            ("sync", {"updated": 1234}, []),
            ("review", {}, [f"the org said {SCRIPT}"]),
        ):
            result = nights.StageResult(number, make.TODAY, stage, outcomes, failures, instant(tx))
            nights.record_stage(tx, result)
        nights.finish(tx, number, failed=True)
        make.waiting(tx, make.participant(tx), 100_000)
    return number


@pytest.mark.usefixtures("night")
def test_the_home_page_says_what_each_stage_did_and_what_waits_for_whom(console: Console) -> None:
    page = console.signed_in("approver").get("/console")
    assert "The night of 2026-06-30" in page.text
    assert ["sync", "1,234 updated"] in [row[:2] for row in page.rows]
    assert SCRIPT not in page.html
    assert f"Failed: the org said {SCRIPT}" in page.text
    assert ["rewards to approve", "1", "approver (you)"] in page.rows


def test_the_home_page_of_a_new_company_says_what_to_do(console: Console) -> None:
    page = console.signed_in("operator").get("/console")
    assert "goodword night runs one" in page.text
    assert "Nothing waits for anybody" in page.text


@pytest.mark.usefixtures("night")
@pytest.mark.parametrize("phone", [False, True])
def test_the_home_page_is_whole_in_chromium(
    console: Console, chromium: Browser, *, phone: bool
) -> None:
    with tab(chromium, console.signed_in("operator"), phone=phone) as page:
        page.goto("/console")
        assert page.locator("h1").inner_text() == "The night of 2026-06-30"
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide
        if phone:
            page.get_by_text("Menu", exact=True).click()
        page.get_by_role("button", name="Sign out").click()
        assert page.url.endswith("/console/sign-in")


def test_a_page_that_does_not_exist_says_so(console: Console) -> None:
    answer = console.signed_in("operator").get("/console/nothing")
    assert (answer.status, "There is no such page" in answer.text) == (404, True)


def test_one_of_something_is_no_plural() -> None:
    done = {"disputes closed": 1, "new opportunities": 1, "direct sales told": 1, "new users": 2}
    told = "1 dispute closed, 1 new opportunity, 1 direct sales told, 2 new users"
    assert counts(done) == told
