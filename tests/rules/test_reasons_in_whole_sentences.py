"""Shares, benefits, tiers and windows, word for word: partners and staff read it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from goodword.rules.amounts import By
from goodword.rules.attribution import Credit
from goodword.rules.benefits import in_words
from goodword.rules.conversions import Claim, ClaimKind, Grant, part_with
from goodword.rules.tiers import Results, TierChange, TierPolicy, move
from goodword.rules.windows import EVER, Period, Window

TODAY = date(2026, 3, 2)


def test_a_ruling_is_named_in_both_shares_that_it_makes() -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    lost = Claim(ClaimKind.REGISTRATION, 4, at, at.date(), "form", 2, 1)
    other = Claim(ClaimKind.REGISTRATION, 6, at, at.date(), "form", 3, 1)
    whole = Credit(Fraction(1, 2), 10_01, "first to register")
    own, one, two = part_with(whole, [Grant(lost, 3, 2_500, 8), Grant(other, 3, 1_250, 9)])
    ruled = "by the ruling in dispute"
    assert own == Credit(
        Fraction(5, 16),
        6_26,
        f"first to register; 25% of it goes to registration 4 {ruled} 8; 12.5% of it goes to "
        f"registration 6 {ruled} 9",
    )
    assert (one.weight, one.minor) == (Fraction(1, 8), 2_50)
    assert (two.weight, two.minor) == (Fraction(1, 16), 1_25)
    assert "25%" in one.reason
    assert "12.5%" in two.reason
    assert part_with(whole, []) == [whole]


@pytest.mark.parametrize(
    ("benefit", "said"),
    [
        ({"months": 1}, "one free month"),
        ({"months": 2}, "2 free months"),
        ({"percent_off": "12.5"}, "12.5% off the next renewal"),
        ({"perk": "A jacket"}, "A jacket"),
    ],
)
def test_a_benefit_is_said_in_words(benefit: dict[str, int | str], said: str) -> None:
    assert in_words(benefit) == said


BY_VALUE = TierPolicy(
    frozenset({"reseller"}),
    By.VOLUME,
    premium_from={"USD": 100_00, "EUR": 90_00},
    top_from={"USD": 500_00, "EUR": 450_00},
)


@pytest.mark.parametrize(
    ("tier", "results", "after", "reason"),
    [
        ("basic", Results(9, {"EUR": 90_00}), "premium", "90.00 EUR brought, 90.00 EUR or more"),
        ("basic", Results(9, {"USD": 500_00}), "top", "500.00 USD brought, 500.00 USD or more"),
        (
            "top",
            Results(9, {"USD": 1, "JPY": 7, "EUR": 0}),
            "basic",
            "less than premium asks for: 7 JPY, 0.01 USD",
        ),
        ("top", Results(9), "basic", "less than premium asks for: nothing brought"),
        ("basic", Results(9, {"USD": 99_99}), None, ""),
    ],
)
def test_a_tier_by_value_is_reached_in_one_currency(
    tier: str, results: Results, after: str | None, reason: str
) -> None:
    expected = TierChange(TODAY, tier, after, f"{reason} in the last 365 days") if after else None
    assert move(tier, results, BY_VALUE, TODAY) == expected


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        (Results(1), "less than premium asks for: 1 deal won"),
        (Results(2), "less than premium asks for: 2 deals won"),
        (Results(5), "5 deals won, 5 or more"),
    ],
)
def test_a_tier_by_deals_says_how_many(results: Results, reason: str) -> None:
    found = move("top", results, TierPolicy(frozenset({"reseller"})), TODAY)
    assert found
    assert found.reason == f"{reason} in the last 365 days"


def test_a_tier_that_may_not_fall_may_still_rise() -> None:
    policy = TierPolicy(frozenset({"reseller"}), may_fall=False)
    found = move("premium", Results(20), policy, TODAY)
    assert found
    assert (found.before, found.after) == ("premium", "top")
    assert move("premium", Results(4), policy, TODAY) is None


@pytest.mark.parametrize(
    ("window", "first", "said"),
    [
        (EVER, date.min, "ever"),
        (Window(days=7), date(2026, 2, 24), "rolling 7 days"),
        (Window(days=1), TODAY, "rolling 1 days"),
        (Window(Period.MONTH), date(2026, 3, 1), "month"),
        (Window(Period.QUARTER), date(2026, 1, 1), "quarter"),
        (Window(Period.YEAR), date(2026, 1, 1), "year"),
    ],
)
def test_a_window_begins_and_is_called(window: Window, first: date, said: str) -> None:
    assert window.start(TODAY) == first
    assert str(window) == said
    assert Window(days=10**7).start(TODAY) == date.min
