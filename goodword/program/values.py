"""Readers of single values: whole numbers, text, dates, money and percentages.

Money is text, since TOML's numbers with a point are binary floats and 0.1 of them is no amount.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from goodword.money import CURRENCIES, Money, UnknownCurrency, UnreadableAmount, decimals, to_minor
from goodword.program.problems import Problem, Unfit, as_written, key_step
from goodword.program.shapes import one_line, shaped, then
from goodword.program.tables import Read, many
from goodword.program.wording import listed

E = TypeVar("E", bound=StrEnum)

NUMBER = r"([0-9]{1,16}(?:\.[0-9]{1,4})?)"
_MONEY = re.compile(NUMBER + r" ([A-Z]{3})")
_BAND = re.compile(rf"from {NUMBER} pay {NUMBER}")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,8})?)%")
_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
# A region's name. Not "localtime" or "EST5EDT": the first differs between two machines.
_ZONE = re.compile(r"UTC|[A-Z][A-Za-z_]{1,30}(?:/[A-Za-z0-9_+-]{1,30}){1,2}")

# Salesforce's names: letters, digits and single underscores between them; a package's own prefix.
_STANDARD_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9]){0,79}")
_CUSTOM_NAME = re.compile(r"(?:[A-Za-z][A-Za-z0-9]{0,14}__)?[A-Za-z](?:_?[A-Za-z0-9]){0,79}__c")

CURRENCY_NAMES = {"pattern": "^[A-Z]{3}$"}
"""The shape of the names of a table that has something for each currency."""

_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)
_LONGEST_EMAIL = 254  # RFC 5321, 4.5.3.1.3
_WHOLE_BPS = 10_000
_LEAST_OFF_BPS = 100
_MOST_CURRENCIES = 50
_MOST_BANDS = 100


def whole(low: int, high: int, unit: str = "") -> Read[int]:
    """Make the reader of a whole number between two bounds, both allowed."""
    of = f" of {unit}" if unit else ""
    allowed = f"a whole number{of} from {low} to {high}"

    @shaped({"type": "integer", "minimum": low, "maximum": high, "description": allowed})
    def read(value: object) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Unfit.of(value, allowed)
        return value

    return read


@shaped({"type": "boolean"})
def flag(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise Unfit.of(value, "true or false")
    return value


def text(longest: int) -> Read[str]:
    """Make the reader of one line of text: it stands in mail headers and on terminals."""
    allowed = f"one line of text of 1 to {longest} characters, with no space at either end"

    @shaped(one_line(allowed, minLength=1, maxLength=longest))
    def read(value: object) -> str:
        fits = isinstance(value, str) and 0 < len(value) <= longest
        if not fits or not str(value).isprintable() or str(value) != str(value).strip():
            raise Unfit.of(value, allowed)
        return str(value)

    return read


def word(words: Iterable[str]) -> Read[str]:
    """Make the reader of one of a few words."""
    known = frozenset(words)
    allowed = listed((as_written(each) for each in sorted(known)), "or")

    @shaped({"enum": sorted(known)})
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise Unfit.of(value, allowed)
        return value

    return read


def as_set(words: Iterable[str]) -> frozenset[str]:
    """Forget the order of words that were read."""
    return frozenset(words)


def choice(enum: type[E]) -> Read[E]:
    """Make the reader of one of an enum's words."""
    return then(word(member.value for member in enum), enum)


@shaped(one_line("an e-mail address", maxLength=_LONGEST_EMAIL, pattern=f"^{_EMAIL.pattern}$"))
def email(value: object) -> str:
    """Read one e-mail address."""
    if not isinstance(value, str) or len(value) > _LONGEST_EMAIL or not _EMAIL.fullmatch(value):
        raise Unfit.of(value, 'an e-mail address, as "partners@example.com"')
    return value


@shaped(one_line("the API name of a custom field or object", pattern=f"^{_CUSTOM_NAME.pattern}$"))
def custom_name(value: object) -> str:
    """Read the API name of a field or an object that the CRM's administrator created."""
    if not isinstance(value, str) or not _CUSTOM_NAME.fullmatch(value):
        raise Unfit.of(value, 'the API name of a custom field or object, as "Partner__c"')
    return value


@shaped(one_line("the developer name of a record type", pattern=f"^{_STANDARD_NAME.pattern}$"))
def developer_name(value: object) -> str:
    """Read the developer name of a record type."""
    if not isinstance(value, str) or not _STANDARD_NAME.fullmatch(value):
        raise Unfit.of(value, 'the developer name of a record type, as "Deal_Registration"')
    return value


@shaped(one_line("the API name of a field"))
def field_name(value: object) -> str:
    """Read the API name of any field of the CRM."""
    names = (_STANDARD_NAME, _CUSTOM_NAME)
    if not isinstance(value, str) or not any(name.fullmatch(value) for name in names):
        raise Unfit.of(value, 'the API name of a field, as "Company" or "Budget__c"')
    return value


@shaped(one_line("a date without quotes, as 2026-01-01", format="date"))
def day(value: object) -> date:
    """Read a TOML date (no time of day)."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Unfit.of(value, "a date without quotes, as 2026-01-01")
    if not _EARLIEST <= value <= _LATEST:
        raise Unfit.of(value, f"a date from {_EARLIEST} to {_LATEST}")
    return value


@shaped(one_line("a time zone of the IANA database", pattern=f"^(?:{_ZONE.pattern})$"))
def time_zone(value: object) -> str:
    """Read the name of an IANA time zone that this machine knows."""
    example = '"America/New_York"'
    if isinstance(value, str) and _ZONE.fullmatch(value):
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: it names a whole region
            near = get_close_matches(value, sorted(available_timezones()), n=1)
            example = as_written(near[0]) if near else example
        else:
            return value
    raise Unfit.of(value, f"a time zone of the IANA database, as {example}")


@shaped({"enum": sorted(CURRENCIES)})
def currency(value: object) -> str:
    """Read an ISO 4217 currency code."""
    if not isinstance(value, str) or value not in CURRENCIES:
        raise Unfit.of(value, 'a currency of ISO 4217, as "USD"')
    return value


@shaped(one_line('a percentage above 0% and up to 100%, as "20%"', pattern=f"^{_PERCENT.pattern}$"))
def percent_bps(value: object) -> int:
    """Read "2.9%" as 290 basis points, exactly."""
    parts = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    bps = Fraction(parts[1]) * 100 if parts else Fraction(0)
    if not 0 < bps <= _WHOLE_BPS:
        raise Unfit.of(value, 'a percentage above 0% and up to 100%, as "20%" or "2.9%"')
    if bps.denominator != 1:
        raise Unfit.of(value, 'a percentage no finer than 0.01%, as "2.95%"')
    return int(bps)


@shaped(one_line('a percentage from 1% to 100%, as "20%"', pattern=f"^{_PERCENT.pattern}$"))
def percent_off(value: object) -> str:
    """Read "12.50%" as "12.5": what a coupon takes off, to two decimals as Stripe has it."""
    try:
        bps = percent_bps(value)
    except Unfit:
        bps = 0
    if bps < _LEAST_OFF_BPS:
        allowed = 'a percentage from 1% to 100% with at most two decimals, as "20%" or "12.5%"'
        raise Unfit.of(value, allowed)
    whole_, hundredths = divmod(bps, 100)
    return f"{whole_}.{hundredths:02}".rstrip("0").rstrip(".")


@shaped(one_line('an amount and its currency, as "500.00 USD"', pattern=f"^{_MONEY.pattern}$"))
def money(value: object) -> Money:
    """Read "500.00 USD"; zero is allowed, less is not."""
    parts = _MONEY.fullmatch(value) if isinstance(value, str) else None
    if not parts:
        raise Unfit.of(value, 'an amount and its currency as text, as "1500.00 USD"')
    return Money(minor_of(value, parts[1], parts[2]), parts[2])


def money_list(least: int = 0) -> Read[dict[str, int]]:
    """Make the reader of one amount for each currency: minor units by currency."""
    what = 'amounts, one for each currency, as ["500.00 USD", "460.00 EUR", "75000 JPY"]'
    read_amounts = many(money, what, least, _MOST_CURRENCIES, _second_in_one_currency)
    return then(read_amounts, lambda amounts: {amount.currency: amount.minor for amount in amounts})


@shaped(
    {
        "type": "object",
        "minProperties": 1,
        "propertyNames": CURRENCY_NAMES,
        "additionalProperties": {
            "type": "array",
            "minItems": 1,
            "maxItems": _MOST_BANDS,
            "items": one_line('as "from 0.00 pay 100.00"', pattern=f"^{_BAND.pattern}$"),
        },
    }
)
def bands_by_currency(value: object) -> dict[str, tuple[tuple[int, int], ...]]:
    """Read `{USD = ["from 0.00 pay 100.00", …]}`: (from, pays) in minor units, ascending."""
    if not isinstance(value, dict) or not 0 < len(value) <= _MOST_CURRENCIES:
        raise Unfit.of(value, f'bands for each currency, as USD = ["{_band_example("USD")}"]')
    problems: list[Problem] = []
    bands = {}
    for code, lines in value.items():
        try:
            bands[code] = _bands(currency(code))(lines)
        except Unfit as unfit:
            problems.extend(unfit.under(key_step(code)))
    if problems:
        raise Unfit(*problems)
    return bands


def _bands(code: str) -> Read[tuple[tuple[int, int], ...]]:
    allowed = f'a band of the deal\'s size and what it pays, as "{_band_example(code)}"'

    def read(value: object) -> tuple[int, int]:
        parts = _BAND.fullmatch(value) if isinstance(value, str) else None
        if not parts:
            raise Unfit.of(value, allowed)
        return minor_of(value, parts[1], code), minor_of(value, parts[2], code)

    def ascending(bands: list[tuple[int, tuple[int, int]]]) -> Iterable[Problem]:
        for (_, (before, _)), (place, (start, _)) in pairwise(bands):
            if start <= before:
                found = f"a band from {Money(start, code)} after one from {Money(before, code)}"
                yield Problem(f"[{place}]", found, "each band from more than the one before it")

    return many(read, f'bands, as "{_band_example(code)}"', 1, _MOST_BANDS, ascending)


def _band_example(code: str) -> str:
    zero, hundred = ("0", "100") if decimals(code) == 0 else ("0.00", "100.00")
    return f"from {zero} pay {hundred}"


def _second_in_one_currency(amounts: list[tuple[int, Money]]) -> Iterable[Problem]:
    first: dict[str, Money] = {}
    for place, amount in amounts:
        if amount.currency in first:
            found = f"{amount} beside {first[amount.currency]}"
            yield Problem(f"[{place}]", found, f"one amount in {amount.currency}")
        first.setdefault(amount.currency, amount)


def minor_of(value: object, number: str, code: str) -> int:
    """Read the number of an amount that was written as `value`, into minor units."""
    try:
        return to_minor(number, code)
    except UnknownCurrency:
        raise Unfit.of(value, 'a currency of ISO 4217, as "USD"') from None
    except UnreadableAmount:
        places = decimals(code)
        finest = f"at most {places} decimals" if places else "no decimals"
        raise Unfit.of(value, f"an amount in {code} with {finest}, below 10^15 units") from None
