"""Answers: what an approver writes into a form that only takes text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from goodword.money import Money, UnknownCurrency, UnreadableAmount

LINE = r"[0-9]{1,18}[ \t]+[0-9,]{1,20}(\.[0-9]{1,4})?[ \t]+[A-Z]{3}"
"""One reward as it was seen: its number, and the amount as it is printed."""

LINES = rf"^\s*{LINE}\s*(;\s*{LINE}\s*)*;?\s*$"
"""Some of them. Forms take line breaks out of what is pasted, so that semicolons part them."""


class AnswerUnreadable(ValueError):
    """What was written names no rewards with their amounts."""

    def __init__(self, found: str, why: str) -> None:
        super().__init__(
            f"{found!r} names no reward: {why}. Copy the lines of what you decide, such as "
            "`12 750.00 USD;`"
        )


def line(reward_id: int, amount: Money) -> str:
    """Write a reward as `read` takes it."""
    return f"{reward_id} {amount};"


def read(written: str) -> list[tuple[int, Money]]:
    """Read rewards with the amounts that were seen: "12 7,500.00 USD; 15 80 JPY;".

    Raises:
        AnswerUnreadable: a line is none, an amount cannot be, or a reward is named twice.
    """
    found = [_one(part) for part in written.split(";") if part.strip()]
    if not found:
        raise AnswerUnreadable(written, "nothing is written")
    if twice := _twice(number for number, _ in found):
        raise AnswerUnreadable(written, f"reward {twice} stands there twice")
    return found


def _one(part: str) -> tuple[int, Money]:
    words = part.strip()
    if not re.fullmatch(LINE, words):
        raise AnswerUnreadable(words, "a line is a number and an amount with its currency")
    number, amount, currency = words.split()
    try:
        return int(number), Money.parse(f"{amount} {currency}")
    except (UnknownCurrency, UnreadableAmount) as error:
        raise AnswerUnreadable(words, str(error)) from None


def _twice(numbers: Iterable[int]) -> int | None:
    seen: set[int] = set()
    for number in numbers:
        if number in seen:
            return number
        seen.add(number)
    return None
