"""Benefits: what is given that is not money, as it is frozen on a reward, and in words.

One of `{"months": 2}`, `{"percent_off": "12.5"}` (text: no binary floats) and `{"perk": "…"}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from goodword.phrases import because

Benefit: TypeAlias = Mapping[str, int | str]


def in_words(benefit: Benefit) -> str:
    """Say what a benefit is: "one free month", "20% off the next renewal", or the perk's name."""
    match benefit:
        case {"months": 1}:
            return because("one free month")
        case {"months": count}:
            return because("{months} free months", months=count)
        case {"percent_off": percent}:
            return because("{percent} off the next renewal", percent=f"{percent}%")
        case _:
            return str(benefit["perk"])
