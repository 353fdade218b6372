"""A letter about one's own access leaves within minutes, once, and else with the next night."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from goodword.actions import messages as outbox
from goodword.actions import staff
from goodword.wiring import NotSetUp, wiring
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.world import Company
from tests import factories as make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from goodword.db.session import Database

EMPTY = Company("Contoso", "00D000000000001AAA", {})


@pytest.fixture
def mail(joined: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Reset ann beside a letter that can wait; real SMTP is there for both."""
    with joined.transaction() as tx:
        make.program(tx)
        for name in ("ada", "ann"):
            email = f"{name}@harbour.example"
            make.insert(tx, "staff", name=name, email=email, roles=["administrator"])
        waits = outbox.StaffLetter("waits", "balance_short", "x@harbour.example", {})
        outbox.queue_for_staff(tx, waits, make.TODAY)
        staff.reset(tx, "ann", "ada", datetime.now(UTC))
    with Sandbox(EMPTY, port=0) as running:
        monkeypatch.setenv("GOODWORD_SMTP_URL", f"smtp://127.0.0.1:{running.smtp_port}")
        monkeypatch.setenv("GOODWORD_MAIL_FROM", "Goodword <partners@harbour.example>")
        wiring.cache_clear()
        yield running


def take_up() -> dict[str, int]:
    from tasks import messages  # noqa: PLC0415 - Prefect

    return messages.take_up(make.TODAY)


def states(database: Database) -> dict[str, str]:
    with database.transaction() as tx:
        found = tx.execute(make.text("SELECT template, state FROM messages"))
        return {row.template: row.state for row in found}


def test_it_does_not_wait_for_the_night_and_is_sent_once(joined: Database, mail: Sandbox) -> None:
    assert (take_up(), take_up()) == ({"letters sent": 1}, {})
    [message] = mail.world.mailbox.messages
    assert message.to == ["ann@harbour.example"]
    assert "ada" in str(message.text)
    assert states(joined) == {"access_changed": "sent", "balance_short": "queued"}


def test_what_the_mail_server_puts_off_is_the_night_s(joined: Database, mail: Sandbox) -> None:
    mail.world.faults.add(Fault("smtp", "temporary", times=None))
    assert (take_up(), take_up()) == ({"letters put off": 1}, {})
    assert states(joined)["access_changed"] == "queued"


@pytest.mark.usefixtures("mail")
def test_without_a_mail_server_it_waits(joined: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOODWORD_SMTP_URL")
    monkeypatch.setenv("GOODWORD_STRIPE_API_KEY", "sk_test_1")  # as above: no sandbox stands in
    wiring.cache_clear()
    with pytest.raises(NotSetUp, match="GOODWORD_SMTP_URL"):
        take_up()
    assert states(joined)["access_changed"] == "queued"
