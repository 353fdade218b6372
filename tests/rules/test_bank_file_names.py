"""Bank files: names that a bank takes, and the day on which a file is carried out."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.rules.bank_files import LONGEST_NAME, execution_day, short_name


@pytest.mark.parametrize("reference", ["gw-7", "x" * 35, "a/b?c:(d).,'+ -e"])
def test_a_reference_that_a_bank_takes_is_its_own_name(reference: str) -> None:
    assert short_name(reference) == reference


@pytest.mark.parametrize(
    ("reference", "kept"),
    [
        ("x" * 36, "x" * 22),
        ("/gw", "gw"),
        ("gw/", "gw"),
        ("g//w", "gw"),
        ("gw_7", "gw7"),
        ("gw-é-7", "gw--7"),
        ("a b/c-" * 6, "abc-abc-abc-ab"),
    ],
)
def test_another_is_cut_and_keeps_a_digest_so_that_no_two_are_one(
    reference: str, kept: str
) -> None:
    digest = hashlib.sha256(reference.encode()).hexdigest()[:12]
    assert short_name(reference) == f"{kept}-{digest}"


@given(st.text(min_size=1, max_size=60))
def test_no_name_is_too_long_for_a_bank(reference: str) -> None:
    assert len(short_name(reference)) <= LONGEST_NAME


@pytest.mark.parametrize(
    ("made_on", "day"),
    [(1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 9), (7, 9), (8, 9)],
)
def test_a_file_is_carried_out_on_the_next_weekday(made_on: int, day: int) -> None:
    # The 6th of March 2026 is a Friday.
    assert execution_day(date(2026, 3, made_on)) == date(2026, 3, day)
