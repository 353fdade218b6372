"""Quarantine in a browser: a record is corrected in its cells, and taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from goodword.actions import quarantine
from tests import factories as make
from tests.web.company import DEAL, RECORD, SCRIPT

if TYPE_CHECKING:
    from tests.web.browsing import Console


def test_a_record_is_corrected_and_taken_in_once(console: Console) -> None:
    with console.database.transaction() as tx:
        aside = quarantine.Aside(DEAL, "Amount is '-5': no deal is worth less", RECORD)
        quarantine.set_aside(tx, "salesforce.Opportunity", [aside])
    client = console.signed_in("operator", name="olivia")
    assert "no deal is worth less" in client.get("/console/quarantine").text
    form = client.get("/console/quarantine/1")
    assert SCRIPT not in form.html
    [[seen]] = console.rows("SELECT md5(record::text) FROM quarantine")
    right = {"seen": seen, "reason": "their invoice", "cell.Amount": "500.00"}
    assert console.signed_in("auditor").post("/console/quarantine/1", **right).status == 403
    for wrong, said in (
        ({"reason": " "}, "needs its reason"),
        ({"seen": "older"}, "changed meanwhile"),
        ({"cell.Amount": "much"}, "it cannot be taken in yet: Amount cannot be read"),
        ({"cell.Id": "006X"}, "Id is no field of the record that can be corrected"),
        ({"cell.Secret__c": "1"}, "Secret__c is no field"),
    ):
        refused = client.post("/console/quarantine/1", **{**right, **wrong})
        assert (refused.status, said in refused.text) == (409, True), refused.text
    assert console.rows("SELECT count(*) FROM opportunities") == [(0,)]
    done = client.post("/console/quarantine/1", **right)
    assert "Record 1 is corrected and taken in." in done.text
    assert "Nothing is in quarantine" in done.text
    assert console.rows("SELECT crm_id, amount_minor FROM opportunities") == [(DEAL, 50_000)]
    assert console.trail("quarantined record") == [("olivia", "corrected")]
    [[facts]] = console.rows("SELECT facts FROM audit_events WHERE action = 'corrected'")
    assert facts["Amount"] == {"before": "-5", "after": "500.00"}
    assert client.post("/console/quarantine/1", **right).status == 404
    assert client.get("/console/quarantine", source=SCRIPT).status == 200


def test_what_the_crm_refused_is_corrected_there(console: Console) -> None:
    with console.database.transaction() as tx:
        aside = quarantine.Aside("001A", "the record is locked", {"object": "Account"})
        quarantine.set_aside(tx, "salesforce.protection", [aside])
        seen = make.value(tx, "SELECT md5(record::text) FROM quarantine")
    client = console.signed_in("operator")
    assert "remove what it names" in client.get("/console/quarantine/1").text
    given = {"seen": seen, "reason": "x", "cell.object": "Lead"}
    assert client.post("/console/quarantine/1", **given).status == 409
