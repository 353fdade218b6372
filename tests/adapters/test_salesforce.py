"""Windows, first loads and protection, over real HTTP against the sandbox's Salesforce."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from goodword.adapters.crm import (
    OVERLAP,
    CrmRefusedLogin,
    CrmUnreachable,
    FieldsMissing,
    Protection,
    RequestLimit,
    TooManyLogins,
    WriteState,
)
from goodword.adapters.salesforce import Patience, Salesforce, SalesforceAccess
from goodword.rules.crm import Account, CrmObject, Opportunity, Record, StageChange, Unreadable
from sandbox.clock import VirtualClock
from sandbox.data import load_company
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.world import Company, Row

NOW = datetime(2026, 6, 30, 2, tzinfo=UTC)
LOW = NOW - timedelta(days=1)
QUICK = Patience(connect=60, read=60, attempts=3, first_wait=0.001, longest_wait=0.01)
DEMO_ORG = (
    Path(os.environ.get("GOODWORD_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
    / "salesforce-demo-org"
)
ACME = "001000000000001AAA"


def deal_id(number: int) -> str:
    return f"006{number:012d}AAA"


def deal(number: int, at: datetime = LOW, **fields: str | None) -> Row:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    row: Row = {
        "Id": deal_id(number),
        "AccountId": ACME,
        "Name": f"Deal, “{number}”\nsecond line",
        "StageName": "Closed Won",
        "Amount": "1234.5",
        "CloseDate": "2026-06-01",
        "IsClosed": "true",
        "IsWon": "true",
        "CreatedDate": stamp,
        "LastModifiedDate": stamp,
        "SystemModstamp": stamp,
    }
    return row | fields


ACCOUNT: Row = {
    "Id": ACME,
    "Name": "日産自動車",
    "Website": "https://nissan.example",
    "SystemModstamp": LOW.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
}


@dataclass
class Org:
    """One running sandbox and the adapter that reads it."""

    sandbox: Sandbox
    crm: Salesforce

    def fails(self, kind: str, **fault: Any) -> None:
        self.sandbox.world.faults.add(Fault("salesforce", kind, **fault))

    def put(self, table: str, *rows: Row) -> None:
        with self.sandbox.world.lock:
            self.sandbox.world.salesforce.put_raw(table, rows)

    def calls(self, method: str, path_end: str) -> int:
        return sum(
            count
            for (api, verb, path), count in self.sandbox.world.calls.items()
            if api == "salesforce" and verb == method and path.rstrip("/").endswith(path_end)
        )

    def window(
        self,
        kind: CrmObject = CrmObject.OPPORTUNITY,
        low: datetime | None = LOW,
        high: datetime = NOW,
    ) -> list[Record]:
        return [record for page in self.crm.changed(kind, low, high) for record in page.records]


Start = Callable[..., Org]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def open_org(*deals: Row, page_size: int = 3, **more: Any) -> Org:
            tables = {"Account": [ACCOUNT], "Opportunity": list(deals)}
            company = more.pop("company", None) or Company("Acme", "00Df40000000001AAA", tables)
            sandbox = stack.enter_context(Sandbox(company, VirtualClock(NOW, frozen=True)))
            access = SalesforceAccess(
                "acme.my",
                "key",
                "USD",
                more.pop("secret", "secret"),
                api_base=sandbox.base_url,
            )
            patience = more.pop("patience", QUICK)
            return Org(sandbox, Salesforce(access, patience, page_size=page_size, **more))

        yield open_org


def ids(records: list[Record]) -> list[str]:
    return [record.crm_id for record in records]


# Windows ----------------------------------------------------------------------------------------


def test_a_window_holds_its_low_end_and_not_its_high_end(start: Start) -> None:
    org = start(
        deal(1, LOW - OVERLAP - timedelta(seconds=1)),
        deal(2, LOW - OVERLAP),
        deal(3, NOW - timedelta(seconds=1)),
        deal(4, NOW),
    )
    assert ids(org.window()) == [deal_id(2), deal_id(3)]


def test_a_page_is_cut_by_stamp_and_id_so_that_equal_stamps_lose_nothing(start: Start) -> None:
    org = start(*(deal(number) for number in range(1, 9)), page_size=3)
    pages = list(org.crm.changed(CrmObject.OPPORTUNITY, LOW, NOW))
    assert [len(page.records) for page in pages] == [3, 3, 2]
    assert ids([r for page in pages for r in page.records]) == [deal_id(n) for n in range(1, 9)]


def test_a_full_last_page_is_followed_by_one_empty_question(start: Start) -> None:
    org = start(*(deal(number) for number in range(1, 7)), page_size=3)
    assert len(org.window()) == 6
    assert org.calls("GET", "queryAll") == 3


@pytest.mark.skipif(not DEMO_ORG.is_dir(), reason="the demo org's export is not on this machine")
def test_774_deals_on_25_stamps_are_each_read_once_in_a_window_and_in_a_first_load(
    start: Start,
) -> None:
    company = load_company(DEMO_ORG)
    org = start(company=company, page_size=50, bulk_page_size=100)
    window = org.window(low=datetime(2000, 1, 1, tzinfo=UTC))
    first_load = org.window(low=None)
    assert len({record.modified_at for record in window}) == 25
    assert len(window) == len(set(ids(window))) == 774
    assert ids(window) == ids(sorted(window, key=lambda r: (r.modified_at, r.crm_id)))
    by_id = {record.crm_id: record for record in first_load}
    assert len(first_load) == len(by_id) == 774
    assert by_id == {record.crm_id: record for record in window}


def test_a_record_that_became_visible_late_is_caught_by_the_next_windows_overlap(
    start: Start,
) -> None:
    stamp = NOW - timedelta(seconds=30)
    org = start(deal(1, stamp), deal(2, stamp))
    org.fails("late_row", path=deal_id(2), seconds=300, times=None)
    assert ids(org.window(high=NOW)) == [deal_id(1)]
    org.sandbox.world.clock.advance(timedelta(seconds=400))
    later = org.crm.server_time()
    assert ids(org.window(low=NOW, high=later)) == [deal_id(1), deal_id(2)]


def test_a_deletion_and_a_merge_arrive_as_records(start: Start) -> None:
    org = start(deal(1), deal(2))
    loser = "001000000000002AAA"
    org.put("Account", {**ACCOUNT, "Id": loser, "IsDeleted": "true", "MasterRecordId": ACME})
    with org.sandbox.world.lock:
        org.sandbox.world.salesforce.soft_delete("Opportunity", deal_id(2), NOW - OVERLAP)
    deals = {record.crm_id: record for record in org.window()}
    gone, kept = deals[deal_id(2)], deals[deal_id(1)]
    assert isinstance(gone, Opportunity)
    assert isinstance(kept, Opportunity)
    assert (kept.is_deleted, gone.is_deleted) == (False, True)
    merged = next(a for a in org.window(CrmObject.ACCOUNT) if a.crm_id == loser)
    assert isinstance(merged, Account)
    assert (merged.is_deleted, merged.master_crm_id) == (True, ACME)


def test_stage_changes_and_users_are_read_by_their_own_stamps(start: Start) -> None:
    org = start()
    made = (LOW + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    org.put(
        "OpportunityHistory",
        {
            "Id": "008000000000001AAA",
            "OpportunityId": deal_id(1),
            "StageName": "Prospecting",
            "Amount": "80",
            "CreatedDate": made,
            "SystemModstamp": made,
        },
    )
    (change,) = org.window(CrmObject.STAGE_CHANGE)
    assert isinstance(change, StageChange)
    assert (change.stage, change.amount_minor) == ("Prospecting", 8000)
    assert change.changed_at == LOW + timedelta(hours=1)
    users = org.window(CrmObject.USER, high=NOW + timedelta(seconds=1))
    assert [user.crm_id[:3] for user in users] == ["005"]


def test_an_org_of_several_currencies_gives_each_deal_its_own(start: Start) -> None:
    org = start(deal(1, CurrencyIsoCode="JPY", Amount="80"), deal(2, CurrencyIsoCode="EUR"))
    found = [(r.amount_minor, r.currency) for r in org.window() if isinstance(r, Opportunity)]
    assert found == [(80, "JPY"), (123450, "EUR")]


def test_the_orgs_name_and_clock_are_its_own(start: Start) -> None:
    org = start()
    assert org.crm.identity() == "00Df40000000001AAA"
    assert org.crm.server_time() == NOW
    assert org.crm.has_own_fields


# First loads ------------------------------------------------------------------------------------


def test_a_first_load_reads_what_a_window_reads_deletions_included(start: Start) -> None:
    org = start(*(deal(number) for number in range(1, 6)), bulk_page_size=2)
    with org.sandbox.world.lock:
        org.sandbox.world.salesforce.soft_delete("Opportunity", deal_id(2), LOW)
    first_load = {record.crm_id: record for record in org.window(low=None)}
    assert first_load == {record.crm_id: record for record in org.window()}
    assert len(first_load) == 5


@pytest.mark.parametrize("kind", ["truncated", "garbled", "drop_after", "server_error"])
def test_a_broken_page_of_a_first_load_is_asked_for_again_by_job_and_locator(
    start: Start,
    kind: str,
) -> None:
    org = start(*(deal(number) for number in range(1, 8)), bulk_page_size=3)
    org.fails(kind, path="/results", after=1)
    assert sorted(ids(org.window(low=None))) == [deal_id(number) for number in range(1, 8)]
    assert org.calls("POST", "jobs/query") == 1
    assert org.calls("GET", "results") == 4


def test_a_first_load_of_nothing_is_nothing(start: Start) -> None:
    assert start().window(low=None) == []


def test_a_session_that_expires_between_bulk_pages_is_renewed(start: Start) -> None:
    org = start(*(deal(number) for number in range(1, 8)), bulk_page_size=3)
    org.fails("expired_session", path="/results", after=1)
    assert len(org.window(low=None)) == 7


# What goes wrong --------------------------------------------------------------------------------


def test_a_session_that_expires_in_the_middle_of_a_window_is_renewed(start: Start) -> None:
    org = start(*(deal(number) for number in range(1, 8)))
    org.fails("expired_session", path="query", after=1)
    assert len(org.window()) == 7
    assert org.calls("POST", "token") == 2


def test_a_session_that_expires_for_ever_stops_after_three_log_ins(start: Start) -> None:
    org = start(deal(1))
    org.fails("expired_session", times=None)
    with pytest.raises(TooManyLogins):
        org.window()
    assert org.calls("POST", "token") == 3


def test_a_wrong_secret_is_refused_with_what_to_check(start: Start) -> None:
    org = start(secret="wrong")
    with pytest.raises(CrmRefusedLogin, match=r"invalid_client.*GOODWORD_SALESFORCE_DOMAIN"):
        org.crm.identity()
    assert org.calls("POST", "token") == 1


@pytest.mark.parametrize(
    "kind",
    ["rate_limited", "server_error", "truncated", "garbled", "drop_before", "drop_after"],
)
def test_a_page_that_fails_once_is_read_again(start: Start, kind: str) -> None:
    org = start(*(deal(number) for number in range(1, 8)))
    org.fails(kind, path="query", after=1)
    assert len(org.window()) == 7


def test_a_crm_that_does_not_answer_is_unreachable_and_gave_no_page(start: Start) -> None:
    org = start(deal(1), patience=Patience(connect=60, read=0.4, attempts=2, first_wait=0))
    org.fails("timeout_before", path="query", times=None, seconds=600)
    with pytest.raises(CrmUnreachable, match="was not answered in time"):
        org.window()


def test_the_request_limit_stops_the_sync_at_once(start: Start) -> None:
    org = start(deal(1))
    org.fails("request_limit", path="query", times=None)
    with pytest.raises(RequestLimit, match="keeps its watermark"):
        org.window()
    assert org.calls("GET", "queryAll") == 1


def test_a_needed_field_that_is_gone_is_refused_by_name_before_anything_is_read(
    start: Start,
) -> None:
    org = start(deal(1))
    with org.sandbox.world.lock:
        org.sandbox.world.salesforce.drop_field("Opportunity", "Amount")
        org.sandbox.world.salesforce.drop_field("Opportunity", "CloseDate")
    with pytest.raises(FieldsMissing, match="Opportunity has no Amount and no CloseDate") as caught:
        org.crm.check_fields()
    assert (caught.value.crm_object, caught.value.fields) == (
        "Opportunity",
        ("Amount", "CloseDate"),
    )
    with pytest.raises(FieldsMissing):
        org.crm.changed(CrmObject.OPPORTUNITY, LOW, NOW)
    assert org.calls("GET", "queryAll") == 0


@pytest.mark.parametrize("low", [LOW, None])
def test_a_bad_record_is_set_aside_with_its_sentence_and_the_rest_goes_on(
    start: Start,
    low: datetime | None,
) -> None:
    org = start(*(deal(number) for number in range(1, 6)))
    org.put("Opportunity", deal(2, Amount="a lot"), deal(4, Amount="-5"), deal(5, CloseDate="soon"))
    pages = list(org.crm.changed(CrmObject.OPPORTUNITY, low, NOW))
    assert sorted(i for page in pages for i in ids(page.records)) == [deal_id(1), deal_id(3)]
    aside: list[Unreadable] = [found for page in pages for found in page.unreadable]
    assert {found.crm_id: found.reason.split(":")[0] for found in aside} == {
        deal_id(2): "Amount cannot be read",
        deal_id(4): "Amount is -5.0",
        deal_id(5): "CloseDate is 'soon', which is no date such as 2026-06-30",
    }


# Writing ----------------------------------------------------------------------------------------


def protection(crm_id: str, partner: str | None = "acme") -> Protection:
    kind = CrmObject.ACCOUNT if crm_id.startswith("001") else CrmObject.OPPORTUNITY
    return Protection(kind, crm_id, partner, date(2026, 9, 30) if partner else None)


def protected(org: Org, kind: CrmObject = CrmObject.OPPORTUNITY) -> dict[str, Any]:
    later = org.window(kind, high=NOW + timedelta(days=1))
    return {
        record.crm_id: (record.protected_partner, record.protected_until)
        for record in later
        if isinstance(record, Account | Opportunity)
    }


def test_protection_is_written_to_accounts_and_deals_and_cleared_again(start: Start) -> None:
    org = start(deal(1), deal(2))
    results = org.crm.protect([protection(deal_id(1)), protection(ACME), protection(deal_id(2))])
    assert [result.state for result in results] == [WriteState.WRITTEN] * 3
    assert [result.protection.crm_id for result in results] == [deal_id(1), ACME, deal_id(2)]
    assert protected(org) == dict.fromkeys(
        (deal_id(1), deal_id(2)),
        ("acme", date(2026, 9, 30)),
    )
    assert protected(org, CrmObject.ACCOUNT)[ACME] == ("acme", date(2026, 9, 30))
    org.crm.protect([protection(deal_id(1), None)])
    assert protected(org)[deal_id(1)] == (None, None)


def test_a_locked_row_is_tried_again_and_then_left_to_the_next_night(start: Start) -> None:
    org = start(deal(1), deal(2), deal(3))
    org.fails("locked_row", path=deal_id(2), times=2)
    org.fails("locked_row", path=deal_id(3), times=None)
    results = org.crm.protect([protection(deal_id(number)) for number in (1, 2, 3)])
    states = [result.state for result in results]
    assert states == [WriteState.WRITTEN, WriteState.WRITTEN, WriteState.LOCKED]
    assert str(results[2].reason).startswith("UNABLE_TO_LOCK_ROW: ")


def test_a_record_that_is_refused_has_its_reason_and_stops_no_other(start: Start) -> None:
    org = start(deal(1), deal(2))
    with org.sandbox.world.lock:
        org.sandbox.world.salesforce.soft_delete("Opportunity", deal_id(1), NOW)
    refused, written = org.crm.protect([protection(deal_id(1)), protection(deal_id(2))])
    assert (refused.state, written.state) == (WriteState.REFUSED, WriteState.WRITTEN)
    assert str(refused.reason).startswith("ENTITY_IS_DELETED: ")


def test_450_records_go_in_three_requests_and_come_back_in_their_order(start: Start) -> None:
    org = start(*(deal(number) for number in range(450)), page_size=2000)
    wanted = [protection(deal_id(number)) for number in reversed(range(450))]
    results = org.crm.protect(wanted)
    assert [result.protection for result in results] == wanted
    assert {result.state for result in results} == {WriteState.WRITTEN}
    assert org.calls("PATCH", "composite/sobjects") == 3


def test_a_session_that_expires_before_a_write_is_renewed_and_the_write_is_whole(
    start: Start,
) -> None:
    org = start(deal(1))
    org.fails("expired_session", method="PATCH")
    (result,) = org.crm.protect([protection(deal_id(1))])
    assert result.state is WriteState.WRITTEN
    assert protected(org)[deal_id(1)] == ("acme", date(2026, 9, 30))


def test_a_write_whose_answer_was_lost_is_sent_again_and_changes_nothing_more(
    start: Start,
) -> None:
    org = start(deal(1))
    org.fails("drop_after", method="PATCH")
    (result,) = org.crm.protect([protection(deal_id(1))])
    assert result.state is WriteState.WRITTEN
    assert org.calls("PATCH", "composite/sobjects") == 2


def test_an_org_without_our_fields_is_read_but_not_written(start: Start) -> None:
    org = start(deal(1))
    with org.sandbox.world.lock:
        org.sandbox.world.salesforce.drop_field("Opportunity", "Goodword_Partner__c")
    assert not org.crm.has_own_fields
    assert protected(org) == {deal_id(1): (None, None)}
    with pytest.raises(FieldsMissing, match="Opportunity has no Goodword_Partner__c"):
        org.crm.protect([protection(deal_id(1))])
    assert org.calls("PATCH", "composite/sobjects") == 0


def test_no_protections_are_no_request(start: Start) -> None:
    org = start()
    assert org.crm.protect([]) == []
    assert org.sandbox.world.calls == {}
