"""Registrations in a browser: found, shown beside their rivals, and decided once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests import factories as make
from tests.contested import Place

if TYPE_CHECKING:
    from tests.web.browsing import Client, Console

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def place(console: Console) -> Place:
    """Acme, which the first registration protects and the second one lost."""
    with console.database.transaction() as tx:
        return Place(tx)


def decide(client: Client, number: int, decision: str, **other: Any) -> Any:
    fields = {"seen": "submitted", "reason": "we know them", **other}
    return client.post(f"/console/registrations/{number}/{decision}", **fields)


def test_registrations_are_found_by_state_partner_account_and_end(
    console: Console, place: Place
) -> None:
    with console.database.transaction() as tx:
        for _ in range(55):
            make.registration(tx, place.ann, SCRIPT)
    client = console.signed_in("auditor")
    client.get("/console/registrations")

    def found(**asked: object) -> list[str]:
        page = client.get("/console/registrations", **asked)
        assert page.status == 200, page.text
        assert SCRIPT not in page.html
        return [row[0] for row in page.rows[1:]]

    with console.counting() as statements:
        newest = found()
    assert len(statements) <= 6
    assert len(newest) == 50
    assert len(found(after=newest[-1])) == 7
    assert found(partner="tailspin") == [str(place.lost)]
    assert found(account="ACME", state="approved") == [str(place.held)]
    assert found(ends_within="7") in ([], [str(place.held)])
    assert found(account="nobody's") == []
    for wrong in ({"state": "sold"}, {"ends_within": "x"}, {"after": 0}, {"partner": "x" * 201}):
        assert client.get("/console/registrations", **wrong).status == 400


def test_rivals_stand_side_by_side_and_the_story_is_told(console: Console, place: Place) -> None:
    client = console.signed_in("auditor")
    client.get("/console/registrations")
    with console.counting() as few:
        page = client.get(f"/console/registrations/{place.lost}")
    with console.database.transaction() as tx:
        for _ in range(12):
            make.registration(tx, place.ann, "Acme")
    with console.counting() as many:
        client.get(f"/console/registrations/{place.lost}")
    assert len(few) == len(many)
    assert "Northwind Traders" in page.text
    assert "Tailspin Toys" in page.text
    assert "First to register was" in page.text
    assert "Decide" not in page.text
    assert console.signed_in("operator").get("/console/registrations/99").status == 404


def test_a_registration_is_decided_once_and_as_it_was_seen(console: Console) -> None:
    with console.database.transaction() as tx:
        now = datetime.now(UTC)
        number = make.registration(tx, make.participant(tx, "cyd"), "Contoso", submitted_at=now)
    client = console.signed_in("operator", name="olivia")
    assert decide(console.signed_in("approver"), number, "approve").status == 403
    assert "needs its reason" in decide(client, number, "approve", reason=" ").text
    assert decide(client, number, "approve", reason="x" * 2001).status == 400
    assert decide(client, number, "sell").status == 400
    assert decide(client, number, "approve", reason="\0").status == 400
    assert decide(client, 99, "approve").status == 409
    done = decide(client, number, "approve", reason=SCRIPT)
    assert f"Registration {number} is approved." in done.text
    assert SCRIPT not in done.html
    assert "not what you saw" in decide(client, number, "withdraw").text
    until = console.rows("SELECT expires_on FROM registrations")[0][0].isoformat()
    extended = [
        decide(client, number, "extend", seen="approved", seen_until=until).status for _ in range(2)
    ]
    assert extended == [200, 409]
    assert console.trail("registration") == [("olivia", "approved"), ("olivia", "extended")]


def test_a_rejection_may_not_name_the_rival_and_its_note_stays_with_staff(
    console: Console, place: Place
) -> None:
    client = console.signed_in("operator", name="olivia")
    rival = "Northwind Traders"
    named = decide(client, place.lost, "reject", seen="conflicting", reason=f"{rival} has it")
    assert "say who it is in the note" in named.text
    told = decide(client, place.lost, "reject", seen="conflicting", reason="too late", note=rival)
    assert told.status == 200, told.text
    [[context]] = console.rows(
        "SELECT context FROM messages WHERE template = 'registration_rejected'"
    )
    assert "Northwind" not in str(context)


def test_what_a_partner_does_not_want_is_given_back(console: Console) -> None:
    with console.database.transaction() as tx:
        partner = make.participant(tx, "ann", name="Ann & Co")
        number = make.registration(tx, partner, "Acme")
        tx.execute(
            make.text(
                "INSERT INTO routings (crm_object, crm_id, registration_id, partner, routed_on)"
                " VALUES ('Lead', '00Q1', :number, 'Ann', '2026-06-29')"
            ),
            {"number": number},
        )
    path = "/console/registrations/routed"
    client = console.signed_in("operator", name="olivia")
    assert "Ann & Co" in client.get(path).text
    form = {"record": "00Q1", "partner": "ann", "reason": "no time"}
    for wrong in ({"partner": "bob"}, {"reason": " "}, {"record": "00Q2"}):
        assert client.post(f"{path}/decline", **form | wrong).status == 409, wrong
    assert "00Q1 is declined" in client.post(f"{path}/decline", **form).text
    assert client.post(f"{path}/decline", **form).status == 409
    assert "declined, to be given back" in client.get(path).text
    assert ("olivia", "declined") in console.trail("registration")


def test_a_registration_is_taken_down_for_a_partner_once(console: Console) -> None:
    with console.database.transaction() as tx:
        make.participant(tx, "ann", kind="reseller")
    path = "/console/registrations/new"
    client = console.signed_in("operator", name="olivia")
    assert console.signed_in("auditor").get(path).status == 403
    wrong = client.post(path, participant="nobody", company=SCRIPT, amount="much")
    assert wrong.status == 400
    assert "nobody" in wrong.text
    assert SCRIPT not in wrong.html
    today = console.rows("SELECT CURRENT_DATE")[0][0]
    form = {
        "participant": "ann",
        "company": f"Initech {SCRIPT}",
        "evidence": ["meeting", "budget"],
        "met_on": (today - timedelta(days=2)).isoformat(),
        "note": "met; the CIO",
        "amount": "50000.00 USD",
    }
    done = client.post(path, **form)
    assert "is submitted: the next night decides it" in done.text
    assert "meeting, " in done.text
    assert "met, the CIO" in done.text
    assert "50,000.00 USD" in done.text
    assert "was submitted before" in client.post(path, **form).text
    assert ("olivia", "submitted") in console.trail("registration")
