"""Payouts in the console: what waits and why, reruns that are asked for and done, settling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from goodword.actions import reruns
from goodword.rules.payouts import Answer, HandedOver, Held, Paid, Rail, Refused, Unknown
from tests import factories as make
from tests.web.browsing import tab

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from sqlalchemy import Connection

    from tests.web.browsing import Console

SCRIPT = "<script>alert(1)</script>"
RESTRICTED = Refused("restricted", f"the account is restricted {SCRIPT}", "Finish onboarding.")


def sent(tx: Connection, answer: Answer, rail: Rail = Rail.STRIPE_TRANSFER, **who: object) -> int:
    """Send a payout of 40.00 to a participant of its own, which is answered so."""
    person = make.participant(tx, **who)
    number = make.reserved(tx, make.approved(tx, person, 4_000), rail=rail)
    make.settle(tx, make.submit(tx, number), answer)
    return number


@pytest.fixture
def refused(console: Console) -> int:
    with console.database.transaction() as tx:
        return sent(tx, RESTRICTED, key="ana", name="Ana <b>& Sons</b>")


def test_what_waits_is_shown_with_why_and_what_to_do(console: Console, refused: int) -> None:
    client = console.signed_in("auditor")
    page = client.get("/console/payouts")
    row = [str(refused), "Ana <b>& Sons</b>", "40.00 USD", "Stripe transfer", "refused"]
    assert [*row, f"{RESTRICTED.reason} Finish onboarding."] in page.rows
    assert SCRIPT not in page.html
    assert "Rerun those ticked" not in page.text  # an auditor reads
    assert client.post("/console/payouts/rerun", ids=refused).status == 403
    story = client.get(f"/console/payouts/{refused}")
    assert "Payout" in story.text
    assert "Finish onboarding." in story.text
    assert "No payout is paid" in client.get("/console/payouts?state=paid").text


def test_a_rerun_is_asked_for_once_and_shows_how_far_it_has_come(
    console: Console, refused: int
) -> None:
    client = console.signed_in("operator", name="olivia")
    page = client.post("/console/payouts/rerun", ids=refused)
    assert f"The rerun of payout {refused} is asked for." in page.text
    assert "takes it up within five minutes" in page.text
    assert "is asked for already" in client.post("/console/payouts/rerun", ids=refused).text
    trail = [("olivia", "cleared for a rerun"), ("olivia", "asked to rerun")]
    assert [one for one in console.trail("payout") if one[0] == "olivia"] == trail
    listed = client.get("/console/payouts")
    assert "Being rerun" in listed.text
    with console.database.transaction() as tx:
        [asked] = reruns.asked(tx)
        assert (asked.actor, asked.payout_ids) == ("olivia", [refused])
        rewards = make.value(tx, "SELECT array_agg(reward_id) FROM payout_rewards")
        again = make.reserved(tx, *rewards)
        make.settle(tx, make.submit(tx, again), Paid("tr_1"))
        reruns.answer(tx, [refused], None)
    part = client.get(f"/console/payouts/{refused}/progress")
    assert f"Its rewards are in payout {again} , which is paid." in part.text
    assert "every 2s" not in part.html  # it is over
    assert client.get("/console/payouts/asked").text == ""


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({}, 400, "No payout was chosen"),
        ({"ids": "x"}, 400, "ids"),
        ({"ids": "0"}, 400, "ids"),
        ({"ids": str(2**63)}, 400, "ids"),
        ({"ids": "99"}, 409, "there is no payout 99"),
    ],
)
def test_what_cannot_be_rerun_is_a_sentence(
    console: Console, form: dict[str, str], status: int, said: str
) -> None:
    answer = console.signed_in("operator").post("/console/payouts/rerun", **form)
    assert (answer.status, said in answer.text) == (status, True), answer.text


def test_what_failed_is_rerun_at_once_and_what_may_have_moved_is_not(
    console: Console, refused: int
) -> None:
    with console.database.transaction() as tx:
        unknown, held = sent(tx, Unknown("no answer")), sent(tx, Held("two movements"))
    client = console.signed_in("operator", name="olivia")
    assert f"payout {held} is held" in client.post("/console/payouts/rerun", ids=held).text
    said = client.post("/console/payouts/rerun", every="true")
    assert "The rerun of 2 payouts is asked for." in said.text
    with console.database.transaction() as tx:
        assert [one.payout_ids for one in reruns.asked(tx)] == [[refused, unknown]]


def test_what_is_held_is_settled_by_what_was_found_and_once(console: Console) -> None:
    with console.database.transaction() as tx:
        held, perk = sent(tx, Held("two")), sent(tx, HandedOver("give it"), Rail.PERK)
    client = console.signed_in("operator", name="olivia")
    path = f"/console/payouts/{held}/settle"
    nameless = client.post(path, found="paid", reason="seen", external_id=" ")
    assert (nameless.status, "Give the provider's id" in nameless.text) == (400, True)
    assert client.post(path, found="paid", external_id="tr_7", reason="  ").status == 400
    assert client.post(path, found="maybe", reason="seen").status == 400
    assert client.post(path, found="not_made", reason="x" * 501).status == 400
    assert client.post(path, found="not_made", reason="a\x00b").status == 400
    done = client.post(path, found="paid", external_id="tr_7", reason=SCRIPT)
    assert f"Payout {held} is paid." in done.text
    assert SCRIPT not in done.html
    assert client.post(path, found="not_made", reason="again").status == 409
    given = client.post(f"/console/payouts/{perk}/settle", found="paid", reason="given")
    assert f"Payout {perk} is paid." in given.text
    assert client.get("/console/payouts/99").status == 404


def test_a_transfer_is_taken_back_as_it_was_seen_and_once(console: Console) -> None:
    with console.database.transaction() as tx:
        number = sent(tx, Paid("tr_1"), name="Ana <b>& Sons</b>")
    client = console.signed_in("operator", name="olivia")
    shown = f"/console/payouts/{number}"
    form = {"amount_minor": 4_000, "currency": "USD", "reason": SCRIPT}
    assert "clawed back" not in client.get(shown).text
    nothing = client.get(f"{shown}/reversal")
    assert f"Nothing of payout {number} can come back" in nothing.text
    assert "has an open clawback" in nothing.text
    assert client.post(f"{shown}/reversal", **form).status == 409
    with console.database.transaction() as tx:
        make.cancel(tx, make.value(tx, "SELECT max(reward_id) FROM payout_rewards"))
        make.judge(tx, 0)
    assert "Take 40.00 USD back" in client.get(shown).text
    auditor = console.signed_in("auditor")
    assert "Take 40.00 USD back" not in auditor.get(shown).text
    assert auditor.post(f"{shown}/reversal").status == 403
    asked = client.get(f"{shown}/reversal")
    assert "Stripe takes 40.00 USD back from tr_1" in asked.text
    for wrong in ({"reason": " "}, {"amount_minor": 0}, {"amount_minor": ""}, {"currency": "XXQ"}):
        assert client.post(f"{shown}/reversal", **form | wrong).status == 400, wrong
    stale = client.post(f"{shown}/reversal", **form | {"amount_minor": 5_000})
    assert (stale.status, "you saw 50.00 USD; nothing was done" in stale.text) == (409, True)
    done = client.post(f"{shown}/reversal", **form)
    assert done.path == f"/console/payouts/{number + 1}"
    assert "Taking 40.00 USD of payout" in done.text
    assert "40.00 USD back from Ana <b>& Sons</b> by Stripe reversal" in done.text
    assert SCRIPT not in done.html
    assert client.post(f"{shown}/reversal", **form).status == 409
    with console.database.transaction() as tx:
        assert [one.payout_ids for one in reruns.asked(tx)] == [[number + 1]]
    assert ("olivia", "asked to take back") in console.trail("payout")


def test_a_list_takes_as_many_statements_for_many_as_for_one(
    console: Console, refused: int
) -> None:
    client = console.signed_in("operator")
    for path in ("/console/payouts", "/console/payouts?state=refused"):
        with console.counting() as few:
            assert client.get(path).status == 200
        with console.database.transaction() as tx:
            for _ in range(5):
                sent(tx, RESTRICTED)
        with console.counting() as many:
            assert client.get(path).status == 200
        assert len(many) == len(few)
    assert refused


def test_a_rerun_is_watched_in_chromium(console: Console, chromium: Browser, refused: int) -> None:
    with tab(chromium, console.signed_in("operator", name="olivia")) as page:
        page.goto(f"/console/payouts/{refused}")
        page.get_by_role("button", name=f"Rerun payout {refused}").click()
        assert page.locator("#progress .now").inner_text() == "asked for"
        with console.database.transaction() as tx:
            rewards = make.value(tx, "SELECT array_agg(reward_id) FROM payout_rewards")
            again = make.reserved(tx, *rewards)
            make.settle(tx, make.submit(tx, again), Paid("tr_1"))
            reruns.answer(tx, [refused], None)
        page.locator("#progress .now", has_text="paid").wait_for()
