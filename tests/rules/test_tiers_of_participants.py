"""Tiers of participants: reached by results, and which day's tier a reward goes by."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.rules.amounts import By
from goodword.rules.dated_tiers import dated
from goodword.rules.earnings import Earning, Rules
from goodword.rules.outcomes import Outcome, OutcomeFacts
from goodword.rules.tiers import TIERS, Applies, Results, TierChange, TierPolicy, move, tier_on

TODAY = date(2026, 6, 30)
COUNT = TierPolicy(frozenset({"reseller"}), premium_from=5, top_from=20)
VOLUME = TierPolicy(
    frozenset({"reseller"}),
    By.VOLUME,
    premium_from={"USD": 1_000_00, "JPY": 100_000},
    top_from={"USD": 5_000_00, "JPY": 500_000},
)


@pytest.mark.parametrize(
    ("tier", "count", "after", "reason"),
    [
        ("basic", 4, None, ""),
        ("basic", 5, "premium", "5 deals won, 5 or more in the last 365 days"),
        ("premium", 19, None, ""),
        ("basic", 20, "top", "20 deals won, 20 or more in the last 365 days"),
        ("top", 19, "premium", "19 deals won, 5 or more in the last 365 days"),
        (
            "top",
            1,
            "basic",
            "less than premium asks for: 1 deal won in the last 365 days",
        ),
    ],
)
def test_a_tier_is_reached_and_lost_by_deals(
    tier: str, count: int, after: str | None, reason: str
) -> None:
    change = move(tier, Results(count), COUNT, TODAY)
    assert change == (TierChange(TODAY, tier, after, reason) if after else None)


def test_currencies_are_not_added_up() -> None:
    nearly = Results(9, {"USD": 999_99, "JPY": 99_999})
    assert move("basic", nearly, VOLUME, TODAY) is None
    change = move("basic", Results(1, {"USD": 0, "JPY": 500_000}), VOLUME, TODAY)
    assert change
    assert change.after == "top"
    assert change.reason == "500,000 JPY brought, 500,000 JPY or more in the last 365 days"


def test_where_nobody_falls_a_tier_is_kept() -> None:
    keeps = TierPolicy(frozenset({"reseller"}), may_fall=False)
    assert move("top", Results(), keeps, TODAY) is None
    assert move("basic", Results(5), keeps, TODAY)


@given(
    st.sampled_from(TIERS),
    st.integers(0, 50),
    st.integers(0, 50),
    st.integers(1, 20),
    st.integers(1, 20),
    st.booleans(),
)
def test_a_tier_is_monotone(  # noqa: PLR0917 - one for each thing that is drawn
    tier: str,
    fewer: int,
    more: int,
    step: int,
    further: int,
    falls: bool,  # noqa: FBT001 - drawn
) -> None:
    policy = TierPolicy(COUNT.kinds, premium_from=step, top_from=step + further, may_fall=falls)
    low, high = sorted((fewer, more))

    def rank(count: int) -> int:
        change = move(tier, Results(count), policy, TODAY)
        return TIERS.index(change.after if change else tier)

    assert rank(low) <= rank(high)


@given(st.lists(st.integers(0, 400), max_size=6, unique=True), st.integers(0, 400))
def test_the_tier_of_a_day_is_the_one_that_the_changes_until_then_made(
    days: list[int], day: int
) -> None:
    tier, changes = "basic", []
    expected = tier
    for index, since in enumerate(sorted(days)):
        after = TIERS[(TIERS.index(tier) + 1 + index % 2) % 3]
        changes.append(TierChange(TODAY + timedelta(since), tier, after, ""))
        tier = after
        if since <= day:
            expected = after
    assert tier_on(TODAY + timedelta(day), changes, tier) == expected


def test_a_reward_goes_by_the_tier_of_the_claim_unless_the_program_says_of_the_win() -> None:
    facts = OutcomeFacts(Outcome.CONVERTED, "reseller", "top", 100, 100, "USD")
    claimed = datetime(2026, 3, 1, 2, tzinfo=UTC)
    earnings = [
        Earning(1, facts, date(2026, 5, 1), 1, 1, claimed_at=claimed),
        Earning(1, facts, date(2026, 5, 1), 2, 1, claimed_at=claimed),
        Earning(2, facts, date(2026, 5, 1), 1, 1, claimed_at=claimed),
    ]
    changes = {
        1: [
            TierChange(date(2026, 3, 2), "basic", "premium", ""),
            TierChange(date(2026, 6, 1), "premium", "top", ""),
        ]
    }
    versions = {
        1: Rules((), 3),
        2: Rules((), 3, tiers=TierPolicy(applies=Applies.AT_WIN)),
    }
    found = [each.facts for each in dated(earnings, changes, versions)]
    assert [(each.participant_tier, each.tier_on) for each in found] == [
        ("basic", date(2026, 3, 1)),
        ("premium", date(2026, 5, 1)),
        ("top", None),
    ]
