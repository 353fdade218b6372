"""Phrases: sentences in English that can be written in other languages too.

`say` makes a sentence that is told, and remembers its phrase and values. `because` makes one that
is stored: plain text, which is known again later by its phrase. Both phrases are literals: a test
reads them out of the source and looks for each in every catalogue (templates/explanations).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Self

_NOTHING: Mapping[str, object] = MappingProxyType({})


class Said(str):
    """A sentence in English, with the `phrase` and the `values` that it was made of."""

    __slots__ = ("phrase", "values")

    phrase: str
    values: Mapping[str, object]

    def __new__(cls, phrase: str, values: Mapping[str, object] = _NOTHING) -> Self:
        """Fill a phrase's placeholders."""
        said = super().__new__(cls, phrase.format_map(values))
        said.phrase, said.values = phrase, values
        return said

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Be copied and written down as the text alone: how it was made is for the one who told."""
        return str, (str(self),)


class Stored(str):
    """What a row says: a sentence of the program's, or somebody's own words."""

    __slots__ = ()


class Word(str):
    """One of the words that the program names a state, a kind or a step by."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Percent:
    """A percentage with as many decimals as it has: Decimal("33.30") is "33.30%"."""

    of_hundred: Decimal

    @classmethod
    def parse(cls, text: str) -> Percent:
        """Read "33.30%", as it is printed."""
        return cls(Decimal(text.removesuffix("%")))

    def __str__(self) -> str:
        return f"{self.of_hundred:f}%"


@dataclass(frozen=True, slots=True)
class Unrounded:
    """An amount in major units that no rounding has met yet: "0.145 USD"."""

    major: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.major:,f} {self.currency}"


def say(phrase: str, /, **values: object) -> Said:
    """Make a sentence that is told. Dates, amounts and sentences go in as what they are."""
    return Said(phrase, values)


def because(phrase: str, /, **values: object) -> str:
    """Make a sentence that is stored, or a part of one; none of them has a semicolon.

    What is known again is cut at semicolons first, and then compared with phrases: two reasons for
    one thing are two phrases with "; " between them.
    """
    return phrase.format_map(values)


def word(name: str) -> Word:
    """Make a word of the program fit for a sentence: "handed_over" is "handed over"."""
    return Word(name.replace("_", " "))


def joined(parts: Iterable[str | None]) -> str:
    """Join sentences with semicolons; what is empty is left out."""
    first, *rest = [part for part in parts if part]
    for part in rest:
        first = say("{one}; {other}", one=first, other=part)
    return first


def either(words: Iterable[str]) -> str:
    """Make a list of what is stored: "customer or reseller"."""
    first, *rest = words
    for other in rest:
        first = because("{one} or {other}", one=first, other=other)
    return first


def both(words: Iterable[str]) -> str:
    """Make a list of what is stored: "20% of 10.00 USD and 30% of 5.00 USD"."""
    first, *rest = words
    for other in rest:
        first = because("{one} and {other}", one=first, other=other)
    return first


def in_a_row(words: Iterable[str]) -> str:
    """Make a list of what is stored: "budget, meeting, need"."""
    first, *rest = words
    for other in rest:
        first = because("{one}, {other}", one=first, other=other)
    return first
