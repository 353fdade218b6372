"""Record Ids: 15 case-sensitive characters, or those and three that tell their case.

Source: Salesforce, "ID Field Type": the suffix encodes, five characters at a time, which ones
are capitals, so that an 18-character Id is the same in any case.
"""

from __future__ import annotations

import re
from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT, _LONG = 15, 18
_FORM = re.compile(r"[0-9A-Za-z]{15}(?:[A-Za-z0-5]{3})?")


@lru_cache(maxsize=200_000)
def long_id(text: str) -> str | None:
    """The 18-character form of an Id of 15 or 18 characters; None when it is no Id.

    An 18-character Id is taken in any case and restored to its own.
    """
    if not _FORM.fullmatch(text):
        return None
    short = text if len(text) == _SHORT else _restore_case(text)
    return short + "".join(_suffix(short[start : start + 5]) for start in (0, 5, 10))


def new_id(key_prefix: str, number: int) -> str:
    """The 18-character Id of an org's n-th record of a kind."""
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    made = long_id(key_prefix + "Gw" + digits.rjust(10, "0"))
    assert made is not None
    return made


def _suffix(chunk: str) -> str:
    return _SUFFIX[sum(1 << place for place, letter in enumerate(chunk) if letter.isupper())]


def _restore_case(text: str) -> str:
    capitals = "".join(
        f"{_SUFFIX.index(letter):05b}"[::-1] for letter in text[_SHORT:_LONG].upper()
    )
    return "".join(
        letter.upper() if capital == "1" else letter.lower()
        for letter, capital in zip(text[:_SHORT], capitals, strict=True)
    )
