"""Connected accounts and their payouts, customers and their credit."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import stripe

from sandbox.clock import VirtualClock
from sandbox.server import Sandbox

US, JP, PENDING = "acct_1UsPartner", "acct_1JpPartner", "acct_1PendingPartner"
CUSTOMER, DOLLAR_CUSTOMER = "cus_NoCurrency", "cus_Dollars"
Control = Callable[..., Any]


def test_an_account_says_what_it_can_do(client: stripe.StripeClient) -> None:
    ready, pending = client.v1.accounts.retrieve(US), client.v1.accounts.retrieve(PENDING)
    assert ready.to_dict()["capabilities"] == {"transfers": "active"}
    assert (ready.payouts_enabled, pending.payouts_enabled) == (True, False)
    assert pending.to_dict()["requirements"]["currently_due"]
    assert client.v1.accounts.retrieve(JP).default_currency == "jpy"
    assert len(client.v1.accounts.list().data) == 3


def test_a_new_account_waits_for_its_capability(
    client: stripe.StripeClient, control: Control
) -> None:
    made = client.v1.accounts.create(
        params={"country": "GB", "capabilities": {"transfers": {"requested": True}}}
    )
    assert made.default_currency == "gbp"
    assert made.to_dict()["capabilities"]["transfers"] == "inactive"
    control("POST", f"stripe/accounts/{made.id}", {"transfers": "active", "payouts_enabled": True})
    assert client.v1.accounts.retrieve(made.id).to_dict()["requirements"]["currently_due"] == []
    updated = client.v1.events.list(params={"type": "account.updated"}).data[0]
    assert updated.account == made.id


@pytest.mark.parametrize("body", [{"transfer": "active"}, {"transfers": "on"}])
def test_a_change_that_means_nothing_is_refused(sandbox: Sandbox, body: dict[str, str]) -> None:
    url = f"{sandbox.base_url}/sandbox/stripe/accounts/{US}"
    assert requests.post(url, json=body, timeout=60).status_code == 400


def test_an_account_or_customer_can_be_put_there_under_an_id(
    client: stripe.StripeClient, control: Control
) -> None:
    control("PUT", "stripe/accounts/acct_Mine", {"country": "JP", "transfers": "active"})
    control("PUT", "stripe/customers/cus_Mine", {"email": "me@customer.example"})
    assert client.v1.accounts.retrieve("acct_Mine").default_currency == "jpy"
    assert client.v1.customers.retrieve("cus_Mine").email == "me@customer.example"


def test_a_credit_lowers_the_balance_and_sets_the_currency(client: stripe.StripeClient) -> None:
    first = client.v1.customers.balance_transactions.create(
        CUSTOMER, params={"amount": -500, "currency": "eur", "metadata": {"payout": "p1"}}
    )
    second = client.v1.customers.balance_transactions.create(
        CUSTOMER, params={"amount": 200, "currency": "eur"}
    )
    assert (first.ending_balance, second.ending_balance) == (-500, -300)
    customer = client.v1.customers.retrieve(CUSTOMER)
    assert (customer.balance, customer.currency) == (-300, "eur")
    listed = client.v1.customers.balance_transactions.list(CUSTOMER).data
    assert [one.id for one in listed] == [second.id, first.id]
    found = client.v1.customers.balance_transactions.retrieve(CUSTOMER, first.id)
    assert found.to_dict()["metadata"] == {"payout": "p1"}


def test_a_credit_in_another_currency_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="cannot combine currencies") as refused:
        client.v1.customers.balance_transactions.create(
            DOLLAR_CUSTOMER, params={"amount": -500, "currency": "jpy"}
        )
    assert refused.value.param == "currency"
    assert client.v1.customers.retrieve(DOLLAR_CUSTOMER).balance == 0


def test_credits_are_narrowed_by_time(client: stripe.StripeClient, clock: VirtualClock) -> None:
    clock.set(datetime(2026, 6, 1, tzinfo=UTC))
    for _ in range(2):
        client.v1.customers.balance_transactions.create(
            DOLLAR_CUSTOMER, params={"amount": -1, "currency": "usd"}
        )
        clock.advance(timedelta(days=1))
    since = int(datetime(2026, 6, 2, tzinfo=UTC).timestamp())
    movements = client.v1.customers.balance_transactions
    assert len(movements.list(DOLLAR_CUSTOMER).data) == 2
    assert len(movements.list(DOLLAR_CUSTOMER, params={"created": {"gte": since}}).data) == 1


def test_a_customer_of_ones_own(client: stripe.StripeClient) -> None:
    made = client.v1.customers.create(params={"name": "New", "email": "new@customer.example"})
    assert made.id.startswith("cus_")
    changed = client.v1.customers.update(made.id, params={"metadata": {"account": "001"}})
    assert changed.to_dict()["metadata"] == {"account": "001"}
    found = client.v1.customers.list(params={"email": "new@customer.example"}).data
    assert [customer.id for customer in found] == [made.id]
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        client.v1.customers.retrieve("cus_none")


def test_a_payout_can_be_paid_and_fail_afterwards(
    client: stripe.StripeClient, control: Control
) -> None:
    client.v1.transfers.create(params={"amount": 900, "currency": "usd", "destination": US})
    on_account: Any = {"stripe_account": US}
    payout = client.v1.payouts.create(params={"amount": 600, "currency": "usd"}, options=on_account)
    assert payout.status == "pending"
    with pytest.raises(stripe.InvalidRequestError, match="insufficient funds"):
        client.v1.payouts.create(params={"amount": 301, "currency": "usd"}, options=on_account)
    control("POST", f"stripe/payouts/{payout.id}", {"status": "paid"})
    control("POST", f"stripe/payouts/{payout.id}", {"status": "failed"})
    failed = client.v1.payouts.retrieve(payout.id, options=on_account)
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    held = client.v1.balance.retrieve(options=on_account).available
    assert [part.amount for part in held] == [900]
    kinds = [event.type for event in client.v1.events.list().data]
    assert kinds[:3] == ["payout.failed", "payout.paid", "payout.created"]
    assert len(client.v1.payouts.list(options=on_account).data) == 1
    assert client.v1.payouts.list(options={"stripe_account": JP}).data == []
