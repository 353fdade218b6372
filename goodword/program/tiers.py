"""The section [tiers]: how it is read, what must hold in it, and what it means in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from goodword.money import Money
from goodword.program.problems import Problem, as_written
from goodword.program.shapes import shape_of, shaped, then
from goodword.program.tables import Read, many, record
from goodword.program.values import as_set, choice, flag, money_list, whole, word
from goodword.program.wording import each_of, listed
from goodword.rules.amounts import By
from goodword.rules.counts import counted
from goodword.rules.participants import KINDS
from goodword.rules.tiers import Applies, TierPolicy

_MOST_DEALS = 10_000


def _step() -> Read[int | dict[str, int]]:
    """Make the reader of a step: deals, or an amount for each currency."""
    deals, amounts = whole(1, _MOST_DEALS, "deals"), money_list(1)

    @shaped({"anyOf": [shape_of(deals), shape_of(amounts)]})
    def read(value: object) -> int | dict[str, int]:
        return amounts(value) if isinstance(value, list) else deals(value)

    return read


def _check(values: Mapping[str, Any]) -> Iterable[Problem]:
    """Steps count what `by` says, and top asks for more than premium."""
    usual = TierPolicy()
    counts = values.get("by", usual.by) is By.COUNT
    steps = {key: values.get(key, getattr(usual, key)) for key in ("premium_from", "top_from")}
    kinds = {key: isinstance(step, int) for key, step in steps.items()}
    for key, is_count in kinds.items():
        if is_count != counts:
            allowed = "a number of deals" if counts else 'amounts, as ["50000.00 USD"]'
            by = "count" if counts else "volume"
            found = as_written(steps[key]) if is_count else "amounts"
            yield Problem(f".{key}", found, f'{allowed}, with by = "{by}"')
    if set(kinds.values()) == {counts}:
        yield from _rising(steps["premium_from"], steps["top_from"])


def _rising(premium: Any, top: Any) -> Iterable[Problem]:
    if isinstance(premium, int):
        if top <= premium:
            yield Problem(".top_from", as_written(top), f"more than premium_from ({premium})")
        return
    if set(premium) != set(top):
        yield Problem(".top_from", f"amounts in {listed(top)}", f"amounts in {listed(premium)}")
        return
    for code, minor in premium.items():
        if top[code] <= minor:
            allowed = f"more than premium_from ({Money(minor, code)})"
            yield Problem(".top_from", str(Money(top[code], code)), allowed)


read_tiers = record(
    TierPolicy,
    {
        "kinds": then(many(word(KINDS), 'kinds, as ["reseller"]', 0, len(KINDS)), as_set),
        "by": choice(By),
        "window_days": whole(1, 3_650, "days"),
        "premium_from": _step(),
        "top_from": _step(),
        "may_fall": flag,
        "applies": choice(Applies),
    },
    _check,
)


def describe_tiers(policy: TierPolicy) -> Iterator[str]:
    """Say what the section means, one rule a sentence."""
    if not policy.kinds:
        return
    who = listed(f"{kind}s" for kind in KINDS if kind in policy.kinds)
    days = "day" if policy.window_days == 1 else f"{policy.window_days} days"
    yield (
        f"Every night {who} move by what they brought in the {days} before: to tier premium from "
        f"{_said(policy.premium_from)} on, to top from {_said(policy.top_from)} on."
    )
    yield (
        "With less they fall again." if policy.may_fall else "Nobody loses a tier that was reached."
    )
    day = "the claim was made" if policy.applies is Applies.AT_CLAIM else "the deal was won"
    yield f"A reward goes by the tier of the day on which {day}."


def _said(step: int | Mapping[str, int]) -> str:
    if isinstance(step, int):
        return f"{counted(step, 'deal')} won"
    return each_of(step)
