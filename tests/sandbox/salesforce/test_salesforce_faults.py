"""The faults that only Salesforce has."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceRefusedRequest

if TYPE_CHECKING:
    from tests.sandbox.salesforce.conftest import Visitor

ACME, GLOBEX = "001000000000001AAA", "001000000000002AAA"


def test_an_expired_session_is_dead_until_the_client_logs_in_again(fresh: Visitor) -> None:
    old = fresh.crm.session_id
    fresh.fault("expired_session")
    assert len(fresh.rows("SELECT Id FROM Account")) == 2
    assert fresh.crm.session_id != old


def test_a_locked_row_fails_alone_inside_a_collection(fresh: Visitor) -> None:
    fresh.fault("locked_row", path=GLOBEX)
    records = [
        {"attributes": {"type": "Account"}, "id": record_id, "Phone": "1"}
        for record_id in (ACME, GLOBEX)
    ]
    body = {"allOrNone": False, "records": records}
    first, second = fresh.crm.restful("composite/sobjects", method="PATCH", json=body)
    assert first["success"]
    assert second["errors"] == [
        {
            "statusCode": "UNABLE_TO_LOCK_ROW",
            "message": "unable to obtain exclusive access to this record or 1 records: " + GLOBEX,
            "fields": [],
        }
    ]
    assert all(
        r["success"] for r in fresh.crm.restful("composite/sobjects", method="PATCH", json=body)
    )


def test_a_locked_row_refuses_a_single_update(fresh: Visitor) -> None:
    fresh.fault("locked_row", method="PATCH")
    with pytest.raises(SalesforceMalformedRequest) as caught:
        fresh.crm.Account.update(ACME, {"Phone": "1"})
    assert caught.value.content[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"
    assert fresh.crm.Account.update(ACME, {"Phone": "1"}) == 204


def test_the_request_limit_answers_403(fresh: Visitor) -> None:
    fresh.fault("request_limit", times=None, path="/query")
    with pytest.raises(SalesforceRefusedRequest) as caught:
        fresh.crm.query("SELECT Id FROM Account")
    assert caught.value.content == [
        {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
    ]


def test_a_late_row_is_seen_only_after_its_delay(fresh: Visitor) -> None:
    fresh.fault("late_row", path=ACME, seconds=300)
    start = fresh.world.clock.now()
    fresh.crm.Account.update(ACME, {"Phone": "1"})
    fresh.world.clock.advance(timedelta(seconds=299))
    changed = "SELECT Id FROM Account WHERE SystemModstamp >= 2026-06-30T02:00:00Z"
    assert fresh.rows(changed) == []
    covered = fresh.crm.Account.updated(start, start + timedelta(minutes=4))
    assert covered == {"ids": [], "latestDateCovered": "2026-06-30T02:00:00.000+0000"}
    fresh.world.clock.advance(timedelta(seconds=1))
    assert fresh.rows(changed) == [{"Id": ACME}]
