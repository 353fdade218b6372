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
_OPEN = frozenset("aeiou")
_VOWELS = re.compile(r"[aeiouyhj]")
_CODE = re.compile(r"[ivx]+|.*[^a-z].*|.")
_SHORTEST = 4  # letters of words that may differ at all
_SLIP = 5  # letters from which one slip leaves a word recognisable
_TWO_SLIPS = 9
_THREE_SLIPS = 18
_SOUND_ALONE = 6  # letters from which a word that sounds alike is the same
_LONG = 12
_LONG_ENOUGH = 10  # letters of a word that is the same although a letter of it is another
_GENDERS = frozenset("aio")
_WRITTEN_SHORT = {"st": "saint", "mt": "mount", "ft": "fort"}
_SHORTEST_ABBREVIATION = 3
_ENDING = 3  # letters that an ending may add: "electronic", "electronics"
ABBREVIATED = 0.3  # what an abbreviation costs, where a different word costs 1
SOUNDS_ALIKE = 0.1


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """Return a word as it sounds: "philips", "phillips" and "filips" are "filips"."""
    for written, heard in _SOUNDS:
        word = word.replace(written, heard)
    return _TWICE.sub(r"\1", word)


def skeleton(word: str) -> str:
    """Return the consonants of a word, as it sounds, which slips and languages keep."""
    return _TWICE.sub(r"\1", _VOWELS.sub("", word))


def inflected(one: str, other: str) -> bool:
    """Return whether two words differ in their ending alone."""
    shorter, longer = sorted((one, other), key=len)
    return longer.startswith(shorter) and len(longer) - len(shorter) <= _ENDING


def is_code(word: str) -> bool:
    """Return whether a word is a number, a Roman one too, a code, or a single letter."""
    return _CODE.fullmatch(word) is not None


def is_plural(one: str, other: str) -> bool:
    """Return whether two words are one in the singular and the plural, as English writes them."""
    shorter, longer = sorted((one, other), key=len)
    return longer in {f"{shorter}s", f"{shorter}es", f"{shorter[:-1]}ies"}


def exchanged(one: str, other: str) -> bool:
    """Return whether a letter stands for another one, or the gender of a name is another.

    That is how names of people differ ("Anderson", "Andersen"; "Martin", "Martina"), where a slip
    leaves letters out or doubles them or has them in the wrong order.
    """
    shorter, longer = sorted((one, other), key=len)
    if longer[:-1] == shorter and longer[-1] in _GENDERS:
        return True
    if len(longer) >= _LONG_ENOUGH or sorted(one) == sorted(other):
        return False
    left = iter(longer)
    return not all(letter in left for letter in shorter)


def is_written_as(one: str, other: str) -> bool:
    """Return whether two words joined are a word: they sound alike, or it is long with one slip."""
    if sound(one) == sound(other):
        return True
    return min(len(one), len(other)) >= _LONG and OSA.distance(one, other, score_cutoff=1) <= 1


def is_one_slip(one: str, other: str) -> bool:
    """Return whether one letter is wrong, and it is not the end that tells a man from a woman."""
    shorter, longer = sorted((one, other), key=len)
    is_gender = longer[:-1] == shorter and longer[-1] in _GENDERS
    return not is_gender and OSA.distance(one, other, score_cutoff=1) <= 1


def is_surely(one: str, other: str, letters: int) -> bool:
    """Return whether two words are one although nothing else says so.

    They sound alike; or a slip left every consonant where it was ("unilver" for "unilever") in a
    word of so many letters; or it is a very long one.
    """
    longer = max(len(one), len(other))
    if sound(one) == sound(other):
        return longer >= min(letters, _SOUND_ALONE)
    if longer >= _LONG and OSA.distance(one, other) == 1:
        return True
    if sound(one)[0] != sound(other)[0] or longer < letters or exchanged(one, other):
        return False
    return skeleton(one) == skeleton(other) or skeleton(sound(one)) == skeleton(sound(other))


@lru_cache(maxsize=65536)
def cost(one: str, other: str) -> float:
    """Return what it costs to take one word for the other: 0 for the same, 1 for a different one.

    Numbers and codes are the same or different, nothing between; so are words that begin with
    different letters.
    """
    if one == other:
        return 0.0
    if _WRITTEN_SHORT.get(one, one) == _WRITTEN_SHORT.get(other, other):
        return 0.0
    shorter = min(len(one), len(other))
    if is_code(one) or is_code(other):
        return 1.0
    heard, heard_too = sound(one), sound(other)
    first = {heard[0], heard_too[0]}
    if len(first) > 1 and one[0] != other[0] and not first <= _OPEN:
        return 1.0
    if heard == heard_too and shorter >= _SHORTEST:
        return SOUNDS_ALIKE
    allowed = (shorter >= _SLIP) + (shorter >= _TWO_SLIPS) + (shorter >= _THREE_SLIPS)
    slips = min(
        OSA.distance(one, other, score_cutoff=allowed),
        OSA.distance(heard, heard_too, score_cutoff=allowed),
    )
    if allowed and slips <= allowed:
        return max(slips / shorter, SOUNDS_ALIKE)
    if shorter >= _SHORTEST_ABBREVIATION and (one.startswith(other) or other.startswith(one)):
        return ABBREVIATED
    return 1.0


def is_spelling(one: str, other: str) -> bool:
    """Return whether a word is another with slips, or its beginning."""
    return cost(one, other) < ABBREVIATED or (len(one) > _SLIP and other.startswith(one))
