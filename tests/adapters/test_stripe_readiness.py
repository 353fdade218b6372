"""Whether a destination can be paid now, and what is missing when it cannot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from goodword.adapters.payments import NotReady
from goodword.rules.payouts import NotAnswered, Paid, Rail

TRANSFER, CREDIT, COUPON = Rail.STRIPE_TRANSFER, Rail.STRIPE_CREDIT, Rail.STRIPE_COUPON


def codes(found: dict[tuple[str, str], object]) -> dict[str, str | None]:
    return {
        name: known.code if isinstance(known, NotReady) else None
        for (name, _), known in found.items()
        if not isinstance(known, NotAnswered)
    }


def asked(bench: Any, rail: Rail, *names: str, currency: str = "USD") -> Any:
    return bench.provider.readiness(rail, [(name, currency) for name in names])


def test_readiness_says_of_each_account_what_is_missing(bench: Any) -> None:
    names = ("acct_1ready", "acct_1inactive", "acct_1nobank", "acct_1nobody", "")
    found = asked(bench, TRANSFER, *names)
    assert codes(found) == {
        "acct_1ready": None,
        "acct_1inactive": "transfers_inactive",
        "acct_1nobank": "payouts_disabled",
        "acct_1nobody": "unknown_account",
        "": "no_destination",
    }
    assert "external_account" in found["acct_1nobank", "USD"].reason


def test_an_account_takes_every_currency_and_is_asked_for_once(bench: Any) -> None:
    before = bench.calls("GET", "/v1/accounts/{id}")
    wanted = [("acct_1ready", "USD"), ("acct_1ready", "JPY"), ("acct_1ready", "USD")]
    assert bench.provider.readiness(TRANSFER, wanted) == dict.fromkeys(wanted)
    assert bench.calls("GET", "/v1/accounts/{id}") == before + 1


def test_a_customer_takes_the_currency_of_the_bills(bench: Any) -> None:
    bench.world.stripe.customers.get("cus_ready")["currency"] = None
    wanted = [("cus_ready", "EUR"), ("cus_yen", "JPY"), ("cus_yen", "USD"), ("cus_nobody", "USD")]
    found = bench.provider.readiness(CREDIT, wanted)
    assert [known.code if known else None for known in found.values()] == [
        None,
        None,
        "currency_not_accepted",
        "unknown_customer",
    ]
    assert "billed in JPY" in found["cus_yen", "USD"].reason


@pytest.mark.parametrize("status", ["active", "trialing", "past_due", "unpaid", "paused"])
def test_a_subscription_whose_bills_are_to_come_is_ready(bench: Any, status: str) -> None:
    name = bench.subscription(status)
    assert codes(asked(bench, COUPON, name)) == {name: None}


@pytest.mark.parametrize("status", ["canceled", "incomplete", "incomplete_expired"])
def test_a_subscription_that_has_ended_is_not_ready(bench: Any, status: str) -> None:
    name = bench.subscription(status)
    assert codes(asked(bench, COUPON, name)) == {name: "subscription_ended"}


def test_a_subscription_that_ends_with_what_is_paid_is_not_ready(bench: Any) -> None:
    name = bench.subscription()
    bench.world.stripe.subscriptions.get(name)["cancel_at_period_end"] = True
    assert codes(asked(bench, COUPON, name)) == {name: "subscription_ended"}


def test_a_subscription_that_nobody_knows_or_whose_customer_was_deleted_is_not_ready(
    bench: Any,
) -> None:
    deleted = {"id": "cus_deleted", "object": "customer", "deleted": True, "email": None}
    bench.world.stripe.customers.add(deleted)
    orphan = bench.subscription(customer="cus_deleted")
    assert codes(asked(bench, COUPON, "sub_nobody", orphan, "")) == {
        "sub_nobody": "unknown_subscription",
        orphan: "unknown_customer",
        "": "no_destination",
    }


def test_a_bill_that_is_free_by_our_own_coupon_is_not_ready_until_that_ends(bench: Any) -> None:
    bench.world.clock.set(datetime(2036, 1, 15, tzinfo=UTC))
    request, key = bench.prepared(COUPON)
    assert isinstance(bench.provider.send(COUPON, request, key), Paid)
    name = request["subscription"]
    (known,) = asked(bench, COUPON, name).values()
    assert known.code == "bill_already_free"
    assert "until 2036-02-15" in known.reason
    bench.world.clock.set(datetime(2036, 2, 16, tzinfo=UTC))
    assert codes(asked(bench, COUPON, name)) == {name: None}


@pytest.mark.parametrize(
    ("duration", "until"), [("forever", "without an end"), ("once", "until its next invoice")]
)
def test_a_bill_that_somebody_else_made_free_is_not_ready(
    bench: Any, duration: str, until: str
) -> None:
    name = bench.subscription()
    coupon = bench.client.v1.coupons.create({"percent_off": 100, "duration": duration})
    bench.client.v1.subscriptions.update(name, {"discounts": [{"coupon": coupon.id}]})
    (known,) = asked(bench, COUPON, name).values()
    assert known.code == "bill_already_free"
    assert until in known.reason


def test_a_discount_that_leaves_something_to_pay_is_no_obstacle(bench: Any) -> None:
    name = bench.subscription()
    coupon = bench.client.v1.coupons.create({"percent_off": 99, "duration": "forever"})
    bench.client.v1.subscriptions.update(name, {"discounts": [{"coupon": coupon.id}]})
    assert codes(asked(bench, COUPON, name)) == {name: None}


def test_a_destination_that_cannot_be_asked_about_is_neither_ready_nor_unready(bench: Any) -> None:
    bench.strike("rate_limited", "inactive", method="GET", times=None)
    found = asked(bench, TRANSFER, "acct_1inactive", "acct_1ready")
    assert found["acct_1ready", "USD"] is None
    assert isinstance(found["acct_1inactive", "USD"], NotAnswered)
