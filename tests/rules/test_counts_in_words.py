"""How many of something, as stages name it and people read it."""

from __future__ import annotations

import pytest

from goodword.rules.counts import counted, tallied


@pytest.mark.parametrize(
    ("several", "one"),
    [
        ("new_opportunities", "new opportunity"),
        ("new stage changes", "new stage change"),
        ("reminders of claims", "reminder of claims"),
        ("leads without the fields to write to", "lead without the fields to write to"),
        ("refunds and disputes", "refund or dispute"),
        ("agree", "agrees"),
        ("direct sales told", "direct sales told"),
        ("claimed too late or too early", "claimed too late or too early"),
    ],
)
def test_one_of_something_is_in_the_singular(several: str, one: str) -> None:
    assert tallied(1, several) == f"1 {one}"
    assert tallied(0, several) == f"0 {several.replace('_', ' ')}"
    assert tallied(1_982, several) == f"1,982 {several.replace('_', ' ')}"


def test_a_noun_in_the_singular_is_counted() -> None:
    assert [counted(n, "hour") for n in (0, 1, 1_982)] == ["0 hours", "1 hour", "1,982 hours"]
