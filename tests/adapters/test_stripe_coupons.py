"""Free months and discounts as coupons: given exactly once, whatever happens between two calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from goodword.adapters.payments import NotPayable, UnsafeCall
from goodword.rules.payouts import Held, LookedUp, Paid, Rail, Refused, TryLater, Unknown
from sandbox.stripe import invoices
from sandbox.stripe.endpoints import Call

COUPON = Rail.STRIPE_COUPON
LOST_BUT_DONE = ["timeout_after", "drop_after", "server_error_after", "truncated", "garbled"]
MAKING, PUTTING_ON = "/v1/coupons$", "/v1/subscriptions/"


def discounts(bench: Any, subscription: str) -> list[str]:
    """The coupons that act on a subscription, as Stripe shows them to somebody else."""
    found = bench.client.v1.subscriptions.retrieve(subscription, {"expand": ["discounts"]})
    return [discount.source.coupon for discount in found.discounts]


def redeemed(bench: Any, coupon: str) -> int:
    return int(bench.client.v1.coupons.retrieve(coupon).times_redeemed)


def given(bench: Any, subscription: str, **terms: Any) -> str:
    """Put somebody else's coupon on a subscription, beside those that are there."""
    made = bench.client.v1.coupons.create({"duration": "forever", **terms})
    found = bench.client.v1.subscriptions.retrieve(subscription)
    kept = [{"discount": one} for one in found.discounts]
    bench.client.v1.subscriptions.update(subscription, {"discounts": [*kept, {"coupon": made.id}]})
    return str(made.id)


def bill(bench: Any, subscription: str) -> int:
    """Bill a subscription as Stripe does each month, and return what is to be paid."""
    billing = bench.world.stripe
    with billing.lock:
        call = Call(billing, "req_bill", params={"subscription": subscription})
        return int(invoices.bill(call)["invoice"]["amount_due"])


# What is sent ------------------------------------------------------------------------------------


def test_free_months_are_a_coupon_of_100_percent_for_as_many_months(bench: Any) -> None:
    asked = bench.payment(COUPON, "49.00 USD", description="x" * 50, benefit={"months": 3})
    assert bench.provider.request(asked) == {
        "subscription": asked.destination,
        "id": asked.reference,
        "percent_off": "100",
        "duration": "repeating",
        "duration_in_months": 3,
        "max_redemptions": 1,
        "name": "x" * 40,
        "metadata": {
            "goodword_payout": asked.reference,
            "goodword_amount_minor": "4900",
            "goodword_currency": "USD",
            "goodword_subscription": asked.destination,
        },
    }


@pytest.mark.parametrize(("percent", "written"), [("12.5", "12.5"), ("20", "20"), (20, "20")])
def test_a_renewal_discount_is_a_coupon_for_one_bill(
    bench: Any, percent: object, written: str
) -> None:
    asked = bench.payment(COUPON, benefit={"percent_off": percent})
    request = bench.provider.request(asked)
    assert (request["percent_off"], request["duration"]) == (written, "once")
    assert "duration_in_months" not in request


@pytest.mark.parametrize("benefit", [None, {}, {"months": 0}, {"months": "1"}, {"perk": "Mug"}])
def test_what_no_coupon_can_give_is_not_payable(bench: Any, benefit: Any) -> None:
    with pytest.raises(NotPayable, match="no benefit"):
        bench.provider.request(bench.payment(COUPON, benefit=benefit))


@pytest.mark.parametrize("reference", ["gw.1", "gw 1", "gw/1", "é", "g" * 201])
def test_a_reference_that_stripe_takes_as_no_id_is_never_sent(bench: Any, reference: str) -> None:
    with pytest.raises(UnsafeCall, match="coupon's id"):
        bench.provider.request(bench.payment(COUPON, reference=reference))


def test_a_coupon_that_could_be_redeemed_twice_is_never_sent(bench: Any) -> None:
    request, key = bench.prepared(COUPON)
    with pytest.raises(UnsafeCall, match="exactly once"):
        bench.provider.send(COUPON, {**request, "max_redemptions": 2}, key)


def test_the_months_are_free_and_the_one_after_is_not(bench: Any) -> None:
    bench.world.clock.set(datetime(2032, 1, 15, tzinfo=UTC))
    request, key = bench.prepared(COUPON, benefit={"months": 2})
    assert isinstance(bench.provider.send(COUPON, request, key), Paid)
    assert bill(bench, request["subscription"]) == 0
    bench.world.clock.set(datetime(2032, 3, 16, tzinfo=UTC))
    assert bill(bench, request["subscription"]) == 4900


def test_a_renewal_discount_lowers_one_bill(bench: Any) -> None:
    request, key = bench.prepared(COUPON, benefit={"percent_off": "12.5"})
    bench.provider.send(COUPON, request, key)
    assert [bill(bench, request["subscription"]) for _ in range(2)] == [4287, 4900]


def test_discounts_of_others_stay_as_they_are(bench: Any) -> None:
    request, key = bench.prepared(COUPON)
    others = [given(bench, request["subscription"], percent_off=part) for part in (10, 20)]
    before = bench.client.v1.subscriptions.retrieve(request["subscription"]).discounts
    assert isinstance(bench.provider.send(COUPON, request, key), Paid)
    assert discounts(bench, request["subscription"]) == [*others, request["id"]]
    after = bench.client.v1.subscriptions.retrieve(request["subscription"]).discounts
    assert after[:2] == before, "kept, and not given anew"


# Wherever it ends --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*LOST_BUT_DONE, "drop_before", "cached_error"])
def test_a_coupon_that_was_made_and_not_put_on_gives_nothing_until_it_is(
    bench: Any, kind: str
) -> None:
    request, key = bench.prepared(COUPON)
    assert isinstance(bench.lost(kind, MAKING, COUPON, request, key), Unknown)
    assert discounts(bench, request["subscription"]) == []
    assert bench.provider.look_up(COUPON, request) == LookedUp(())
    # A failure that Stripe remembers is over when the next attempt has another key.
    again = f"{key}.2" if kind == "cached_error" else key
    assert bench.provider.send(COUPON, request, again) == Paid(request["id"])
    assert redeemed(bench, request["id"]) == 1


def test_a_crash_between_the_two_calls_leaves_the_second_to_be_done(bench: Any) -> None:
    request, key = bench.prepared(COUPON)
    made = bench.calls("POST", "/v1/coupons")
    bench.strike("drop_before", PUTTING_ON)
    assert isinstance(bench.provider.send(COUPON, request, key), Unknown)
    assert redeemed(bench, request["id"]) == 0
    assert bench.provider.send(COUPON, request, key) == Paid(request["id"])
    assert bench.calls("POST", "/v1/coupons") == made + 1


def test_an_update_that_comes_late_cannot_give_it_a_second_time(bench: Any) -> None:
    request, key = bench.prepared(COUPON)
    bench.strike("execute_late", PUTTING_ON, seconds=3600)
    assert isinstance(bench.provider.send(COUPON, request, key), Unknown)
    assert isinstance(bench.provider.send(COUPON, request, f"{key}.2"), Paid)
    bench.world.clock.advance(timedelta(hours=2))
    assert discounts(bench, request["subscription"]) == [request["id"]]
    assert redeemed(bench, request["id"]) == 1


def test_an_update_that_came_late_is_seen_before_another_is_sent(bench: Any) -> None:
    request, key = bench.prepared(COUPON)
    bench.strike("execute_late", PUTTING_ON, seconds=3600)
    assert isinstance(bench.provider.send(COUPON, request, key), Unknown)
    bench.world.clock.advance(timedelta(hours=2))
    sent = bench.calls("POST", "/v1/subscriptions/{id}")
    assert bench.provider.send(COUPON, request, f"{key}.2") == Paid(request["id"])
    assert bench.calls("POST", "/v1/subscriptions/{id}") == sent


def test_a_making_that_comes_late_meets_the_coupon_that_is_there(bench: Any) -> None:
    request, key = bench.prepared(COUPON)
    bench.strike("execute_late", MAKING, seconds=3600)
    assert isinstance(bench.provider.send(COUPON, request, key), Unknown)
    assert isinstance(bench.provider.send(COUPON, request, f"{key}.2"), Paid)
    bench.world.clock.advance(timedelta(hours=2))
    assert redeemed(bench, request["id"]) == 1


@pytest.mark.parametrize("benefit", [{"months": 1}, {"percent_off": "20"}])
def test_a_coupon_that_was_redeemed_and_ran_out_is_paid_and_not_given_again(
    bench: Any, benefit: dict[str, Any]
) -> None:
    bench.world.clock.set(datetime(2033, 1, 15, tzinfo=UTC))
    request, key = bench.prepared(COUPON, benefit=benefit)
    bench.strike("drop_after", PUTTING_ON)
    assert isinstance(bench.provider.send(COUPON, request, key), Unknown)
    bill(bench, request["subscription"])
    bench.world.clock.set(datetime(2033, 2, 16, tzinfo=UTC))
    assert discounts(bench, request["subscription"]) == []
    (found,) = bench.provider.look_up(COUPON, request).movements
    assert found.external_id == request["id"]
    for again in (key, f"{key}.2"):
        assert bench.provider.send(COUPON, request, again) == Paid(request["id"])
    assert discounts(bench, request["subscription"]) == []


# A coupon of this name ---------------------------------------------------------------------------


def terms(request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name != "subscription"}


def test_a_coupon_of_ours_that_is_there_with_the_same_terms_is_put_on(bench: Any) -> None:
    request, key = bench.prepared(COUPON)
    metadata = {**request["metadata"], "noted by": "a person"}
    bench.client.v1.coupons.create({**terms(request), "metadata": metadata})
    assert bench.provider.send(COUPON, request, key) == Paid(request["id"])


@pytest.mark.parametrize(
    "changed",
    [
        {"percent_off": 50},
        {"duration_in_months": 12},
        {"max_redemptions": 5},
        {"metadata": {}},
        {"metadata": {"goodword_payout": "another"}},
    ],
)
def test_a_coupon_of_this_name_with_other_terms_is_held_for_a_person(
    bench: Any, changed: dict[str, Any]
) -> None:
    request, key = bench.prepared(COUPON)
    bench.client.v1.coupons.create({**terms(request), **changed})
    answer = bench.provider.send(COUPON, request, key)
    assert isinstance(answer, Held)
    assert "other terms" in answer.reason
    assert discounts(bench, request["subscription"]) == []


# When it would give nothing ----------------------------------------------------------------------


@pytest.mark.parametrize("status", ["canceled", "incomplete", "incomplete_expired"])
def test_a_subscription_that_has_ended_is_refused_with_what_to_do(bench: Any, status: str) -> None:
    request, key = bench.prepared(COUPON, destination=bench.subscription(status))
    answer = bench.provider.send(COUPON, request, key)
    assert isinstance(answer, Refused)
    assert answer.code == "subscription_ended"
    assert "stripe_subscription" in answer.next_step


def test_a_subscription_that_nobody_knows_is_refused(bench: Any) -> None:
    request, key = bench.prepared(COUPON, destination="sub_nobody")
    answer = bench.provider.send(COUPON, request, key)
    assert isinstance(answer, Refused)
    assert answer.code == "resource_missing"


def test_free_months_wait_until_those_before_them_are_over(bench: Any) -> None:
    bench.world.clock.set(datetime(2034, 1, 15, tzinfo=UTC))
    first, key = bench.prepared(COUPON)
    assert isinstance(bench.provider.send(COUPON, first, key), Paid)
    second, key = bench.prepared(COUPON, destination=first["subscription"])
    made = bench.calls("POST", "/v1/coupons")
    answer = bench.provider.send(COUPON, second, key)
    assert isinstance(answer, TryLater)
    assert answer.code == "bill_already_free"
    assert "until 2034-02-15" in answer.reason
    assert bench.calls("POST", "/v1/coupons") == made
    bench.world.clock.set(datetime(2034, 2, 16, tzinfo=UTC))
    assert bench.provider.send(COUPON, second, f"{key}.2") == Paid(second["id"])


def test_a_free_bill_does_not_hide_that_ours_was_given_before(bench: Any) -> None:
    bench.world.clock.set(datetime(2035, 1, 15, tzinfo=UTC))
    request, key = bench.prepared(COUPON)
    bench.provider.send(COUPON, request, key)
    bench.world.clock.set(datetime(2035, 2, 16, tzinfo=UTC))
    given(bench, request["subscription"], percent_off=100)
    assert bench.provider.send(COUPON, request, f"{key}.2") == Paid(request["id"])


# Others change the discounts at the same time ----------------------------------------------------


@contextmanager
def meanwhile(bench: Any, method: str, nth: int, change: Callable[[], object]) -> Iterator[None]:
    """Let somebody act at Stripe after the nth call of this kind came in, before it is executed."""
    path = "/v1/subscriptions/{id}"
    wanted = bench.calls(method, path) + nth
    changes = [change]
    subscriptions = bench.world.stripe.subscriptions
    found = subscriptions.get

    def get(*given: Any, **named: Any) -> Any:
        if changes and bench.calls(method, path) == wanted:
            changes.pop()()
        return found(*given, **named)

    with pytest.MonkeyPatch.context() as other:
        other.setattr(subscriptions, "get", get)
        yield
    assert not changes


def test_ours_that_another_change_takes_off_at_once_is_for_a_person(bench: Any) -> None:
    request, key = bench.prepared(COUPON)
    held = bench.world.stripe.subscriptions.get(request["subscription"])
    with meanwhile(bench, "GET", 2, lambda: held.update(discounts=[])):
        answer = bench.provider.send(COUPON, request, key)
    assert isinstance(answer, Held)
    assert "took it off" in answer.reason
    assert bench.provider.send(COUPON, request, f"{key}.2") == Paid(request["id"]), "redeemed once"


def test_a_list_that_became_wrong_meanwhile_is_tried_anew(bench: Any) -> None:
    request, key = bench.prepared(COUPON)
    given(bench, request["subscription"], percent_off=10)
    held = bench.world.stripe.subscriptions.get(request["subscription"])
    with meanwhile(bench, "POST", 1, lambda: held.update(discounts=[])):
        answer = bench.provider.send(COUPON, request, key)
    assert isinstance(answer, TryLater)
    assert answer.code == "discounts_changed"
    assert bench.provider.send(COUPON, request, f"{key}.2") == Paid(request["id"])


def test_another_list_under_the_same_key_is_tried_anew_with_a_new_one(bench: Any) -> None:
    request, key = bench.prepared(COUPON)
    bench.strike("cached_error", PUTTING_ON)
    assert isinstance(bench.provider.send(COUPON, request, key), Unknown)
    other = given(bench, request["subscription"], percent_off=10)
    answer = bench.provider.send(COUPON, request, key)
    assert isinstance(answer, TryLater)
    assert answer.code == "discounts_changed"
    assert isinstance(bench.provider.send(COUPON, request, f"{key}.2"), Paid)
    assert discounts(bench, request["subscription"]) == [other, request["id"]]


def test_a_second_reading_that_fails_takes_nothing_back(bench: Any) -> None:
    request, key = bench.prepared(COUPON)
    bench.strike("server_error", PUTTING_ON, method="GET", status=401, after=1)
    assert bench.provider.send(COUPON, request, key) == Paid(request["id"])


def test_two_processes_that_send_at_once_give_it_once(bench: Any) -> None:
    request, key = bench.prepared(COUPON)
    bench.world.stripe.latency_seconds = 0.05
    answers: list[object] = []
    try:
        threads = [
            threading.Thread(
                target=lambda k=k: answers.append(bench.provider.send(COUPON, request, k))
            )
            for k in (key, f"{key}.2")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        bench.world.stripe.latency_seconds = 0
    assert answers == [Paid(request["id"])] * 2
    assert discounts(bench, request["subscription"]) == [request["id"]]
    assert redeemed(bench, request["id"]) == 1
