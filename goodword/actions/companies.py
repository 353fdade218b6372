"""Companies by name and domain: the normal forms under which two spellings are one company.

Legal forms come from cleanco's list, public suffixes from the Public Suffix List that
publicsuffixlist ships. A doubtful match is a question for a person, so these forms stay strict.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_BETWEEN_WORDS = re.compile(r"[^\w]+")
_INSIDE_WORDS = re.compile(r"['\u2019.\u00b7]")
_MORE_FORMS = frozenset({("berhad",), ("sdn", "berhad")})  # what cleanco's list lacks
_JAPANESE_FORMS = ("株式会社", "有限会社", "合同会社", "(株)", "(有)")  # written without a space


@cache
def _legal_forms() -> frozenset[tuple[str, ...]]:
    from cleanco.termdata import terms_by_type  # noqa: PLC0415 - only the commands that match need it

    listed = (tuple(_words(term)) for terms in terms_by_type.values() for term in terms)
    return frozenset(words for words in listed if words) | _MORE_FORMS


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - it reads a list of 10,000 lines

    return PublicSuffixList()


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
    forms = _legal_forms()
    longest = 4
    while len(words) > 1:
        ends = (n for n in range(min(longest, len(words) - 1), 0, -1) if tuple(words[-n:]) in forms)
        cut = next(ends, 0)
        if not cut:
            break
        words = words[:-cut]
        if len(words) > 1 and words[-1] in {"and", "und", "et", "y", "de"}:
            words = words[:-1]
    return " ".join(words)


def registrable_domain(text: str | None) -> str | None:
    """Return the registrable domain of a web or e-mail address, or None when there is none.

    "https://www.shop.acme.co.uk/x" and "jo@acme.co.uk" are both "acme.co.uk".
    """
    if not text:
        return None
    host = text.strip().casefold().split("//")[-1].split("/")[0].split("?")[0]
    host = host.rsplit("@", 1)[-1].split(":")[0].strip(".")
    try:
        ascii_host = host.encode("idna").decode() if host else ""
    except UnicodeError:
        return None
    return _suffixes().privatesuffix(ascii_host) if ascii_host else None
