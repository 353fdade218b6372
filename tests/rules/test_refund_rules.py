"""Refunds: what did not stay of a deal, by the day of each loss, and never more than was earned."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.rules.refunds import (
    LOST,
    OPEN,
    WON,
    Cancelled,
    Loss,
    Refund,
    deal_named,
    judge,
    losses,
    part_of,
)
from goodword.rules.rewards import EarnedReward, LetStand, RewardPolicy, TakeBack, Void

WON_ON = date(2026, 4, 1)
POLICY = RewardPolicy()
VALUE = 1_000_00


def after(days: int) -> date:
    return WON_ON + timedelta(days=days)


def earned(
    amount: int = 79, taken: int = 0, *, paid: bool = True, owed: bool = True
) -> EarnedReward:
    return EarnedReward(amount, taken, paid, WON_ON, owed)


def refund(minor: int, days: int, currency: str = "USD") -> Refund:
    return Refund(f"re_{days}", currency, minor, after(days))


def dispute(minor: int, days: int, how: str) -> Refund:
    return Refund(f"du_{days}", "USD", disputed_minor=minor, disputed_on=after(days), dispute=how)


def test_two_partial_refunds_take_back_each_its_part() -> None:
    first = [refund(400_00, 3)]
    both = [*first, refund(600_00, 5)]
    taken = judge(earned(), losses(first, "USD"), VALUE, POLICY)
    assert taken.verdict == TakeBack(32, "40.00% of the outcome was taken back")
    assert taken.on == after(3)
    assert taken.because == "400.00 USD was refunded on 2026-04-04 (re_3)"
    rest = judge(earned(taken=32), losses(both, "USD"), VALUE, POLICY)
    assert rest.verdict == TakeBack(47, "100.00% of the outcome was taken back")
    assert rest.because == "600.00 USD was refunded on 2026-04-06 (re_5)"


def test_a_dispute_counts_when_it_is_lost_and_by_the_day_it_was_opened() -> None:
    assert losses([dispute(500_00, 80, OPEN), dispute(500_00, 80, WON)], "USD") == []
    lost = losses([dispute(500_00, 80, LOST)], "USD")
    judged = judge(earned(100), lost, VALUE, POLICY)
    assert judged.verdict == TakeBack(50, "50.00% of the outcome was taken back")
    assert judged.on == after(80)


def test_each_loss_is_judged_by_its_own_day() -> None:
    inside, outside = refund(400_00, 90), refund(600_00, 91)
    assert judge(earned(), losses([inside, outside], "USD"), VALUE, POLICY).verdict == TakeBack(
        32, "40.00% of the outcome was taken back"
    )
    assert judge(earned(taken=32), losses([inside, outside], "USD"), VALUE, POLICY).verdict == (
        LetStand("nothing more is to be taken back")
    )
    assert judge(earned(), losses([outside], "USD"), VALUE, POLICY).verdict == LetStand(
        "the 90 days to take it back ended on 2026-06-30"
    )


def test_a_cancelled_deal_or_subscription_takes_all_whatever_its_currency() -> None:
    whole = Refund("sub_1", "EUR", refunded_on=after(9), is_whole=True, reason="it was cancelled")
    for lost in (
        losses([whole], "USD"),
        losses([], "USD", Cancelled(after(9), "it was cancelled")),
        losses([refund(10_00, 2), whole, refund(10_00, 20)], "USD"),
    ):
        judged = judge(earned(), lost, VALUE, POLICY)
        assert judged.verdict == TakeBack(79, "100.00% of the outcome was taken back")
        assert (judged.on, judged.because) == (after(9), "it was cancelled")


def test_a_refund_in_another_currency_is_for_a_person() -> None:
    assert losses([refund(400_00, 3, "EUR")], "USD") == []


def test_a_failed_refund_takes_nothing_more_and_gives_nothing_back() -> None:
    failed = [Refund("re_1", "USD", 0, after(3))]
    assert losses(failed, "USD") == []
    verdict = judge(earned(taken=32), losses(failed, "USD"), VALUE, POLICY).verdict
    assert isinstance(verdict, LetStand)


def test_before_a_reward_is_approved_only_all_of_it_is_taken_back() -> None:
    waits = earned(paid=False, owed=False)
    part, whole = losses([refund(400_00, 3)], "USD"), losses([refund(1_000_00, 3)], "USD")
    assert judge(waits, part, VALUE, POLICY).verdict == LetStand(
        "a part of it is taken back as soon as it is approved"
    )
    assert isinstance(judge(waits, whole, VALUE, POLICY).verdict, Void)


@pytest.mark.parametrize(("minor", "part"), [(0, 0), (1, 1)])
def test_of_a_deal_that_was_worth_nothing_any_refund_is_all(minor: int, part: int) -> None:
    assert part_of([Loss(WON_ON, minor, "")], 0) == part


@pytest.mark.parametrize(
    ("written", "deal"),
    [
        ("006Dn00000A1b2C", "006Dn00000A1b2CIAR"),
        (" 006Dn00000A1b2CIAR ", "006Dn00000A1b2CIAR"),
        ("006Dn00000A1b2CIAX", None),
        ("order 17", None),
        ("", None),
        (None, None),
    ],
)
def test_a_deal_is_named_by_fifteen_or_eighteen_characters(
    written: str | None, deal: str | None
) -> None:
    assert deal_named(written) == deal


facts = st.one_of(
    st.builds(refund, st.integers(0, 2 * VALUE), st.integers(0, 120)),
    st.builds(
        dispute,
        st.integers(1, 2 * VALUE),
        st.integers(0, 120),
        st.sampled_from([OPEN, WON, LOST]),
    ),
    st.builds(refund, st.integers(1, VALUE), st.integers(0, 120), st.just("EUR")),
)


@given(
    st.integers(1, 10**9),
    st.lists(st.tuples(st.integers(0, 5), facts, st.booleans()), max_size=14),
)
def test_whatever_is_heard_in_whatever_order_never_more_than_earned_is_taken_back(
    amount: int, heard: list[tuple[int, Refund, bool]]
) -> None:
    """Facts come one by one and replace each other, shrink and grow; each may find it paid."""
    known: dict[int, Refund] = {}
    taken, highest, is_paid = 0, Fraction(0), False
    for place, fact, paid in heard:
        known[place], is_paid = fact, is_paid or paid
        lost = losses(known.values(), "USD")
        inside = [loss for loss in lost if loss.on <= after(90)]
        highest = max(highest, part_of(inside, VALUE))
        verdict = judge(earned(amount, taken, paid=is_paid), lost, VALUE, POLICY).verdict
        if isinstance(verdict, Void):
            assert highest == 1
            assert not taken
            return
        if isinstance(verdict, TakeBack):
            assert verdict.minor > 0
            taken += verdict.minor
        assert 0 <= taken <= amount
        assert abs(taken - amount * highest) <= Fraction(1, 2)


@given(st.integers(1, 10**9), st.lists(facts, max_size=8), st.randoms())
def test_the_order_in_which_it_is_heard_changes_nothing_in_the_end(
    amount: int, found: list[Refund], random: object
) -> None:
    def all_at_once(order: list[Refund]) -> object:
        return judge(earned(amount), losses(order, "USD"), VALUE, POLICY).verdict

    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert all_at_once(found) == all_at_once(shuffled)
