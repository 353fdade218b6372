"""Tiers: how much a participant brought in a window decides what the next deal pays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import Money
from goodword.rules.amounts import ANY_CURRENCY, By, Percent, Step, Tiered
from goodword.rules.books import CapBook, Won
from goodword.rules.conditions import Conditions
from goodword.rules.contracts import Contract
from goodword.rules.earnings import Earned, Earning, Rules, earn, expected
from goodword.rules.incentives import Cap, Incentive, Pay, try_rules
from goodword.rules.outcomes import Brought, Outcome, OutcomeFacts
from goodword.rules.windows import EVER, Period, Window

YEAR = Window(Period.YEAR)
BY_COUNT = Tiered(By.COUNT, YEAR, {ANY_CURRENCY: (Step(1, 3, bps=1000), Step(3, None, bps=2000))})
VOLUME = (Step(0, 1_000_00, bps=1000), Step(1_000_00, None, bps=2000))
WHOLE = Tiered(By.VOLUME, YEAR, {"USD": VOLUME})
MARGINAL = replace(WHOLE, is_marginal=True)
SECTION = Tiered(By.VOLUME, YEAR, {"USD": (Step(15_000_00, 16_000_00, bps=2000),)})


def rule(amount: Tiered | Percent, only: Conditions | None = None) -> Incentive:
    kinds = frozenset({"reseller"})
    made = Incentive("margin", kinds, Outcome.CONVERTED, Pay.CASH, amount)
    return replace(made, only=only) if only else made


def sale(deal: int, before: Brought | None = None, over: Window = YEAR) -> OutcomeFacts:
    brought = {over: before or Brought()}
    return OutcomeFacts(Outcome.CONVERTED, "reseller", "basic", deal, deal, "USD", brought=brought)


def pays(amount: Tiered, facts: OutcomeFacts) -> int | None:
    (trial,) = try_rules((rule(amount),), facts)
    return trial.minor


@pytest.mark.parametrize(
    ("amount", "deal", "before", "expected"),
    [
        (BY_COUNT, 100_00, Brought(0), 10_00),
        (BY_COUNT, 100_00, Brought(1), 10_00),
        pytest.param(BY_COUNT, 100_00, Brought(2), 20_00, id="the third deal is paid by step 3"),
        (WHOLE, 999_99, Brought(), 100_00),
        pytest.param(WHOLE, 1_000_00, Brought(), 200_00, id="exactly the step is in it"),
        pytest.param(WHOLE, 400_00, Brought(1, 800_00), 80_00, id="whole: all of it by the step"),
        pytest.param(
            MARGINAL, 400_00, Brought(1, 800_00), 60_00, id="marginal: 200 at 10%, 200 at 20%"
        ),
        (MARGINAL, 400_00, Brought(1, 1_000_00), 80_00),
        pytest.param(SECTION, 15_100_00, Brought(), 3_020_00, id="AR11 inside the section"),
        pytest.param(SECTION, 14_999_99, Brought(), None, id="AR11 below it"),
        pytest.param(SECTION, 16_000_00, Brought(), None, id="AR11 above it"),
        pytest.param(
            replace(SECTION, is_marginal=True), 20_000_00, Brought(), 200_00, id="only the section"
        ),
    ],
)
def test_the_step_that_is_reached_pays(
    amount: Tiered, deal: int, before: Brought, expected: int | None
) -> None:
    assert pays(amount, sale(deal, before)) == expected


def test_the_reason_says_what_was_brought() -> None:
    (count,) = try_rules((rule(BY_COUNT),), sale(100_00, Brought(2)))
    (parts,) = try_rules((rule(MARGINAL),), sale(400_00, Brought(1, 800_00)))
    (outside,) = try_rules((rule(SECTION),), sale(1_00))
    assert count.reason == "20% of 100.00 USD, for deal 3 of the year"
    assert parts.reason == (
        "10% of 200.00 USD and 20% of 200.00 USD, for 1,200.00 USD brought of the year"
    )
    assert outside.reason == "no step of it is for 1.00 USD brought of the year"


def test_a_step_may_pay_an_amount_of_its_own_that_is_shared_like_any_other() -> None:
    steps = {"USD": (Step(1, 2, pays=50_00), Step(2, None, pays=100_00))}
    amount = Tiered(By.COUNT, EVER, steps)
    assert pays(amount, sale(1_000_00, Brought(0), EVER)) == 50_00
    half = replace(sale(1_000_00, Brought(5), EVER), credited_minor=500_00)
    assert pays(amount, half) == 50_00
    assert pays(amount, replace(sale(1_000_00), currency="EUR")) is None


def ladder(pairs: list[tuple[int, int]]) -> tuple[Step, ...]:
    """Make steps that begin at zero and rise, each to where the next begins."""
    starts = sorted({0, *(start for start, _ in pairs)})
    rates = sorted(bps for _, bps in [*pairs, (0, 1)])[: len(starts)]
    ends = [*starts[1:], None]
    return tuple(
        Step(start, end, bps=bps) for start, end, bps in zip(starts, ends, rates, strict=True)
    )


tiers = st.builds(
    lambda pairs, mode: Tiered(By.VOLUME, YEAR, {"USD": ladder(pairs)}, mode),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10_000)), min_size=1, max_size=5),
    st.booleans(),
)


@given(tiers, st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_tier_whose_steps_rise_never_pays_less_for_more(
    amount: Tiered, deal: int, before: int, more: int
) -> None:
    less_before = pays(amount, sale(deal, Brought(1, before)))
    more_before = pays(amount, sale(deal, Brought(1, before + more)))
    more_deal = pays(amount, sale(deal + more, Brought(1, before)))
    assert (less_before or 0) <= (more_before or 0)
    assert (less_before or 0) <= (more_deal or 0)


# What was brought before ------------------------------------------------------------------------


def won(number: int, on: date, minor: int = 100_00, who: int = 1) -> Earning:
    facts = OutcomeFacts(Outcome.CONVERTED, "reseller", "basic", minor, minor, "USD")
    claimed = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    return Earning(
        who, facts, on, 1, conversion_id=number, participant_key="acme", claimed_at=claimed
    )


def rewards(amount: Tiered, *earnings: Earning, book: CapBook | None = None) -> dict[int, int]:
    rules = {1: Rules((rule(amount),), hold_days=0)}
    return by_number(earn(earnings, rules, book or CapBook()))


def by_number(earned: list[Earned]) -> dict[int, int]:
    return {each.earning.conversion_id or 0: each.amount_minor for each in earned}


def test_deals_count_in_the_order_of_the_wins_within_their_window() -> None:
    march, april, may = (won(n, date(2026, 2 + n, 1)) for n in (1, 2, 3))
    before = won(9, date(2025, 12, 31))
    assert rewards(BY_COUNT, before, march, april, may) == {9: 10_00, 1: 10_00, 2: 10_00, 3: 20_00}
    rolling = replace(BY_COUNT, over=Window(days=365))
    assert rewards(rolling, before, march, april)[2] == 20_00
    assert rewards(rolling, before, won(1, date(2026, 12, 30)), won(2, date(2026, 12, 31))) == {
        9: 10_00,
        1: 10_00,
        2: 10_00,
    }


@given(st.permutations(range(1, 7)))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    deals = {n: won(n, date(2026, 1, 1 + n // 2)) for n in range(1, 7)}
    assert rewards(MARGINAL, *(deals[n] for n in order)) == rewards(MARGINAL, *deals.values())


def test_what_earlier_nights_recorded_counts_once_and_only_when_won_before() -> None:
    book = CapBook()
    for number, on in ((1, date(2026, 3, 1)), (2, date(2026, 4, 1)), (8, date(2026, 6, 1))):
        book.bring(1, Won(on, number, Money(100_00, "USD"), f"account {number}"))
    assert rewards(BY_COUNT, won(2, date(2026, 4, 1)), book=book) == {2: 10_00}
    assert rewards(BY_COUNT, won(3, date(2026, 5, 1)), book=book) == {3: 20_00}


def test_volume_counts_the_outcomes_own_currency_and_others_deals_not_at_all() -> None:
    book = CapBook()
    book.bring(1, Won(date(2026, 1, 1), 1, Money(900_000, "JPY"), "a"))
    book.bring(2, Won(date(2026, 1, 1), 2, Money(900_00, "USD"), "b"))
    assert rewards(WHOLE, won(3, date(2026, 2, 1)), book=book) == {3: 10_00}


def test_customers_count_once_however_often_they_buy() -> None:
    third = Rules((rule(Percent(1000), Conditions(customers_from=2)),), 0)
    same = [replace(won(n, date(2026, 1, n)), customer="fabrikam") for n in (1, 2)]
    other = replace(won(3, date(2026, 1, 3)), customer="contoso")
    assert by_number(earn([*same, other], {1: third}, CapBook())) == {3: 10_00}


# Contracts --------------------------------------------------------------------------------------


def test_a_contract_stands_in_place_of_all_rules_for_what_is_claimed_while_it_runs() -> None:
    own = Contract(
        "acme", "Agreement 12", date(2026, 2, 1), date(2026, 2, 28), (rule(Percent(2500)),)
    )
    rules = Rules((rule(Percent(1000)),), 3, (own,))
    january, last, march = (
        won(1, date(2026, 1, 31)),
        won(2, date(2026, 2, 28)),
        won(3, date(2026, 3, 1)),
    )
    earned = earn([january, last, march], {1: rules}, CapBook())
    assert by_number(earned) == {1: 10_00, 2: 25_00, 3: 10_00}
    assert earned[1].reason == "25% of 100.00 USD; by contract Agreement 12"
    another = replace(last, participant_key="globex")
    assert by_number(earn([another], {1: rules}, CapBook())) == {2: 10_00}


def test_nothing_is_promised_that_depends_on_more_than_the_deals_worth() -> None:
    worth = Money(1_000_00, "USD")
    assert expected((rule(WHOLE),), "reseller", "basic", worth) is None
    limited = rule(Percent(1000), Conditions(countries=("Japan",)))
    assert expected((limited, rule(Percent(1000))), "reseller", "basic", worth) is None
    assert expected((rule(Percent(1000)),), "reseller", "basic", worth) == Money(100_00, "USD")


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.integers(0, 100_00))
def test_a_cap_never_increases_what_tiers_pay(days: list[int], limit: int) -> None:
    deals = [won(n, date(2026, 1, 1 + day % 28)) for n, day in enumerate(days, 1)]
    free = {1: Rules((rule(MARGINAL),), 0)}
    capped = {1: Rules((replace(rule(MARGINAL), cap=Cap(Period.YEAR, amount={"USD": limit})),), 0)}
    without, with_cap = (by_number(earn(deals, each, CapBook())) for each in (free, capped))
    assert all(with_cap[n] <= without[n] for n in without)
    assert sum(with_cap.values()) <= limit
