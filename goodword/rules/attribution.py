"""Attribution: how a conversion's value is divided among the claims on it.

Weights: `first_touch` and `last_touch` everything to one; `linear` equal; `time_decay`
2^(-days before conversion / half-life), continuous; `position_based` 40% first, 40% last, 20%
shared by the middle (two touches half each, one everything). The parts sum to the value exactly
(goodword.money.split).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import lcm

from goodword.money import split_whole
from goodword.phrases import because


class Model(StrEnum):
    """The five models; a program version chooses one, and each conversion keeps it."""

    FIRST_TOUCH = "first_touch"
    LAST_TOUCH = "last_touch"
    LINEAR = "linear"
    TIME_DECAY = "time_decay"
    POSITION_BASED = "position_based"


@dataclass(frozen=True, slots=True)
class AttributionPolicy:
    """`lookback_days` are calendar days of the program's time zone, the touch's own the first.

    With 30 days a touch of 1 June is credited with what is won through 30 June, none after.
    """

    model: Model = Model.FIRST_TOUCH
    lookback_days: int = 180
    half_life_days: int = 7
    registration_wins: bool = True


@dataclass(frozen=True, slots=True)
class Credit:
    """What one claim gets: `weight` before rounding, `minor` after; the reason in words."""

    weight: Fraction
    minor: int
    reason: str


def recorded(weight: Fraction) -> str:
    """Write a weight as shares keep it: 18 decimals."""
    return f"{float(weight):.18f}"


_DAY_SECONDS = 86_400


def weights(
    ats: tuple[datetime, ...],
    won_at: datetime,
    policy: AttributionPolicy,
) -> tuple[Fraction, ...]:
    """Return each touch's weight, in the order given (oldest first); they sum to one."""
    count = len(ats)
    if policy.model is Model.FIRST_TOUCH:
        raw = [Fraction(i == 0) for i in range(count)]
    elif policy.model is Model.LAST_TOUCH:
        raw = [Fraction(i == count - 1) for i in range(count)]
    elif policy.model is Model.LINEAR:
        raw = [Fraction(1)] * count
    elif policy.model is Model.TIME_DECAY:
        raw = [Fraction(part) for part in _by_age(ats, won_at, policy.half_life_days)]
    else:
        raw = _by_position(count)
    total = sum(raw, Fraction(0))
    return tuple(weight / total for weight in raw)


def _by_age(ats: tuple[datetime, ...], won_at: datetime, half_life_days: int) -> list[float]:
    # A power of two is no fraction: sixty-odd binary digits of it are. Only proportions count, so
    # ages are taken from the newest touch, which weighs 1: however old, they never all vanish.
    days = [(won_at - at).total_seconds() / _DAY_SECONDS for at in ats]
    newest = min(days)
    return [2.0 ** ((newest - age) / half_life_days) for age in days]


def _by_position(count: int) -> list[Fraction]:
    ends_only = 2
    if count <= ends_only:
        return [Fraction(1)] * count
    middle = Fraction(20, 100) / (count - ends_only)
    return [Fraction(40, 100), *[middle] * (count - ends_only), Fraction(40, 100)]


def _why(index: int, count: int, weight: Fraction, model: Model) -> str:
    place = because("the only touch")
    if count > 1:
        place = because("touch {number} of {count}", number=index + 1, count=count)
    part = because(
        "{model} gives it {part}", model=model.value.replace("_", " "), part=f"{float(weight):.2%}"
    )
    return f"{place}; {part}"


# For a night of many deals ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shape:
    """How touches divide a value: whole numbers in proportion, their sum, and the rest ready."""

    parts: tuple[int, ...]
    total: int
    weights: tuple[Fraction, ...]
    reasons: tuple[str, ...]


def attribute(
    value_minor: int,
    ats: tuple[datetime, ...],
    won_at: datetime,
    policy: AttributionPolicy,
) -> tuple[Credit, ...]:
    """Divide a conversion's value by `weights` among touches given oldest first.

    In whole numbers: of four of the models only the number of touches matters, so that what is
    divided in equal ways is worked out once.
    """
    is_aged = policy.model is Model.TIME_DECAY
    shape = _aged(ats, won_at, policy) if is_aged else _even(len(ats), policy.model)
    minors = split_whole(value_minor, shape.parts, shape.total)
    return tuple(map(Credit, shape.weights, minors, shape.reasons))


@lru_cache(maxsize=1024)
def _even(count: int, model: Model) -> _Shape:
    """Return what every journey of so many touches has in common, whenever they were."""
    instant = datetime.min.replace(tzinfo=UTC)
    exact = weights((instant,) * count, instant, AttributionPolicy(model))
    total = lcm(*(weight.denominator for weight in exact))
    return _shape(tuple(int(weight * total) for weight in exact), model)


def _aged(ats: tuple[datetime, ...], won_at: datetime, policy: AttributionPolicy) -> _Shape:
    exact = [part.as_integer_ratio() for part in _by_age(ats, won_at, policy.half_life_days)]
    whole = max(denominator for _, denominator in exact)  # all of them are powers of two
    parts = tuple(numerator * (whole // denominator) for numerator, denominator in exact)
    return _shape(parts, policy.model)


def _shape(parts: tuple[int, ...], model: Model) -> _Shape:
    total, count = sum(parts), len(parts)
    exact = tuple(Fraction(part, total) for part in parts)
    reasons = tuple(_why(i, count, weight, model) for i, weight in enumerate(exact))
    return _Shape(parts, total, exact, reasons)
