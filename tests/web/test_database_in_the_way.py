"""What somebody reads whose form met another transaction, or lost its database meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url

from tests import factories as make
from tests.conftest import administrator
from tests.waiting import until

if TYPE_CHECKING:
    from tests.web.browsing import Console

_WAITING = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)
SEEN = {"amount_minor": 90_000, "currency": "USD"}


@pytest.mark.parametrize(
    ("meanwhile", "status", "sentence"),
    [
        ("SELECT FROM rewards WHERE id = 1 FOR UPDATE", 409, "at the same moment"),
        ("SELECT pg_terminate_backend(%(pid)s)", 503, "The database does not answer"),
    ],
    ids=["deadlock", "lost"],
)
def test_what_cannot_be_written_is_a_sentence_and_can_be_sent_again(
    console: Console, meanwhile: str, status: int, sentence: str
) -> None:
    with console.database.transaction() as tx:
        make.waiting(tx, make.participant(tx), 90_000)
    client = console.signed_in("approver")
    path = "/console/rewards/1/approve"
    url = console.database.engine.url.render_as_string()
    with (
        ThreadPoolExecutor(1) as pool,
        administrator(url, str(make_url(url).database)) as other,
        other.transaction(),
    ):
        # Of a deadlock's two it is not this one that is given up, however late it comes to it.
        other.execute("SET LOCAL deadlock_timeout = '10min'")
        other.execute("LOCK TABLE audit_events IN EXCLUSIVE MODE")
        sent = pool.submit(client.post, path, **SEEN)
        other.execute(meanwhile, {"pid": waiting(console)})
        refused = sent.result()
    assert (refused.status, sentence in refused.text) == (status, True), refused.text
    assert console.rows("SELECT state FROM rewards") == [("waiting",)]
    assert "is approved" in client.post(path, **SEEN).text


def waiting(console: Console) -> int:
    """Return the backend that waits for a lock, as soon as one does."""
    until(lambda: bool(console.rows(_WAITING)))
    return int(console.rows(_WAITING)[0][0])
