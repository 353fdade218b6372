"""Text of names: one writing of letters, and the words of it."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

from text_unidecode import unidecode  # type: ignore[import-untyped] # it ships no types

_LONGEST = 300  # characters of a name that are read; what is longer is no name
_MARKS_INSIDE = re.compile(r"['\u2018\u2019\u02bc\u00b4`]")
_BETWEEN = re.compile(r"[\W_]+")
_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK")  # of others, a transliteration loses what tells apart

_FORMS_OF_INITIALS = ("srl", "spa", "llc", "plc", "nv", "bv", "sa", "ag", "kk", "cv")


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    if unicodedata.category(letter)[0] == "C":  # U+0000, marks of direction, half an emoji
        return "" if unicodedata.category(letter) == "Cf" else " "
    known = unicodedata.name(letter, "").startswith(_ALPHABETS)
    return unidecode(letter).casefold() if known else letter


def plain(text: str) -> str:
    """Return a text in small letters without accents, width or apostrophes.

    Latin, Cyrillic and Greek letters become a to z ("Яндекс" is "iandeks"); others stay.
    """
    short = unicodedata.normalize("NFKC", html.unescape(text[:_LONGEST]))
    lower = _MARKS_INSIDE.sub("", short).casefold()
    return lower if lower.isascii() and lower.isprintable() else "".join(map(_plain, lower))


def split(text: str) -> list[str]:
    """Return the words of a text; single letters in a row are one word ("N. V." is "nv").

    A legal form behind other initials is a word of its own: "I.B.M. N.V." is "ibm", "nv".
    """
    words: list[str] = []
    initials = ""
    for word in [*_BETWEEN.sub(" ", plain(text)).split(), ""]:
        if len(word) == 1 and word.isascii() and word.isalpha():
            initials += word
            continue
        form = next((f for f in _FORMS_OF_INITIALS if initials.endswith(f)), "")
        start = initials[: len(initials) - len(form)]
        words += [part for part in (start, form, word) if part]
        initials = ""
    return words
