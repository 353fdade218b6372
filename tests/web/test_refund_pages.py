"""Refunds in the console: placed, recorded, listed; and what is due and cannot be paid."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from goodword.actions import refunds
from goodword.rules.provider_events import GivenBack
from tests import factories as make

if TYPE_CHECKING:
    from tests.web.browsing import Console

DEAL = "006000000000001AAA"
PAGE = "/console/refunds"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def heard(console: Console) -> Console:
    """Hear of two refunds that name no deal, and of one that does."""
    found = [
        GivenBack(name, "charge", at=make.NOW, reason=SCRIPT, refunded_minor=4_000, currency="USD")
        for name in ("re_1", "re_2")
    ]
    with console.database.transaction() as tx:
        make.conversion(tx, make.participant(tx), crm_id=DEAL)
        refunds.record_found(tx, found, make.NOW + timedelta(days=365), "UTC")
    return console


def test_a_refund_is_placed_and_is_asked_about_no_more(heard: Console) -> None:
    client = heard.signed_in("operator", name="olivia")
    assert "refunds that a person must place 2" in client.get("/console").text
    page = client.get(PAGE)
    assert "It names no deal" in page.text
    assert SCRIPT not in page.html
    auditor = heard.signed_in("auditor")
    assert "It is about this deal" not in auditor.get(PAGE).text
    assert auditor.post(f"{PAGE}/link", refund="re_1", none="true").status == 403
    for wrong, status in (
        ({"refund": "re_1", "opportunity": " "}, 400),
        ({"refund": "re_1", "opportunity": SCRIPT}, 400),
        ({"refund": "re_9", "none": "true"}, 404),
        ({"refund": "x" * 201, "none": "true"}, 400),
    ):
        assert client.post(f"{PAGE}/link", **wrong).status == status, wrong
    assert (
        f"re_1 is about {DEAL}."
        in client.post(f"{PAGE}/link", refund="re_1", opportunity=DEAL).text
    )
    assert "re_2 is about no deal." in client.post(f"{PAGE}/link", refund="re_2", none="true").text
    assert "Every refund is placed." in client.get(PAGE).text
    assert len(client.get(PAGE, which="all").rows) == 3
    assert len(client.get(PAGE, which="all", after="re_1").rows) == 2


def test_a_refund_outside_stripe_is_recorded_once(heard: Console) -> None:
    client = heard.signed_in("operator", name="olivia")
    form = {"opportunity": DEAL, "amount": "40.00 USD", "on": "2026-06-29", "reason": "by bank"}
    for wrong in ({"amount": "40"}, {"amount": "-1.00 USD"}, {"on": "soon"}, {"reason": " "}):
        assert client.post(f"{PAGE}/record", **form | wrong).status == 400, wrong
    assert "is recorded." in client.post(f"{PAGE}/record", **form).text
    assert "was recorded before" in client.post(f"{PAGE}/record", **form).text
    assert [actor for actor, did in heard.trail("conversion") if did == "refund recorded"] == [
        "olivia"
    ]


def test_what_is_due_and_not_paid_says_why(console: Console) -> None:
    with console.database.transaction() as tx:
        reward = make.approved(tx, make.participant(tx, name="Ann"), 4_000)
        tx.execute(make.text("UPDATE rewards SET carried_because = 'no account is known'"))
    page = console.signed_in("operator").get("/console/rewards/carried")
    [row] = [row for row in page.rows if row[0] == str(reward)]
    assert (row[1].split()[0], row[2], row[5]) == ("Ann", "40.00 USD", "no account is known")
