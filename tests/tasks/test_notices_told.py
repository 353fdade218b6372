"""A chat tool is told of a night once, also when it could not be reached at first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import text

from goodword.actions import nights, notices
from goodword.db.queries import notices as queries
from goodword.wiring import wiring
from tests import factories as make
from tests.receiver import Receiver, receiver

if TYPE_CHECKING:
    from goodword.db.session import Database


@pytest.fixture
def tool(joined: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    assert joined
    with receiver() as opened:
        monkeypatch.setenv("GOODWORD_NOTICES_URL", opened.url)
        monkeypatch.setenv("GOODWORD_NOTICES_SECRET", "s" * 40)
        monkeypatch.setenv("GOODWORD_FIRST_WAIT", "0")
        wiring.cache_clear()
        yield opened


def write(*failures: str) -> Any:
    from tasks import notices as tasks  # noqa: PLC0415 - Prefect

    return cast("Any", tasks.write).fn(make.TODAY, list(failures))


def post() -> Any:
    from tasks import notices as tasks  # noqa: PLC0415 - as above

    return tasks.post_queued()


def take_up() -> Any:
    from tasks import notices as tasks  # noqa: PLC0415 - as above

    return tasks.take_up()


def night(database: Database) -> None:
    with database.transaction() as tx:
        make.waiting(tx, make.participant(tx, "ann"), 90_000)
        nights.begin(tx, make.TODAY)


def told(tool: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _, body in tool.told]


def test_a_night_is_told_once_with_what_waits(joined: Database, tool: Receiver) -> None:
    night(joined)
    assert (write(), write()) == (1, 0)
    assert (post(), post()) == ({"sent": 1}, {})
    [notice] = told(tool)
    assert (notice["id"], notice["event"]) == ("night-1", "night.ended")
    assert notice["title"] == "The night of 2026-06-30 is done."
    assert [(item["what"], item["count"]) for item in notice["data"]["waiting"]] == [
        ("rewards to approve", 1)
    ]


def test_a_night_that_failed_says_where(joined: Database, tool: Receiver) -> None:
    night(joined)
    write("sync: Salesforce is away", "pay: not run")
    post()
    [notice] = told(tool)
    assert notice["title"] == "The night of 2026-06-30 failed in 2 places."
    assert notice["data"]["failures"] == ["sync: Salesforce is away", "pay: not run"]


def test_what_was_put_off_is_told_the_next_time_with_the_same_id(
    joined: Database, tool: Receiver
) -> None:
    night(joined)
    write()
    for _ in range(3):
        tool.says(503)
    assert post() == {"put off": 1}
    assert take_up() == {}, "that is for what nobody has tried"
    assert post() == {"sent": 1}
    assert {notice["id"] for notice in told(tool)} == {"night-1"}


def test_what_is_refused_waits_for_a_person_who_tells_it_again(
    joined: Database, tool: Receiver
) -> None:
    night(joined)
    write()
    tool.says(404, "no_service")
    assert post() == {"failed": 1}
    assert post() == {}
    with joined.transaction() as tx:
        [row] = queries.listed(tx, most=9)
        assert (row["state"], row["reason"]) == ("failed", "the chat tool said 404: no_service")
        assert notices.release(tx, row["id"], "olivia")
        assert not notices.release(tx, row["id"], "olivia")
        assert make.told(tx, "notice", row["id"]) == ["queued again"]
    assert post() == {"sent": 1}


def test_a_notice_that_a_dead_process_had_taken_is_taken_up_when_its_time_is_over(
    joined: Database, tool: Receiver
) -> None:
    night(joined)
    write()
    with joined.transaction() as tx:
        assert len(notices.take(tx)) == 1
    assert post() == {}, "another process may be telling it"
    with joined.transaction() as tx:
        tx.execute(text("UPDATE notices SET taken_until = clock_timestamp() - interval '1 s'"))
    assert post() == {"sent": 1}
    assert len(told(tool)) == 1


def test_without_a_chat_tool_nothing_is_told(joined: Database) -> None:
    assert joined
    assert post() == {}
