"""Languages: what was said in English, in another language, from a catalogue of phrases.

What was told knows its phrase. What was stored is text: it is compared with the phrases that
reasons are made of, and where none fits, it is shown as it is, in quotation marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol

from goodword.money import CURRENCIES, Money
from goodword.phrases import Percent, Said, Stored, Unrounded, Word, say

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_AMOUNT = re.compile(r"-?[\d,]+(?:\.\d+)? [A-Z]{3}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")
_QUOTED = re.compile(r"'[^']*'|“[^”]*”")
_IDENTIFIER = re.compile(r"[\w-]*[\d_][\w-]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_JOINT = "; "

_SENTENCES = frozenset({"said", "reason"})
"""The placeholders of a reason that hold another one, or what somebody wrote."""

_NAMES = frozenset({"who", "benefit", "said"})
"""Placeholders of a reason that may hold anything: somebody's name, or what they wrote."""

_FEW = 2
"""A reason with fewer words of its own fits too much: it counts when all that it holds is known."""

_DEEPEST = 8
"""Reasons in reasons; a person's text that looks like more of them is that person's."""

_LISTS = ("{one} or {other}", "{one}, {other}", "{one} and {other}")
_LIST = "names"
"""The placeholder of a reason that holds a list of words which are not the program's."""


class Formats(Protocol):
    """How a language writes amounts, days and percentages."""

    def money(self, amount: Money | Unrounded) -> str:
        """Write an amount with its currency."""
        ...

    def day(self, on: date) -> str:
        """Write a date."""
        ...

    def percent(self, percent: Percent) -> str:
        """Write a percentage."""
        ...


@dataclass(frozen=True)
class Language:
    """A language other than English: its catalogue, each phrase by the English one.

    `told` are phrases of sentences that are told, `reasons` those of sentences that are stored,
    `words` single words of the program. What a catalogue lacks stays English.
    """

    code: str
    told: Mapping[str, str]
    reasons: Mapping[str, str]
    words: Mapping[str, str]
    formats: Formats

    def write(self, value: object) -> str:
        """Write a sentence, or what stands in one."""
        match value:
            case Said():
                return self._fill(self.told.get(value.phrase, value.phrase), value.values)
            case Stored():
                return self._stored(value)
            case Word():
                return self.words.get(value, value)
            case Money() | Unrounded():
                return self.formats.money(value)
            case Percent():
                return self.formats.percent(value)
            case date():
                return self.formats.day(value)
            case _:
                return str(value)

    def _fill(self, phrase: str, values: Mapping[str, object]) -> str:
        return phrase.format_map({name: self.write(value) for name, value in values.items()})

    def _quoted(self, text: str) -> str:
        if _IDENTIFIER.fullmatch(text):
            return text
        return self.write(say("“{words}”", words=text))

    def _stored(self, text: str) -> str:
        known, own = [], list[str]()
        for part in text.split(_JOINT):
            said = self._reason(part)
            if said is None:
                own.append(part)
                continue
            known += [*self._own(own), said]
            own = []
        first, *rest = [*known, *self._own(own)]
        for part in rest:
            first = self.write(say("{one}; {other}", one=first, other=part))
        return first

    def _own(self, parts: list[str]) -> Iterator[str]:
        """Quote what was taken apart at semicolons that were somebody's own."""
        if parts:
            yield self._quoted(_JOINT.join(parts))

    def _reason(self, text: str, depth: int = 0) -> str | None:
        """Return a stored sentence in this language; None: no phrase fits it."""
        if depth > _DEEPEST:
            return None
        for pattern, phrase, is_thin in self._patterns:
            found = pattern.fullmatch(text)
            held = found and self._all_held(found.groupdict(), depth, is_thin=is_thin)
            if held is not None:
                return self.reasons[phrase].format_map(held)
        return None

    def _all_held(
        self, placed: Mapping[str, str], depth: int, *, is_thin: bool
    ) -> dict[str, str] | None:
        """Return what stands in a phrase's placeholders; None: this is not known well enough."""
        held = dict[str, str]()
        for name, text in placed.items():
            known = self._held(text, depth + 1)
            if known is None and is_thin and name not in _NAMES:
                return None
            held[name] = self._unknown(name, text) if known is None else known
        return held

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str, bool]]:
        """Every reason as a pattern, those with the most text of their own first."""
        order = sorted(self.reasons, key=lambda phrase: -len(_PLACEHOLDER.sub("", phrase)))
        return [(_pattern(phrase), phrase, _is_thin(phrase)) for phrase in order]

    def _held(self, text: str, depth: int) -> str | None:
        """Return what stands in a placeholder, when it is known what it is."""
        if _QUOTED.fullmatch(text):
            return text
        if _AMOUNT.fullmatch(text) and text[-3:] in CURRENCIES:
            return self.formats.money(Money.parse(text))
        if _DAY.fullmatch(text):
            return self.formats.day(date.fromisoformat(text))
        if _PERCENT.fullmatch(text):
            return self.formats.percent(Percent.parse(text))
        if _NUMBER.fullmatch(text):
            return text
        return self.words.get(text.replace("_", " ")) or self._reason(text, depth)

    def _unknown(self, name: str, text: str) -> str:
        """Return names as they are, and somebody's own words in quotation marks."""
        if name in _SENTENCES:
            return self._stored(text)
        return self._list(text) if name == _LIST else text

    def _list(self, text: str) -> str:
        for phrase in _LISTS:
            joint = _PLACEHOLDER.sub("", phrase)
            one, found, other = text.rpartition(joint)
            if found:
                held = {"one": self._list(one), "other": self._list(other)}
                return self.reasons.get(phrase, phrase).format_map(held)
        return self._held(text, depth=1) or text


def _pattern(phrase: str) -> re.Pattern[str]:
    """Make a pattern of a phrase; what it says twice must be the same both times."""
    said = set[str]()
    parts = []
    for number, part in enumerate(_PLACEHOLDER.split(phrase)):
        if number % 2 == 0:
            parts.append(re.escape(part))
        else:
            parts.append(f"(?P={part})" if part in said else f"(?P<{part}>.+?)")
            said.add(part)
    return re.compile("".join(parts))


def _is_thin(phrase: str) -> bool:
    return len(re.findall(r"[^\W\d_]+", _PLACEHOLDER.sub(" ", phrase))) < _FEW
