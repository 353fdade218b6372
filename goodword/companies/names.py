"""Names of companies: the strict key that two spellings share, and a name taken to pieces.

`name_key` is stored in the database: what it returns for a name must not change. `read` is what
matching works on, and may learn.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise

from goodword.companies import words as known
from goodword.companies.spelling import is_spelling
from goodword.companies.text import plain, split

_BETWEEN_WORDS = re.compile(r"[^\w]+")
_INSIDE_WORDS = re.compile(r"['\u2019.\u00b7]")
_MORE_FORMS = frozenset({("berhad",), ("sdn", "berhad")})  # what cleanco's list lacks
_JAPANESE_FORMS = ("株式会社", "有限会社", "合同会社", "(株)", "(有)")  # written without a space
_PARTS = re.compile(r"[,;)\]}]|(?=[(\[{])")  # an opening bracket stays with its part
_INITIALS = re.compile(r"\b([a-z]),([a-z])\b")  # "N,V" is meant as "N.V"
_OPENS = ("(", "[", "{")
# "ElectronicsN.V." is meant as "Electronics N.V.", "Acme.com" as "Acme".
_GLUED_INITIALS = re.compile(r"(?<=[a-z]{4})([nb]\. ?v|s\.a|a\.g)\b")
_DOT_COM = re.compile(r"(?<=[a-z]{3})\.com\b")
_SHORTEST_EXPANDED = 4  # letters of a short form that may begin a name: "Univ. of Delft"
_INITIALS_OF = range(3, 7)  # letters of an acronym that stands beside what it is short for
_LONGEST_FORM = 4  # words
_LONGEST_PLACE = 4  # words
_SHORTEST_TITLED = 4  # letters behind a title that is written without a space


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
        is_of: whether it is the "University of" something, or another institution.
        squashed: `words` without the spaces between them.
        whole: `words` and `forms` without spaces.
    """

    words: tuple[str, ...]
    forms: tuple[str, ...]
    tail: tuple[str, ...]
    titled: bool
    is_of: bool
    squashed: str
    whole: str


def read(text: str) -> Name:
    """Take a name to pieces. One that is nothing but legal forms keeps them as its words."""
    parts, bracketed = _parts(text)
    listed = [word for words in parts for word in words] or split(text)
    words, outer, at = _without_forms(listed)
    ends = {end - at for end in accumulate(map(len, parts)) if end > at}
    words, tail, inner = _without_address(words, ends, led=at > 0)
    words = _expanded(_without_other_names(words))
    placed = _without_fillers(_placed(words))
    core, titled = _without_title(_without_initials(placed))
    return Name(
        words=tuple(core),
        forms=tuple(bracketed + inner + outer),
        tail=tuple(_without_fillers(_placed(tail))),
        titled=titled,
        is_of=any(each in known.TURNED for each, of in pairwise(words) if of == "of"),
        squashed="".join(core),
        whole="".join([*core, *bracketed, *inner, *outer]),
    )


def _parts(text: str) -> tuple[list[list[str]], list[str]]:
    """Return the words between commas and brackets, and the legal forms that stand in brackets."""
    for form in known.GLUED_FORMS:
        text = text.replace(form, " ")
    parts: list[list[str]] = [[]]
    bracketed: list[str] = []
    closes = True
    for part in _PARTS.split(_unglued(plain(text))):
        words = split(part)
        if words == ["the"]:  # "Acme Company, The"
            continue
        if part.startswith(_OPENS) and tuple(words) in known.legal_forms():
            bracketed.append("".join(words))
            closes = False
        elif closes:
            parts.append(words)
        else:  # a legal form in brackets parts nothing: "Acme (Ltd) Tools"
            parts[-1] += words
            closes = True
    return [words for words in parts if words], bracketed


def _unglued(text: str) -> str:
    return _DOT_COM.sub(" ", _GLUED_INITIALS.sub(r" \1", _INITIALS.sub(r"\1.\2", text)))


def _without_other_names(words: list[str]) -> list[str]:
    """Leave out what the company is called besides: "Acme dba Tools" is "Acme"."""
    for at in range(1, len(words)):
        if any(tuple(words[at : at + len(said)]) == said for said in known.ALSO_CALLED):
            return words[:at]
    return words


def _expanded(words: list[str]) -> list[str]:
    """Write short forms out; what begins a name and is as short as a brand is one."""
    return [
        known.WRITTEN_FOR.get(word, word) if at or len(word) >= _SHORTEST_EXPANDED else word
        for at, word in enumerate(words)
    ]


def _without_initials(words: list[str]) -> list[str]:
    """Leave out an acronym beside what it is short for: "Asea Brown Boveri (ABB)"."""
    for at, word in enumerate(words):
        rest = words[:at] + words[at + 1 :]
        initials = "".join(each[0] for each in rest)
        if len(word) in _INITIALS_OF and len(rest) >= len(word) and word in initials:
            return rest
    return words


def _without_forms(words: list[str]) -> tuple[list[str], list[str], int]:
    """Take the legal forms off both ends; returns also how many words were before the name."""
    forms: list[str] = []
    listed = known.legal_forms()
    while len(words) > 1:
        ends = range(min(_LONGEST_FORM, len(words) - 1), 0, -1)
        cut = next((n for n in ends if tuple(words[-n:]) in listed), 0)
        cut = cut or int(known.is_form_misspelled(words[-1]))
        if not cut:
            break
        forms.insert(0, "".join(words[-cut:]))
        words = words[:-cut]
        while len(words) > 1 and words[-1] in known.FILLERS:
            words = words[:-1]
    starts = range(min(_LONGEST_FORM, len(words) - 1), 0, -1)
    lead = next((n for n in starts if _leads(tuple(words[:n]))), 0)
    return words[lead:], [*(["".join(words[:lead])] if lead else []), *forms], lead


def _leads(words: tuple[str, ...]) -> bool:
    if len(words) == 1:
        return words[0] in known.LEADING_FORMS
    return words in known.legal_forms()


def _without_address(
    words: list[str], ends: set[int], *, led: bool
) -> tuple[list[str], list[str], list[str]]:
    """Part a name at a legal form inside it: the name, the address behind it, the form.

    What stands behind a comma, is a country or has a number is an address; other words belong to
    the name ("Fastighets AB Balder").
    """
    if led and (end := min(ends, default=0)) in range(1, len(words)):
        return words[:end], words[end:], []
    for n in range(1, len(words)):
        if words[n] not in known.CLOSING_FORMS:
            continue
        rest = words[n + 1 :]
        if n + 1 in ends or _is_address(rest):
            return words[:n], rest, [words[n]]
        return words[:n] + rest, [], [words[n]]
    return words, [], []


def _is_address(words: list[str]) -> bool:
    """Return whether words are a place or a street; a number alone tells companies apart."""
    placed = _placed(words)
    numbered = len(words) > 1 and any(word.isdigit() for word in words)
    return (
        numbered
        or any(word in known.TOWARDS for word in words[:1])
        or any(word.startswith("@") for word in placed)
    )


def _without_title(words: list[str]) -> tuple[list[str], bool]:
    """Take off a title, in any spelling: "Koninklike Philips" is "philips"."""
    for length in (2, 1):
        title = "".join(words[:length])
        if len(words) > length and any(is_spelling(title, each) for each in known.TITLES):
            return words[length:], True
    first = words[0] if words else ""
    glued = max((each for each in known.TITLES if first.startswith(each)), key=len, default="")
    rest = first.removeprefix(glued)
    if glued and len(rest) >= _SHORTEST_TITLED:
        return [rest, *words[1:]], True
    return words, False


def _placed(words: list[str]) -> list[str]:
    """Write every country as its code."""
    codes = known.places()
    placed: list[str] = []
    at = 0
    while at < len(words):
        spans = range(min(_LONGEST_PLACE, len(words) - at), 0, -1)
        span = next((n for n in spans if tuple(words[at : at + n]) in codes), 0)
        code = codes[tuple(words[at : at + span])] if span else known.misspelled(words[at])
        placed.append(code or words[at])
        at += span or 1
    return placed


def _without_fillers(words: list[str]) -> list[str]:
    """Leave filling words out; a letter that a name begins with is part of it: "E.ON"."""
    return [
        word
        for at, word in enumerate(words)
        if word not in known.FILLERS or (len(word) == 1 and not at and len(words) > 1)
    ] or words
