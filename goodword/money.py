"""Amounts of money: integer minor units with an ISO 4217 currency, never a float.

Percentages are given in basis points or as an exact `Fraction` and round half away from zero.
Splits use the largest remainder, so that the parts always sum to the whole.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# ISO 4217, the currencies in use, by number of decimals; two unless listed here.
_NO_DECIMALS = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(),
)
_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
_TWO_DECIMALS = frozenset(
    (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN "
        "BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS "
        "GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR "
        "LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD "
        "PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
        "SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR "
        "ZMW ZWG"
    ).split(),
)
CURRENCIES = _NO_DECIMALS | _TWO_DECIMALS | _THREE_DECIMALS

_WHOLE_BPS = 10_000

LARGEST_MINOR = 10**15
"""No single amount reaches this: what does is a mistake, and stays inside PostgreSQL's bigint."""


class UnknownCurrency(ValueError):
    """A currency code that ISO 4217 does not list."""

    def __init__(self, code: object) -> None:
        super().__init__(f"{code!r} is not an ISO 4217 currency; write for example USD, EUR or JPY")


class UnreadableAmount(ValueError):
    """A text or number that is no amount of its currency."""

    def __init__(self, value: object, currency: str, why: str) -> None:
        shown = f"'{value}'" if isinstance(value, Decimal) else repr(value)
        super().__init__(f"{shown} is no amount in {currency}: {why}")


class MixedCurrencies(TypeError):
    """Two currencies met in one calculation."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left} and {right} never mix in one amount")


def decimals(currency: str) -> int:
    """Return how many decimals the currency has: 0 for JPY, 2 for USD, 3 for KWD.

    Raises:
        UnknownCurrency: ISO 4217 does not list the code.
    """
    if currency in _TWO_DECIMALS:
        return 2
    if currency in _NO_DECIMALS:
        return 0
    if currency in _THREE_DECIMALS:
        return 3
    raise UnknownCurrency(currency)


def round_half_away(value: Fraction) -> int:
    """Round to the nearest integer, halves away from zero: 14.5 -> 15, -14.5 -> -15."""
    return proportion(value.numerator, 1, value.denominator)


def proportion(minor: int, part: int, whole: int) -> int:
    """Take part/whole of `minor` (`whole` is more than zero), half away from zero."""
    exact = minor * part
    magnitude = (2 * abs(exact) + whole) // (2 * whole)
    return magnitude if exact >= 0 else -magnitude


def to_minor(value: Decimal | int | str, currency: str) -> int:
    """Turn an amount in major units ("12.50", Decimal) into minor units (1250), exactly.

    Raises:
        UnknownCurrency: the code is not in ISO 4217.
        UnreadableAmount: no finite number, finer than the smallest unit, or too large.
    """
    places = decimals(currency)
    if isinstance(value, bool | float):
        raise UnreadableAmount(value, currency, "amounts are text, whole numbers or Decimal")
    if isinstance(value, str) and "_" in value:  # Python's own spelling of numbers, nobody else's
        raise UnreadableAmount(value, currency, "it is not a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise UnreadableAmount(value, currency, "it is not a number") from None
    if not number.is_finite():
        raise UnreadableAmount(value, currency, "it is not a finite number")
    # The power of ten of the first digit in minor units, before 10**exponent is ever worked out:
    # "1E-99999999" is nine characters of a file and a night of arithmetic.
    power = number.adjusted() + places if number else 0
    if power >= len(str(LARGEST_MINOR)) - 1:
        raise UnreadableAmount(value, currency, "it is too large to be meant")
    scaled = Fraction(number) * 10**places if power >= 0 else None
    if scaled is None or scaled.denominator != 1:
        raise UnreadableAmount(value, currency, f"{currency} has {places} decimals")
    return int(scaled)


def major_text(minor: int, currency: str) -> str:
    """Write minor units as a plain decimal: (1250, "USD") -> "12.50", (80, "JPY") -> "80"."""
    places = decimals(currency)
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(places + 1, "0")
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `minor` in the smallest unit of `currency` (ISO 4217).

    Raises:
        UnknownCurrency: ISO 4217 does not list the currency.
        TypeError: `minor` is not a whole number.
        MixedCurrencies: two currencies are added, subtracted or compared.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are a whole number, not {self.minor!r}")
        decimals(self.currency)

    @classmethod
    def parse(cls, text: str) -> Money:
        """Read "12.50 USD", or "1,250.00 USD" as it is printed.

        Raises:
            UnknownCurrency: the code is not in ISO 4217.
            UnreadableAmount: the text is not `amount CURRENCY`.
        """
        amount, _, currency = text.strip().partition(" ")
        if not currency:
            raise UnreadableAmount(text, "any currency", 'write it as "12.50 USD"')
        currency = currency.strip()
        read = cls(to_minor(amount.replace(",", ""), currency), currency)
        if "," in amount and not str(read).startswith(f"{amount} "):
            raise UnreadableAmount(amount, currency, f'write it as "{read}"')
        return read

    def __str__(self) -> str:
        places, sign = decimals(self.currency), "-" if self.minor < 0 else ""
        whole, rest = divmod(abs(self.minor), 10**places)
        return f"{sign}{whole:,}{f'.{rest:0{places}}' if places else ''} {self.currency}"

    def to_dict(self) -> dict[str, object]:
        """Return {"minor": 1250, "currency": "USD"}, as letters and JSON documents have it."""
        return {"minor": self.minor, "currency": self.currency}

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise MixedCurrencies(self.currency, other.currency)
        return other


def totals(amounts: Iterable[Money]) -> list[Money]:
    """Add amounts up by currency; returns one sum each, in the order of the codes."""
    sums = Counter[str]()
    for amount in amounts:
        sums[amount.currency] += amount.minor
    return [Money(minor, currency) for currency, minor in sorted(sums.items())]


def percent(minor: int, bps: int) -> int:
    """Take `bps` basis points (2000 = 20%) of `minor`, half away from zero: 500 at 2.9% is 15."""
    return proportion(minor, bps, _WHOLE_BPS)


def in_percent(bps: int) -> str:
    """Write basis points: 2000 is "20%", 290 is "2.9%"."""
    sign, (hundreds, rest) = "-" if bps < 0 else "", divmod(abs(bps), 100)
    return sign + f"{hundreds}.{rest:02}".rstrip("0").rstrip(".") + "%"


def split(minor: int, weights: Sequence[Fraction | int]) -> list[int]:
    """Divide `minor` in proportion to the weights; the parts sum to `minor` exactly.

    Each part is first cut towards zero; the units left over go to the largest remainders, and to
    the earlier part when remainders are equal (largest remainder, Hamilton's method).

    Raises:
        ValueError: a weight is negative, or all are zero.
    """
    if not any(weights) or min(weights) < 0:
        raise ValueError("weights are zero or more, and one of them is more than zero")
    unit = lcm(*(Fraction(weight).denominator for weight in weights))
    whole = [int(weight * unit) for weight in weights]
    return split_whole(minor, whole, sum(whole))


def split_whole(minor: int, weights: Sequence[int], total: int) -> list[int]:
    """Divide as `split` does, by whole weights whose sum is known: for many divisions in a row."""
    sign = -1 if minor < 0 else 1
    divided = [divmod(abs(minor) * weight, total) for weight in weights]
    parts = [part for part, _ in divided]
    left_over = abs(minor) - sum(parts)
    if left_over:
        by_remainder = sorted(range(len(parts)), key=lambda i: (-divided[i][1], i))
        for i in by_remainder[:left_over]:
            parts[i] += 1
    return parts if sign > 0 else [-part for part in parts]
