"""Words that are one word in two spellings: slips, transliterations, abbreviations."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import OSA

# Letters that languages write differently for one sound, in the order they are replaced.
_SOUNDS = (
    ("sch", "sh"), ("ph", "f"), ("dzh", "g"), ("lju", "lu"), ("ck", "k"), ("qu", "k"),
    ("x", "ks"), ("ae", "e"), ("oe", "o"), ("ue", "u"), ("ij", "i"), ("y", "i"),
    ("c", "k"), ("z", "s"), ("w", "v"), ("th", "t"), ("eh", "e"),
)  # fmt: skip
_TWICE = re.compile(r"(.)\1+")
_SLIP = 5  # letters from which one slip leaves a word recognisable
_TWO_SLIPS = 9
_THREE_SLIPS = 14
_SHORTEST_ABBREVIATION = 3
ABBREVIATED = 0.3  # what an abbreviation costs, where a different word costs 1
SOUNDS_ALIKE = 0.1


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """Return a word as it sounds: "philips", "phillips" and "filips" are "filips"."""
    for written, heard in _SOUNDS:
        word = word.replace(written, heard)
    return _TWICE.sub(r"\1", word)


@lru_cache(maxsize=65536)
def cost(one: str, other: str) -> float:
    """Return what it costs to take one word for the other: 0 for the same, 1 for a different one.

    Numbers and codes of countries are the same or different, nothing between.
    """
    if one == other:
        return 0.0
    if not (one.isalpha() and other.isalpha()):
        return 1.0
    heard, heard_too = sound(one), sound(other)
    shorter = min(len(one), len(other))
    if heard == heard_too and shorter >= _SLIP - 1:
        return SOUNDS_ALIKE
    allowed = (shorter >= _SLIP) + (shorter >= _TWO_SLIPS) + (shorter >= _THREE_SLIPS)
    slips = min(
        OSA.distance(one, other, score_cutoff=allowed),
        OSA.distance(heard, heard_too, score_cutoff=allowed),
    )
    if slips <= allowed and allowed:
        return slips / shorter
    if shorter >= _SHORTEST_ABBREVIATION and (one.startswith(other) or other.startswith(one)):
        return ABBREVIATED
    return 1.0
