"""Languages: a catalogue of translated phrases (gettext's PO) with the formats of its language.

A catalogue is `<locale>.po`. Entries without a context are sentences that are told; those of the
context "reason" are sentences that are stored, and those of "word" single words of the program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from babel import Locale
from babel.messages.pofile import read_po

from goodword.adapters import formats
from goodword.money import Money
from goodword.rules.languages import Language

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from goodword.phrases import Percent, Unrounded

SOURCE = "en"
"""The language that phrases are written in, which needs no catalogue."""

REASON, WORD = "reason", "word"


class UnknownLanguage(LookupError):
    """There is no catalogue for a language."""

    def __init__(self, locale: str, known: list[str]) -> None:
        super().__init__(f"nothing is explained in {locale!r}; choose one of {', '.join(known)}")
        self.locale = locale
        self.known = known


@dataclass(frozen=True, slots=True)
class LocaleFormats:
    """Amounts, days and percentages as one locale writes them, the same as in letters."""

    locale: Locale

    def money(self, amount: Money | Unrounded) -> str:
        """Write an amount with its currency."""
        if isinstance(amount, Money):
            return formats.money(amount, self.locale)
        return formats.major(amount.major, amount.currency, self.locale)

    def day(self, on: date) -> str:
        """Write a date."""
        return formats.day(on, self.locale)

    def percent(self, percent: Percent) -> str:
        """Write a percentage."""
        return formats.percent(percent.of_hundred, self.locale)


def read(folder: Path, locale: str) -> Language | None:
    """Read the language of a locale ("ja", "ja-JP"); None: English, as phrases are written.

    Raises:
        UnknownLanguage: the folder has no catalogue for it.
    """
    name = re.split("[-_]", locale)[0].lower()
    if name == SOURCE:
        return None
    known = sorted(path.stem for path in folder.glob("*.po"))
    if name not in known:
        raise UnknownLanguage(locale, sorted([SOURCE, *known]))
    with (folder / f"{name}.po").open("rb") as file:
        catalog = read_po(file, locale=name, abort_invalid=True)
    by_context: dict[str | None, dict[str, str]] = {None: {}, REASON: {}, WORD: {}}
    for entry in catalog:
        if entry.id and entry.string:
            by_context[entry.context][str(entry.id)] = str(entry.string)
    return Language(
        name,
        by_context[None],
        by_context[REASON],
        by_context[WORD],
        LocaleFormats(Locale.parse(name)),
    )
