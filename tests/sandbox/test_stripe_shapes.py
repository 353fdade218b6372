"""The stand-in's field names against the library's own annotations."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

import pytest
import stripe

from sandbox.stripe.api import ENDPOINTS

US, CUSTOMER = "acct_1UsPartner", "cus_NoCurrency"
PARAMS_OF = {
    ("POST", "/v1/accounts"): "account_create",
    ("GET", "/v1/accounts"): "account_list",
    ("GET", "/v1/balance_transactions"): "balance_transaction_list",
    ("GET", "/v1/charges"): "charge_list",
    ("POST", "/v1/coupons"): "coupon_create",
    ("GET", "/v1/coupons"): "coupon_list",
    ("POST", "/v1/customers"): "customer_create",
    ("GET", "/v1/customers"): "customer_list",
    ("POST", "/v1/customers/{id}"): "customer_update",
    (
        "POST",
        "/v1/customers/{customer}/balance_transactions",
    ): "customer_balance_transaction_create",
    ("GET", "/v1/customers/{customer}/balance_transactions"): "customer_balance_transaction_list",
    ("GET", "/v1/disputes"): "dispute_list",
    ("GET", "/v1/events"): "event_list",
    ("GET", "/v1/invoice_payments"): "invoice_payment_list",
    ("GET", "/v1/invoices"): "invoice_list",
    ("POST", "/v1/payouts"): "payout_create",
    ("GET", "/v1/payouts"): "payout_list",
    ("POST", "/v1/refunds"): "refund_create",
    ("GET", "/v1/refunds"): "refund_list",
    ("GET", "/v1/subscriptions"): "subscription_list",
    ("POST", "/v1/subscriptions/{id}"): "subscription_update",
    ("POST", "/v1/transfers"): "transfer_create",
    ("GET", "/v1/transfers"): "transfer_list",
    ("POST", "/v1/transfers/{id}"): "transfer_update",
    ("POST", "/v1/transfers/{transfer}/reversals"): "transfer_reversal_create",
    ("GET", "/v1/transfers/{transfer}/reversals"): "transfer_reversal_list",
    ("POST", "/v1/transfers/{transfer}/reversals/{id}"): "transfer_reversal_update",
    ("POST", "/v1/webhook_endpoints"): "webhook_endpoint_create",
    ("GET", "/v1/webhook_endpoints"): "webhook_endpoint_list",
}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}")
def test_an_endpoint_takes_only_parameters_that_the_library_knows(endpoint: Any) -> None:
    if not endpoint.params:
        return
    name = PARAMS_OF[endpoint.method, endpoint.path]
    module = importlib.import_module(f"stripe.params._{name}_params")
    known = getattr(module, f"{''.join(word.title() for word in name.split('_'))}Params")
    assert set(endpoint.params) <= set(known.__annotations__)


def test_objects_have_the_fields_of_the_library(
    client: stripe.StripeClient, pay: Callable[..., stripe.Transfer]
) -> None:
    made = pay("k")
    reversal = client.v1.transfers.reversals.create(made.id)
    credit = client.v1.customers.balance_transactions.create(
        CUSTOMER, params={"amount": -5, "currency": "usd"}
    )
    client.v1.transfers.create(params={"amount": 5, "currency": "usd", "destination": US})
    payout = client.v1.payouts.create(
        params={"amount": 5, "currency": "usd"}, options={"stripe_account": US}
    )
    balance_transaction = client.v1.balance_transactions.list().data[0]
    event = client.v1.events.list().data[0]
    for one in (made, reversal, credit, payout, balance_transaction):
        assert set(one.to_dict()) == _fields(type(one)), type(one)
    assert set(event.to_dict()) == _fields(type(event)) - {"context"}
    for some in (client.v1.accounts.retrieve(US), client.v1.customers.retrieve(CUSTOMER)):
        assert set(some.to_dict()) <= _fields(type(some))
    assert set(client.v1.balance.retrieve().to_dict()) <= _fields(stripe.Balance)


def test_what_a_customer_pays_has_the_fields_of_the_library(
    client: stripe.StripeClient, control: Callable[..., Any]
) -> None:
    control(
        "PUT",
        "stripe/subscriptions/sub_1",
        {"customer": CUSTOMER, "price": 5_000, "currency": "usd"},
    )
    coupon = client.v1.coupons.create(params={"percent_off": 50})
    subscription = client.v1.subscriptions.update(
        "sub_1", params={"discounts": [{"coupon": coupon.id}], "expand": ["discounts"]}
    )
    billed = control("POST", "stripe/bills", {"subscription": "sub_1"})
    invoice = client.v1.invoices.retrieve(billed["invoice"]["id"])
    charge = client.v1.charges.retrieve(billed["charge"]["id"])
    (payment,) = client.v1.invoice_payments.list(params={"invoice": invoice.id}).data
    control("POST", "stripe/disputes", {"charge": charge.id, "amount": 5})
    (dispute,) = client.v1.disputes.list().data
    other = control("POST", "stripe/bills", {"customer": CUSTOMER, "amount": 5})
    refund = client.v1.refunds.create(params={"charge": other["charge"]["id"]})
    (discount,) = subscription.discounts
    assert isinstance(discount, stripe.Discount)
    assert set(discount.to_dict()) == _fields(stripe.Discount)
    item = subscription.to_dict()["items"]["data"][0]
    assert set(item) < _fields(stripe.SubscriptionItem)
    assert set(item["price"]) <= _fields(stripe.Price)
    for one in (coupon, subscription, invoice, charge, payment, dispute, refund):
        assert set(one.to_dict()) <= _fields(type(one)), type(one)
        assert {"id", "object", "created"} <= set(one.to_dict())


def test_values_have_the_types_of_the_library(
    client: stripe.StripeClient, pay: Callable[..., stripe.Transfer]
) -> None:
    made = pay("k", metadata={"a": "1"}).to_dict()
    hints: Mapping[str, Any] = stripe.Transfer.__annotations__
    plain = {"int": int, "str": str, "bool": bool}
    checked = [
        name for name, hint in hints.items() if str(hint) in plain or hint in (int, str, bool)
    ]
    assert {"amount", "created", "currency", "id", "livemode", "reversed"} <= set(checked)
    for name in checked:
        wanted = plain.get(str(hints[name]), hints[name])
        assert type(made[name]) is wanted, name
    assert get_type_hints(stripe.ListObject)
    assert client.v1.transfers.list().to_dict().keys() == {"object", "data", "has_more", "url"}


def _fields(kind: type[Any]) -> set[str]:
    return {
        name
        for name in kind.__annotations__
        if not name.startswith("_") and name not in ("OBJECT_NAME", "deleted")
    }
