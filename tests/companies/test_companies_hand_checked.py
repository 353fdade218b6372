"""The figures on hand-checked names: the gates of `make bench-matching`, kept in every test run."""

from __future__ import annotations

import pytest

from tests.companies import hand_checked as checked


@pytest.fixture(scope="module")
def reported() -> dict[str, str]:
    try:
        truth = checked.hand_checked()
    except checked.NoNamesError as missing:
        pytest.skip(str(missing))
    return {
        name: company
        for name, company in truth.items()
        if checked.half(company) == checked.REPORTED
    }


def test_same_is_right_and_is_found_on_the_half_that_is_reported(
    reported: dict[str, str],
) -> None:
    pairs = checked.by_program(reported)[checked.REPORTED]
    assert pairs.true > 10_000
    assert pairs.precision >= 0.99
    assert pairs.recall >= 0.80


def test_a_company_stays_in_its_half_for_ever() -> None:
    halves = [checked.half(str(number)) for number in range(1000)]
    assert 450 < halves.count(checked.REPORTED) < 550
    assert checked.half("26842439") == checked.TUNED
