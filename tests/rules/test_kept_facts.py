"""What a reward keeps of its facts, what is promised of a lead, and which day's tier it goes by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from goodword.money import Money
from goodword.program import load_program
from goodword.rules.amounts import Fixed
from goodword.rules.conditions import Conditions
from goodword.rules.dated_tiers import dated
from goodword.rules.earnings import Earning, Rules, expected
from goodword.rules.figures import concentration, is_concentrated
from goodword.rules.incentives import Incentive, Pay
from goodword.rules.outcomes import Brought, DealFacts, Outcome, OutcomeFacts, kept, recalled
from goodword.rules.payout_plans import Carried, Due, PayoutPolicy, Planned, plan
from goodword.rules.payouts import Rail
from goodword.rules.tiers import Applies, TierChange, TierPolicy
from goodword.rules.windows import EVER, Period, Window

PROGRAM, _ = load_program(Path(__file__).parents[2] / "config" / "program.toml")
DEAL = DealFacts(Decimal("2.50"), "New", "Web", "MY", "Bakery", is_first=False, months=3)
FACTS = OutcomeFacts(Outcome.CONVERTED, "reseller", "top", 100_00, 50_00, "USD")
YEAR = Window(Period.YEAR)
WHOLE = replace(
    FACTS,
    deal=DEAL,
    brought={YEAR: Brought(1, 2, 3), Window(days=30): Brought(4, 5, 6), EVER: Brought()},
    prefers="credit",
    tier_on=date(2026, 3, 2),
)


def test_a_reward_keeps_what_no_column_has_and_it_is_recalled() -> None:
    document = kept(WHOLE)
    assert document == {
        "seats": "2.50",
        "type": "New",
        "lead_source": "Web",
        "country": "MY",
        "industry": "Bakery",
        "is_first": False,
        "months": 3,
        "prefers": "credit",
        "tier": "top",
        "tier_on": "2026-03-02",
        "brought": [
            {"period": "year", "days": None, "count": 1, "minor": 2, "customers": 3},
            {"period": None, "days": 30, "count": 4, "minor": 5, "customers": 6},
            {"period": None, "days": None, "count": 0, "minor": 0, "customers": 0},
        ],
    }
    assert recalled(document) == (DEAL, dict(WHOLE.brought))


def test_what_is_not_known_is_left_out() -> None:
    assert kept(FACTS) == {}
    assert recalled({}) == (DealFacts(), {})


# Promised ---------------------------------------------------------------------------------------


def rule(name: str, minor: int = 10_00, **other: object) -> Incentive:
    kinds = frozenset({"reseller"})
    amount = Fixed({"USD": minor})
    made = Incentive(name, kinds, Outcome.CONVERTED, Pay.CASH, amount, also=True)
    return replace(made, **other)  # type: ignore[arg-type]


SMALL = Conditions(countries=frozenset({"MY"}))


@pytest.mark.parametrize(
    ("rules", "minor"),
    [
        ((rule("a"), rule("b", 5_00)), 15_00),
        ((rule("a"), rule("b", 5_00, outcome=Outcome.QUALIFIED)), 10_00),
        ((rule("a"), rule("b", 5_00, kinds=frozenset({"customer"}))), 10_00),
        ((rule("a"), rule("b", 5_00, tiers=frozenset({"basic"}))), 10_00),
        ((rule("a"), rule("b", 5_00, tiers=frozenset({"top"}))), 15_00),
        ((rule("a"), rule("b", only=SMALL)), None),
        ((rule("a"), rule("b", only=SMALL, tiers=frozenset({"basic"}))), 10_00),
        ((rule("a"), rule("b", only=SMALL, kinds=frozenset({"customer"}))), 10_00),
        ((rule("a"), rule("b", only=SMALL, outcome=Outcome.QUALIFIED)), 10_00),
        ((rule("a"), rule("b", choice="one")), None),
        ((), None),
    ],
)
def test_money_is_promised_where_the_deals_worth_alone_decides(
    rules: tuple[Incentive, ...], minor: int | None
) -> None:
    promised = None if minor is None else Money(minor, "USD")
    assert expected(rules, "reseller", "top", Money(100_00, "USD")) == promised
    assert expected(rules, "reseller", "top", None) is None


# Which day's tier -------------------------------------------------------------------------------

WON_ON = date(2026, 3, 10)
CHANGES = [TierChange(date(2026, 3, 2), "basic", "premium", "")]


@pytest.mark.parametrize(
    ("claimed_at", "applies", "day", "tier"),
    [
        (datetime(2026, 3, 1, 20, tzinfo=UTC), Applies.AT_CLAIM, date(2026, 3, 2), "premium"),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), Applies.AT_CLAIM, date(2026, 3, 1), "basic"),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), Applies.AT_WIN, WON_ON, "premium"),
        (None, Applies.AT_CLAIM, WON_ON, "premium"),
    ],
)
def test_a_tier_is_of_the_programs_day_of_the_claim(
    claimed_at: datetime | None, applies: Applies, day: date, tier: str
) -> None:
    facts = replace(FACTS, participant_tier="premium")
    earning = Earning(1, facts, WON_ON, 7, claimed_at=claimed_at)
    other = replace(earning, participant_id=2)
    rules = Rules((), 0, zone=ZoneInfo("Asia/Tokyo"), tiers=TierPolicy(applies=applies))
    found, untouched = dated([earning, other], {1: CHANGES}, {7: rules})
    assert untouched is other
    assert found == replace(earning, facts=replace(facts, participant_tier=tier, tier_on=day))


def test_the_rules_of_a_program_are_taken_whole() -> None:
    program = replace(PROGRAM, time_zone="Asia/Tokyo", tiers=TierPolicy(window_days=7))
    found = Rules.of(program)
    assert (found.incentives, found.hold_days) == (program.incentives, program.rewards.hold_days)
    assert (found.contracts, found.tiers) == (program.contracts, program.tiers)
    assert found.zone == ZoneInfo("Asia/Tokyo")


# Benefits, and concentration --------------------------------------------------------------------


def coupon(number: int, where: str | None = "sub_1", **other: object) -> Due:
    due = Due(number, 1, Money(5_00, "USD"), Rail.STRIPE_COUPON, where, None, {"months": 1})
    return replace(due, **other)  # type: ignore[arg-type]


def test_a_subscription_gets_one_coupon_a_night_and_each_is_a_payout_of_its_own() -> None:
    perk = coupon(3, "ada", rail=Rail.PERK)
    steps = plan([coupon(1), coupon(2), perk, replace(perk, reward_id=4)], PayoutPolicy({}))
    planned = [each for each in steps if isinstance(each, Planned)]
    assert [(each.reward_ids, each.benefit) for each in planned] == [
        ((number,), {"months": 1}) for number in (1, 3, 4)
    ]
    (carried,) = (each for each in steps if isinstance(each, Carried))
    assert carried.reward_ids == (2,)
    assert carried.reason == "another coupon goes to this subscription tonight"


@pytest.mark.parametrize(
    ("due", "reason"),
    [
        (coupon(1, None), "no way to be paid is known"),
        (coupon(1, rail=None), "no way to be paid is known"),
        (coupon(1, problem="suspended"), "suspended"),
    ],
)
def test_what_has_no_way_is_carried_with_the_reason(due: Due, reason: str) -> None:
    for one in (due, replace(due, benefit=None)):
        (carried,) = plan([one], PayoutPolicy({}))
        assert isinstance(carried, Carried)
        assert (carried.reward_ids, carried.reason) == ((1,), reason)


def test_a_few_who_bring_nearly_all_are_an_alert() -> None:
    assert is_concentrated([80, *[1] * 20])
    assert not is_concentrated([79, *[1] * 21])
    assert is_concentrated([4, 1])
    assert not is_concentrated([100])
    assert not is_concentrated([])
    assert concentration([80, *[1] * 19], 5) == pytest.approx(100 * 80 / 99)
