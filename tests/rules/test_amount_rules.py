"""Amounts: by the seat, limited, under conditions, and never more than the deal unless said so."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import split
from goodword.rules.amounts import Amount, Bands, Fixed, Percent, PerSeat
from goodword.rules.conditions import Conditions
from goodword.rules.incentives import Incentive, Pay, Trial, try_rules
from goodword.rules.outcomes import Brought, DealFacts, Outcome, OutcomeFacts, kept, recalled
from goodword.rules.windows import EVER, Period, Window

ALL = frozenset({"customer"})


def rule(amount: Amount, *, at_most: int | None = None, name: str = "rule") -> Incentive:
    limit = {} if at_most is None else {"USD": at_most}
    return Incentive(name, ALL, Outcome.CONVERTED, Pay.CASH, amount, at_most=limit)


def sale(deal: int, credited: int | None = None, before: int = 0, **known: object) -> OutcomeFacts:
    part = deal if credited is None else credited
    return OutcomeFacts(
        Outcome.CONVERTED,
        "customer",
        "basic",
        deal,
        part,
        "USD",
        before,
        DealFacts(**known),  # type: ignore[arg-type]  # each test names what it knows
    )


def tried(incentive: Incentive, facts: OutcomeFacts) -> Trial:
    (trial,) = try_rules((incentive,), facts)
    return trial


# By the seat ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("each", "seats", "at_most", "expected"),
    [
        pytest.param(500, "2", None, 1000, id="AR3 two of 5.00"),
        pytest.param(500, "0", None, 0, id="AR3 none"),
        pytest.param(250, "3", None, 750, id="AR6 three of 2.50"),
        pytest.param(250, "10", 1200, 1200, id="AR6 ten of 2.50, at most 12.00"),
        pytest.param(333, "1.5", None, 500, id="half a seat, rounded half away from zero"),
    ],
)
def test_a_deal_pays_for_each_of_its_seats(
    each: int, seats: str, at_most: int | None, expected: int
) -> None:
    facts = sale(1_000_00, seats=Decimal(seats))
    assert tried(rule(PerSeat({"USD": each}), at_most=at_most), facts).minor == expected


def test_a_percentage_ignores_the_seats() -> None:  # AR3
    assert tried(rule(Percent(2000)), sale(10_00, seats=Decimal(5))).minor == 2_00


def test_a_deal_without_a_number_of_seats_does_not_match_and_says_so() -> None:
    trial = tried(rule(PerSeat({"USD": 250})), sale(100_00))
    assert (trial.minor, trial.reason) == (
        None,
        "it pays by the seat, and the deal has no number of seats in the CRM",
    )


def test_one_limit_is_for_the_whole_deal_however_many_share_it() -> None:
    parts = split(900_00, [1, 1, 1])
    for amount in (PerSeat({"USD": 100_00}), Percent(5000), Fixed({"USD": 400_00})):
        limited = rule(amount, at_most=100_00)
        minors = [
            tried(limited, sale(900_00, part, sum(parts[:n]), seats=Decimal(4))).minor
            for n, part in enumerate(parts)
        ]
        assert minors == [33_33, 33_34, 33_33]


# Published numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deal", "bps", "currency", "expected"),
    [
        pytest.param(500, 290, "USD", 15, id="AR1 half a cent goes up"),
        pytest.param(3, 2000, "USD", 1, id="AR2 3 at 20%"),
        pytest.param(15, 1000, "USD", 2, id="AR2 15 at 10%"),
        pytest.param(1, 5000, "USD", 1, id="AR2 1 at 50%"),
        pytest.param(7, 2000, "USD", 1, id="AR2 7 at 20%"),
        pytest.param(2, 2000, "USD", 0, id="AR2 2 at 20%"),
        pytest.param(1000, 333, "JPY", 33, id="AR5 yen"),
        pytest.param(75_00, 3000, "USD", 22_50, id="AR13 30% of $100 less a $25 coupon"),
        pytest.param(100_00, 3000, "USD", 30_00, id="AR13 without the coupon"),
        pytest.param(500, 1000, "USD", 50, id="AR12 eligible 500 of 1,000 at 10%"),
        pytest.param(800_00, 400, "USD", 32_00, id="RF8 1,000 less 200 at 4%"),
    ],
)
def test_a_percentage_of_what_is_credited_is_as_published(
    deal: int, bps: int, currency: str, expected: int
) -> None:
    facts = replace(sale(deal), currency=currency)
    assert tried(rule(Percent(bps)), facts).minor == expected


# Conditions -------------------------------------------------------------------------------------

KNOWN = {
    "country": "Japan",
    "industry": "Energy",
    "lead_source": "Partner",
    "type": "New Customer",
    "is_first": True,
}


@pytest.mark.parametrize(
    ("only", "why"),
    [
        (Conditions(countries=("japan", "Malaysia")), None),
        (Conditions(countries=("Malaysia",)), "it is for customers in Malaysia, not Japan"),
        (
            Conditions(industries=("Banking", "Retail")),
            "it is for customers of industry Banking or Retail, not Energy",
        ),
        (
            Conditions(lead_sources=("Web",)),
            "it is for deals with lead source Web, not Partner",
        ),
        (
            Conditions(deal_types=("Renewal",)),
            "it is for deals of type Renewal, not New Customer",
        ),
        (Conditions(deal_from={"USD": 500_00}, deal_below={"USD": 500_01}), None),
        (
            Conditions(deal_from={"USD": 500_01}),
            "it is for deals from 500.01 USD, not of 500.00 USD",
        ),
        (
            Conditions(deal_below={"USD": 500_00}),
            "it is for deals below 500.00 USD, not of 500.00 USD",
        ),
        (Conditions(deal_from={"EUR": 1}), "it names no size of deal in USD"),
        (Conditions(first_deal_only=True), None),
        (Conditions(customers_from=3), "it pays from 3 customers on, this is number 2"),
        (Conditions(customers_from=2), None),
    ],
)
def test_a_rule_is_for_the_deals_that_meet_its_conditions(
    only: Conditions, why: str | None
) -> None:
    facts = replace(sale(500_00, **KNOWN), brought={EVER: Brought(1, 10_00, 2)})
    trial = tried(replace(rule(Percent(1000)), only=only), facts)
    assert (trial.minor, trial.reason) == ((None, why) if why else (50_00, "10% of 500.00 USD"))


def test_a_second_deal_and_what_the_crm_does_not_say_meet_no_condition() -> None:
    first = replace(rule(Percent(1000)), only=Conditions(first_deal_only=True))
    abroad = replace(rule(Percent(1000)), only=Conditions(countries=("Japan",)))
    second, unknown = sale(500_00, is_first=False), sale(500_00)
    assert tried(first, second).reason.endswith("this is not it")
    assert tried(first, unknown).reason.endswith("its first is not known")
    assert tried(abroad, unknown).reason == "it is for customers in Japan, not an unknown one"


# Never more than the deal -----------------------------------------------------------------------


def test_a_deal_pays_no_more_than_it_brought_unless_the_rule_says_so() -> None:
    bonus = rule(Fixed({"USD": 100_00}))
    trial = tried(bonus, sale(60_00))
    assert (trial.minor, trial.reason) == (
        60_00,
        "100.00 USD each; no more than the deal has left for it: 60.00 USD",
    )
    assert tried(replace(bonus, may_exceed_deal=True), sale(60_00)).minor == 100_00


amounts = st.one_of(
    st.builds(Percent, st.integers(1, 10_000)),
    st.builds(Fixed, st.fixed_dictionaries({"USD": st.integers(1, 10**7)})),
    st.builds(PerSeat, st.fixed_dictionaries({"USD": st.integers(1, 10**5)})),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)), min_size=1, max_size=4).map(
        lambda bands: Bands({"USD": tuple(sorted(dict(bands).items()))}),
    ),
)
programs = st.lists(
    st.tuples(amounts, st.booleans(), st.none() | st.integers(1, 10**6)), min_size=1, max_size=5
).map(
    lambda rules: tuple(
        replace(rule(amount, at_most=most, name=f"rule {n}"), also=also)
        for n, (amount, also, most) in enumerate(rules)
    )
)


@given(programs, st.integers(0, 10**8), st.lists(st.integers(1, 100), min_size=1, max_size=4))
def test_all_rules_for_all_who_share_a_deal_pay_no_more_than_it_brought(
    program: tuple[Incentive, ...], deal: int, weights: list[int]
) -> None:
    parts = split(deal, weights)
    total = 0
    for n, part in enumerate(parts):
        trials = try_rules(program, sale(deal, part, sum(parts[:n]), seats=Decimal("7.5")))
        minors = [trial.minor for trial in trials if trial.minor is not None]
        assert all(minor >= 0 for minor in minors)
        assert sum(minors) <= part
        total += sum(minors)
    assert total <= deal


@given(amounts, st.integers(1, 10**8), st.integers(1, 10**6))
def test_a_limit_never_increases_an_amount(amount: Amount, deal: int, most: int) -> None:
    facts = sale(deal, seats=Decimal(3))
    free, limited = tried(rule(amount), facts), tried(rule(amount, at_most=most), facts)
    assert (free.minor is None) == (limited.minor is None)
    if free.minor is not None and limited.minor is not None:
        assert limited.minor == min(free.minor, most, deal)


# Kept with the reward ---------------------------------------------------------------------------


def test_the_facts_that_a_reward_keeps_are_recalled_as_they_were() -> None:
    windows = {
        EVER: Brought(3, 10_00, 2),
        Window(days=365): Brought(),
        Window(Period.YEAR): Brought(),
    }
    facts = replace(sale(500_00, seats=Decimal("12.50"), **KNOWN), brought=windows)
    assert recalled(kept(facts)) == (facts.deal, windows)
    assert kept(sale(500_00)) == {}
    assert recalled({}) == (DealFacts(), {})
