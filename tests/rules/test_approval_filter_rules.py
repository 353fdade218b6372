"""Which of the waiting rewards somebody asks for, as they write it."""

from __future__ import annotations

from datetime import date

import pytest

from goodword.rules.approval_filters import ALL, Filter, FilterRefused, Wanted

TODAY = date(2026, 6, 30)


def test_nothing_asked_for_is_everything() -> None:
    assert Wanted().read(TODAY) == ALL


def test_each_word_is_taken_without_the_space_around_it() -> None:
    asked = Wanted(
        " reseller ", " ann ", " bonus ", " usd ", " 1,000.00 ", " 2500 ", " acme ", " 7 "
    )
    assert asked.read(TODAY) == Filter(
        kind="reseller",
        participant="ann",
        incentive="bonus",
        currency="USD",
        from_minor=100_000,
        below_minor=250_000,
        name="acme",
        asked_until=date(2026, 6, 23),
    )


def test_an_amount_is_of_the_minor_units_of_its_currency() -> None:
    assert Wanted(currency="JPY", from_="1000").read(TODAY).from_minor == 1_000
    assert Wanted(currency="KWD", below="1").read(TODAY).below_minor == 1_000


@pytest.mark.parametrize(
    "asked", [Wanted(from_="5"), Wanted(below="5"), Wanted(from_="5", currency=" ")]
)
def test_an_amount_needs_its_currency(asked: Wanted) -> None:
    with pytest.raises(FilterRefused) as refused:
        asked.read(TODAY)
    assert str(refused.value) == "an amount needs its currency: two currencies are not compared"


@pytest.mark.parametrize(
    ("days", "until"), [("0", TODAY), ("1", date(2026, 6, 29)), ("3650", date(2016, 7, 2))]
)
def test_a_reward_that_waits_for_days_was_asked_about_so_many_before(
    days: str, until: date
) -> None:
    assert Wanted(days=days).read(TODAY).asked_until == until


@pytest.mark.parametrize(
    "days", ["-1", "3651", "1.5", "x", "\N{ARABIC-INDIC DIGIT FIVE}", "\N{SUPERSCRIPT TWO}"]
)
def test_what_is_no_number_of_days_is_refused_by_its_name(days: str) -> None:
    with pytest.raises(FilterRefused) as refused:
        Wanted(days=days).read(TODAY)
    assert str(refused.value) == f"{days!r} is no number of days from 0 through 3,650"


def test_a_kind_that_does_not_exist_is_no_empty_list() -> None:
    assert Wanted(kind=" reseller ").read(TODAY).kind == "reseller"
    with pytest.raises(FilterRefused, match="'resellers' is no kind of participants: customer, em"):
        Wanted(kind="resellers").read(TODAY)
