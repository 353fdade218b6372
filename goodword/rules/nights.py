"""Nights: the stages of one, by name and in order, and how many of something in words."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class StageName(StrEnum):
    """The nine stages, as people ask for one; flows/stages.py says which flow each is."""

    SYNC = "sync"
    REVIEW = "review"
    DETECT = "detect"
    COMPUTE = "compute"
    APPROVE = "approve"
    PAY = "pay"
    RECONCILE = "reconcile"
    SEND = "send"
    MEASURE = "measure"


_ONE: Final = {"agree": "agrees", "differ": "differs", "refunds and disputes": "refund or dispute"}
_PLURAL: Final = re.compile(r"(?:ies|(?<![sui])(?<!sale)s)\b")


def counted(count: int, name: str) -> str:
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
