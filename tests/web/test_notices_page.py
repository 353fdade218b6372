"""Notices in the console: what the chat tool was told, trying it out, and telling it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from goodword.actions import messages, nights, notices
from goodword.db.queries import notices as queries
from tests import factories as make
from tests.receiver import receiver

if TYPE_CHECKING:
    import pytest

    from tests.web.browsing import Console

PAGE = "/console/notices"


def test_without_a_chat_tool_it_says_how_to_set_one(console: Console) -> None:
    client = console.signed_in("operator")
    assert "GOODWORD_NOTICES_URL is not set" in client.get(PAGE).text
    refused = client.post(f"{PAGE}/test")
    assert (refused.status, "GOODWORD_NOTICES_URL" in refused.text) == (409, True)


def test_what_failed_is_told_again_and_the_tool_is_tried_out(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    from goodword.wiring import close  # noqa: PLC0415 - only here
    from tasks import notices as tasks  # noqa: PLC0415 - Prefect

    client = console.signed_in("operator", name="olivia")
    with console.database.transaction() as tx:
        nights.begin(tx, make.TODAY)
        member = make.value(tx, "SELECT id FROM staff WHERE name = 'olivia'")
        fact = f"digest:{make.TODAY.isoformat()}:{member}"
        letter = messages.StaffLetter(fact, "staff_digest", "olivia@example.com", {}, "en")
        notices.queue(tx, notices.Notice("night-1", "night.ended", "<b>Done</b>", {}), make.TODAY)
        messages.queue_all_for_staff(tx, [letter], make.TODAY)
    with receiver() as tool:
        monkeypatch.setenv("GOODWORD_NOTICES_URL", tool.url)
        monkeypatch.setenv("GOODWORD_NOTICES_SECRET", "s" * 40)
        close()
        tool.says(404, "no_service")
        assert tasks.take_up() == {"notices failed": 1}
        page = client.get(PAGE)
        assert "<b>Done</b> failed" in page.text
        assert "the chat tool said 404: no_service" in page.text
        assert "olivia@example.com queued" in page.text
        auditor = console.signed_in("auditor")
        assert "Tell it again" not in auditor.get(PAGE).text
        assert auditor.post(f"{PAGE}/1/resend").status == 403
        assert "Notice 1 is queued again." in client.post(f"{PAGE}/1/resend").text
        assert client.post(f"{PAGE}/1/resend").status == 409  # it is not failed any more
        assert client.post(f"{PAGE}/99/resend").status == 409
        assert "is queued. The deployment" in client.post(f"{PAGE}/test").text
        assert tasks.take_up() == {"notices sent": 2}
        with console.database.transaction() as tx:
            assert [row["state"] for row in queries.listed(tx, 9)] == ["sent", "sent"]
    assert console.trail("notice") == [("olivia", "queued again"), ("olivia", "tried out")]
