"""Formats: amounts, days and percentages as a reader's language writes them (CLDR, by Babel)."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_percent, parse_pattern

from goodword.money import Money, decimals, major_text


def money(amount: Money, locale: Locale) -> str:
    """Write an amount: $12.50, with all the decimals of ISO 4217.

    Babel alone would drop those of IQD, LAK and others, which few people use in cash.
    """
    exact = Decimal(major_text(amount.minor, amount.currency))
    return major(exact, amount.currency, locale)


def major(exact: Decimal, currency: str, locale: Locale) -> str:
    """Write an amount in major units with every decimal that it has, and those of ISO 4217.

    Babel alone would leave out the space between letters and digits (CLDR's currencySpacing):
    RM 1,234.50.
    """
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    pattern.frac_prec = (max(decimals(currency), _places(exact)),) * 2
    written: str = pattern.apply(exact, locale, currency=currency, currency_digits=False)
    return re.sub(r"(?<=[A-Za-z])(?=\d)", "\N{NO-BREAK SPACE}", written)


def day(on: date, locale: Locale) -> str:
    """Write a date: June 30, 2026."""
    return format_date(on, "long", locale=locale)


def percent(of_hundred: Decimal, locale: Locale) -> str:
    """Write a percentage with the decimals that it has: Decimal("33.30") is 33.30%."""
    pattern = "#,##0." + "0" * _places(of_hundred) + "%"
    return format_percent(of_hundred / 100, pattern, locale=locale)


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
