"""The section [registrations]: how it is read, what must hold in it, and what it means in words.

A kind's own table, [registrations.by_kind.reseller], has the same keys and only those that differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from goodword.companies.domains import registrable_domain
from goodword.companies.names import name_key
from goodword.money import Money
from goodword.program.problems import Problem, Unfit, as_written, key_step
from goodword.program.shapes import shape_of, shaped, then
from goodword.program.tables import many, table
from goodword.program.values import as_set, choice, flag, money_list, text, whole, word
from goodword.program.wording import in_days, listed
from goodword.rules.counts import counted
from goodword.rules.participants import PARTNERS
from goodword.rules.registrations import (
    REQUIRABLE,
    Blocked,
    CountedFrom,
    RegistrationPolicy,
)

_YEARS = 3_650  # ten of them, in days
_LONGEST_REVIEW = 24 * 30  # hours
_MOST_BLOCKED = 10_000


def _may_repeat(_: list[tuple[int, Blocked]]) -> Iterable[Problem]:
    """Two spellings of one company, or one twice, do no harm in a long list."""
    return ()


@shaped(shape_of(text(255)))
def _blocked(value: object) -> Blocked:
    written = text(255)(value)
    domain = None if " " in written else registrable_domain(written)
    key = name_key(written)
    if not key and domain is None:
        raise Unfit.of(value, 'a company\'s name or its domain, as "Acme Government" or "acme.com"')
    return Blocked(written, key, domain)


_read_kinds = many(word(PARTNERS), f'kinds of partners, as ["{PARTNERS[0]}"]', 1, len(PARTNERS))

_FOR_A_KIND: Final = {
    "window_days": whole(30, 90, "days"),
    "extension_days": whole(1, 90, "days"),
    "max_extensions": whole(0, 12, "extensions"),
    "progress_within_days": whole(1, 365, "days"),
    "warn_before_days": many(whole(0, 89, "days"), "numbers of days, as [14, 3]", 0, 10),
    "blocked_by_direct_activity_days": whole(0, _YEARS, "days"),
    "open_limit": whole(1, 100_000, "registrations"),
    "ask_about_older_deals": flag,
    "counted_from": choice(CountedFrom),
    "cooling_days": whole(0, 365, "days"),
    "minimum_amount": money_list(),
    "require": many(word(REQUIRABLE), f'fields, as ["{REQUIRABLE[1]}"]', 0, len(REQUIRABLE)),
    "review_within_hours": whole(1, _LONGEST_REVIEW, "hours"),
}
_read_for_a_kind = table(_FOR_A_KIND, optional=_FOR_A_KIND)


@shaped(shape_of(table(dict.fromkeys(PARTNERS, _read_for_a_kind), optional=PARTNERS)))
def _by_kind(value: object) -> dict[str, dict[str, Any]]:
    return table(dict.fromkeys(PARTNERS, _read_for_a_kind), optional=PARTNERS)(value)


def _check(values: Mapping[str, Any]) -> Iterable[Problem]:
    """Nobody is warned before the window has begun; a kind with rules of its own may register."""
    yield from _warned_too_early(values, "")
    kinds = values.get("kinds", frozenset(PARTNERS))
    for kind, own in values.get("by_kind", {}).items():
        path = f".by_kind{key_step(kind)}"
        if kind not in kinds:
            found = f"rules for {kind}, which is not in kinds"
            yield Problem(path, found, "a kind that may register")
        if {"window_days", "warn_before_days"} & own.keys():
            yield from _warned_too_early({**values, **own}, path)


def _warned_too_early(values: Mapping[str, Any], path: str) -> Iterable[Problem]:
    window = values.get("window_days", RegistrationPolicy().window_days)
    for place, days in enumerate(values.get("warn_before_days", ()), start=1):
        if days >= window:
            allowed = f"less than the window of {window} days"
            yield Problem(f"{path}.warn_before_days[{place}]", f"{days}", allowed)


_KEYS: Final = {
    **_FOR_A_KIND,
    "blocked": many(_blocked, 'names or domains, as ["acme.com"]', 0, _MOST_BLOCKED, _may_repeat),
    "kinds": then(_read_kinds, as_set),
    "by_kind": _by_kind,
}
_read_table = table(_KEYS, optional=_KEYS, check=_check)


@shaped(shape_of(_read_table))
def read_registrations(value: object) -> RegistrationPolicy:
    """Read the section; raises Unfit with every problem in it."""
    values = _read_table(value)
    own = values.pop("by_kind", {})
    policy = RegistrationPolicy(**values)
    return replace(policy, by_kind={kind: replace(policy, **own[kind]) for kind in own})


# In words ---------------------------------------------------------------------------------------

_NAMES: Final = {
    "domain": "the company's domain",
    "expected_amount": "the expected amount",
    "expected_close_on": "the expected close date",
    "opportunity_id": "the deal in the CRM",
}


def describe_registrations(policy: RegistrationPolicy) -> Iterator[str]:
    """Say what the section means, one rule a sentence."""
    yield (
        "A partner's claim needs a meeting, a discovery call, a budget, or all of budget, "
        "authority, need and timeline; with less it is rejected."
    )
    yield from _who_and_what(policy)
    yield from _window(policy)
    older = (
        ", or has a deal open there that is older than the claim and not known to be left alone "
        "for so long"
        if policy.ask_about_older_deals
        else ""
    )
    yield (
        "Staff decides about a claim when direct sales was active on the account within "
        f"{in_days(policy.blocked_by_direct_activity_days)} before it{older}. Staff has "
        f"{counted(policy.review_within_hours, 'hour')} for it and is reminded daily of what waits "
        "longer."
    )
    for kind, own in policy.by_kind.items():
        given = [each.name for each in fields(own) if _differs(each.name, own, policy)]
        if given:
            said = listed(f"{name} is {_value(getattr(own, name))}" for name in given)
            yield f"For {kind} partners {said}."


def _differs(name: str, own: RegistrationPolicy, policy: RegistrationPolicy) -> bool:
    return name != "by_kind" and getattr(own, name) != getattr(policy, name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        amounts = [str(Money(minor, code)) for code, minor in value.items()]
        return listed(amounts, "or") if amounts else "none"
    if isinstance(value, tuple):
        return listed(str(each) for each in value) if value else "none"
    return str(value)


def _who_and_what(policy: RegistrationPolicy) -> Iterator[str]:
    if policy.kinds < frozenset(PARTNERS):
        may = listed(kind for kind in PARTNERS if kind in policy.kinds)
        yield f"Only partners of kind {may} may register."
    if policy.require:
        yield f"It must also say {listed(_NAMES[field] for field in policy.require)}."
    if policy.minimum_amount:
        least = listed((str(Money(m, c)) for c, m in policy.minimum_amount.items()), "or")
        yield f"A claim that expects less than {least} is rejected."
    if policy.blocked:
        names = listed(as_written(each.written) for each in policy.blocked[:10])
        more = f" and {len(policy.blocked) - 10} more" if len(policy.blocked) > 10 else ""  # noqa: PLR2004 - ten are shown
        yield f"Nobody may claim {names}{more}."


def _window(policy: RegistrationPolicy) -> Iterator[str]:
    since = "its approval" if policy.counted_from is CountedFrom.APPROVAL else "its submission"
    yield (
        f"A partner's claim protects its account for {in_days(policy.window_days)} from {since}, "
        f"the last one in full; a partner holds at most {policy.open_limit} open claims."
    )
    if policy.max_extensions:
        times = "once" if policy.max_extensions == 1 else f"up to {policy.max_extensions} times"
        yield (
            f"On its last day a claim is extended by {in_days(policy.extension_days)}, {times}, "
            "when the deal moved forward or had activity in the "
            f"{in_days(policy.progress_within_days)} before; otherwise it expires."
        )
    else:
        yield "After its last day a claim expires; there are no extensions."
    if policy.cooling_days:
        yield (
            "When a claim has expired its partner may claim the same account again after "
            f"{in_days(policy.cooling_days)}; others may at once."
        )
    if policy.warn_before_days:
        ahead = listed(str(days) for days in sorted(policy.warn_before_days, reverse=True))
        yield f"The partner is warned {ahead} days before the end."
