"""Nights whose outside systems fail: what can go on does, what cannot says so, nothing is twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from goodword.actions import messages
from tests.flows.small_company import Firm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.nights import Report
    from tests.flows.conftest import Trial, Trials

pytestmark = pytest.mark.prefect

TODAY = date(2026, 6, 30)
PAYEES = ("anna", "bert", "cleo")


def firm() -> Firm:
    """Three affiliates whose referrals were won and may be paid: 10% of 1,000.00 USD each."""
    made = Firm()
    for payee in PAYEES:
        made.participant(payee, "affiliate")
        customer = made.account(f"{payee.title()} Customer", f"{payee}-customer.example")
        made.claim(
            "referrals",
            payee,
            "2026-05-10",
            company=f"{payee.title()} Customer",
            domain=f"{payee}-customer.example",
            channel="email",
        )
        steps = ("Qualification", "2026-06-01"), ("Closed Won", "2026-06-24")
        made.deal(customer, "1000.00", *steps)
    return made


def tallies(report: Report) -> dict[str, Any]:
    return {tally.stage: tally for tally in report.tallies}


@dataclass(frozen=True)
class Nights:
    """One trial and what its nights reported."""

    trial: Trial
    reports: list[Report]


# One transfer, one recipient, one template, one session -------------------------------------------


@pytest.fixture(scope="module")
def mishaps(trial: Trials) -> Iterator[Nights]:
    """A night with four small mishaps, and the same night again."""
    with trial(firm().company(TODAY)) as opened:
        opened.fail("salesforce", "expired_session", path="/query", after=2)
        opened.fail("stripe", "timeout_after", method="POST", path="/v1/transfers", seconds=0.2)
        opened.fail("smtp", "refuse_recipient", path="bert@", times=None)
        broken = messages.StaffLetter("broken", "reward_paid", "staff@firm.example", {})
        with opened.database.transaction() as tx:
            messages.queue_for_staff(tx, broken, TODAY)
        yield Nights(opened, [opened.night(TODAY), opened.night(TODAY)])


def test_an_expired_session_is_renewed_and_the_sync_goes_on(mishaps: Nights) -> None:
    assert tallies(mishaps.reports[0])["sync"].failures == ()
    assert mishaps.trial.value("SELECT count(*) FROM opportunities") == len(PAYEES)


def test_a_transfer_without_an_answer_is_unknown_and_the_others_are_paid(mishaps: Nights) -> None:
    assert tallies(mishaps.reports[0])["pay"].outcomes["paid"] == 2
    assert tallies(mishaps.reports[0])["pay"].outcomes["unknown"] == 1


def test_it_is_repeated_under_its_key_and_paid_once(mishaps: Nights) -> None:
    assert tallies(mishaps.reports[1])["pay"].outcomes == {"paid": 1}
    assert mishaps.trial.states("payouts") == {"paid": 3}
    assert len(mishaps.trial.moved()) == 3
    calls = mishaps.trial.world.calls["stripe", "POST", "/v1/transfers"]
    assert calls == 4, "three payouts, and one of them again"
    assert mishaps.trial.value("SELECT max(attempt) FROM payouts") == 1


def test_a_refused_recipient_stops_no_other_letter(mishaps: Nights) -> None:
    found = mishaps.trial.rows("SELECT recipient, state, reason FROM messages")
    refused = [row for row in found if row.recipient.startswith("bert@")]
    assert {row.state for row in refused} == {"failed"}
    assert all("550" in row.reason for row in refused)
    reached = {mail.to[0] for mail in mishaps.trial.world.mailbox.messages}
    assert {"anna@anna-partners.example", "cleo@cleo-partners.example"} <= reached


def test_a_letter_that_cannot_be_written_is_set_aside_with_its_reason(mishaps: Nights) -> None:
    [row] = mishaps.trial.rows("SELECT state, reason FROM messages WHERE fact = 'broken'")
    assert row.state == "failed"
    assert "reward_paid" in row.reason
    assert "undefined" in row.reason


def test_the_books_are_whole_after_mishaps(mishaps: Nights) -> None:
    assert mishaps.trial.broken() == []


# Stripe and the mail server down ----------------------------------------------------------------


@pytest.fixture(scope="module")
def outage(trial: Trials) -> Iterator[Nights]:
    """A night without Stripe and without a mail server, and one with both again."""
    with trial(firm().company(TODAY)) as opened:
        opened.fail("stripe", "drop_before", times=None)
        opened.fail("smtp", "refuse_connection", times=None)
        first = opened.night(TODAY)
        opened.world.faults.clear()
        yield Nights(opened, [first, opened.night(TODAY)])


def test_without_stripe_the_night_goes_on_and_says_so(outage: Nights) -> None:
    done = tallies(outage.reports[0])
    assert done["pay"].outcomes == {}  # nobody is paid by an account that cannot be asked
    assert "Stripe" in done["pay"].failures[0]
    assert "Stripe" in done["reconcile"].failures[0]
    assert done["measure"].outcomes["figures"] > 0
    assert {stage for stage, tally in done.items() if tally.failures} <= {
        "pay",
        "reconcile",
        "send",
    }


def test_without_a_mail_server_no_letter_is_lost(outage: Nights) -> None:
    done = tallies(outage.reports[0])["send"]
    assert done.failures or done.outcomes["put off"]
    assert outage.trial.states("messages") == {"sent": len(outage.trial.world.mailbox.messages)}


def test_when_they_are_back_everybody_is_paid_once(outage: Nights) -> None:
    assert outage.reports[1].failures == []
    assert tallies(outage.reports[1])["pay"].outcomes == {"planned": 3, "paid": 3}
    assert len(outage.trial.moved()) == 3
    assert outage.trial.broken() == []


# The CRM down -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def blind(trial: Trials) -> Iterator[Nights]:
    """A night that saw the CRM, one that did not, and one that was told to go on all the same."""
    with trial(firm().company(TODAY)) as opened:
        opened.night(TODAY, only="sync")
        before = opened.rows("SELECT * FROM watermarks ORDER BY crm_object")
        opened.fail("salesforce", "drop_before", times=None)
        nights = [opened.night(TODAY + timedelta(days=1))]
        assert opened.rows("SELECT * FROM watermarks ORDER BY crm_object") == before
        nights.append(opened.night(TODAY + timedelta(days=1), stale=True))
        assert opened.rows("SELECT * FROM watermarks ORDER BY crm_object") == before
        yield Nights(opened, nights)


def test_without_the_crm_nothing_is_decided_or_paid_on_stale_data(blind: Nights) -> None:
    done = tallies(blind.reports[0])
    assert "the CRM cannot be reached" in done["sync"].failures[0]
    for stage in ("review", "detect", "compute", "approve", "pay"):
        assert done[stage].outcomes == {}
        assert "the data may be stale; `--stale` runs it" in done[stage].failures[0]


def test_what_needs_no_fresh_data_still_runs(blind: Nights) -> None:
    done = tallies(blind.reports[0])
    for stage in ("reconcile", "send", "measure"):
        assert done[stage].failures == ()


def test_told_to_it_pays_on_stale_data_and_still_says_that_the_sync_failed(blind: Nights) -> None:
    done = tallies(blind.reports[1])
    assert "the CRM cannot be reached" in done["sync"].failures[0]
    assert done["compute"].outcomes["computed"] == 3
    assert done["pay"].outcomes["paid"] == 3


def test_a_request_limit_and_a_missing_field_fail_the_sync_with_what_to_do(trial: Trials) -> None:
    with trial(firm().company(TODAY)) as opened:
        opened.fail("salesforce", "request_limit", times=None)
        [limited] = opened.night(TODAY, only="sync").failures
        opened.world.faults.clear()
        with opened.world.lock:
            opened.world.salesforce.drop_field("Opportunity", "CloseDate")
        [missing] = opened.night(TODAY, only="sync").failures
        assert "the CRM's requests of 24 hours are used up" in limited
        assert "Opportunity" in missing
        assert "CloseDate" in missing
        assert opened.value("SELECT count(*) FROM watermarks") == 0


def test_a_row_that_becomes_visible_late_is_read_by_the_next_night(trial: Trials) -> None:
    written = firm()
    with trial(written.company(TODAY)) as opened:
        opened.night(TODAY, only="sync")
        late = written.deal(
            written.accounts[0]["Id"] or "", "500.00", ("Qualification", "2026-07-01")
        )
        opened.go_to(TODAY + timedelta(days=1))
        opened.fail("salesforce", "late_row", path=late, seconds=600)
        row = dict(written.deals[late]) | {"SystemModstamp": "2026-07-02T05:59:00.000+0000"}
        with opened.world.lock:
            opened.world.salesforce.put_raw("Opportunity", [row])
        seen = []
        for days in (1, 2):
            opened.night(TODAY + timedelta(days=days), only="sync")
            seen.append(
                opened.value("SELECT count(*) FROM opportunities WHERE crm_id = :id", id=late)
            )
        assert seen == [0, 1]


# An unknown payout, as the nights go by ---------------------------------------------------------


def test_an_unknown_transfer_is_left_alone_after_a_day_and_looked_up_after_two(
    trial: Trials,
) -> None:
    """One had moved and is adopted; the other had not, and is sent under another key."""
    with trial(firm().company(TODAY)) as opened:
        opened.fail("stripe", "timeout_after", method="POST", path="/v1/transfers", seconds=0.2)
        opened.fail("stripe", "timeout_before", method="POST", path="/v1/transfers", seconds=0.2)
        opened.night(TODAY)
        assert opened.states("payouts") == {"paid": 1, "unknown": 2}
        next_day = tallies(opened.night(TODAY + timedelta(days=1), only="pay"))
        assert next_day["pay"].outcomes == {"left alone": 2}
        opened.night(TODAY + timedelta(days=2), only="pay")
        assert opened.states("payouts") == {"paid": 3}
        assert len(opened.moved()) == 3
        assert opened.counts("SELECT attempt, count(*) FROM payouts GROUP BY 1") == {1: 2, 2: 1}
        assert opened.broken() == []


def test_a_transfer_reversed_at_stripe_is_booked_once_and_a_person_is_asked(trial: Trials) -> None:
    with trial(firm().company(TODAY)) as opened:
        opened.night(TODAY)
        reverse(opened, opened.moved()[0]["id"])
        report = opened.night(TODAY + timedelta(days=1), only="reconcile")
        assert tallies(report)["reconcile"].outcomes["came back"] == 1
        [asked] = opened.rows("SELECT state, reason FROM rewards WHERE incentive LIKE 'Returned%'")
        assert asked.state == "computed"  # the next night asks an approver
        assert "the provider took back" in asked.reason
        again = opened.night(TODAY + timedelta(days=1), only="reconcile")
        assert "came back" not in tallies(again)["reconcile"].outcomes
        assert opened.states("payouts") == {"paid": 2, "reversed": 1}
        assert opened.broken() == []


def reverse(trial: Trial, transfer: str) -> None:
    """Reverse a transfer, as a person does at Stripe's dashboard."""
    import requests  # noqa: PLC0415 - only here

    answer = requests.post(
        f"{trial.sandbox.base_url}/v1/transfers/{transfer}/reversals",
        auth=("sk_test_dashboard", ""),
        timeout=60,
    )
    assert answer.ok, answer.text


def test_while_one_night_runs_another_is_refused_with_who_holds_it(trial: Trials) -> None:
    from goodword.db.session import Busy  # noqa: PLC0415 - as the flow raises it

    with trial(firm().company(TODAY)) as opened:
        with (
            opened.database.exclusive("night"),
            pytest.raises(Busy, match=r"The night is already running in another process \(data"),
        ):
            opened.night(TODAY)
        assert opened.value("SELECT count(*) FROM nights") == 0
        with opened.database.transaction() as tx:
            assert tx.execute(text("SELECT count(*) FROM opportunities")).scalar_one() == 0
