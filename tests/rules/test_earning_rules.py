"""Earnings: the version of each claim decides, caps see what came before, every hold has an end."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from goodword.money import Money
from goodword.rules.amounts import Fixed
from goodword.rules.books import CapBook
from goodword.rules.earnings import Earning, Rules, earn, expected
from goodword.rules.incentives import Cap, Incentive, Pay
from goodword.rules.outcomes import Outcome, OutcomeFacts
from goodword.rules.windows import Period

WON_ON = date(2026, 3, 31)


def bonus(minor: int, cap: Cap | None = None, hold_days: int | None = None) -> Incentive:
    return Incentive(
        "bonus",
        frozenset({"customer"}),
        Outcome.CONVERTED,
        Pay.CASH,
        Fixed({"USD": minor, "JPY": minor}),
        cap=cap,
        hold_days=hold_days,
    )


def won(on: date = WON_ON, version: int = 1, participant_id: int = 1) -> Earning:
    facts = OutcomeFacts(Outcome.CONVERTED, "customer", "", 1_000_00, 1_000_00, "USD")
    return Earning(participant_id, facts, on, version, conversion_id=1)


def amounts(incentive: Incentive, *earnings: Earning, book: CapBook | None = None) -> list[int]:
    rules = {1: Rules((incentive,), hold_days=3)}
    return [earned.amount_minor for earned in earn(earnings, rules, book or CapBook())]


def test_the_version_of_the_claim_decides_and_a_later_one_changes_nothing() -> None:  # RF6
    versions = {1: Rules((bonus(100_00),), 3), 2: Rules((bonus(10_00, hold_days=30),), 3)}
    old, new = earn([won(version=1), won(version=2)], versions, CapBook())
    assert (old.amount_minor, old.payable_on) == (100_00, date(2026, 4, 3))
    assert (new.amount_minor, new.payable_on) == (10_00, date(2026, 4, 30))


def test_an_incentive_without_hold_of_its_own_takes_the_programs_and_zero_is_its_own() -> None:
    (earned,) = earn([won()], {1: Rules((bonus(1, hold_days=0),), 3)}, CapBook())
    assert earned.payable_on == WON_ON


def test_a_cap_counts_the_rewards_of_its_period_and_starts_again_in_the_next() -> None:
    twice = bonus(50_00, Cap(Period.MONTH, count=2))
    april = won(date(2026, 4, 1))
    assert amounts(twice, won(), won(), won(), april) == [50_00, 50_00, 0, 50_00]


def test_a_cap_counts_what_earlier_nights_gave() -> None:
    book = CapBook()
    book.add(1, "bonus", date(2026, 1, 1), Money(80_00, "USD"))
    book.add(1, "bonus", date(2026, 1, 1), Money(9_000, "JPY"))
    book.add(2, "bonus", date(2026, 1, 1), Money(80_00, "USD"))
    book.add(1, "another", date(2026, 1, 1), Money(80_00, "USD"))
    yearly = bonus(50_00, Cap(Period.YEAR, amount={"USD": 100_00}))
    (earned,) = earn([won()], {1: Rules((yearly,), 3)}, book)
    assert (earned.computed_minor, earned.amount_minor) == (50_00, 20_00)
    assert earned.reason == "50.00 USD each; capped at 100.00 USD a year"


def test_what_is_not_money_is_counted_by_its_cap_and_given_whole_or_not_at_all() -> None:
    month = Incentive(
        "month",
        frozenset({"customer"}),
        Outcome.CONVERTED,
        Pay.FREE_MONTHS,
        Fixed({"USD": 49_00}),
        cap=Cap(Period.YEAR, count=12),
        benefit={"months": 1},
    )
    assert amounts(month, *[won()] * 14) == [49_00] * 12 + [0, 0]


def test_what_is_not_money_is_no_money_to_be_expected() -> None:
    month = Incentive(
        "month",
        frozenset({"customer"}),
        Outcome.CONVERTED,
        Pay.FREE_MONTHS,
        Fixed({"USD": 49_00}),
        also=True,
        benefit={"months": 1},
    )
    worth = Money(1_000_00, "USD")
    assert expected((month,), "customer", "", worth) is None
    assert expected((month, bonus(20_00)), "customer", "", worth) == Money(20_00, "USD")


def test_a_reward_that_was_cut_to_nothing_uses_up_no_cap() -> None:
    cap = Cap(Period.YEAR, count=2, amount={"USD": 50_00})
    book = CapBook()
    assert amounts(bonus(50_00, cap), won(), won(), book=book) == [50_00, 0]
    assert book.used(1, bonus(50_00, cap), WON_ON, "USD").count == 1


@given(
    st.lists(st.tuples(st.integers(1, 2), st.dates(date(2026, 1, 1), date(2026, 6, 30)))),
    st.integers(0, 5),
    st.integers(0, 300_00),
)
def test_no_period_of_no_participant_exceeds_the_cap(
    outcomes: list[tuple[int, date]],
    count: int,
    limit: int,
) -> None:
    monthly = bonus(70_00, Cap(Period.MONTH, count=count, amount={"USD": limit}))
    earnings = [won(on, participant_id=who) for who, on in outcomes]
    given_so_far: dict[tuple[int, int], list[int]] = {}
    for earned in earn(earnings, {1: Rules((monthly,), 3)}, CapBook()):
        assert 0 <= earned.amount_minor <= earned.computed_minor
        key = (earned.earning.participant_id, earned.earning.outcome_on.month)
        given_so_far.setdefault(key, []).append(earned.amount_minor)
    for minors in given_so_far.values():
        assert sum(minors) <= limit
        assert sum(minor > 0 for minor in minors) <= count
