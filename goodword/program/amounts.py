"""The amount of an incentive: how a program file writes it.

A list is fixed, text is a percentage, a table has one of `by_deal_size`, `per_seat` and `tiered`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

from goodword.money import Money
from goodword.program.problems import Problem, Unfit, as_written, key_step
from goodword.program.shapes import one_line, shape_of, shaped, then
from goodword.program.tables import Read, many, table
from goodword.program.values import (
    CURRENCY_NAMES,
    NUMBER,
    bands_by_currency,
    choice,
    currency,
    minor_of,
    money_list,
    percent_bps,
    word,
)
from goodword.rules.amounts import (
    ANY_CURRENCY,
    Amount,
    Bands,
    By,
    Fixed,
    Percent,
    PerSeat,
    Step,
    Tiered,
)
from goodword.rules.windows import EVER, Period, Window

_MOST_STEPS = 100
_MOST_DAYS = 3_650
_MOST_DEALS = 1_000_000
_MOST_CURRENCIES = 50
_STEP = re.compile(rf"from {NUMBER}(?: to {NUMBER})? pay (.+)")
_ROLLING = re.compile(r"rolling ([1-9][0-9]{0,3}) days")

one_for_each_currency: Read[dict[str, int]] = money_list(least=1)


@shaped(shape_of(one_for_each_currency))
def positive_amounts(value: object) -> dict[str, int]:
    """Read one amount for each currency, none of them zero."""
    amounts = one_for_each_currency(value)
    for code, minor in amounts.items():
        if minor == 0:
            raise Unfit(Problem("", f"{Money(0, code)}", "more than zero"))
    return amounts


_ONE_OF = "one of by_deal_size, per_seat and tiered"


# Tiers ------------------------------------------------------------------------------------------


@shaped(
    {
        "anyOf": [
            {"enum": [*Period, str(EVER)]},
            one_line("the days up to and with that of the deal", pattern=f"^{_ROLLING.pattern}$"),
        ]
    }
)
def read_window(value: object) -> Window:
    """Read over which days something counts."""
    parts = _ROLLING.fullmatch(value) if isinstance(value, str) else None
    if parts and int(parts[1]) <= _MOST_DAYS:
        return Window(days=int(parts[1]))
    if value == str(EVER):
        return EVER
    if isinstance(value, str) and value in list(Period):
        return Window(period=Period(value))
    allowed = '"month", "quarter", "year", "ever", or "rolling 365 days" (1 to 3650 of them)'
    raise Unfit.of(value, allowed)


def _steps_of(by: By) -> Read[dict[str, tuple[Step, ...]]]:
    """Make the reader of steps: for each currency, or one list of percentages by the deal."""

    def read(value: object) -> dict[str, tuple[Step, ...]]:
        if isinstance(value, list) and by is By.COUNT:
            return {ANY_CURRENCY: _steps(by, None)(value)}
        if not isinstance(value, dict) or not 0 < len(value) <= _MOST_CURRENCIES:
            allowed = f'steps for each currency, as USD = ["{_EXAMPLE[by]}"]'
            raise Unfit.of(value, allowed)
        problems: list[Problem] = []
        steps = {}
        for code, lines in value.items():
            try:
                steps[code] = _steps(by, currency(code))(lines)
            except Unfit as unfit:
                problems.extend(unfit.under(key_step(code)))
        if problems:
            raise Unfit(*problems)
        return steps

    return read


_EXAMPLE: Final = {By.COUNT: "from 1 pay 10%", By.VOLUME: "from 0.00 pay 10%"}


def _steps(by: By, code: str | None) -> Read[tuple[Step, ...]]:
    allowed = f'a step, as "{_EXAMPLE[by]}" or "from 5 to 10 pay 12.5%"'

    def read(value: object) -> Step:
        parts = _STEP.fullmatch(value) if isinstance(value, str) else None
        if not parts:
            raise Unfit.of(value, allowed)
        start, end = (_bound(by, code, parts[n], value) for n in (1, 2))
        assert start is not None
        if end is not None and end <= start:
            raise Unfit.of(value, "a step to more than it is from")
        if parts[3].endswith("%"):
            return Step(start, end, bps=percent_bps(parts[3]))
        if code is None or not re.fullmatch(NUMBER, parts[3]):
            raise Unfit.of(value, f"{allowed}; an amount with its currency, as steps.USD")
        return Step(start, end, pays=minor_of(value, parts[3], code))

    return many(read, f'steps, as "{_EXAMPLE[by]}"', 1, _MOST_STEPS, _ascending)


def _bound(by: By, code: str | None, number: str | None, value: object) -> int | None:
    """Read a bound of a step: in minor units, or the number of a deal."""
    if number is None:
        return None
    if by is By.VOLUME and code is not None:
        return minor_of(value, number, code)
    if "." in number or not 1 <= int(number) <= _MOST_DEALS:
        raise Unfit.of(value, "deals counted from 1: the first deal of the window is 1")
    return int(number)


def _ascending(steps: list[tuple[int, Step]]) -> Iterable[Problem]:
    for (_, earlier), (place, step) in pairwise(steps):
        if step.start <= earlier.start or (earlier.end is not None and step.start < earlier.end):
            found = "a step that begins before the one above it ends"
            yield Problem(f"[{place}]", found, "each step after the one before it")


def _close(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """End each step where the next begins, at the latest."""
    ends = [step.start for step in steps[1:]]
    closed = [
        Step(step.start, step.end if step.end is not None else end, step.bps, step.pays)
        for step, end in zip(steps[:-1], ends, strict=True)
    ]
    return (*closed, steps[-1])


_tiered_keys = {"by": choice(By), "over": read_window, "mode": word(["whole", "marginal"])}


_steps_shape = {
    "type": "array",
    "items": one_line(f'as "{_EXAMPLE[By.COUNT]}"', pattern=f"^{_STEP.pattern}$"),
    "minItems": 1,
    "maxItems": _MOST_STEPS,
}
_by_currency_shape = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": CURRENCY_NAMES,
    "additionalProperties": _steps_shape,
}
_any_steps = shaped({"anyOf": [_steps_shape, _by_currency_shape]})(_steps_of(By.COUNT))


@shaped(shape_of(table({**_tiered_keys, "steps": _any_steps}, optional={"mode"})))
def _tiered(value: object) -> Tiered:
    """Read a table of tiers."""
    written = value if isinstance(value, dict) else {}
    by = By(written["by"]) if written.get("by") in list(By) else By.COUNT
    readers: dict[str, Read[Any]] = {**_tiered_keys, "steps": _steps_of(by)}
    values = table(readers, optional={"mode"}, check=_check_tiered)(value)
    steps = {code: _close(each) for code, each in values["steps"].items()}
    return Tiered(values["by"], values["over"], steps, values.get("mode") == "marginal")


def _check_tiered(values: Mapping[str, Any]) -> Iterable[Problem]:
    mode = values.get("mode")
    if mode is not None and values.get("by") is By.COUNT:
        found = f'{as_written(mode)} with by = "count"'
        yield Problem(".mode", found, 'a mode with by = "volume" only: one deal is in one step')
    if mode == "marginal":
        for code, steps in values.get("steps", {}).items():
            if any(step.bps is None for step in steps):
                allowed = 'percentages with mode = "marginal", as "from 0.00 pay 10%"'
                yield Problem(f".steps.{code}", "an amount of its own", allowed)


_FORMS: Final[Mapping[str, Read[Any]]] = {
    "by_deal_size": then(bands_by_currency, Bands),
    "per_seat": then(positive_amounts, PerSeat),
    "tiered": _tiered,
}
_table = table(_FORMS, optional=_FORMS)


@shaped(
    {
        "anyOf": [
            shape_of(percent_bps),
            shape_of(one_for_each_currency),
            {**shape_of(_table), "minProperties": 1, "maxProperties": 1},
        ]
    }
)
def read_amount(value: object) -> Amount:
    """Read what an incentive pays; raises Unfit with every problem in it."""
    if isinstance(value, str) and "%" in value:
        return Percent(percent_bps(value))
    if isinstance(value, list):
        return Fixed(positive_amounts(value))
    if not isinstance(value, dict):
        raise Unfit.of(value, f'amounts, as ["200.00 USD"]; a percentage, as "20%"; or {_ONE_OF}')
    values = _table(value)
    if len(values) != 1:
        raise Unfit(Problem("", "several of them" if values else "nothing", _ONE_OF))
    amount: Amount = next(iter(values.values()))
    return amount
