"""Delegations: who may stand in for whom, and when it must be said for whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from goodword.rules.delegations import (
    Delegation,
    DelegationRefused,
    check_delegation,
    stands_in_for,
)

TODAY = date(2026, 6, 30)
AWAY = Delegation("ann", "ben", date(2026, 6, 20), date(2026, 7, 10))


def test_who_is_away_may_name_who_stands_in_through_today_and_for_a_year() -> None:
    check_delegation(AWAY, TODAY)
    check_delegation(replace(AWAY, until=TODAY), TODAY)
    check_delegation(replace(AWAY, until=date(2027, 6, 21)), TODAY)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"delegate": " ANN "}, "ann cannot stand in for themselves"),
        ({"delegate": " "}, "needs both names"),
        ({"delegator": ""}, "needs both names"),
        ({"until": date(2026, 6, 19)}, "it would end on 2026-06-19, before 2026-06-20"),
        ({"until": date(2026, 6, 29)}, "2026-06-29 is over: today is 2026-06-30"),
        ({"until": date(2027, 6, 22)}, "is longer than a year"),
    ],
)
def test_a_delegation_that_makes_no_sense_is_refused_with_its_reason(
    changed: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(DelegationRefused, match=sentence):
        check_delegation(replace(AWAY, **changed), TODAY)


def test_whom_one_stands_in_for_goes_without_saying_where_it_is_one_person() -> None:
    assert stands_in_for([], "", "ben") == ""
    assert stands_in_for(["Ann"], "", "ben") == "Ann"
    assert stands_in_for(["Ann", "Cy"], "ANN", "ben") == "Ann"


@pytest.mark.parametrize(
    ("given", "asked", "sentence"),
    [
        (["Ann", "Cy"], "", "ben stands in for Ann and Cy: say for whom"),
        (["Ann"], "cy", "ben does not stand in for cy today"),
        ([], "ann", "ben does not stand in for ann today"),
    ],
)
def test_whom_one_stands_in_for_is_not_guessed(given: list[str], asked: str, sentence: str) -> None:
    with pytest.raises(DelegationRefused, match=sentence):
        stands_in_for(given, asked, "ben")
