"""Messages in the console: found by state and kind, shown as they are read, sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from goodword.actions import messages
from tests import factories as make
from tests.web.browsing import tab

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.web.browsing import Console

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def letters(console: Console) -> list[int]:
    """Leave two letters to Ana: one that failed, and one that waits and cannot be written."""
    with console.database.transaction() as tx:
        ana = make.participant(tx, "ana", name=f"Ana {SCRIPT}")
        context = {"company": f"Contoso {SCRIPT}", "submitted_on": "2026-06-30"}
        for fact, about in (("one", context), ("two", {})):
            letter = messages.Letter(fact, "referral_received", ana, about)
            messages.queue(tx, [letter], make.TODAY)
        ids = [
            make.value(tx, f"SELECT id FROM messages WHERE fact = '{f}'") for f in ("one", "two")
        ]
        messages.start_sending(tx, ids[:1])
        messages.record_sent(tx, [messages.Sent(ids[0], "failed", f"no mailbox {SCRIPT}")])
    return ids


def test_what_failed_is_found_read_and_sent_again_once(
    console: Console, letters: list[int]
) -> None:
    failed, queued = letters
    client = console.signed_in("operator", name="olivia")
    page = client.get("/console/messages")
    assert [row[:2] for row in page.rows[1:]] == [[str(failed), "referral received"]]
    assert SCRIPT not in page.html
    assert len(client.get("/console/messages?state=all&template=referral_received").rows) == 3
    assert "no such message" in client.get("/console/messages?template=reward_paid").text
    one = client.get(f"/console/messages/{failed}")
    assert f"Contoso {SCRIPT}" in one.text  # the plain text
    assert SCRIPT not in one.html
    assert '<iframe class="letter" sandbox src=' in one.html
    assert "cannot be written" in client.get(f"/console/messages/{queued}").text
    sent = client.post(f"/console/messages/{failed}/resend")
    assert "is queued again; the next night sends it" in sent.text
    again = client.post(f"/console/messages/{failed}/resend")
    assert (again.status, "neither failed nor unconfirmed" in again.text) == (409, True)
    assert console.trail("message") == [("olivia", "queued again")]


def test_a_letter_stands_alone_and_may_do_nothing(console: Console, letters: list[int]) -> None:
    client = console.signed_in("auditor")
    letter = client.get(f"/console/messages/{letters[0]}/letter")
    policy = letter.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("; sandbox")
    assert SCRIPT not in letter.html
    assert client.get(f"/console/messages/{letters[1]}/letter").status == 409
    assert client.post(f"/console/messages/{letters[0]}/resend").status == 403
    for path, status in {"/99": 404, "/0": 400, "?state=lost": 400, "?after=x": 400}.items():
        assert client.get(f"/console/messages{path}").status == status


def test_a_list_of_messages_asks_for_no_row_by_itself(console: Console, letters: list[int]) -> None:
    client = console.signed_in("auditor")
    with console.counting() as sent:
        assert len(client.get("/console/messages?state=all").rows) == 1 + len(letters)
    assert len(sent) <= 8


def test_a_letter_is_read_in_its_frame(
    console: Console, chromium: Browser, letters: list[int]
) -> None:
    with tab(chromium, console.signed_in("operator"), phone=True) as page:
        page.goto(f"/console/messages/{letters[0]}")
        page.locator("iframe").scroll_into_view_if_needed()
        said = page.frame_locator("iframe").locator("body")
        assert f"Contoso {SCRIPT}" in said.inner_text()
