"""The refund commands, and serving: a person places what Stripe cannot, and the server starts."""

from __future__ import annotations

import signal
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from goodword.actions import provider_events, refunds
from goodword.rules.provider_events import GivenBack, ProviderEvent
from tests import factories as make
from tests.cli.conftest import GOODWORD, ROOT, goodword, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from goodword.db.session import Database

DEAL = "006000000000001AAA"


@pytest.fixture
def company(database: Database, tmp_path: Path) -> Iterator[Database]:
    url = database.engine.url.render_as_string(hide_password=False)
    with settings(GOODWORD_HOME=str(tmp_path), GOODWORD_DATABASE_URL=url, USER="ann"):
        with database.transaction() as tx:
            make.conversion(tx, make.participant(tx), crm_id=DEAL)
        yield database


def hear(database: Database, *found: GivenBack) -> None:
    with database.transaction() as tx:
        refunds.record_found(tx, found, make.NOW + timedelta(days=365), "UTC")


def refund(name: str, **other: str) -> GivenBack:
    given = {"currency": "USD", **other}
    return GivenBack(name, "charge", at=make.NOW, reason="refund", refunded_minor=4_000, **given)


def test_what_names_no_deal_is_listed_with_the_command_that_places_it(company: Database) -> None:
    hear(company, refund("re_1"), refund("re_2", opportunity=DEAL), refund("re_3"))
    listed = goodword("refunds", "list", "--open").out
    assert "40.00 USD" in listed
    assert "re_2" not in listed
    assert "goodword refunds link re_1 OPPORTUNITY" in " ".join(listed.split())
    assert "refunds that a person must place" in goodword("status").out
    assert goodword("refunds", "link", "re_1", DEAL).out == f"re_1 is about {DEAL}.\n"
    assert goodword("refunds", "link", "re_3", "--none").out == "re_3 is about no deal.\n"
    assert goodword("refunds", "list", "--open", "--json").document == []
    assert len(goodword("refunds", "list", "--json").document) == 3
    assert "refunds that a person must place" not in goodword("status").out


def test_a_deal_and_none_are_not_both_said_nor_neither(company: Database) -> None:
    hear(company, refund("re_1"))
    assert goodword("refunds", "link", "re_1").code == 2
    assert goodword("refunds", "link", "re_1", DEAL, "--none").code == 2
    unknown = goodword("refunds", "link", "re_1", "006000000000002AAA")
    assert unknown.code == 1
    assert "is no deal that is known here" in unknown.err


@pytest.mark.usefixtures("company")
def test_a_refund_outside_stripe_is_recorded_once() -> None:
    words = ("refunds", "record", DEAL, "--amount", "40.00 USD", "--on", "2026-06-29")
    words = (*words, "--reason", "paid back by bank", "--key", "note-7")
    assert "(manual:note-7) is recorded" in goodword(*words).out
    assert "was recorded before: nothing was done" in goodword(*words).out
    assert goodword(*words, "--json").document == {"id": "manual:note-7", "new": False}


def test_an_event_that_failed_is_listed_and_counted(company: Database) -> None:
    assert goodword("refunds", "events").out == "Events that failed: none\n"
    event = ProviderEvent("evt_1", "charge.refunded", None, make.NOW, "ch_1", "{}")
    with company.transaction() as tx:
        provider_events.receive(tx, [event], provider_events.WEBHOOK)
        failed = provider_events.TakenUp("evt_1", "failed", "Stripe could not be asked")
        provider_events.record(tx, [failed])
    assert "Stripe could not be asked" in goodword("refunds", "events").out
    assert "events of the provider that failed" in goodword("status").out


@pytest.mark.usefixtures("company")
def test_serve_answers_until_it_is_told_to_stop_and_says_what_is_missing() -> None:
    with subprocess.Popen(  # noqa: S603 - our own command
        [str(GOODWORD), "serve", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().split()[3]
            assert requests.get(f"{url}/readyz", timeout=60).text == "ready\n"
            refused = requests.post(f"{url}/hooks/stripe", data=b"{}", timeout=60)
            assert refused.status_code == 400
            assert requests.get(f"{url}/docs", timeout=60).status_code == 404
            assert "Sign in" in requests.get(url, timeout=60).text
        finally:
            server.send_signal(signal.SIGINT)
        assert server.wait(60) in {0, -signal.SIGINT, 130}
        assert server.stderr is not None
        said = server.stderr.read()
        assert "Traceback" not in said
        assert "GOODWORD_STRIPE_WEBHOOK_SECRET is not set" in said
        assert "goodword staff add" in said
