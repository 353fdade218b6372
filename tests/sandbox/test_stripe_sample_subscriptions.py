"""The subscriptions of the sample company, as the real library finds them."""

from collections.abc import Iterator

import pytest
import stripe

from sandbox.company import sample
from sandbox.server import Sandbox
from sandbox.world import Company


@pytest.fixture(scope="module")
def harbour() -> Company:
    return sample()


@pytest.fixture(scope="module")
def library(harbour: Company) -> Iterator[stripe.StripeClient]:
    http = stripe.RequestsClient(timeout=60)
    with Sandbox(harbour) as sandbox:
        yield stripe.StripeClient(
            "sk_test_1", base_addresses={"api": sandbox.base_url}, http_client=http
        )
    http.close()  # type: ignore[no-untyped-call]


def test_a_few_customers_pay_every_month_in_their_own_currency(
    harbour: Company, library: stripe.StripeClient
) -> None:
    currencies = {customer["id"]: customer["currency"] for customer in harbour.stripe_customers}
    assert len(currencies) == len(harbour.stripe_customers)
    subscriptions = list(library.v1.subscriptions.list().auto_paging_iter())
    assert 6 <= len(subscriptions) <= 12
    for one in subscriptions:
        assert one.status == "active"
        assert one.currency == currencies[str(one.customer)]


def test_a_participant_who_is_a_customer_can_be_given_a_free_month(
    harbour: Company, library: stripe.StripeClient
) -> None:
    subscription = next(one for one in harbour.stripe_subscriptions if "metadata" not in one)
    assert subscription["customer"] in harbour.imports["participants"]
    library.v1.coupons.create(params={"id": "free", "percent_off": 100, "max_redemptions": 1})
    changed = library.v1.subscriptions.update(
        subscription["id"], params={"discounts": [{"coupon": "free"}]}
    )
    assert len(changed.discounts) == 1


def test_a_subscription_that_a_won_deal_brought_names_the_deal(harbour: Company) -> None:
    won = {row["Id"] for row in harbour.tables["Opportunity"] if row["IsWon"] == "true"}
    named = {
        one["metadata"]["opportunity_id"]
        for one in harbour.stripe_subscriptions
        if "metadata" in one
    }
    assert len(named) == 4
    assert named <= won
