"""Webhooks over real HTTP: signed by Stripe's stand-in, kept once, answered by what was done."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
import stripe

from goodword.wiring import close
from sandbox.faults import Fault
from tests import factories as make
from tests.waiting import PATIENT, until
from tests.web.conftest import ACCOUNT, Shop

if TYPE_CHECKING:
    from tests.conftest import Template


def event(**other: Any) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "type": "charge.refunded",
        "created": 1_782_820_800,
        "data": {"object": {"id": "ch_1", "object": "charge"}},
        **other,
    }


def test_what_stripe_sends_is_kept_as_it_came_and_taken_up_later(shop: Shop, secret: str) -> None:
    assert secret
    charge = shop.pays(10_000)
    shop.refund(charge)
    assert set(shop.delivered(4)) == {200}
    assert shop.inbox()["charge.refunded"] == ("webhook", "received")
    assert shop.rows("SELECT count(*) FROM refunds") == [(0,)]
    [[body]] = shop.rows("SELECT body FROM provider_events WHERE type = 'charge.refunded'")
    assert json.loads(body)["data"]["object"]["id"] == charge
    shop.take_up()
    assert shop.inbox()["charge.refunded"] == ("webhook", "done")
    assert shop.inbox()["charge.succeeded"] == ("webhook", "ignored")
    assert shop.inbox()["invoice.paid"] == ("webhook", "done")
    assert shop.rows("SELECT refunded_minor, currency FROM refunds") == [(10_000, "USD")]


def test_an_event_that_comes_twice_late_and_out_of_order_is_kept_once(
    shop: Shop, secret: str
) -> None:
    assert secret
    shop.stripe.faults.add(Fault("stripe", "webhook_out_of_order", path="refund.created"))
    shop.stripe.faults.add(Fault("stripe", "webhook_twice", path="charge.refunded"))
    shop.stripe.faults.add(Fault("stripe", "webhook_late", path="charge.succeeded", seconds=60))
    shop.refund(shop.pays(10_000), 4_000)
    assert set(shop.delivered(4)) == {200}
    shop.later(minutes=2)
    shop.delivered(5)
    shop.catch_up()
    kept = shop.rows("SELECT type, count(*) FROM provider_events GROUP BY type ORDER BY type")
    types = ["charge.refunded", "charge.succeeded", "invoice.paid", "refund.created"]
    assert kept == [(kind, 1) for kind in types]
    shop.take_up()
    assert shop.rows("SELECT refunded_minor FROM refunds") == [(4_000,)]


def test_a_lost_webhook_is_caught_up_from_the_list_of_events(shop: Shop, secret: str) -> None:
    assert secret
    shop.stripe.faults.add(Fault("stripe", "webhook_lost", times=None))
    shop.refund(shop.pays(10_000))
    assert shop.catch_up() == {"events caught up": 3}
    assert shop.catch_up() == {}
    assert shop.inbox()["charge.refunded"] == ("catch_up", "received")
    shop.take_up()
    assert shop.rows("SELECT refunded_minor FROM refunds") == [(10_000,)]


def test_after_more_than_thirty_days_the_gap_is_said_in_words(shop: Shop) -> None:
    assert shop.catch_up() == {}
    shop.later(days=45)
    assert shop.catch_up() == {"events beyond reach": 1}
    [[said]] = shop.rows("SELECT reason FROM audit_events WHERE action = 'not heard'")
    assert "last heard on 2026-06-30" in said
    assert "until 2026-07-15" in said
    assert "goodword refunds record" in said
    assert shop.catch_up() == {}


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "No Stripe-Signature header value was provided"),
        ({"Stripe-Signature": "t=1,v1=00"}, "No signatures found matching"),
        ({"Stripe-Signature": "nonsense"}, "Unable to extract timestamp"),
        ({"Stripe-Signature": "t=1,v1=\xe9"}, "it is no ASCII text"),
    ],
)
@pytest.mark.usefixtures("secret")
def test_a_wrong_signature_is_refused_with_a_sentence(
    shop: Shop, headers: dict[str, str], said: str
) -> None:
    answer = shop.post(json.dumps(event()).encode(), **headers)
    assert answer.status_code == 400
    assert said in answer.text
    assert shop.inbox() == {}


def test_a_signature_of_ten_minutes_ago_is_refused(shop: Shop, secret: str) -> None:
    body = json.dumps(event())
    old = stripe.WebhookSignature.generate_signature_header(
        body, secret, timestamp=int(time.time()) - 600
    )
    answer = shop.post(body.encode(), **{"Stripe-Signature": old})
    assert answer.status_code == 400
    assert "tolerance" in answer.text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "the body is no event"),
        ("{", "the body is no event"),
        ("[]", "the body is no event"),
        ("[" * 100_000, "the body is no event"),
        (json.dumps(event()).replace("", "\0")[1:], "the body is no event"),  # UTF-16
        ('{"object": "event"}', "the body is no event"),
        (json.dumps(event(id="\x00")), "is no name that Stripe gives"),
        (json.dumps(event(created=10**30)), "the body is no event"),
        (json.dumps(event(object="v2.core.event")), "payload style “snapshot”"),
    ],
)
def test_a_signed_body_that_is_no_snapshot_event_is_refused_with_a_sentence(
    shop: Shop, secret: str, body: str, said: str
) -> None:
    answer = shop.signed(body, secret)
    assert answer.status_code == 400
    assert said in answer.text
    assert shop.inbox() == {}


def test_a_body_of_more_than_a_megabyte_is_not_read_to_its_end(shop: Shop, secret: str) -> None:
    answer = shop.signed("x" * (1024 * 1024 + 1), secret)
    assert answer.status_code == 413


def test_of_a_forged_event_nothing_is_believed(shop: Shop, secret: str) -> None:
    """A right signature on a lie: what Stripe has decides, as when the secret has leaked."""
    charge = shop.pays_for(make_deal(shop), 10_000)
    lie = {"id": charge, "object": "charge", "amount_refunded": 10_000, "refunded": True}
    assert shop.signed(json.dumps(event(data={"object": lie})), secret).status_code == 200
    nobody = {"id": "re_nobody", "object": "refund", "amount": 10_000, "charge": charge}
    forged = event(id="evt_2", type="refund.created", data={"object": nobody})
    assert shop.signed(json.dumps(forged), secret).status_code == 200
    gone = {"id": "sub_nobody", "object": "subscription", "status": "canceled"}
    forged = event(id="evt_3", type="customer.subscription.deleted", data={"object": gone})
    assert shop.signed(json.dumps(forged), secret).status_code == 200
    shop.take_up()
    assert shop.rows("SELECT count(*) FROM refunds") == [(0,)]
    found = shop.rows("SELECT state FROM provider_events WHERE id LIKE 'evt__' ORDER BY id")
    assert found == [("done",), ("ignored",), ("ignored",)]


def make_deal(shop: Shop) -> str:
    with shop.database.transaction() as tx:
        return make.deal(tx)


def test_while_the_database_is_away_stripe_is_told_to_try_again(
    shop: Shop, secret: str, monkeypatch: pytest.MonkeyPatch, template: Template
) -> None:
    missing = template.url.replace("/goodword?", "/nowhere?")
    assert missing != template.url
    there = shop.database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("GOODWORD_DATABASE_URL", missing)
    close()
    answer = shop.signed(json.dumps(event()), secret)
    assert answer.status_code == 503
    assert requests.get(f"{shop.url}/readyz", timeout=PATIENT).status_code == 503
    assert requests.get(f"{shop.url}/healthz", timeout=PATIENT).status_code == 200
    monkeypatch.setenv("GOODWORD_DATABASE_URL", there)
    close()
    assert shop.signed(json.dumps(event()), secret).text == "kept\n"
    assert shop.signed(json.dumps(event()), secret).text == "known\n"
    assert requests.get(f"{shop.url}/readyz", timeout=PATIENT).status_code == 200


def test_a_participant_whose_bank_refuses_a_payout_is_told_once(shop: Shop, secret: str) -> None:
    with shop.database.transaction() as tx:
        ann = make.participant(tx, "ann", stripe_account=ACCOUNT, locale="ja")
    transfer: Any = {"amount": 5_000, "currency": "usd", "destination": ACCOUNT}
    shop.client.v1.transfers.create(transfer, {"idempotency_key": "k"})
    theirs: Any = {"stripe_account": ACCOUNT}
    made: Any = {"amount": 5_000, "currency": "usd"}
    payout = shop.client.v1.payouts.create(made, theirs)
    shop.control(f"payouts/{payout.id}", status="failed", failure_code="account_closed")
    until(lambda: "payout.failed" in shop.inbox())
    shop.take_up()
    again = event(
        id="evt_again", type="payout.failed", account=ACCOUNT, data={"object": {"id": payout.id}}
    )
    assert shop.signed(json.dumps(again), secret).status_code == 200
    shop.take_up()
    letters = shop.rows("SELECT template, participant_id, context -> 'amount' FROM messages")
    assert letters == [("payout_failed", ann, {"minor": 5_000, "currency": "USD"})]
    told = "SELECT subject_id FROM audit_events WHERE action = 'refused by their bank'"
    assert shop.rows(told) == [(ann,)]


def test_an_event_that_cannot_be_read_is_tried_again_and_stops_no_other(
    shop: Shop, secret: str
) -> None:
    assert secret
    deal = make_deal(shop)
    first, second = shop.pays_for(deal, 10_000), shop.pays_for(deal, 10_000)
    shop.refund(first, 1_000)
    shop.refund(second, 2_000)
    shop.delivered(8)
    refuse = Fault("stripe", "server_error", method="GET", path=f"/v1/charges/{first}", times=None)
    shop.stripe.faults.add(refuse)
    counts = shop.take_up()
    assert counts["events failed"] == 2
    assert shop.rows("SELECT refunded_minor FROM refunds") == [(2_000,)]
    [attempts, *_] = shop.rows("SELECT attempts FROM provider_events WHERE state = 'failed'")
    assert attempts == (1,)
    shop.stripe.faults.clear()
    assert shop.take_up()["events done"] == 2
    assert sorted(shop.rows("SELECT refunded_minor FROM refunds")) == [(1_000,), (2_000,)]
