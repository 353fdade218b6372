"""Transfers that come back, and movements that a person explains."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import Money
from goodword.rules.adoptions import AdoptionRefused, Candidate, FoundMovement, adopt_movement
from goodword.rules.payouts import Movement, PayoutState, Rail
from goodword.rules.reconciliations import DifferenceKind, LedgerPayout, compare, returned
from goodword.rules.reversals import OpenClawback, PaidPayout, ReversalRefused, reverse

USD = "USD"
PAID = PaidPayout(
    7, 1, PayoutState.PAID, Rail.STRIPE_TRANSFER, Money(500, USD), "tr_7", Money(0, USD)
)


def clawback(number: int, minor: int) -> OpenClawback:
    return OpenClawback(number, Money(-minor, USD))


def test_a_transfer_comes_back_for_its_clawbacks_at_an_operators_command() -> None:
    planned = reverse(PAID, [clawback(12, 200), clawback(11, 100)], "olivia")
    assert planned.money == Money(-300, USD)
    assert (planned.rail, planned.destination) == (Rail.STRIPE_REVERSAL, "tr_7")
    assert (planned.reward_ids, planned.asked_by) == ((11, 12), "olivia")


@pytest.mark.parametrize(
    ("payout", "clawbacks", "sentence"),
    [
        (replace(PAID, rail=Rail.STRIPE_CREDIT), [clawback(1, 1)], "only a transfer can come back"),
        (replace(PAID, state=PayoutState.UNKNOWN), [clawback(1, 1)], "only a paid one"),
        (PAID, [], "no reward of payout 7 has an open clawback"),
        (replace(PAID, came_back=Money(450, USD)), [clawback(1, 60)], "0.50 USD of payout 7"),
    ],
)
def test_what_cannot_come_back_is_refused_with_the_reason(
    payout: PaidPayout, clawbacks: list[OpenClawback], sentence: str
) -> None:
    with pytest.raises(ReversalRefused, match=sentence):
        reverse(payout, clawbacks, "olivia")


@given(
    st.integers(1, 1_000),
    st.data(),
    st.lists(st.integers(1, 1_000), min_size=1, max_size=6),
)
def test_a_reversal_takes_no_more_than_is_left_and_each_clawback_whole(
    amount: int, data: st.DataObject, minors: list[int]
) -> None:
    back = data.draw(st.integers(0, amount))
    payout = replace(PAID, money=Money(amount, USD), came_back=Money(back, USD))
    clawbacks = [clawback(number, minor) for number, minor in enumerate(minors)]
    try:
        planned = reverse(payout, clawbacks, "olivia")
    except ReversalRefused:
        assert min(minors) > amount - back
        return
    assert 0 < -planned.money.minor <= amount - back
    assert planned.money.minor == -sum(minors[number] for number in planned.reward_ids)


# What the provider took back --------------------------------------------------------------------

LEDGER = LedgerPayout(
    7,
    1,
    "ref-7",
    PayoutState.PAID,
    Rail.STRIPE_TRANSFER,
    Money(500, USD),
    "acct_1",
    "tr_7",
    reversed_minor=0,
    own_reversals_minor=0,
    is_being_reversed=False,
    in_window=True,
)
MOVED = Movement("tr_7", "ref-7", 500, USD, "acct_1", 0, datetime(2026, 6, 1, tzinfo=UTC))


def test_what_came_back_is_booked_once_and_is_no_difference() -> None:
    [found] = returned([replace(MOVED, reversed_minor=200)], [LEDGER])
    assert (found.reversed_minor, found.newly) == (200, Money(200, USD))
    known = replace(LEDGER, reversed_minor=200)
    assert returned([replace(MOVED, reversed_minor=200)], [known]) == []
    [more] = returned([replace(MOVED, reversed_minor=500)], [known])
    assert more.newly == Money(300, USD)
    assert compare([replace(MOVED, reversed_minor=200)], [known]) == []


def test_what_operators_took_back_is_not_the_providers() -> None:
    ours = replace(LEDGER, own_reversals_minor=200)
    assert returned([replace(MOVED, reversed_minor=200)], [ours]) == []
    assert compare([replace(MOVED, reversed_minor=200)], [ours]) == []
    [difference] = compare([replace(MOVED, reversed_minor=100)], [ours])
    assert difference.kind is DifferenceKind.REVERSED


def test_nothing_is_judged_while_a_reversal_of_our_own_is_not_settled() -> None:
    under_way = replace(LEDGER, is_being_reversed=True)
    assert returned([replace(MOVED, reversed_minor=200)], [under_way]) == []


def test_a_movement_that_came_back_whole_is_no_difference() -> None:
    assert compare([replace(MOVED, reversed_minor=500)], []) == []
    [difference] = compare([replace(MOVED, reversed_minor=400)], [])
    assert (difference.kind, difference.provider_minor) == (DifferenceKind.NOT_IN_LEDGER, 500)
    assert difference.destination == "acct_1"


def test_a_movement_that_was_adopted_beside_another_of_its_reference_is_no_difference() -> None:
    adopted = replace(LEDGER, payout_id=9, reference="ref-1/tr_9", external_id="tr_9")
    both = [MOVED, replace(MOVED, external_id="tr_9", reversed_minor=100)]
    assert compare(both, [LEDGER, replace(adopted, reversed_minor=100)]) == []


def test_a_movement_of_a_payout_that_is_not_settled_closes_no_destination() -> None:
    [difference] = compare([MOVED], [replace(LEDGER, state=PayoutState.UNKNOWN)])
    assert difference.destination is None
    [difference] = compare([MOVED], [replace(LEDGER, state=PayoutState.REFUSED)])
    assert difference.destination == "acct_1"


def test_money_that_went_elsewhere_is_a_difference() -> None:
    [difference] = compare([replace(MOVED, destination="acct_2")], [LEDGER])
    assert difference.kind is DifferenceKind.DESTINATION
    assert "went to acct_2, and to acct_1 in the ledger" in difference.sentence


def test_what_a_person_moved_need_not_be_listed() -> None:
    by_hand = replace(LEDGER, rail=Rail.BANK_FILE)
    assert compare([], [by_hand]) == []
    assert len(compare([], [LEDGER])) == 1


# Movements that a person explains ---------------------------------------------------------------

FOUND = FoundMovement("tr_9", "ref-9", "acct_1", Money(500, USD), None)


def candidate(number: int, minor: int, **other: Any) -> Candidate:
    return replace(Candidate(number, 1, "approved", Money(minor, USD)), **other)


def test_a_movement_is_adopted_by_rewards_of_exactly_its_sum() -> None:
    planned = adopt_movement(FOUND, [candidate(2, 300), candidate(1, 200)], "olivia")
    assert (planned.reference, planned.reward_ids) == ("ref-9", (1, 2))
    assert (planned.money, planned.rail) == (Money(500, USD), Rail.STRIPE_TRANSFER)
    again = adopt_movement(replace(FOUND, payout_id=7), [candidate(1, 500)], "olivia")
    assert again.reference == "ref-9/tr_9"


@pytest.mark.parametrize(
    ("rewards", "sentence"),
    [
        ([], "name the rewards"),
        ([candidate(1, 400)], "5.00 USD moved, and these rewards are 4.00 USD"),
        ([candidate(1, 500, state="paid")], "reward 1 is paid"),
        ([candidate(1, 200), candidate(2, 300, participant_id=2)], "several participants"),
        ([candidate(1, 500, money=Money(500, "EUR"))], "the movement is in USD"),
        (
            [candidate(1, 200), candidate(2, 300, benefit={"months": 2})],
            r"acct_1 got money, and reward 2 is given in kind \(2 free months\)",
        ),
    ],
)
def test_rewards_that_do_not_explain_it_are_refused(
    rewards: list[Candidate], sentence: str
) -> None:
    with pytest.raises(AdoptionRefused, match=sentence):
        adopt_movement(FOUND, rewards, "olivia")


@pytest.mark.parametrize("destination", ["acct_1", "cus_1"])
def test_what_takes_a_reward_in_kind_back_nets_against_money(destination: str) -> None:
    back = candidate(2, -100, benefit={"months": 2})
    found = replace(FOUND, destination=destination)
    planned = adopt_movement(found, [candidate(1, 600), back], "olivia")
    assert (planned.money, planned.reward_ids, planned.benefit) == (Money(500, USD), (1, 2), None)


COUPON = replace(FOUND, external_id="ref-9", destination="sub_1")


@pytest.mark.parametrize("benefit", [{"months": 2}, {"percent_off": "12.5"}])
def test_a_coupon_is_adopted_by_the_one_reward_that_it_gave(benefit: dict[str, object]) -> None:
    planned = adopt_movement(COUPON, [candidate(1, 500, benefit=benefit)], "olivia")
    assert (planned.rail, planned.destination) == (Rail.STRIPE_COUPON, "sub_1")
    assert (planned.benefit, planned.reward_ids) == (benefit, (1,))


@pytest.mark.parametrize(
    ("rewards", "sentence"),
    [
        (
            [candidate(1, 200, benefit={"months": 1}), candidate(2, 300, benefit={"months": 1})],
            "sub_1 got one coupon, and one coupon gives one reward",
        ),
        ([candidate(1, 500)], "sub_1 got a coupon, and reward 1 gives money; name the reward"),
        ([candidate(1, 500, benefit={"perk": "Ticket"})], "a coupon, and reward 1 gives Ticket"),
        ([candidate(1, 400, benefit={"months": 1})], "5.00 USD moved, and these rewards are 4.00"),
    ],
)
def test_rewards_that_no_coupon_gave_are_refused(rewards: list[Candidate], sentence: str) -> None:
    with pytest.raises(AdoptionRefused, match=sentence):
        adopt_movement(COUPON, rewards, "olivia")
