"""Coupons, subscriptions and what customers pay, through the real library."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import stripe

from sandbox.clock import VirtualClock
from sandbox.server import Sandbox

CUSTOMER = "cus_Dollars"
DEAL = {"opportunity_id": "006000000000001AAA"}
Control = Callable[..., Any]


@pytest.fixture
def subscription(control: Control, clock: VirtualClock) -> str:
    clock.set(datetime(2026, 1, 31, tzinfo=UTC))
    body = {"customer": CUSTOMER, "price": 10_000, "currency": "usd", "metadata": DEAL}
    control("PUT", "stripe/subscriptions/sub_1", body)
    return "sub_1"


@pytest.fixture
def coupon(client: stripe.StripeClient) -> Callable[..., str]:
    def make(identifier: str, **params: Any) -> str:
        made: Any = {"id": identifier, "percent_off": 100, "duration": "once", **params}
        return client.v1.coupons.create(params=made).id

    return make


@pytest.fixture
def charge(control: Control) -> str:
    billed = control("POST", "stripe/bills", {"customer": CUSTOMER, "amount": 10_000})
    return str(billed["charge"]["id"])


def kinds(client: stripe.StripeClient) -> list[str]:
    return [event.type for event in client.v1.events.list(params={"limit": 100}).data]


def test_a_coupon_has_the_id_it_was_given_and_has_it_once(client: stripe.StripeClient) -> None:
    params: Any = {
        "id": "reward-7",
        "percent_off": 12.5,
        "duration": "repeating",
        "duration_in_months": 3,
        "max_redemptions": 1,
        "metadata": {"payout": "p7"},
        "name": "One free month",
    }
    made = client.v1.coupons.create(params=params, options={"idempotency_key": "k"})
    found = client.v1.coupons.retrieve("reward-7")
    assert found.to_dict() == made.to_dict()
    assert found.to_dict().items() >= params.items()
    assert (found.times_redeemed, found.valid) == (0, True)
    assert [one.id for one in client.v1.coupons.list().data] == ["reward-7"]
    with pytest.raises(stripe.InvalidRequestError, match="already exists") as refused:
        client.v1.coupons.create(params=params)
    assert (refused.value.code, refused.value.http_status) == ("resource_already_exists", 400)


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "percent_off"),
        ({"percent_off": 5, "amount_off": 5, "currency": "usd"}, "percent_off"),
        ({"amount_off": 5}, "currency"),
        ({"percent_off": 5, "currency": "usd"}, "currency"),
        ({"percent_off": 0}, "percent_off"),
        ({"percent_off": 100.01}, "percent_off"),
        ({"percent_off": 1.005}, "percent_off"),
        ({"percent_off": "half"}, "percent_off"),
        ({"percent_off": 5, "duration": "repeating"}, "duration_in_months"),
        ({"percent_off": 5, "duration_in_months": 2}, "duration_in_months"),
        (
            {"percent_off": 5, "duration": "repeating", "duration_in_months": 0},
            "duration_in_months",
        ),
        ({"percent_off": 5, "max_redemptions": 0}, "max_redemptions"),
        ({"percent_off": 5, "duration": "never"}, "duration"),
    ],
)
def test_a_coupon_that_cannot_be_is_refused(
    client: stripe.StripeClient, params: Any, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.coupons.create(params=params)
    assert (refused.value.http_status, refused.value.param) == (400, param)
    assert client.v1.coupons.list().data == []


def test_a_discount_lasts_as_many_months_as_its_coupon(
    client: stripe.StripeClient,
    subscription: str,
    coupon: Callable[..., str],
    clock: VirtualClock,
) -> None:
    three = coupon("three", duration="repeating", duration_in_months=1)
    changed = client.v1.subscriptions.update(
        subscription,
        params={"discounts": [{"coupon": three}], "expand": ["discounts.source.coupon"]},
    )
    (discount,) = changed.to_dict()["discounts"]
    assert discount["start"] == int(datetime(2026, 1, 31, tzinfo=UTC).timestamp())
    assert discount["end"] == int(datetime(2026, 2, 28, tzinfo=UTC).timestamp())
    assert discount["source"]["coupon"]["times_redeemed"] == 1
    clock.set(datetime(2026, 2, 27, 23, tzinfo=UTC))
    assert client.v1.subscriptions.retrieve(subscription).discounts == [discount["id"]]
    clock.set(datetime(2026, 2, 28, tzinfo=UTC))
    assert client.v1.subscriptions.retrieve(subscription).discounts == []
    assert client.v1.subscriptions.list().data[0].discounts == []


def test_a_new_list_of_discounts_takes_the_place_of_the_old(
    client: stripe.StripeClient, subscription: str, coupon: Callable[..., str]
) -> None:
    update = client.v1.subscriptions.update
    (first,) = update(subscription, params={"discounts": [{"coupon": coupon("a")}]}).discounts
    kept = update(
        subscription,
        params={"discounts": [{"discount": str(first)}, {"coupon": coupon("b")}]},
    ).discounts
    assert kept[0] == first
    assert len(kept) == 2
    assert client.v1.coupons.retrieve("a").times_redeemed == 1
    alone = update(subscription, params={"discounts": [{"coupon": coupon("c")}]}).discounts
    assert len(alone) == 1
    assert not set(alone) & set(kept)
    assert update(subscription, params={"discounts": ""}).discounts == []
    assert kinds(client).count("customer.discount.deleted") == 3
    with pytest.raises(stripe.InvalidRequestError, match="No such discount") as refused:
        update(subscription, params={"discounts": [{"discount": str(first)}]})
    assert refused.value.param == "discounts[0][discount]"


def test_a_coupon_is_redeemed_no_more_often_than_it_may(
    client: stripe.StripeClient, subscription: str, coupon: Callable[..., str]
) -> None:
    update = client.v1.subscriptions.update
    once = coupon("once", max_redemptions=1)
    with pytest.raises(stripe.InvalidRequestError) as twice:
        update(subscription, params={"discounts": [{"coupon": once}, {"coupon": once}]})
    assert twice.value.param == "discounts[1][coupon]"
    assert client.v1.coupons.retrieve(once).times_redeemed == 0
    update(subscription, params={"discounts": [{"coupon": once}]})
    assert client.v1.coupons.retrieve(once).valid is False
    with pytest.raises(stripe.InvalidRequestError) as refused:
        update(subscription, params={"discounts": [{"coupon": once}]})
    assert (refused.value.code, refused.value.http_status) == ("coupon_expired", 400)
    assert len(client.v1.subscriptions.retrieve(subscription).discounts) == 1


@pytest.mark.parametrize(
    ("entry", "param"),
    [
        ({"coupon": "none"}, "discounts[0][coupon]"),
        ({"coupon": "a", "discount": "b"}, "discounts[0]"),
        ({"promotion_code": "x"}, "discounts[0][promotion_code]"),
        ({"coupon": ""}, "discounts[0][coupon]"),
    ],
)
def test_a_discount_that_cannot_be_is_refused(
    client: stripe.StripeClient, subscription: str, entry: Any, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.subscriptions.update(subscription, params={"discounts": [entry]})
    assert refused.value.param == param


def test_an_amount_off_is_of_the_currency_of_the_subscription(
    client: stripe.StripeClient, subscription: str, control: Control
) -> None:
    yen: Any = {"id": "yen", "amount_off": 500, "currency": "jpy"}
    dollars: Any = {"id": "dollars", "amount_off": 500, "currency": "usd"}
    for params in (yen, dollars):
        client.v1.coupons.create(params=params)
    with pytest.raises(stripe.InvalidRequestError, match="takes off jpy"):
        client.v1.subscriptions.update(subscription, params={"discounts": [{"coupon": "yen"}]})
    client.v1.subscriptions.update(subscription, params={"discounts": [{"coupon": "dollars"}]})
    billed = control("POST", "stripe/bills", {"subscription": subscription})
    assert billed["charge"]["amount"] == 9_500


def test_subscriptions_are_narrowed_by_customer_and_status(
    client: stripe.StripeClient, subscription: str, control: Control
) -> None:
    def ids(**params: Any) -> list[str]:
        return [one.id for one in client.v1.subscriptions.list(params=params).data]  # type: ignore[arg-type]

    assert ids(customer=CUSTOMER) == [subscription]
    assert ids(customer="cus_NoCurrency") == []
    control("POST", f"stripe/subscriptions/{subscription}", {"status": "past_due"})
    assert ids(status="active") == []
    control("POST", f"stripe/subscriptions/{subscription}", {"status": "canceled"})
    assert ids() == []
    assert ids(status="all") == ids(status="canceled") == [subscription]
    assert kinds(client)[:2] == ["customer.subscription.deleted", "customer.subscription.updated"]
    with pytest.raises(stripe.InvalidRequestError, match="canceled subscription"):
        client.v1.subscriptions.update(subscription, params={"discounts": ""})


def test_an_invoice_takes_off_the_discount_and_then_the_credit(
    client: stripe.StripeClient,
    subscription: str,
    coupon: Callable[..., str],
    control: Control,
) -> None:
    coupon("tenth", percent_off=10)
    client.v1.subscriptions.update(subscription, params={"discounts": [{"coupon": "tenth"}]})
    client.v1.customers.balance_transactions.create(
        CUSTOMER, params={"amount": -2_500, "currency": "usd"}
    )
    billed = control(
        "POST",
        "stripe/bills",
        {"subscription": subscription, "charge_metadata": DEAL, "invoice_metadata": {"a": "1"}},
    )
    invoice = client.v1.invoices.retrieve(billed["invoice"]["id"])
    assert (invoice.subtotal, invoice.total, invoice.amount_due) == (10_000, 9_000, 6_500)
    assert (invoice.starting_balance, invoice.ending_balance) == (-2_500, 0)
    assert (invoice.status, invoice.to_dict()["metadata"]) == ("paid", {"a": "1"})
    parent = invoice.to_dict()["parent"]["subscription_details"]
    assert (parent["subscription"], parent["metadata"]) == (subscription, DEAL)
    charge = client.v1.charges.retrieve(billed["charge"]["id"])
    assert (charge.amount, charge.to_dict()["metadata"]) == (6_500, DEAL)
    assert client.v1.subscriptions.retrieve(subscription).discounts == []
    used = client.v1.customers.balance_transactions.list(CUSTOMER).data[0]
    assert (used.type, used.amount, used.invoice) == ("applied_to_invoice", 2_500, invoice.id)
    assert kinds(client)[:2] == ["invoice.paid", "charge.succeeded"]
    moved = client.v1.balance_transactions.list(params={"type": "charge"}).data
    assert [(one.amount, one.source) for one in moved] == [(6_500, charge.id)]


def test_a_free_month_is_paid_by_no_charge_and_the_next_one_is(
    client: stripe.StripeClient,
    subscription: str,
    coupon: Callable[..., str],
    control: Control,
) -> None:
    coupon("free", max_redemptions=1)
    client.v1.subscriptions.update(subscription, params={"discounts": [{"coupon": "free"}]})
    bills = [control("POST", "stripe/bills", {"subscription": subscription}) for _ in range(2)]
    assert bills[0]["charge"] is None
    assert [one["invoice"]["amount_paid"] for one in bills] == [0, 10_000]
    listed = client.v1.invoices.list(params={"subscription": subscription}).data
    assert [one.id for one in listed] == [one["invoice"]["id"] for one in bills[::-1]]


def test_a_charge_leads_to_its_invoice(client: stripe.StripeClient, charge: str) -> None:
    intent = str(client.v1.charges.retrieve(charge).payment_intent)
    (payment,) = client.v1.invoice_payments.list(
        params={"payment": {"type": "payment_intent", "payment_intent": intent}}
    ).data
    assert client.v1.invoices.retrieve(str(payment.invoice)).amount_paid == 10_000
    back = client.v1.charges.list(params={"payment_intent": intent}).data
    assert [one.id for one in back] == [charge]


def test_charges_are_narrowed_by_customer_and_time(
    client: stripe.StripeClient, control: Control, clock: VirtualClock
) -> None:
    clock.set(clock.now())
    ids = []
    for customer in (CUSTOMER, "cus_NoCurrency"):
        body = {"customer": customer, "amount": 5, "currency": "usd"}
        ids.append(control("POST", "stripe/bills", body)["charge"]["id"])
        clock.advance(timedelta(hours=1))

    def found(**params: Any) -> list[str]:
        return [one.id for one in client.v1.charges.list(params=params).data]  # type: ignore[arg-type]

    assert found(customer=CUSTOMER) == ids[:1]
    assert found(created={"gte": int((clock.now() - timedelta(hours=1)).timestamp())}) == ids[1:]


def test_refunds_add_up_to_the_charge(
    client: stripe.StripeClient, charge: str, control: Control
) -> None:
    client.v1.refunds.create(params={"charge": charge, "amount": 3_000, "metadata": {"a": "1"}})
    part = client.v1.charges.retrieve(charge)
    assert (part.amount_refunded, part.refunded) == (3_000, False)
    with pytest.raises(stripe.InvalidRequestError, match="unrefunded amount") as refused:
        client.v1.refunds.create(params={"charge": charge, "amount": 7_001})
    assert refused.value.param == "amount"
    control("POST", "stripe/refunds", {"charge": charge, "amount": 7_000})
    whole = client.v1.charges.retrieve(charge)
    assert (whole.amount_refunded, whole.refunded) == (10_000, True)
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.refunds.create(params={"charge": charge})
    assert again.value.code == "charge_already_refunded"
    listed = client.v1.refunds.list(params={"charge": charge}).data
    assert [(one.amount, one.status) for one in listed] == [
        (7_000, "succeeded"),
        (3_000, "succeeded"),
    ]
    events = client.v1.events.list(params={"type": "charge.refunded"}).data
    shown = [event.to_dict()["data"]["object"] for event in events]
    assert [(one["id"], one["amount_refunded"], one["refunded"]) for one in shown] == [
        (charge, 10_000, True),
        (charge, 3_000, False),
    ]
    moved = client.v1.balance_transactions.list(params={"type": "refund"}).data
    assert [(one.amount, one.source) for one in moved] == [(-one.amount, one.id) for one in listed]


@pytest.mark.parametrize(("status", "left"), [("won", 0), ("lost", -10_000)])
def test_a_dispute_takes_the_money_and_gives_it_back_when_won(
    client: stripe.StripeClient, charge: str, control: Control, status: str, left: int
) -> None:
    opened = control("POST", "stripe/disputes", {"charge": charge, "reason": "fraudulent"})
    (dispute,) = client.v1.disputes.list(params={"charge": charge}).data
    assert (dispute.id, dispute.status, dispute.amount) == (opened["id"], "needs_response", 10_000)
    assert client.v1.charges.retrieve(charge).disputed
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create(params={"charge": charge})
    assert refused.value.code == "charge_disputed"
    control("POST", f"stripe/disputes/{dispute.id}", {"status": status})
    assert client.v1.disputes.retrieve(dispute.id).status == status
    told = [kind for kind in kinds(client) if kind.startswith("charge.dispute.")]
    reinstated = ["charge.dispute.funds_reinstated"] if status == "won" else []
    assert told == [
        "charge.dispute.closed",
        *reinstated,
        "charge.dispute.funds_withdrawn",
        "charge.dispute.created",
    ]
    moved = client.v1.balance_transactions.list(params={"type": "adjustment"}).data
    assert sum(one.amount for one in moved) == left
    assert {one.source for one in moved} == {dispute.id}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("bills", {"customer": CUSTOMER, "amount": 1.5}),
        ("bills", {"customer": CUSTOMER, "amount": 0}),
        ("bills", {"customer": "cus_none", "amount": 5}),
        ("bills", {"customer": CUSTOMER}),
        ("refunds", {"amount": 5}),
        ("disputes", {"charge": "ch_none"}),
        ("subscriptions/sub_none", {"status": "over"}),
    ],
)
def test_a_control_that_means_nothing_is_refused(sandbox: Sandbox, path: str, body: Any) -> None:
    url = f"{sandbox.base_url}/sandbox/stripe/{path}"
    answer = requests.post(url, json=body, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["error"]
