"""Names of companies: the strict key that two spellings share, and a name taken to pieces.

`name_key` is stored in the database: what it returns for a name must not change. `read` is what
matching works on, and may learn.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from goodword.companies import words as known
from goodword.companies.text import split

_BETWEEN_WORDS = re.compile(r"[^\w]+")
_INSIDE_WORDS = re.compile(r"['\u2019.\u00b7]")
_MORE_FORMS = frozenset({("berhad",), ("sdn", "berhad")})  # what cleanco's list lacks
_JAPANESE_FORMS = ("株式会社", "有限会社", "合同会社", "(株)", "(有)")  # written without a space
_LONGEST_FORM = 4  # words
_LONGEST_PLACE = 4  # words


@cache
def _key_forms() -> frozenset[tuple[str, ...]]:
    from cleanco.termdata import terms_by_type  # noqa: PLC0415 - only the commands that match need it

    listed = (tuple(_words(term)) for terms in terms_by_type.values() for term in terms)
    return frozenset(words for words in listed if words) | _MORE_FORMS


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", name).casefold()
    for form in _JAPANESE_FORMS:
        plain = plain.replace(form, " ")
    return _BETWEEN_WORDS.sub(" ", _INSIDE_WORDS.sub("", plain)).split()


def name_key(name: str) -> str:
    """Return the normal form of a company's name: "ACME, S.A. de C.V." and "acme" are one.

    Width, case, punctuation, a leading "the" and trailing legal forms do not count. A name that is
    nothing else ("Limited") keeps its words.
    """
    words = _words(name)
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    forms = _key_forms()
    while len(words) > 1:
        ends = range(min(_LONGEST_FORM, len(words) - 1), 0, -1)
        cut = next((n for n in ends if tuple(words[-n:]) in forms), 0)
        if not cut:
            break
        words = words[:-cut]
        if len(words) > 1 and words[-1] in {"and", "und", "et", "y", "de"}:
            words = words[:-1]
    return " ".join(words)


@dataclass(frozen=True, slots=True)
class Name:
    """A company's name taken to pieces, every word in small letters without accents.

    Attributes:
        words: what the company is called, in order; a country is its code ("@NL").
        forms: its legal forms ("nv"), as they stand.
        tail: the words of an address behind the legal form ("delft", "@NL").
        titled: whether a title such as "Koninklijke" was taken off.
        squashed: `words` without the spaces between them.
        whole: everything, legal forms included, without spaces.
    """

    words: tuple[str, ...]
    forms: tuple[str, ...]
    tail: tuple[str, ...]
    titled: bool
    squashed: str
    whole: str


def read(text: str) -> Name:
    """Take a name to pieces. One that is nothing but legal forms keeps them as its words."""
    glued = text
    for form in known.GLUED_FORMS:
        glued = glued.replace(form, " ")
    listed = split(glued) or split(text)
    whole = "".join(listed)
    words, forms = _without_forms(listed)
    words, tail, inner = _without_tail(words)
    core = _without_fillers(_placed(words)) or words or listed
    titled = len(core) > 1 and core[0] in known.TITLES
    core = core[1:] if titled else core
    return Name(
        words=tuple(core),
        forms=tuple(forms + inner),
        tail=tuple(_without_fillers(_placed(tail))),
        titled=titled,
        squashed="".join(core),
        whole=whole,
    )


def _without_forms(words: list[str]) -> tuple[list[str], list[str]]:
    """Take the article and the legal forms off both ends."""
    forms: list[str] = []
    listed = known.legal_forms()
    if len(words) > 1 and words[0] in known.ARTICLES:
        words = words[1:]
    cutting = True
    while cutting and len(words) > 1:
        ends = range(min(_LONGEST_FORM, len(words) - 1), 0, -1)
        cut = next((n for n in ends if tuple(words[-n:]) in listed), 0)
        cutting = cut > 0
        if cut:
            forms.insert(0, "".join(words[-cut:]))
            words = words[:-cut]
        while len(words) > 1 and words[-1] in known.FILLERS and cut:
            words = words[:-1]
    starts = range(min(_LONGEST_FORM, len(words) - 1), 0, -1)
    lead = next((n for n in starts if _leads(tuple(words[:n]))), 0)
    return words[lead:], ["".join(words[:lead]), *forms] if lead else forms


def _leads(words: tuple[str, ...]) -> bool:
    long = len(words) > 1 and words in known.legal_forms()
    return long or (words[0] in known.LEADING_FORMS and len(words) == 1)


def _without_tail(words: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Part a name at a legal form inside it: the name, the address behind it, the form."""
    for n in range(1, len(words)):
        if words[n] in known.CLOSING_FORMS:
            return words[:n], list(words[n + 1 :]), [words[n]]
    return words, [], []


def _placed(words: list[str]) -> list[str]:
    """Write every country as its code."""
    codes = known.places()
    placed: list[str] = []
    at = 0
    while at < len(words):
        spans = range(min(_LONGEST_PLACE, len(words) - at), 0, -1)
        span = next((n for n in spans if tuple(words[at : at + n]) in codes), 0)
        placed.append(codes[tuple(words[at : at + span])] if span else words[at])
        at += span or 1
    return placed


def _without_fillers(words: list[str]) -> list[str]:
    return [word for word in words if word not in known.FILLERS] or words
