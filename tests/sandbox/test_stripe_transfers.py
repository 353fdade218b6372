"""Transfers and their reversals, through the real library."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe

from sandbox.clock import VirtualClock
from sandbox.server import Sandbox

US, PENDING = "acct_1UsPartner", "acct_1PendingPartner"
Pay = Callable[..., stripe.Transfer]


def test_a_transfer_keeps_what_was_asked_for(client: stripe.StripeClient, pay: Pay) -> None:
    made = pay("k1", transfer_group="payout-7", metadata={"payout": "p7"}, description="July")
    found = client.v1.transfers.retrieve(made.id)
    assert (found.amount, found.currency, found.destination) == (10_000, "usd", US)
    assert (found.transfer_group, found.description) == ("payout-7", "July")
    assert found.to_dict()["metadata"] == {"payout": "p7"}
    assert found.reversed is False
    assert found.reversals.data == []


def test_transfers_are_listed_newest_first_and_page_by_page(
    client: stripe.StripeClient, pay: Pay
) -> None:
    ids = [pay(f"k{number}").id for number in range(7)]
    page = client.v1.transfers.list(params={"limit": 3})
    assert [transfer.id for transfer in page.data] == ids[:3:-1]
    assert page.has_more
    assert [transfer.id for transfer in page.auto_paging_iter()] == ids[::-1]
    before = client.v1.transfers.list(params={"limit": 2, "ending_before": ids[2]})
    assert [transfer.id for transfer in before.data] == [ids[4], ids[3]]


def test_a_list_is_narrowed_by_group_destination_and_time(
    client: stripe.StripeClient, pay: Pay, clock: VirtualClock
) -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    clock.set(start)
    old = pay("old", transfer_group="a")
    clock.advance(timedelta(days=1))
    new = pay("new", transfer_group="a")
    other = pay("other", transfer_group="b")

    def ids(**params: Any) -> list[str]:
        return [transfer.id for transfer in client.v1.transfers.list(params=params).data]  # type: ignore[arg-type]

    assert ids(transfer_group="a") == [new.id, old.id]
    assert ids(destination=US, transfer_group="b") == [other.id]
    assert ids(created={"gt": int(start.timestamp())}, transfer_group="a") == [new.id]
    assert ids(created={"lte": int(start.timestamp())}) == [old.id]
    assert ids(created=int(start.timestamp())) == [old.id]
    assert ids(destination=PENDING) == []


def test_metadata_is_merged_and_an_empty_value_unsets_its_key(
    client: stripe.StripeClient, pay: Pay
) -> None:
    made = pay("k", metadata={"a": "1", "b": "2"})
    changed = client.v1.transfers.update(made.id, params={"metadata": {"b": "", "c": "3"}})
    assert changed.to_dict()["metadata"] == {"a": "1", "c": "3"}
    assert client.v1.transfers.update(made.id, params={"metadata": ""}).to_dict()["metadata"] == {}


def test_a_transfer_is_reversed_when_every_part_of_it_is(
    client: stripe.StripeClient, pay: Pay
) -> None:
    made = pay("k")
    part = client.v1.transfers.reversals.create(made.id, params={"amount": 4_000})
    assert (part.amount, part.transfer) == (4_000, made.id)
    half = client.v1.transfers.retrieve(made.id)
    assert (half.amount_reversed, half.reversed) == (4_000, False)
    client.v1.transfers.reversals.create(made.id)
    whole = client.v1.transfers.retrieve(made.id)
    assert (whole.amount_reversed, whole.reversed) == (10_000, True)
    listed = client.v1.transfers.reversals.list(made.id).data
    assert [reversal.amount for reversal in listed] == [6_000, 4_000]
    with pytest.raises(stripe.InvalidRequestError, match="already fully reversed"):
        client.v1.transfers.reversals.create(made.id)


def test_more_than_is_left_cannot_be_reversed(client: stripe.StripeClient, pay: Pay) -> None:
    made = pay("k")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.transfers.reversals.create(made.id, params={"amount": 10_001})
    assert refused.value.param == "amount"


def test_the_balance_pays_and_takes_back(
    client: stripe.StripeClient, pay: Pay, control: Callable[..., Any]
) -> None:
    control("POST", "stripe/balance", {"usd": 15_000})

    def available() -> int:
        parts = client.v1.balance.retrieve().available
        return next(part.amount for part in parts if part.currency == "usd")

    made = pay("one")
    assert available() == 5_000
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay("two")
    assert (refused.value.code, refused.value.http_status) == ("balance_insufficient", 400)
    client.v1.transfers.reversals.create(made.id)
    assert available() == 15_000
    movements = client.v1.balance_transactions.list().data
    assert [(one.type, one.amount) for one in movements] == [
        ("transfer_refund", 10_000),
        ("transfer", -10_000),
    ]
    assert client.v1.balance_transactions.list(params={"source": made.id}).data[0].amount == -10_000


def test_an_account_must_be_able_to_take_transfers(
    client: stripe.StripeClient, pay: Pay, control: Callable[..., Any]
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay("k", destination=PENDING)
    assert refused.value.code == "insufficient_capabilities_for_transfer"
    control("POST", f"stripe/accounts/{PENDING}", {"transfers": "active"})
    assert pay("again", destination=PENDING).destination == PENDING
    control("POST", f"stripe/accounts/{PENDING}", {"closed": True})
    with pytest.raises(stripe.InvalidRequestError, match="No such destination") as gone:
        pay("closed", destination=PENDING)
    assert (gone.value.code, gone.value.http_status) == ("resource_missing", 400)
    with pytest.raises(stripe.PermissionError) as forbidden:
        client.v1.accounts.retrieve(PENDING)
    assert forbidden.value.error is not None
    assert forbidden.value.error.code == "account_invalid"


def test_ids_are_expanded_on_request(client: stripe.StripeClient, pay: Pay) -> None:
    made = pay("k", expand=["destination", "balance_transaction"])
    assert made.to_dict()["destination"]["country"] == "US"
    assert made.to_dict()["balance_transaction"]["amount"] == -10_000
    listed = client.v1.transfers.list(params={"expand": ["data.destination"]})
    assert listed.data[0].to_dict()["destination"]["id"] == US
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.transfers.retrieve(made.id, params={"expand": ["amount"]})


def test_nothing_is_sent_until_something_is(
    sandbox: Sandbox, pay: Pay, control: Callable[..., Any]
) -> None:
    assert control("GET", "calls?api=stripe") == []
    pay("k")
    calls = control("GET", "calls?api=stripe")
    assert calls == [{"api": "stripe", "method": "POST", "path": "/v1/transfers", "count": 1}]
    assert sandbox.world.calls["stripe", "POST", "/v1/transfers"] == 1
