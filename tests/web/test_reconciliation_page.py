"""Differences and bank files in the console: found, booked, handed over and confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import factories as make
from tests.actions.test_bank_files_kept import collected, handed_over
from tests.web.company import SCRIPT, difference

if TYPE_CHECKING:
    from tests.web.browsing import Console


def test_a_movement_is_booked_as_the_payout_of_the_rewards_that_look_unpaid(
    console: Console,
) -> None:
    with console.database.transaction() as tx:
        ada = make.participant(tx, "ada")
        rewards = [make.approved(tx, ada, minor) for minor in (1_500, 2_500)]
        number = difference(tx)
    client = console.signed_in("operator", name="olivia")
    page = client.get("/console/reconciliation")
    assert SCRIPT not in page.html
    assert ["0.00 USD", "40.00 USD", "40.00 USD"] in [row[3:6] for row in page.rows]
    proposed = ", ".join(map(str, rewards))
    assert f'value="{proposed}"' in client.get(f"/console/reconciliation/{number}").html
    path = f"/console/reconciliation/{number}/adopt"
    for given in ("", "1,x", "-1", "9" * 20):
        assert client.post(path, rewards=given, reason="seen").status == 400
    short = client.post(path, rewards=str(rewards[0]), reason="seen")
    assert (short.status, "these rewards are 15.00 USD together" in short.text) == (409, True)
    done = client.post(path, rewards=proposed, reason="seen at Stripe")
    assert f"Difference {number} is closed: its movement is payout 1" in done.text
    assert client.post(path, rewards=proposed, reason="seen").status == 404
    assert ("olivia", "closed") in console.trail("difference")


def test_a_difference_is_closed_with_a_reason_by_who_may(console: Console) -> None:
    with console.database.transaction() as tx:
        number = difference(tx)
    path = f"/console/reconciliation/{number}/close"
    assert console.signed_in("auditor").post(path, reason="x").status == 403
    client = console.signed_in("operator", name="olivia")
    assert client.post(path, reason=" ").status == 400
    assert client.post(path, reason="x" * 501).status == 400
    said = client.post(path, reason="paid by hand").text
    assert "It keeps nothing from acct_ada any more." in said
    assert "The provider's books and the ledger agree." in said
    assert "by olivia: paid by hand" in client.get(f"/console/reconciliation/{number}").text
    assert client.get("/console/reconciliation/99").status == 404


def test_a_bank_file_is_exported_and_its_lines_confirmed_or_not(console: Console) -> None:
    with console.database.transaction() as tx:
        first, second = handed_over(tx, 12_345), handed_over(tx, 55)
        number = collected(tx)
        other = handed_over(tx, 99)
    client, path = console.signed_in("operator", name="olivia"), f"/console/bank-files/{number}"
    assert "124.00 EUR" in client.get("/console/bank-files").text
    assert "Those ticked have arrived" not in client.get(path).text
    early = client.post(f"{path}/settle", ids=first, found="paid", reason="seen")
    assert (early.status, "was never exported" in early.text) == (409, True)
    file = client.post(f"{path}/export")
    assert file.headers["content-disposition"].startswith("attachment; filename=")
    assert file.html.startswith("<?xml")
    assert "It was exported before" in client.get(path).text
    assert client.post(f"{path}/settle", ids=other, found="paid", reason="seen").status == 400
    assert client.post(f"{path}/settle", found="paid", reason="seen").status == 400
    paid = client.post(f"{path}/settle", ids=first, found="paid", reason="the statement")
    assert f"Payout {first} is paid." in paid.text
    never = client.post(f"{path}/settle", ids=second, found="not_made", reason="IBAN closed")
    assert f"Payout {second} is not made, and the rewards are free." in never.text
    assert console.trail("bank_file")[-1] == ("olivia", "exported")


def test_a_list_of_differences_asks_for_no_row_by_itself(console: Console) -> None:
    client = console.signed_in("auditor")
    with console.database.transaction() as tx:
        for number in range(5):
            difference(tx, number)
    with console.counting() as sent:
        assert len(client.get("/console/reconciliation").rows) == 6
    assert len(sent) <= 10
