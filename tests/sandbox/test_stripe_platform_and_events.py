"""The platform's own account, what moves from outside, and the events that tell of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import stripe

from sandbox.clock import VirtualClock

US = "acct_1UsPartner"
Pay = Callable[..., stripe.Transfer]
Control = Callable[..., Any]


def test_the_platform_says_which_account_it_is(
    client: stripe.StripeClient, control: Control
) -> None:
    assert client.v1.accounts.retrieve_current().id == "acct_sandboxplatform"
    assert client.v1.accounts.retrieve("acct_sandboxplatform").charges_enabled
    own = client.v1.accounts.retrieve_current(options={"stripe_account": US})
    assert own.id == US
    control("POST", "stripe/account", {"id": "acct_another"})
    assert client.v1.accounts.retrieve_current().id == "acct_another"
    assert US in {account.id for account in client.v1.accounts.list().data}


def test_a_person_reverses_a_transfer_in_the_dashboard(
    client: stripe.StripeClient, pay: Pay, control: Control
) -> None:
    made = pay("k")
    for amount in (4_000, 6_000):
        control("POST", f"stripe/transfers/{made.id}/reversals", {"amount": amount})
    whole = client.v1.transfers.retrieve(made.id)
    assert (whole.amount_reversed, whole.reversed) == (10_000, True)
    listed = list(
        client.v1.transfers.reversals.list(made.id, params={"limit": 1}).auto_paging_iter()
    )
    assert [(one.amount, one.to_dict()["metadata"]) for one in listed] == [(6_000, {}), (4_000, {})]
    events = client.v1.events.list(params={"type": "transfer.reversed"}).data
    assert [event.to_dict()["request"]["idempotency_key"] for event in events] == [None, None]
    moved = client.v1.balance_transactions.list(params={"type": "transfer_refund"}).data
    assert [one.source for one in moved] == [one.id for one in listed]


def test_what_the_account_has_paid_out_cannot_be_reversed(
    client: stripe.StripeClient, pay: Pay
) -> None:
    made = pay("k")
    client.v1.payouts.create(
        params={"amount": 9_000, "currency": "usd"}, options={"stripe_account": US}
    )
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.transfers.reversals.create(made.id)
    assert (refused.value.code, refused.value.http_status) == ("balance_insufficient", 400)
    assert client.v1.transfers.reversals.create(made.id, params={"amount": 1_000}).amount == 1_000


def test_movements_are_narrowed_by_type_currency_and_time(
    client: stripe.StripeClient, pay: Pay, clock: VirtualClock
) -> None:
    clock.set(clock.now())
    pay("k")
    clock.advance(timedelta(hours=1))
    pay("yen", currency="jpy")
    since: Any = {"created": {"gte": int(clock.now().timestamp())}}
    movements = client.v1.balance_transactions
    assert [one.currency for one in movements.list(params=since).data] == ["jpy"]
    assert [one.currency for one in movements.list(params={"currency": "usd"}).data] == ["usd"]
    assert movements.list(params={"type": "charge"}).data == []
    assert len(list(movements.list(params={"limit": 1}).auto_paging_iter())) == 2


def test_events_are_narrowed_by_several_types(client: stripe.StripeClient, pay: Pay) -> None:
    made = pay("k")
    client.v1.transfers.update(made.id, params={"metadata": {"a": "1"}})
    client.v1.transfers.reversals.create(made.id)

    def kinds(params: Any) -> list[str]:
        return [event.type for event in client.v1.events.list(params=params).auto_paging_iter()]

    wanted = ["transfer.reversed", "transfer.created"]
    assert kinds({"types": wanted[::-1], "limit": 1}) == wanted
    assert kinds({"type": "transfer.*"}) == ["transfer.reversed", "transfer.updated", wanted[1]]
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        kinds({"types": wanted, "type": "transfer.created"})


def test_an_event_is_kept_for_30_days(
    client: stripe.StripeClient, pay: Pay, clock: VirtualClock
) -> None:
    clock.set(clock.now())
    pay("k")
    (event,) = client.v1.events.list().data
    clock.advance(timedelta(days=30))
    assert client.v1.events.retrieve(event.id).id == event.id
    clock.advance(timedelta(seconds=1))
    assert client.v1.events.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such event"):
        client.v1.events.retrieve(event.id)
