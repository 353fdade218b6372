"""Participants in a browser: found, and shown with their money and without their secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import factories as make

if TYPE_CHECKING:
    from tests.web.browsing import Console

SCRIPT = "<script>alert(1)</script>"


def test_participants_are_found_by_name_kind_and_status(console: Console) -> None:
    with console.database.transaction() as tx:
        for _ in range(51):
            make.participant(tx, name=SCRIPT)
        make.participant(tx, "zoe", kind="employee", status="suspended")
    client = console.signed_in("auditor")
    client.get("/console/participants")
    with console.counting() as statements:
        first = client.get("/console/participants")
    assert len(statements) <= 6
    assert SCRIPT not in first.html
    rest = client.get("/console/participants", after=first.html.split("after=")[1].split('"')[0])
    assert (len(first.rows), len(rest.rows)) == (51, 3)
    for asked in ({"name": "ZOE"}, {"kind": "employee"}, {"status": "suspended"}):
        assert [row[1] for row in client.get("/console/participants", **asked).rows[1:]] == ["zoe"]
    assert "Nobody is so." in client.get("/console/participants", tier="x").text
    assert client.get("/console/participants", name="x" * 201).status == 400
    assert client.get("/console/participants", after="x").status == 400


def test_one_has_their_money_and_what_is_missing_for_payment(console: Console) -> None:
    iban = "DE89370400440532013000"
    with console.database.transaction() as tx:
        ann = make.participant(tx, "ann", payout_method=None, iban=iban)
        owed = make.approved(tx, ann, 12_345)
        make.registration(tx, ann, "Acme")
    client = console.signed_in("operator")
    client.get(f"/console/participants/{ann}")
    with console.counting() as statements:
        page = client.get(f"/console/participants/{ann}")
    assert len(statements) <= 16
    assert "the participant has chosen no payout method" in page.text
    assert ["USD", "123.45 USD", "0.00 USD", "0.00 USD"] in page.rows
    assert f"/console/rewards/{owed}" in page.html
    assert "Acme" in page.text
    assert iban not in page.html
    assert "…3000" in page.text
    assert client.get("/console/participants/99").status == 404
