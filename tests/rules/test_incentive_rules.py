"""Incentives: file order, what matches, and how much each kind of amount pays."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import split
from goodword.rules.amounts import Bands, Fixed, Percent
from goodword.rules.incentives import Incentive, Pay, Trial, try_rules
from goodword.rules.outcomes import Outcome, OutcomeFacts

ALL = frozenset({"customer", "employee", "reseller"})
BANDS = Bands({"USD": ((1_000_00, 100_00), (10_000_00, 500_00), (50_000_00, 1_000_00))})


def rule(name: str, amount: Fixed | Bands | Percent, *, also: bool = False) -> Incentive:
    return Incentive(name, ALL, Outcome.CONVERTED, Pay.CASH, amount, also=also)


def sale(deal_minor: int, credited_minor: int | None = None, before: int = 0) -> OutcomeFacts:
    credited = deal_minor if credited_minor is None else credited_minor
    return OutcomeFacts(Outcome.CONVERTED, "customer", "gold", deal_minor, credited, "USD", before)


def paid(trials: tuple[Trial, ...]) -> dict[str, int]:
    return {trial.incentive.name: trial.minor for trial in trials if trial.minor is not None}


# Which rule pays --------------------------------------------------------------------------------


def test_the_first_rule_that_matches_pays_and_not_the_largest() -> None:  # AR16
    flat, share = rule("flat", Fixed({"USD": 50_00})), rule("share", Percent(3000))
    assert paid(try_rules((flat, share), sale(1_000_00))) == {"flat": 50_00}
    assert paid(try_rules((share, flat), sale(1_000_00))) == {"share": 300_00}


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        pytest.param([300, 800, 1200, 2000], 3_00, id="AR9 the promotion"),
        pytest.param([800, 1200, 2000], 8_00, id="AR9 the category"),
        pytest.param([1200, 2000], 12_00, id="AR9 the seller"),
        pytest.param([2000], 20_00, id="AR9 the default"),
        pytest.param([1500, 500, 200, 100], 15_00, id="AR10 the most specific, written first"),
        pytest.param([100], 1_00, id="AR10 the global rate"),
    ],
)
def test_precedence_is_the_order_of_the_file(rates: list[int], expected: int) -> None:
    rules = tuple(rule(f"rule {n}", Percent(bps)) for n, bps in enumerate(rates))
    assert paid(try_rules(rules, sale(100_00))) == {"rule 0": expected}


def test_a_rule_marked_also_pays_beside_the_first_wherever_it_stands() -> None:
    first, second = rule("first", Percent(1000)), rule("second", Percent(2000))
    bonus = rule("bonus", Fixed({"USD": 5_00}), also=True)
    for rules in [(bonus, first, second), (first, bonus, second), (first, second, bonus)]:
        trials = try_rules(rules, sale(100_00))
        assert paid(trials) == {"first": 10_00, "bonus": 5_00}
    assert trials[1].reason == "first already pays for this outcome"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"outcome": Outcome.QUALIFIED}, "it pays for qualified, this is converted"),
        ({"kinds": frozenset({"reseller"})}, "it is for reseller, not customer"),
        ({"tiers": frozenset({"silver"})}, "it is for tier silver, not gold"),
        ({"amount": Fixed({"JPY": 5000})}, "it names no amount in USD"),
        ({"amount": Bands({"EUR": ((0, 1),)})}, "it names no amount in USD"),
        ({"amount": BANDS}, "a deal of 999.99 USD is below its smallest band"),
    ],
)
def test_a_rule_that_does_not_match_says_why_and_the_next_is_tried(
    change: dict[str, object],
    why: str,
) -> None:
    other = replace(rule("other", Percent(1000)), **change)  # type: ignore[arg-type]  # one field each
    trials = try_rules((other, rule("next", Percent(100))), sale(999_99))
    assert (trials[0].minor, trials[0].reason) == (None, why)
    assert paid(trials) == {"next": 10_00}


def test_of_a_choice_the_participants_wish_pays_and_the_others_say_so() -> None:
    cash = replace(rule("cash", Fixed({"USD": 100_00})), choice="thanks")
    credit = replace(
        rule("credit", Fixed({"USD": 150_00})), choice="thanks", pay=Pay.BILLING_CREDIT
    )
    abroad = replace(cash, name="yen", amount=Fixed({"JPY": 1}))
    after = rule("after", Percent(100))
    rules = (abroad, cash, credit, after)
    assert paid(try_rules(rules, sale(1_000_00))) == {"cash": 100_00}
    wished = try_rules(rules, replace(sale(1_000_00), prefers="billing_credit"))
    assert paid(wished) == {"credit": 150_00}
    assert wished[1].reason == "of the choice thanks this participant gets credit"
    assert wished[3].reason == "credit already pays for this outcome"


# How much ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deal", "expected"),
    [
        pytest.param(999_99, None, id="AR11 below the smallest band"),
        pytest.param(0, None, id="AR11 nothing"),
        (1_000_00, 100_00),
        (9_999_99, 100_00),
        (10_000_00, 500_00),
        (49_999_99, 500_00),
        (50_000_00, 1_000_00),
        (10**12, 1_000_00),
    ],
)
def test_a_deal_is_paid_by_the_highest_band_that_it_reaches(
    deal: int,
    expected: int | None,
) -> None:
    assert try_rules((rule("size", BANDS),), sale(deal))[0].minor == expected


def test_the_whole_deal_chooses_the_band_and_the_credit_shares_it() -> None:
    trials = try_rules((rule("size", BANDS),), sale(10_000_00, 4_000_00))
    assert trials[0].minor == 200_00
    assert trials[0].reason == (
        "500.00 USD for a deal of 10,000.00 USD, from 10,000.00 USD, 40.00% of it credited"
    )


def test_a_percentage_is_of_what_is_credited() -> None:
    trial = try_rules((rule("margin", Percent(1250)),), sale(1_000_00, 400_00))[0]
    assert (trial.minor, trial.reason) == (50_00, "12.5% of 400.00 USD")


def test_several_participants_share_one_fixed_amount_to_the_cent() -> None:
    # 100.00 among three is 33.33, 33.34, 33.33: rounded each for itself, a cent would be lost
    bonus = (rule("bonus", Fixed({"USD": 100_00})),)
    shares = split(900_00, [1, 1, 1])
    amounts = [
        try_rules(bonus, sale(900_00, share, sum(shares[:n])))[0].minor
        for n, share in enumerate(shares)
    ]
    assert amounts == [33_33, 33_34, 33_33]


def test_a_deal_of_nothing_pays_nobody_however_many_share_it() -> None:
    trial = try_rules((rule("bonus", Fixed({"USD": 100_00})),), sale(0))[0]
    assert (trial.minor, trial.reason) == (0, "100.00 USD each, but nothing of value was won")
    assert try_rules((rule("share", Percent(5000)),), sale(0))[0].minor == 0


def test_a_lead_qualifies_before_its_deal_has_a_value() -> None:
    bonus = replace(rule("lead", Fixed({"USD": 50_00})), outcome=Outcome.QUALIFIED)
    lead = replace(sale(0), outcome=Outcome.QUALIFIED)
    assert try_rules((bonus,), lead)[0].minor == 50_00


# What holds of every program --------------------------------------------------------------------

amounts = st.one_of(
    st.builds(Percent, st.integers(0, 10_000)),
    st.integers(0, 10**6).map(lambda minor: Fixed({"USD": minor})),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=4).map(
        lambda bands: Bands({"USD": tuple(sorted(dict(bands).items()))}),
    ),
)
programs = st.lists(
    st.builds(
        Incentive,
        name=st.text("abc", min_size=3, max_size=9),
        kinds=st.sets(st.sampled_from(sorted(ALL)), min_size=1).map(frozenset),
        outcome=st.sampled_from(Outcome),
        pay=st.sampled_from(Pay),
        amount=amounts,
        tiers=st.sampled_from([frozenset(), frozenset({"gold"}), frozenset({"silver"})]),
        also=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda incentive: incentive.name,
).map(tuple)
deals = st.integers(0, 10**9)


@given(programs, deals, st.fractions(0, 1))
def test_at_most_one_rule_pays_that_is_not_marked_also(
    program: tuple[Incentive, ...],
    deal: int,
    part: Fraction,
) -> None:
    trials = try_rules(program, sale(deal, int(deal * part)))
    assert tuple(trial.incentive for trial in trials) == program
    assert all(trial.reason for trial in trials)
    ordinary = [t for t in trials if t.minor is not None and not t.incentive.also]
    assert len(ordinary) <= 1
    for trial in trials:
        if trial.minor is not None and isinstance(trial.incentive.amount, Percent):
            assert 0 <= trial.minor <= deal


@given(programs, deals)
def test_a_rule_after_the_one_that_pays_changes_nothing_before_it(
    program: tuple[Incentive, ...],
    deal: int,
) -> None:
    whole = try_rules(program, sale(deal))
    for n in range(len(program)):
        assert try_rules(program[:n], sale(deal)) == whole[:n]


@given(
    st.integers(0, 10**9),
    deals.filter(bool),
    st.lists(st.integers(0, 1000), min_size=1, max_size=7).filter(any),
)
def test_the_parts_of_a_fixed_amount_sum_to_it(whole: int, deal: int, ratio: list[int]) -> None:
    shares = split(deal, ratio)
    bonus = (replace(rule("bonus", Fixed({"USD": whole})), may_exceed_deal=True),)
    minors = []
    for n, share in enumerate(shares):
        minor = try_rules(bonus, sale(deal, share, sum(shares[:n])))[0].minor
        assert minor is not None
        assert minor >= 0
        assert abs(minor * deal - whole * share) <= deal, "never a unit off its exact part"
        minors.append(minor)
    assert sum(minors) == whole


# What is not money ------------------------------------------------------------------------------

MONTH = Incentive(
    "month",
    ALL,
    Outcome.CONVERTED,
    Pay.FREE_MONTHS,
    Fixed({"USD": 49_00}),
    benefit={"months": 1},
)


def test_what_is_not_money_is_given_at_its_declared_worth() -> None:
    (trial,) = try_rules((MONTH,), sale(1_000_00))
    assert (trial.minor, trial.reason) == (49_00, "one free month, worth 49.00 USD")


def test_what_is_not_money_goes_to_whoever_has_more_than_half_of_the_deal() -> None:
    small, large = sale(1_000_00, 499_99), sale(1_000_00, 500_01, before=499_99)
    assert [try_rules((MONTH,), facts)[0].minor for facts in (small, large)] == [0, 49_00]
    (trial,) = try_rules((MONTH,), small)
    assert trial.reason == (
        "one free month, worth 49.00 USD; the deal is shared and this is not divided: it goes to "
        "another, who has the middle of it"
    )


@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=8), st.integers(1, 10**9))
def test_of_all_who_share_a_deal_exactly_one_gets_what_is_not_money(
    weights: list[int], deal: int
) -> None:
    parts = split(deal, weights)
    facts = [sale(deal, part, before=sum(parts[:place])) for place, part in enumerate(parts)]
    given_ = [try_rules((MONTH,), each)[0].minor for each in facts]
    assert sorted(given_, key=lambda minor: minor or 0) == [0] * (len(parts) - 1) + [49_00]
    whole = next(place for place, minor in enumerate(given_) if minor)
    assert all(2 * part <= deal for place, part in enumerate(parts) if place != whole)
