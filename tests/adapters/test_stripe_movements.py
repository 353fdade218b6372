"""What the nightly reconciliation is told: what was made in a window, and what came back in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from goodword.adapters.payments import ProviderUnreachable
from goodword.rules.payouts import Movement, Paid, Rail

TRANSFER, CREDIT = Rail.STRIPE_TRANSFER, Rail.STRIPE_CREDIT
COUPON, REVERSAL = Rail.STRIPE_COUPON, Rail.STRIPE_REVERSAL
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
YEARS = count(2040)


@pytest.fixture
def noon(bench: Any) -> datetime:
    """An instant at which the clock stands, in a year in which nothing else happens."""
    instant = datetime(next(YEARS), 1, 1, 12, tzinfo=UTC)
    bench.world.clock.set(instant)
    return instant


def sent(bench: Any, rail: Rail, amount: str = "12.50 USD", **given: Any) -> str:
    request, key = bench.prepared(rail, amount, **given)
    paid = bench.provider.send(rail, request, key)
    assert isinstance(paid, Paid)
    return paid.external_id


def listed(
    bench: Any, since: datetime, until: datetime, customers: tuple[str, ...] = ()
) -> dict[str, Movement]:
    """List a window, each movement once."""
    moves = list(bench.provider.movements(since, until, customers))
    by_id = {move.external_id: move for move in moves}
    assert len(by_id) == len(moves)
    return by_id


def test_movements_are_those_of_the_window_that_carry_our_reference(
    bench: Any, noon: datetime
) -> None:
    ours = {rail: sent(bench, rail) for rail in (TRANSFER, CREDIT, COUPON)}
    bench.transfer()
    customers = ("cus_ready", "cus_gone", "cus_ready")
    seen = listed(bench, noon, noon + SECOND, customers)
    assert list(seen) == list(ours.values())
    assert [move.amount_minor for move in seen.values()] == [1250] * 3
    assert seen[ours[TRANSFER]].destination == "acct_1ready"
    assert seen[ours[CREDIT]].destination == "cus_ready"
    assert seen[ours[COUPON]].destination.startswith("sub_")
    assert listed(bench, noon - SECOND, noon, customers) == {}
    assert listed(bench, noon + SECOND, noon + 2 * SECOND, customers) == {}


def test_a_coupon_that_was_made_and_never_put_on_is_no_movement(bench: Any, noon: datetime) -> None:
    request, key = bench.prepared(COUPON)
    bench.strike("drop_before", "/v1/subscriptions/")
    bench.provider.send(COUPON, request, key)
    assert listed(bench, noon, noon + SECOND) == {}


def test_a_transfer_of_long_ago_is_listed_when_some_of_it_comes_back(
    bench: Any, noon: datetime
) -> None:
    old, other = sent(bench, TRANSFER, "50.00 USD"), sent(bench, TRANSFER)
    bench.world.clock.set(noon + 30 * DAY)
    for amount in (1000, 500):  # as a person does in the dashboard, without our reference
        bench.client.v1.transfers.reversals.create(old, {"amount": amount})
    seen = listed(bench, noon + 30 * DAY, noon + 31 * DAY)
    assert list(seen) == [old]
    assert (seen[old].amount_minor, seen[old].reversed_minor) == (5000, 1500)
    assert seen[old].created_at == noon
    assert set(listed(bench, noon, noon + DAY)) == {old, other}


def test_our_own_reversal_is_a_negative_movement_beside_its_transfer(
    bench: Any, noon: datetime
) -> None:
    transfer = sent(bench, TRANSFER, "50.00 USD")
    bench.world.clock.set(noon + 30 * DAY)
    taken_back = sent(bench, REVERSAL, "20.00 USD", destination=transfer)
    seen = listed(bench, noon + 30 * DAY, noon + 31 * DAY)
    assert set(seen) == {transfer, taken_back}
    assert seen[transfer].reversed_minor == 2000
    assert (seen[taken_back].amount_minor, seen[taken_back].destination) == (-2000, transfer)


def test_a_transfer_that_was_made_and_came_back_in_the_window_is_listed_once(
    bench: Any, noon: datetime
) -> None:
    transfer = sent(bench, TRANSFER, "50.00 USD")
    bench.client.v1.transfers.reversals.create(transfer)
    seen = listed(bench, noon, noon + DAY)
    assert list(seen) == [transfer]
    assert seen[transfer].reversed_minor == 5000


def test_what_comes_back_of_transfers_that_are_not_ours_is_not_listed(
    bench: Any, noon: datetime
) -> None:
    bench.client.v1.transfers.reversals.create(bench.transfer())
    assert listed(bench, noon, noon + DAY) == {}


def test_movements_of_others_in_a_currency_that_iso_4217_lists_no_more_are_passed_over(
    bench: Any, noon: datetime
) -> None:
    params: Any = {"amount": 100, "currency": "hrk", "destination": "acct_1ready"}
    theirs = bench.client.v1.transfers.create(params)
    bench.client.v1.transfers.reversals.create(theirs.id)
    assert listed(bench, noon, noon + DAY) == {}


def test_every_page_is_read(bench: Any, noon: datetime) -> None:
    transfer = sent(bench, TRANSFER, "50.00 USD")
    first = sent(bench, REVERSAL, "1.00 USD", destination=transfer)
    for _ in range(110):
        bench.client.v1.transfers.reversals.create(transfer, {"amount": 1})
    assert set(listed(bench, noon, noon + DAY)) == {transfer, first}


@pytest.mark.parametrize("path", ["/v1/transfers$", "balance_trans", "/v1/coupons$"])
def test_movements_that_cannot_be_listed_to_their_end_raise(
    bench: Any, noon: datetime, path: str
) -> None:
    bench.strike("server_error", path, method="GET", status=401, times=None)
    with pytest.raises(ProviderUnreachable, match="HTTP 401"):
        listed(bench, noon, noon + DAY)
