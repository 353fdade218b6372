"""Disputes and questions in a browser: heard, ruled on once, and answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from goodword.rules.registrations import RegistrationState as State
from tests import factories as make
from tests.contested import Place

if TYPE_CHECKING:
    from tests.web.browsing import Console

SCRIPT = "<script>alert(1)</script>"


def test_a_dispute_is_opened_heard_and_ruled_on_once(console: Console) -> None:
    with console.database.transaction() as tx:
        place = Place(tx)
        now = datetime.now(UTC)
        tx.execute(
            make.text("UPDATE registrations SET submitted_at = :now, expires_on = :ends"),
            {"now": now, "ends": now.date() + timedelta(days=60)},
        )
    olivia = console.signed_in("operator", name="olivia")
    assert console.signed_in("auditor").post("/console/disputes").status == 403
    opened = olivia.post("/console/disputes", registration=place.lost, by="bob", words=SCRIPT)
    assert "Dispute 1 is open." in opened.text
    assert SCRIPT not in opened.html
    assert (
        olivia.post("/console/disputes", registration=place.lost, by="bob", words="x").status == 409
    )
    said = olivia.post("/console/disputes/1/statements", by="ann", words="we met them first")
    assert "What ann says is kept" in said.text
    assert "we met them first" in said.text
    listed = olivia.get("/console/disputes")
    assert listed.rows[1][:5] == ["1", "Acme", "Northwind Traders", "Tailspin Toys", "open"]
    ruling = {"outcome": "transferred", "instance": 1, "share": "20%", "reason": "the minutes"}
    for wrong in ({"share": "most"}, {"outcome": "both"}, {"instance": 3}):
        assert olivia.post("/console/disputes/1/ruling", **{**ruling, **wrong}).status == 400
    named = olivia.post("/console/disputes/1/ruling", **{**ruling, "reason": "Tailspin Toys won"})
    assert "it names Tailspin Toys" in named.text
    ruled = olivia.post("/console/disputes/1/ruling", **ruling)
    assert "Dispute 1 is decided: transferred." in ruled.text
    again = olivia.post("/console/disputes/1/ruling", **ruling)
    assert "look at it again" in again.text
    appealed = olivia.post("/console/disputes/1/appeal", by="ann", words="they came later")
    assert "Dispute 1 is appealed" in appealed.text
    assert olivia.get("/console/disputes/99").status == 404
    assert console.trail("dispute")[0] == ("bob", "opened")
    [[facts]] = console.rows("SELECT facts FROM audit_events WHERE action = 'appealed'")
    assert facts["taken_down_by"] == "olivia"


def test_a_question_of_accounts_is_answered_and_not_asked_again(console: Console) -> None:
    with console.database.transaction() as tx:
        number = make.registration(tx, make.participant(tx), "Acme")
        account = make.account(tx, name="Acme Corporation")
        asked = {"registration_id": number, "account_crm_id": account, "asked_on": make.TODAY}
        make.insert(tx, "account_questions", reason=SCRIPT, **asked)
    path = f"/console/registrations/questions/{number}"
    client = console.signed_in("operator", name="olivia")
    page = client.get("/console/registrations/questions")
    assert "Which account is “Acme”?" in page.text
    assert "Acme Corporation" in page.text
    assert SCRIPT not in page.html
    answer = {"account": account, "is_same": "true", "reason": "the same address"}
    assert console.signed_in("approver").post(path, **answer).status == 403
    assert client.post(path, **{**answer, "reason": ""}).status == 409
    assert client.post(path, **{**answer, "account": "001X"}).status == 409
    done = client.post(path, **answer)
    assert f"Registration {number} is about account {account}." in done.text
    assert "Of every registration it is known" in done.text


def test_more_days_are_granted_or_refused(console: Console) -> None:
    with console.database.transaction() as tx:
        place, until = Place(tx), datetime.now(UTC).date() + timedelta(days=5)
        tx.execute(make.text("UPDATE registrations SET expires_on = :d WHERE id = 1"), {"d": until})
        asked = {"registration_id": place.held, "asked_by": "ann", "asked_on": make.TODAY}
        make.insert(tx, "extension_requests", reason="the board meets later", **asked)
    path = f"/console/registrations/requests/{place.held}"
    client = console.signed_in("operator", name="olivia")
    assert "the board meets later" in client.get("/console/registrations/requests").text
    assert client.post(f"{path}/refuse").status == 409
    seen = {
        "seen": State.APPROVED.value,
        "seen_until": until.isoformat(),
        "reason": "they are near",
    }
    done = client.post(f"{path}/grant", **seen)
    assert "Nobody asks for more days." in done.text
    assert client.post(f"{path}/refuse", reason="too late").status == 409
    assert client.post(f"{path}/grant", **seen).status == 409
