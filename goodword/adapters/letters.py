"""Letters: a message's three templates, filled in, in the reader's language.

A message is a folder of `<locale>/{subject.txt,body.txt,body.html}`. Templates are the company's
own text, and may be edited by people who do not program: they run in a sandbox, a name that is
not there is an error and never a blank, and only the HTML is escaped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, UndefinedError, pass_context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from goodword.adapters import formats, languages
from goodword.money import Money
from goodword.phrases import Stored
from goodword.rules.languages import Language

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jinja2.runtime import Context

    from goodword.rules.programs import Program

FALLBACK = "en"
"""The language of a letter whose reader's own is not written."""

# The names under which templates and filters find their Babel locale, and their reasons' phrases.
_LOCALE_NAME = "locale"
_PHRASES_NAME = "phrases"
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class TemplateFailed(Exception):
    """A letter could not be written: `template`, `locale`, the `variable` at fault when known."""

    def __init__(self, template: str, locale: str, variable: str | None, why: str) -> None:
        super().__init__(f"the e-mail {template} ({locale}) cannot be written: {why}")
        self.template = template
        self.locale = locale
        self.variable = variable


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished letter. `language` is the one it is written in, as in Content-Language."""

    subject: str
    text: str
    html: str
    language: str


class Letters:
    """The letters of one folder. Templates are compiled once; may be shared by threads.

    `phrases` is the folder of the catalogues that stored reasons are translated by.
    """

    def __init__(self, folder: Path, phrases: Path) -> None:
        self._folder = folder
        self._phrases = cache(lambda locale: _phrases(phrases, locale))
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html"),
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self._environment.filters.update(
            money=_money, day=_day, number=_number, percent=_percent, reason=_reason
        )

    def render(self, template: str, locale: str, context: Mapping[str, Any]) -> Letter:
        """Write one letter.

        Args:
            template: the message, a folder's name ("reward_earned").
            locale: the reader's ("ja", "en-GB"); without a folder of its own, or of its language,
                the letter is in English. Money, dates and numbers follow it all the same where
                the language is the same: en-GB reads English templates and "30 June 2026".
            context: the variables, as in templates/email/README.md.

        Raises:
            TemplateFailed: no such message, a variable is missing or of the wrong kind, or the
                subject is empty or has a line break in it.
        """
        language, formats = self._written_in(template, locale)
        values = {**context, _LOCALE_NAME: formats, _PHRASES_NAME: self._phrases(language)}
        subject, text, html = (
            self._fill(template, language, part, values)
            for part in ("subject.txt", "body.txt", "body.html")
        )
        subject = subject.strip()
        if not subject or _UNPRINTABLE.search(subject):
            why = "its subject is empty" if not subject else "its subject has a line break in it"
            raise TemplateFailed(template, language, None, f"{why}: {subject!r}")
        return Letter(subject, text.strip() + "\n", html.strip() + "\n", language)

    def write(
        self, program: Program, template: str, locale: str, context: Mapping[str, Any]
    ) -> Letter:
        """Write one letter of the outbox in a program's name; raises TemplateFailed."""
        about = {"name": program.name, "support_email": program.support_email}
        return self.render(template, locale, {**context, "program": about})

    def names(self) -> list[str]:
        """Return the messages that there are, in the order of the alphabet."""
        folders = (path.name for path in self._folder.iterdir() if path.is_dir())
        return sorted(name for name in folders if not name.startswith("_"))

    def _written_in(self, template: str, locale: str) -> tuple[str, Locale]:
        """Choose the folder that is written for this reader, and the way to write figures."""
        for name in _from_own_to_fallback(locale):
            if re.fullmatch(r"\w+", template) and (self._folder / template / name).is_dir():
                own = _babel(locale)
                same = own is not None and own.language == Locale.parse(name).language
                return name, own if own is not None and same else Locale.parse(name)
        raise TemplateFailed(template, locale, None, "there is no such message")

    def _fill(self, template: str, language: str, part: str, values: Mapping[str, Any]) -> str:
        try:
            return self._environment.get_template(f"{template}/{language}/{part}").render(values)
        except UndefinedError as error:
            # The name stands last in quotation marks: 'dict object' has no attribute 'name'
            named = re.findall(r"'([^']+)'", error.message or "")
            variable = named[-1] if named else None
            raise TemplateFailed(template, language, variable, f"{part}: {error}") from error
        except TemplateError as error:
            raise TemplateFailed(template, language, None, f"{part}: {error}") from error
        except Exception as error:
            # A template is the company's own text: whatever goes wrong in it, one letter waits.
            why = f"{part}: {type(error).__name__}: {error}"
            raise TemplateFailed(template, language, None, why) from error


def _phrases(folder: Path, locale: str) -> Language | None:
    """Return the phrases of a language; None: English, or a language of the company's own."""
    try:
        return languages.read(folder, locale)
    except languages.UnknownLanguage:
        return None


def _from_own_to_fallback(locale: str) -> Iterator[str]:
    parts = [part for part in re.split(r"[-_]", locale) if part.isalnum()]
    for length in range(len(parts), 0, -1):
        yield "_".join(parts[:length])
    yield FALLBACK


def _babel(locale: str) -> Locale | None:
    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None


def _locale_of(context: Context) -> Locale:
    found = context.resolve(_LOCALE_NAME)
    assert isinstance(found, Locale)
    return found


@pass_context
def _money(context: Context, amount: Money | Mapping[str, Any]) -> str:
    """Write `{"minor": 1250, "currency": "USD"}` as $12.50."""
    money = amount if isinstance(amount, Money) else Money(amount["minor"], amount["currency"])
    return formats.money(money, _locale_of(context))


@pass_context
def _day(context: Context, day: str | date) -> str:
    """Write "2026-06-30" as June 30, 2026."""
    known = day if isinstance(day, date) else date.fromisoformat(day)
    return formats.day(known, _locale_of(context))


@pass_context
def _number(context: Context, value: int | Decimal) -> str:
    """Write 12500 as 12,500."""
    return format_decimal(value, locale=_locale_of(context))


@pass_context
def _percent(context: Context, bps: int) -> str:
    """Write basis points, 1250, as 12.5%."""
    return formats.percent(Decimal(bps) / 100, _locale_of(context))


@pass_context
def _reason(context: Context, reason: str) -> str:
    """Write a reason that the rules gave in the letter's language; a person's own is quoted."""
    phrases = context.resolve(_PHRASES_NAME)
    return phrases.write(Stored(reason)) if isinstance(phrases, Language) else reason
