"""Comparisons: what another program would have given, by line and by participant."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from goodword.rules.comparisons import (
    Difference,
    Line,
    Worth,
    by_month,
    by_participant,
    differences,
    lines,
    worth,
)
from goodword.rules.figures import FigurePolicy
from goodword.rules.histories import Days, Outlook, PastReward, Person, Proceeds

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
REWARD = PastReward(
    "conversion 1", 1, "reseller", "converted", "margin", "USD", MARCH, 10_00, 8_00, 0, "10%"
)
PEOPLE = {
    number: Person(number, key, key, "reseller", "basic", "active", "", ())
    for number, key in ((1, "ada"), (2, "bo"), (3, "cy"))
}


def outlook(*rewards: PastReward, proceeds: Proceeds | None = None) -> Outlook:
    return Outlook(rewards, {}, {}, proceeds or Proceeds(), {})


def reward(**other: Any) -> PastReward:
    return replace(REWARD, **other)


def test_lines_sum_what_stays_by_name_and_currency_in_order() -> None:
    before = outlook(REWARD, reward(rule="bonus"), reward(rule="bonus", currency="EUR"))
    after = outlook(reward(kept_minor=3_00), reward(kept_minor=4_00), reward(rule="spiff"))
    found = lines(before, after, lambda each: each.rule)
    assert found == [
        Line("bonus", "EUR", 8_00, 0),
        Line("bonus", "USD", 8_00, 0),
        Line("margin", "USD", 8_00, 7_00),
        Line("spiff", "USD", 0, 8_00),
    ]
    assert [line.change_minor for line in found] == [-8_00, -8_00, -1_00, 8_00]


def test_who_gains_most_is_first_and_who_loses_most_last_in_each_currency() -> None:
    before = outlook(REWARD, reward(participant_id=2), reward(participant_id=3, currency="EUR"))
    after = outlook(
        reward(kept_minor=1_00),
        reward(participant_id=2, kept_minor=9_00),
        reward(participant_id=3, kept_minor=1_00),
    )
    assert by_participant(before, after, PEOPLE) == [
        Line("cy", "EUR", 8_00, 0),
        Line("bo", "USD", 8_00, 9_00),
        Line("cy", "USD", 0, 1_00),
        Line("ada", "USD", 8_00, 1_00),
    ]


def test_those_who_gain_the_same_come_by_their_keys() -> None:
    after = outlook(reward(participant_id=2), reward(participant_id=1))
    assert [line.name for line in by_participant(outlook(), after, PEOPLE)] == ["ada", "bo"]


def test_months_stand_side_by_side() -> None:
    before = {(APRIL, "USD"): 1, (MARCH, "USD"): 2}
    after = {(APRIL, "USD"): 3, (APRIL, "EUR"): 4}
    assert by_month(before, after) == [
        Line("2026-03", "USD", 2, 0),
        Line("2026-04", "EUR", 0, 4),
        Line("2026-04", "USD", 1, 3),
    ]


def test_an_outcome_that_gives_a_participant_the_same_is_no_difference() -> None:
    split_up = (reward(minor=4_00, kept_minor=3_00), reward(minor=6_00, kept_minor=5_00))
    assert differences(outlook(REWARD), outlook(*split_up)) == []


def test_a_difference_says_what_gave_what_and_why() -> None:
    before = outlook(REWARD, reward(rule="spiff", minor=1_00, kept_minor=1_00, reason="once"))
    after = outlook(
        reward(minor=9_00, kept_minor=8_00, reason="9%"),
        reward(subject="referral 2", participant_id=2, reason="a lead"),
    )
    assert differences(before, after) == [
        Difference(
            "conversion 1",
            1,
            "USD",
            11_00,
            9_00,
            9_00,
            8_00,
            "“margin”: 10%; “spiff”: once",
            "“margin”: 9%",
        ),
        Difference("referral 2", 2, "USD", 0, 10_00, 0, 8_00, "nothing", "“margin”: a lead"),
    ]


def test_what_stays_less_is_a_difference_though_as_much_is_given() -> None:
    (found,) = differences(outlook(REWARD), outlook(reward(kept_minor=0)))
    assert (found.before_minor, found.after_minor) == (10_00, 10_00)
    assert (found.before_kept_minor, found.after_kept_minor) == (8_00, 0)


def test_worth_counts_rewards_that_stay_and_the_running_costs_of_begun_months() -> None:
    proceeds = Proceeds(Counter(USD=300_00), {"USD": {"001A", "001B"}})
    found = outlook(REWARD, reward(currency="EUR", kept_minor=99_00), proceeds=proceeds)
    policy = FigurePolicy(monthly_cost={"USD": 46_00})
    days = Days(MARCH, date(2026, 3, 31))
    assert worth(found, "USD", {"USD": 400_00}, policy, days) == Worth(
        300_00, 100_00, 2, 2, 400_00, Decimal(200), Decimal(4)
    )


def test_what_costs_nothing_has_no_return() -> None:
    found = worth(outlook(), "USD", {}, FigurePolicy(), Days(MARCH, MARCH))
    assert found == Worth(0, 0, 1, 0, 0, None, None)
