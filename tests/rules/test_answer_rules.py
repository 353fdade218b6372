"""What an approver writes into a form: rewards with the amounts that were seen."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.money import CURRENCIES, Money
from goodword.rules import answers
from goodword.rules.answers import AnswerUnreadable

amounts = st.builds(Money, st.integers(1, 10**14), st.sampled_from(sorted(CURRENCIES)))
rewards = st.lists(
    st.tuples(st.integers(1, 10**18 - 1), amounts), min_size=1, unique_by=lambda pair: pair[0]
)


@given(rewards, st.sampled_from([" ", "\n", "\r\n", ""]))
def test_every_line_that_is_shown_can_be_copied_back(
    shown: list[tuple[int, Money]], between: str
) -> None:
    written = between.join(answers.line(*each) for each in shown)
    assert answers.read(written) == shown
    assert re.search(answers.LINES, written)


def test_a_line_may_be_typed_without_its_thousands_and_its_end() -> None:
    assert answers.read(" 12 7500.00 USD ; 15\t80 JPY") == [
        (12, Money(750_000, "USD")),
        (15, Money(80, "JPY")),
    ]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "nothing is written"),
        (" ; ", "nothing is written"),
        ("12", "a number and an amount"),
        ("12 750.00", "a number and an amount"),
        ("all 750.00 USD", "a number and an amount"),
        ("-12 750.00 USD", "a number and an amount"),
        ("12 -750.00 USD", "a number and an amount"),
        ("12 750.00 USD 13 80 JPY", "a number and an amount"),
        ("12 75,0.00 USD", "write it as"),
        ("12 750.001 USD", "USD has 2 decimals"),
        ("12 750.00 XXX", "not an ISO 4217 currency"),
        ("12 750.00 USD; 12 750.00 USD", "reward 12 stands there twice"),
        ("١٢ 750.00 USD", "a number and an amount"),
    ],
)
def test_what_names_no_reward_is_refused_with_an_example(written: str, why: str) -> None:
    with pytest.raises(AnswerUnreadable, match=f"{why}.*`12 750.00 USD;`"):
        answers.read(written)
