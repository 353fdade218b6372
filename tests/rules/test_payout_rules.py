"""Payouts: the three ages of an unknown one, and what is netted into tonight's."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from goodword.money import Money
from goodword.rules.payout_plans import Carried, Due, PayoutPolicy, Planned, plan
from goodword.rules.payouts import BY_HAND, CLOCKS_DIFFER, Rail, Settle, settle

SENT_AT = datetime(2026, 3, 8, 2, tzinfo=UTC)
TRANSFER, CREDIT = Rail.STRIPE_TRANSFER, Rail.STRIPE_CREDIT
NO_MINIMUM = PayoutPolicy({})
FIFTY = PayoutPolicy({"USD": 50_00})


# An unknown payout ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), Settle.REPEAT),
        (timedelta(hours=20) - timedelta(microseconds=1), Settle.REPEAT),
        (timedelta(hours=20), Settle.WAIT),
        (timedelta(hours=24), Settle.WAIT),
        (timedelta(hours=26) - timedelta(microseconds=1), Settle.WAIT),
        (timedelta(hours=26), Settle.LOOK_UP),
        (timedelta(days=400), Settle.LOOK_UP),
        pytest.param(-CLOCKS_DIFFER, Settle.REPEAT, id="a clock that is a little late"),
        pytest.param(
            -CLOCKS_DIFFER - timedelta(microseconds=1), Settle.WAIT, id="a clock that went back"
        ),
        pytest.param(timedelta(days=-3), Settle.WAIT, id="a clock that went back far"),
    ],
)
def test_an_unknown_payout_is_settled_by_its_age(age: timedelta, expected: Settle) -> None:
    assert settle(TRANSFER, SENT_AT, SENT_AT + age) is expected


def test_what_a_person_moves_is_handed_over_again_whatever_its_age() -> None:
    for rail in BY_HAND:
        assert settle(rail, SENT_AT, SENT_AT + timedelta(days=400)) is Settle.REPEAT


@example(datetime(2026, 3, 7, 17), timedelta(hours=25), "America/New_York")  # noqa: DTZ001 - as below
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - made aware below
    st.timedeltas(timedelta(days=-2), timedelta(days=4)),
    st.sampled_from(["America/New_York", "Pacific/Apia", "Asia/Tokyo", "UTC"]),
)
def test_the_age_of_a_payout_is_told_in_hours_that_passed(
    sent: datetime,
    age: timedelta,
    zone: str,
) -> None:
    # The instants may carry a zone of their own, and a day in it may have 23 or 25 hours.
    first_sent_at = sent.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    now = (first_sent_at.astimezone(UTC) + age).astimezone(ZoneInfo(zone))
    what = settle(TRANSFER, first_sent_at, now)
    assert (what is Settle.REPEAT) == (-CLOCKS_DIFFER <= age < timedelta(hours=20))
    assert (what is Settle.LOOK_UP) == (age >= timedelta(hours=26))


# Planning ---------------------------------------------------------------------------------------


def due(
    reward_id: int,
    minor: int,
    rail: Rail | None = TRANSFER,
    destination: str | None = "acct_1",
    problem: str | None = None,
) -> Due:
    return Due(reward_id, 1, Money(minor, "USD"), rail, destination, problem)


def taken_back(reward_id: int, minor: int) -> Due:
    return due(reward_id, -minor, None, None)


def test_four_commissions_over_the_minimum_are_one_payout() -> None:  # PO1
    dues = [due(1, 14_70), due(2, 14_70), due(3, 14_70), due(4, 14_70)]
    assert plan(dues, FIFTY) == [
        Planned(1, Money(58_80, "USD"), TRANSFER, "acct_1", (1, 2, 3, 4)),
    ]


@pytest.mark.parametrize(("minor", "is_paid"), [(49_99, False), (50_00, True), (50_01, True)])
def test_what_is_below_the_minimum_is_carried(
    minor: int,
    is_paid: bool,  # noqa: FBT001 - a parametrised argument
) -> None:  # PO2
    (step,) = plan([due(1, minor)], FIFTY)
    assert isinstance(step, Planned) is is_paid
    if isinstance(step, Carried):
        assert step.reason == "49.99 USD is below the minimum of 50.00 USD"


def test_what_was_taken_back_is_paid_off_first() -> None:  # RF3
    (step,) = plan([due(1, 20_00), taken_back(2, 100_00)], NO_MINIMUM)
    assert step == Carried(
        1,
        Money(-80_00, "USD"),
        (2, 1),
        "80.00 USD of what was taken back is not covered yet",
    )
    (later,) = plan([due(1, 20_00), taken_back(2, 100_00), due(3, 81_00)], NO_MINIMUM)
    assert isinstance(later, Planned)
    assert later.money == Money(1_00, "USD")


def test_an_invoice_and_its_full_credit_note_net_to_nothing_and_both_are_shown() -> None:  # RF10
    (step,) = plan([due(1, 30_00), taken_back(2, 30_00)], NO_MINIMUM)
    assert step == Carried(1, Money(0, "USD"), (2, 1), "nothing is left to be paid")


def test_a_clawback_alone_waits_for_something_to_net_against() -> None:
    (step,) = plan([taken_back(2, 30_00)], NO_MINIMUM)
    assert step == Carried(
        1,
        Money(-30_00, "USD"),
        (2,),
        "nothing is due that it could be netted against",
    )


def test_a_clawback_nets_against_the_larger_of_two_payouts() -> None:
    dues = [due(1, 10_00, CREDIT, "cus_1"), due(2, 100_00), taken_back(3, 50_00)]
    assert plan(dues, NO_MINIMUM) == [
        Planned(1, Money(10_00, "USD"), CREDIT, "cus_1", (1,)),
        Planned(1, Money(50_00, "USD"), TRANSFER, "acct_1", (3, 2)),
    ]


def test_somebody_who_still_owes_is_not_paid_by_another_way() -> None:
    dues = [due(1, 10_00, CREDIT, "cus_1"), due(2, 40_00), taken_back(3, 45_00)]
    steps = plan(dues, NO_MINIMUM)
    assert {step.reason for step in steps if isinstance(step, Carried)} == {
        "5.00 USD of what was taken back is not covered yet",
    }
    assert not [step for step in steps if isinstance(step, Planned)]


def test_a_way_that_cannot_be_paid_swallows_no_clawback() -> None:
    nowhere, closed = due(1, 500_00, None, None), due(2, 90_00, problem="the account is closed")
    steps = plan([nowhere, closed, due(3, 70_00), taken_back(4, 60_00)], NO_MINIMUM)
    assert steps == [
        Carried(1, Money(500_00, "USD"), (1,), "no way to be paid is known"),
        Carried(1, Money(90_00, "USD"), (2,), "the account is closed"),
        Planned(1, Money(10_00, "USD"), TRANSFER, "acct_1", (4, 3)),
    ]


def test_currencies_and_participants_never_net_against_each_other() -> None:
    mine = [due(1, 10_00), Due(2, 1, Money(-5000, "JPY"), None, None, None)]
    theirs = Due(3, 2, Money(-10_00, "USD"), None, None, None)
    steps = plan([*mine, theirs], NO_MINIMUM)
    assert [type(step) for step in steps] == [Planned, Carried, Carried]


@st.composite
def many_dues(draw: st.DrawFn) -> list[Due]:
    ids = draw(st.lists(st.integers(1, 10**6), unique=True, max_size=14))
    places = st.sampled_from(
        [
            (TRANSFER, "acct_1", None),
            (TRANSFER, "acct_2", None),
            (CREDIT, "cus_1", None),
            (None, None, None),
            (TRANSFER, "acct_1", "the account is closed"),
        ],
    )
    dues = []
    for reward_id in ids:
        minor = draw(st.integers(-200, 300))
        place = (None, None, None) if minor < 0 else draw(places)
        currency = draw(st.sampled_from(["USD", "JPY"]))
        dues.append(Due(reward_id, draw(st.integers(1, 3)), Money(minor, currency), *place))
    return dues


policies = st.builds(
    PayoutPolicy,
    st.dictionaries(st.sampled_from(["USD", "JPY"]), st.integers(0, 200)),
)


@given(many_dues(), policies)
def test_every_reward_is_in_one_step_and_every_payout_is_its_sum(
    dues: list[Due],
    policy: PayoutPolicy,
) -> None:
    steps = plan(dues, policy)
    by_id = {due.reward_id: due for due in dues}
    assert Counter(n for step in steps for n in step.reward_ids) == Counter(by_id.keys())
    for step in steps:
        covered = [by_id[n] for n in step.reward_ids]
        assert sum((due.money for due in covered), Money(0, step.money.currency)) == step.money
        assert {due.participant_id for due in covered} == {step.participant_id}
        if isinstance(step, Planned):
            assert step.money.minor > 0
            assert step.money.minor >= policy.minimum.get(step.money.currency, 0)
            earned = [due for due in covered if due.money.minor >= 0]
            assert {(due.rail, due.destination, due.problem) for due in earned} == {
                (step.rail, step.destination, None),
            }


@given(many_dues(), policies)
def test_nobody_is_paid_more_than_what_was_taken_back_leaves(
    dues: list[Due],
    policy: PayoutPolicy,
) -> None:
    paid: Counter[tuple[int, str]] = Counter()
    for step in plan(dues, policy):
        if isinstance(step, Planned):
            paid[step.participant_id, step.money.currency] += step.money.minor
    balance: Counter[tuple[int, str]] = Counter()
    for one in dues:
        balance[one.participant_id, one.money.currency] += one.money.minor
    for owner, minor in paid.items():
        assert minor <= balance[owner]


@given(many_dues(), policies)
def test_there_is_at_most_one_payout_to_a_destination(
    dues: list[Due],
    policy: PayoutPolicy,
) -> None:
    planned = [step for step in plan(dues, policy) if isinstance(step, Planned)]
    places = Counter((p.participant_id, p.money.currency, p.rail, p.destination) for p in planned)
    assert all(count == 1 for count in places.values())


@given(many_dues(), policies, st.data())
def test_the_order_in_which_rewards_come_decides_nothing(
    dues: list[Due],
    policy: PayoutPolicy,
    data: st.DataObject,
) -> None:
    assert plan(data.draw(st.permutations(dues)), policy) == plan(dues, policy)


@given(many_dues(), policies)
def test_what_was_carried_is_carried_again_while_nothing_new_is_due(
    dues: list[Due],
    policy: PayoutPolicy,
) -> None:
    carried = {
        n for step in plan(dues, policy) if isinstance(step, Carried) for n in step.reward_ids
    }
    again = plan([due for due in dues if due.reward_id in carried], policy)
    assert all(isinstance(step, Carried) for step in again)
