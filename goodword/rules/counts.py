"""Counts: how many of something, in the words of a sentence."""

from __future__ import annotations

import re
from typing import Final


def counted(number: int, noun: str) -> str:
    """Write a number of things: `1 hour`, `48 hours`."""
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


_ONE: Final = {"agree": "agrees", "differ": "differs", "refunds and disputes": "refund or dispute"}
_PLURAL: Final = re.compile(r"(?:ies|(?<![sui])(?<!sale)s)\b")


def tallied(count: int, name: str) -> str:
    """Write how many of something a stage counted: "2 new opportunities", "1 new opportunity".

    Args:
        count: how many.
        name: what, as stages name it: in the plural, also with underscores.
    """
    words = name.replace("_", " ")
    if count == 1:
        words = _ONE.get(words) or _PLURAL.sub(_singular, words, count=1)
    return f"{count:,} {words}"


def _singular(found: re.Match[str]) -> str:
    return "y" if found[0] == "ies" else ""
