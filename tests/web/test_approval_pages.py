"""Approvals in a browser: the queue, one reward, a list, and who stands in for whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest

from tests import factories as make
from tests.web.browsing import tab

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from sqlalchemy import Connection

    from tests.web.browsing import Answer, Client, Console

QUEUE = "/console/rewards"
SEEN = {"amount_minor": 90_000, "currency": "USD"}
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def reward(console: Console) -> int:
    """Let 900.00 dollars to Ann wait for one person."""
    with console.database.transaction() as tx:
        return make.waiting(tx, make.participant(tx, "ann"), 90_000)


def states(console: Console) -> list[str]:
    return [state for [state] in console.rows("SELECT state FROM rewards ORDER BY id")]


def copies(tx: Connection, reward_id: int, count: int) -> None:
    """Let so many rewards like one wait, each by a rule of its own."""
    columns = (
        "participant_id, outcome, conversion_id, program_version_id, pay, base_minor,"
        " computed_minor, amount_minor, currency, reason, outcome_on, payable_on, computed_on,"
        " state, approvals_needed, asked_on"
    )
    tx.exec_driver_sql(
        f"INSERT INTO rewards (incentive, {columns})"
        f" SELECT 'rule ' || n, {columns} FROM rewards, generate_series(1, {count}) n"
        f" WHERE id = {reward_id}"
    )


# The queue --------------------------------------------------------------------------------------


def test_the_queue_is_shown_fifty_at_a_time_by_as_many_statements(
    console: Console, reward: int
) -> None:
    client = console.signed_in("approver")
    with console.counting() as of_one:
        assert len(client.get(QUEUE).rows) == 2
    with console.database.transaction() as tx:
        copies(tx, reward, 60)
    with console.counting() as of_many:
        first = client.get(QUEUE)
    assert len(of_many) <= len(of_one) <= 14
    assert "54,900.00 USD in 61 rewards" in first.text
    assert len(first.html) < 100_000
    older = first.html.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    rest = client.get(unescape(older))
    shown = [int(row[0]) for page in (first, rest) for row in page.rows[1:]]
    assert shown == list(range(reward, reward + 61))


def test_the_queue_is_narrowed_and_what_cannot_be_read_is_a_sentence(console: Console) -> None:
    with console.database.transaction() as tx:
        make.waiting(tx, make.participant(tx, "ann", name=SCRIPT), 90_000)
        make.waiting(tx, make.participant(tx, "eve", kind="employee"), 200_000)
        deal = (
            "SELECT v.opportunity_crm_id FROM rewards r JOIN conversions v ON v.id = conversion_id"
        )
        given = {"company": make.account(tx, name="Acme Robotics"), "id": 2}
        sold = f"UPDATE opportunities SET account_crm_id = :company WHERE crm_id = ({deal}"
        assert tx.execute(make.text(f"{sold} WHERE r.id = :id)"), given).rowcount == 1
    client = console.signed_in("operator")

    def found(**asked: str) -> list[str]:
        page = client.get(QUEUE, **asked)
        assert page.status == 200, page.text
        assert SCRIPT not in page.html
        return [row[0] for row in page.rows[1:]]

    assert found() == ["1", "2"]
    assert found(kind="employee") == ["2"]
    assert found(name="ALERT(1)") == ["1"]
    assert found(name="100%") == []
    assert found(name="robot", kind="employee") == found(name="EVE") == ["2"]
    assert found(name="robot", after="2") == []
    assert "2,000.00 USD in 1 reward of those asked for" in client.get(QUEUE, name="robot").text
    assert found(currency="usd", **{"from": "1,000.00"}) == ["2"]
    assert found(currency="USD", below="2000.00", days="1") == ["1"]
    assert found(days="3650") == []
    for wrong in (
        {"below": "10"},
        {"below": "x", "currency": "USD"},
        {"below": "9" * 40, "currency": "USD"},
        {"from": "1", "currency": "XXQ"},
        {"days": "soon"},
        {"name": "x" * 300},
        {"name": "\0"},
        {"after": "0"},
    ):
        refused = client.get(QUEUE, **wrong)
        assert refused.status == 400, wrong
        assert "mistake" not in refused.text
    assert "Approve" not in [cell for row in client.get(QUEUE).rows for cell in row]


# One reward -------------------------------------------------------------------------------------


def test_an_approver_sees_everything_and_approves_what_they_saw(
    console: Console, reward: int
) -> None:
    ann = console.signed_in("approver", name="ann")
    client = console.signed_in("approver", name="carol")
    with console.counting() as statements:
        page = client.get(f"{QUEUE}/{reward}")
    assert len(statements) <= 40
    for told in (
        "900.00 USD to Ann",
        "a fixed amount",
        "the tests say so",
        "Rules tried, in order",
        "1 waiting (900.00 USD), this one included",
        "ann: no. ann benefits from reward 1: somebody else must decide",
    ):
        assert told in page.text
    own = ann.post(f"{QUEUE}/{reward}/approve", **SEEN)
    assert (own.status, "ann benefits from reward 1" in own.text) == (409, True)
    done = client.post(f"{QUEUE}/{reward}/approve", **SEEN, note=SCRIPT, back=f"{QUEUE}?kind=x")
    assert "Reward 1 (900.00 USD) is approved." in done.text
    assert states(console) == ["approved"]
    again = client.post(f"{QUEUE}/{reward}/approve", **SEEN)
    assert (again.status, "reward 1 is approved: only a waiting" in again.text) == (409, True)
    shown = client.get(f"{QUEUE}/{reward}")
    assert SCRIPT in shown.text
    assert SCRIPT not in shown.html
    back = client.post(f"{QUEUE}/{reward}/withdraw", reason="too soon")
    assert "Reward 1 waits again" in back.text
    assert "too soon" in back.text
    decided = [did for who, did in console.trail("reward") if who == "carol"]
    assert decided == ["approved", "took back an approval"]


def test_a_decision_that_cannot_be_taken_changes_nothing_and_says_so(
    console: Console, reward: int
) -> None:
    carol, sam = console.signed_in("approver", name="carol"), console.signed_in("auditor")
    sent: list[tuple[Client, str, dict[str, object], int, str]] = [
        (sam, f"{reward}/approve", {**SEEN}, 403, "may not decide on rewards"),
        (carol, f"{reward}/approve", {**SEEN, "amount_minor": 90_001}, 409, "look at it again"),
        (carol, f"{reward}/approve", {**SEEN, "currency": "XXQ"}, 400, "XXQ"),
        (carol, f"{reward}/approve", {}, 400, "amount minor"),
        (carol, f"{reward}/reject", {**SEEN, "reason": " "}, 409, "needs a reason"),
        (carol, f"{reward}/reject", {**SEEN, "reason": "x" * 2_001}, 400, "reason"),
        (carol, f"{reward}/reject", {**SEEN, "reason": "\0"}, 400, "reason"),
        (carol, f"{reward}/withdraw", {"reason": "x"}, 409, "no decision of carol"),
        (carol, "77/approve", {**SEEN}, 404, "there is no reward 77"),
        (carol, f"{2**63}/approve", {**SEEN}, 400, "number"),
        (carol, f"{reward}/approve", {**SEEN, "acting_for": "bob"}, 409, "does not stand in"),
    ]
    for client, path, fields, status, sentence in sent:
        refused = client.post(f"{QUEUE}/{path}", **fields)
        assert refused.status == status, (path, refused.text)
        assert sentence in refused.text
    assert states(console) == ["waiting"]
    assert carol.get(f"{QUEUE}/77").status == 404
    done = carol.post(
        f"{QUEUE}/{reward}/reject", **SEEN, reason=SCRIPT, back="https://evil.example"
    )
    assert done.path == "/console"
    assert states(console) == ["rejected"]


# A list -----------------------------------------------------------------------------------------


def confirmed(client: Client, shown: Answer, **fields: object) -> Answer:
    digest = shown.html.split('name="shown" value="')[1].split('"')[0]
    return client.post(f"{QUEUE}/list?kind=reseller", shown=digest, **fields)


def test_the_first_thousand_are_approved_at_once_as_they_were_shown(
    console: Console, reward: int
) -> None:
    with console.database.transaction() as tx:
        copies(tx, reward, 1_000)
    client = console.signed_in("approver", name="carol")
    shown = client.get(f"{QUEUE}/list", kind="reseller", decision="approve")
    assert "Approve 1,000 rewards" in shown.text
    assert "900,000.00 USD in all" in shown.text
    assert "the first 1,000 of 1,001, oldest first" in shown.text
    assert len(shown.html) < 100_000
    other = client.get(f"{QUEUE}/list", kind="reseller", decision="reject")
    assert confirmed(client, other, decision="approve").status == 409
    with console.counting() as statements:
        done = confirmed(client, shown, decision="approve")
    assert "Decided: 1,000 approved." in done.text
    assert "900.00 USD in 1 reward of those asked for" in done.text
    assert len(statements) <= 32, "none for each reward: a second where nobody else works"
    again = confirmed(client, shown, decision="approve")
    assert (again.status, "has changed since it was shown" in again.text) == (409, True)
    assert states(console) == ["approved"] * 1_000 + ["waiting"]


def test_a_list_is_refused_with_a_reason_or_not_at_all(console: Console, reward: int) -> None:
    client, sam = console.signed_in("approver", name="ann"), console.signed_in("operator")
    left_out = client.get(f"{QUEUE}/list")
    assert "nothing in this list that you may decide on" in left_out.text
    assert f"ann benefits from reward {reward}: somebody else must" in left_out.text
    assert sam.get(f"{QUEUE}/list").status == 403
    carol = console.signed_in("approver", name="carol")
    shown = carol.get(f"{QUEUE}/list", kind="reseller", decision="reject")
    assert confirmed(carol, shown, decision="reject").status == 409
    assert confirmed(carol, shown, decision="no").status == 400
    done = confirmed(carol, shown, decision="reject", reason="the campaign was over")
    assert "Decided: 1 rejected." in done.text


# Delegations ------------------------------------------------------------------------------------


def test_who_stands_in_decides_and_only_with_more_than_a_password(
    console: Console, reward: int
) -> None:
    carol = console.signed_in("approver", name="carol")
    olivia = console.signed_in("operator", name="olivia")
    days = {"since": "2020-01-01", "until": "2020-02-01", "delegator": "carol"}
    for fields, sentence in (
        ({**days, "delegate": "olivia"}, "is over"),
        ({**days, "delegate": "carol"}, "cannot stand in for themselves"),
        ({**days, "delegate": "x", "until": "soon"}, "until"),
    ):
        assert sentence in carol.post("/console/delegations", **fields).text
    assert olivia.post("/console/delegations", **days, delegate="olivia").status == 403
    today = datetime.now(UTC).date()
    given = {"since": today - timedelta(1), "until": today + timedelta(9), "delegator": "carol"}
    page = carol.post("/console/delegations", **given, delegate="olivia", reason=SCRIPT)
    assert "olivia decides in the place of carol" in page.text
    assert SCRIPT not in page.html
    assert "You decide in the place of carol" in olivia.get(f"{QUEUE}/{reward}").text
    console.rows("UPDATE sessions SET by_provider = false WHERE NOT passed_factor RETURNING id")
    refused = olivia.post(f"{QUEUE}/{reward}/approve", **SEEN)
    assert (refused.status, "with a password alone" in refused.text) == (409, True)
    console.rows("UPDATE sessions SET by_provider = true RETURNING id")
    assert "is approved" in olivia.post(f"{QUEUE}/{reward}/approve", **SEEN).text
    assert console.rows("SELECT decided_by, acting_for FROM approvals") == [("olivia", "carol")]
    assert olivia.post("/console/delegations/1/end").status == 403
    assert "Delegation 1 is over." in carol.post("/console/delegations/1/end").text
    assert "there is no delegation 1" in carol.post("/console/delegations/1/end").text


def test_who_stands_in_for_two_says_for_whom_the_list_is_decided(
    console: Console, reward: int
) -> None:
    olivia = console.signed_in("operator", name="olivia")
    today = datetime.now(UTC).date()
    days = {"since": today - timedelta(1), "until": today + timedelta(9), "delegate": "olivia"}
    for name in ("ann", "carol"):
        console.signed_in("approver", name=name).post(
            "/console/delegations", **days, delegator=name
        )
    asks = olivia.get(f"{QUEUE}/list", kind="reseller")
    assert (asks.status, "You stand in for ann and carol: choose" in asks.text) == (200, True)
    assert "Confirm" not in asks.text
    of_ann = olivia.get(f"{QUEUE}/list", kind="reseller", acting_for="ann")
    assert f"ann benefits from reward {reward}" in of_ann.text
    shown = olivia.get(f"{QUEUE}/list", kind="reseller", acting_for="carol")
    assert '<option value="carol" selected>' in shown.html
    done = confirmed(olivia, shown, decision="approve", acting_for="carol")
    assert "Decided: 1 approved." in done.text
    assert console.rows("SELECT decided_by, acting_for FROM approvals") == [("olivia", "carol")]


# In Chromium ------------------------------------------------------------------------------------


def test_rewards_are_decided_on_the_keyboard(console: Console, chromium: Browser) -> None:
    with console.database.transaction() as tx:
        ann = make.participant(tx, "ann")
        for minor in (90_000, 80_000, 70_000):
            make.waiting(tx, ann, minor)
    with tab(chromium, console.signed_in("approver", name="carol")) as page:
        page.goto(QUEUE)
        page.keyboard.press("a")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        page.keyboard.press("j")
        page.keyboard.press("a")
        page.get_by_text("Reward 2 (800.00 USD) is approved.").wait_for()
        page.wait_for_load_state()  # keys do something from then on
        page.keyboard.press("?")
        page.get_by_role("heading", name="On the keyboard").wait_for()
        page.keyboard.press("Escape")
        page.keyboard.press("r")
        page.wait_for_url("**/console/rewards/3#reason-reject")
        page.wait_for_function("document.activeElement.id === 'reason-reject'")
        page.keyboard.type("not this one")
        page.get_by_role("button", name="Refuse 700.00 USD").click()
        page.get_by_text("Reward 3 (700.00 USD) is rejected.").wait_for()
    assert states(console) == ["waiting", "approved", "rejected"]
