"""The control plane, the first page, and the clock and faults behind them."""

import gc
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import requests

from sandbox.clock import NaiveInstantError, VirtualClock
from sandbox.faults import KINDS, Fault, Faults, UnknownFaultError
from sandbox.server import Sandbox
from sandbox.world import Company

Control = Callable[..., Any]
NIGHT = datetime(2026, 6, 30, 2, tzinfo=UTC)


def test_a_sandbox_starts_and_stops_in_no_time(company: Company) -> None:
    def seconds() -> float:
        began = time.monotonic()
        with Sandbox(company, port=0) as sandbox:
            assert requests.get(sandbox.base_url + "/sandbox/company", timeout=60).ok
        return time.monotonic() - began

    assert any(seconds() < 1 for _ in range(20)), "a busy machine is slow, but not every time"


def test_who_comes_as_a_sandbox_stops_is_not_left_open(company: Company) -> None:
    for _ in range(5):
        with ExitStack() as visitors, Sandbox(company) as sandbox:
            for port in (int(sandbox.base_url.rpartition(":")[2]), sandbox.smtp_port):
                visitors.enter_context(socket.create_connection(("127.0.0.1", port)))
    gc.collect()  # a connection that was left open is an error when it is collected


def test_two_sandboxes_run_side_by_side(company: Company) -> None:
    with Sandbox(company) as one, Sandbox(company) as other:
        assert one.base_url != other.base_url
        assert one.smtp_port != other.smtp_port


def test_a_taken_port_is_refused(sandbox: Sandbox, company: Company) -> None:
    taken = int(sandbox.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        Sandbox(company, port=taken).start()


def test_the_clock_is_set_moved_and_let_run(sandbox: Sandbox, control: Control) -> None:
    assert control("GET", "clock")["frozen"] is False
    frozen = control("POST", "clock", {"now": "2026-06-30T02:00:00Z"})
    assert frozen == {"now": NIGHT.isoformat(), "frozen": True}
    moved = control("POST", "clock", {"advance_seconds": 90_000})
    assert moved["now"] == (NIGHT + timedelta(seconds=90_000)).isoformat()
    assert control("POST", "clock", {"resume": True})["frozen"] is False
    assert sandbox.world.clock.now() >= NIGHT + timedelta(seconds=90_000)


@pytest.mark.parametrize(
    "body",
    [
        {"now": "2026-06-30T02:00:00"},
        {"now": "yesterday"},
        {"advance_seconds": "5"},
        {"resume": True, "now": "2026-06-30T02:00:00Z"},
        {},
    ],
)
def test_a_wrong_move_of_the_clock_is_refused_with_a_sentence(sandbox: Sandbox, body: Any) -> None:
    answer = requests.post(sandbox.base_url + "/sandbox/clock", json=body, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("/sandbox/clock: ")


def test_a_frozen_clock_stands_still() -> None:
    clock = VirtualClock(NIGHT, frozen=True)
    assert clock.now() == clock.now() == NIGHT
    with pytest.raises(NaiveInstantError, match="no time zone"):
        clock.set(datetime(2026, 1, 1))  # noqa: DTZ001 - what the test is about


def test_work_that_waits_is_done_in_the_order_of_its_instants() -> None:
    clock = VirtualClock(NIGHT, frozen=True)
    done: list[int] = []
    for hours in (3, 1, 2):
        clock.call_at(NIGHT + timedelta(hours=hours), partial(done.append, hours))
    clock.advance(timedelta(hours=2))
    assert done == [1, 2]
    clock.set(NIGHT + timedelta(hours=3))
    assert done == [1, 2, 3]


def test_work_that_waits_is_done_by_a_clock_that_runs(sandbox: Sandbox) -> None:
    done = threading.Event()
    clock = sandbox.world.clock
    clock.call_at(clock.now() + timedelta(seconds=0.05), done.set)
    assert done.wait(60)


def test_whoever_moves_the_clock_waits_for_work_that_another_has_begun() -> None:
    clock = VirtualClock(NIGHT, frozen=True)
    begun, never = threading.Event(), threading.Event()
    done: list[str] = []

    def work() -> None:
        begun.set()
        never.wait(0.05)
        done.append("work")

    clock.call_at(NIGHT, work)
    ticking = threading.Thread(target=clock.run_due)
    ticking.start()
    assert begun.wait(60)
    clock.advance(timedelta(hours=1))
    assert done == ["work"]
    ticking.join()


def test_faults_are_listed_with_how_often_they_fired_and_cleared(
    sandbox: Sandbox, control: Control
) -> None:
    control("POST", "faults", {"api": "stripe", "kind": "drop_before", "path": "transfers"})
    headers = {"Authorization": "Bearer sk_test_1"}
    with pytest.raises(requests.ConnectionError):
        requests.get(sandbox.base_url + "/v1/transfers", headers=headers, timeout=60)
    (listed,) = control("GET", "faults")
    assert (listed["kind"], listed["path"], listed["fired"]) == ("drop_before", "transfers", 1)
    assert control("DELETE", "faults") == []
    assert control("GET", "faults") == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"api": "stripe", "kind": "locked_row"}, "there is no fault 'locked_row'"),
        ({"api": "paypal", "kind": "slow"}, "of the API 'paypal'"),
        ({"api": "stripe", "kind": "slow", "path": "("}, "no regular expression"),
        ({"api": "stripe", "kind": "slow", "often": 2}, "a fault takes"),
        ({"api": "stripe"}, "of which api and kind are needed"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(sandbox: Sandbox, body: Any, says: str) -> None:
    answer = requests.post(sandbox.base_url + "/sandbox/faults", json=body, timeout=60)
    assert answer.status_code == 400
    assert says in answer.json()["error"]


def test_faults_are_taken_by_kind_and_only_then_counted() -> None:
    faults = Faults()
    faults.add(Fault("salesforce", "locked_row", path="^006", times=2))
    assert faults.take("salesforce", "PATCH", "006A", {"late_row"}) is None
    assert faults.take("stripe", "PATCH", "006A", {"locked_row"}) is None
    assert faults.take("salesforce", "PATCH", "001A", {"locked_row"}) is None
    taken = [faults.take("salesforce", "PATCH", "006A", {"locked_row"}) for _ in range(3)]
    assert [fault is not None for fault in taken] == [True, True, False]
    assert [fired for _, fired in faults.list()] == [2]
    with pytest.raises(UnknownFaultError):
        Fault("smtp", "slow")
    assert set(KINDS) == {"salesforce", "stripe", "smtp"}


@pytest.mark.parametrize("kind", ["server_error", "rate_limited", "drop_after", "truncated"])
def test_the_transport_fails_for_salesforce_too(
    sandbox: Sandbox, control: Control, kind: str
) -> None:
    control("POST", "faults", {"api": "salesforce", "kind": kind})
    url = sandbox.base_url + "/services/data"
    if kind in {"drop_after", "truncated"}:
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            requests.get(url, timeout=60)
    else:
        answer = requests.get(url, timeout=60)
        assert answer.status_code == {"server_error": 500, "rate_limited": 429}[kind]
        assert answer.json()[0]["errorCode"]
    assert requests.get(url, timeout=60).ok


def test_a_fault_may_bring_its_own_body(sandbox: Sandbox, control: Control) -> None:
    fault = {"api": "salesforce", "kind": "server_error", "body": "<html>Bad gateway</html>"}
    control("POST", "faults", fault)
    assert requests.get(sandbox.base_url + "/services/data", timeout=60).text == fault["body"]


def test_the_company_and_its_imports_can_be_read(sandbox: Sandbox, control: Control) -> None:
    company = control("GET", "company")
    assert company["name"] == "Test company"
    assert company["org_id"] == "00D000000000001EAA"
    assert company["rows"] == {"Account": 1}
    text = requests.get(sandbox.base_url + "/sandbox/imports/participants.csv", timeout=60)
    assert text.headers["content-type"].startswith("text/csv")
    assert text.text == "key,kind\np1,customer\n"
    missing = requests.get(sandbox.base_url + "/sandbox/imports/touches.csv", timeout=60)
    assert (missing.status_code, "participants" in missing.text) == (404, True)


def test_records_of_the_org_are_put_and_deleted(sandbox: Sandbox, control: Control) -> None:
    record = {
        "Id": "001000000000002AAA",
        "Name": "New",
        "NumberOfEmployees": 12,
        "SystemModstamp": "2026-06-29T10:00:00.000+0000",
    }
    assert control("POST", "salesforce/records/Account", [record]) == {"upserted": 1}
    row = sandbox.world.salesforce.table("Account").rows["001000000000002AAA"]
    assert (row["Name"], row["NumberOfEmployees"]) == ("New", 12)
    path = "salesforce/records/Account/001000000000002AAA"
    control("DELETE", path + "?at=2026-06-30T02:00:00Z")
    row = sandbox.world.salesforce.table("Account").rows["001000000000002AAA"]
    assert row["IsDeleted"] is True
    assert str(row["SystemModstamp"]).startswith("2026-06-30T02:00:00")


def test_fields_of_the_org_come_and_go(sandbox: Sandbox, control: Control) -> None:
    kind = sandbox.world.salesforce.table("Account").kind
    control("PUT", "salesforce/fields/Account/Region__c", {"type": "string"})
    assert kind.field("Region__c") is not None
    control("DELETE", "salesforce/fields/Account/Region__c")
    assert kind.field("Region__c") is None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/sandbox/salesforce/records/Acount", 404),
        ("DELETE", "/sandbox/salesforce/records/Account/001000000000009AAA", 404),
        ("POST", "/sandbox/stripe/accounts/acct_none", 403),
    ],
)
def test_what_the_org_has_not_is_refused(
    sandbox: Sandbox, method: str, path: str, status: int
) -> None:
    body = [{"Id": "001000000000002AAA"}] if "records/Acount" in path else {}
    answer = requests.request(method, sandbox.base_url + path, json=body, timeout=60)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_the_first_page_says_what_runs_here(sandbox: Sandbox) -> None:
    page = requests.get(sandbox.base_url + "/", timeout=60).text
    for link in ("/mail", "/sandbox/stripe/transfers", "/sandbox/clock", "/sandbox/faults"):
        assert f'href="{link}"' in page
        assert requests.get(sandbox.base_url + link, timeout=60).ok
    assert "Test company" in page


def test_calls_to_stripe_take_the_latency_that_was_asked_for(
    sandbox: Sandbox, control: Control
) -> None:
    control("POST", "stripe/latency", {"seconds": 0.1})
    began = time.monotonic()
    headers = {"Authorization": "Bearer sk_test_1"}
    requests.get(sandbox.base_url + "/v1/balance", headers=headers, timeout=60)
    assert time.monotonic() - began >= 0.1
