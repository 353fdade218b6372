"""What must hold inside an incentive, between incentives, and between contracts.

As in goodword.program.checks, each check sees the values that could be read, and only those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from goodword.money import Money
from goodword.program.problems import Problem, as_written
from goodword.rules.amounts import ANY_CURRENCY, Amount, Bands, By, Fixed, Percent, PerSeat, Tiered
from goodword.rules.conditions import NONE
from goodword.rules.contracts import Contract
from goodword.rules.incentives import IN_KIND, Incentive, Pay, To
from goodword.rules.outcomes import Outcome

BENEFIT_OF: Final = {
    Pay.FREE_MONTHS: "months",
    Pay.RENEWAL_DISCOUNT: "percent_off",
    Pay.PERK: "perk",
}
"""The key that says what an incentive in kind gives."""


def check_incentive(values: Mapping[str, Any]) -> Iterable[Problem]:
    """What is given in kind says what it is worth; a cap in money holds in every currency."""
    pay, amount, cap = values.get("pay"), values.get("amount"), values.get("cap")
    if pay:
        yield from _benefit_of_another(values, pay)
    yield from _of_what_follows(values)
    to = values.get("to", To.PARTICIPANT)
    if to is not To.PARTICIPANT and "choice" in values:
        found = f"a choice with to = {as_written(to.value)}"
        yield Problem(".choice", found, "a choice of what the participant gets")
    if values.get("on") is Outcome.REFERRED:
        yield from _before_a_deal(values)
    if pay in IN_KIND:
        yield from _not_in_kind(values)
        return
    limits = {".cap.amount": cap.amount if cap else {}, ".at_most": values.get("at_most", {})}
    for key, limit in limits.items():
        for code in _currencies(amount):
            if limit and code not in limit:
                allowed = "the limit in every currency that the incentive pays"
                yield Problem(key, f"nothing in {code}", allowed)


def _of_what_follows(values: Mapping[str, Any]) -> Iterable[Problem]:
    """Invoices and renewals follow a deal that was won: they count no volume anew.

    Invoices are many to a deal, and have their own limit in time.
    """
    outcome, amount = values.get("on"), values.get("amount")
    if "for_months" in values and outcome not in (None, Outcome.INVOICE_PAID):
        found = f"for_months with on = {as_written(outcome.value)}"
        yield Problem(".for_months", found, 'for_months with on = "invoice_paid" only')
    is_volume = isinstance(amount, Tiered) and amount.by is By.VOLUME
    if is_volume and outcome in {Outcome.INVOICE_PAID, Outcome.RENEWED}:
        found = f"tiers by volume with on = {as_written(outcome.value)}"
        yield Problem(".amount", found, 'tiers by = "count", of the deals that were won')
    only = values.get("only")
    if only and only.first_deal_only and outcome is Outcome.RENEWED:
        found = 'the first deal only with on = "renewed"'
        yield Problem(".only.first_deal_only", found, "false: a renewal is never the first deal")


def _before_a_deal(values: Mapping[str, Any]) -> Iterable[Problem]:
    """A referral as such has no deal yet: its amount and its conditions go by none."""
    amount, only = values.get("amount"), values.get("only", NONE)
    if amount is not None and not isinstance(amount, Fixed):
        found = f'{_FOUND[type(amount)]} with on = "referred"'
        yield Problem(".amount", found, 'the same amount each time, as ["20.00 USD"]')
    if replace(only, countries=(), industries=()) != NONE:
        found = 'a condition on the deal with on = "referred"'
        yield Problem(".only", found, "countries and industries: there is no deal yet")


def _currencies(amount: Amount | None) -> Iterable[str]:
    """Name the currencies that an amount is written in; none where it pays in any."""
    if isinstance(amount, Tiered):
        return [code for code in amount.steps if code != ANY_CURRENCY]
    return () if amount is None or isinstance(amount, Percent) else amount.by_currency


def _benefit_of_another(values: Mapping[str, Any], pay: Pay) -> Iterable[Problem]:
    for other, key in BENEFIT_OF.items():
        if key in values and other is not pay:
            found = f"{key} with pay = {as_written(pay.value)}"
            yield Problem(f".{key}", found, f"{key} with pay = {as_written(other.value)} only")


def _not_in_kind(values: Mapping[str, Any]) -> Iterable[Problem]:
    """What is not money is given whole or not at all, at a worth that is the same each time."""
    amount, cap = values.get("amount"), values.get("cap")
    if amount is not None and not isinstance(amount, Fixed):
        allowed = 'what one of it is worth, as ["49.00 USD"]'
        yield Problem(".amount", _FOUND[type(amount)], allowed)
    allowed = "a count: what is not money is given whole or not at all"
    if cap is not None and cap.amount:
        yield Problem(".cap.amount", "a cap in money", allowed)
    if cap is not None and cap.own_bill_bps is not None:
        yield Problem(".cap.own_bill", "a cap in money", allowed)
    if values.get("at_most"):
        yield Problem(".at_most", "a limit in money", "cap with a count, or nothing")


_FOUND: Final = {
    Percent: "a part of the deal",
    Bands: "bands by the deal's size",
    PerSeat: "an amount for each seat",
    Tiered: "tiers",
}


def check_only(values: Mapping[str, Any]) -> Iterable[Problem]:
    """Conditions on the deal's size leave room between them."""
    low, high = values.get("deal_from", {}), values.get("deal_below", {})
    for code in low:
        if code in high and high[code] <= low[code]:
            allowed = f"more than deal_from ({Money(low[code], code)})"
            yield Problem(".deal_below", f"{Money(high[code], code)}", allowed)


def check_contract(values: Mapping[str, Any]) -> Iterable[Problem]:
    """A contract ends after it begins."""
    start, end = values.get("from"), values.get("until")
    if start and end and end < start:
        yield Problem(".until", f"{end}", f"a date from {start} on")


def check_contracts(contracts: list[tuple[int, Contract]]) -> Iterable[Problem]:
    """One participant has one contract at a time."""
    before: dict[str, tuple[int, Contract]] = {}
    for place, contract in sorted(contracts, key=lambda each: (each[1].from_on, each[0])):
        earlier = before.get(contract.participant)
        if earlier and (earlier[1].until_on or date.max) >= contract.from_on:
            found = f"a contract of {contract.participant} while contracts[{earlier[0]}] runs"
            yield Problem(f"[{place}].from", found, "one contract of a participant at a time")
        before[contract.participant] = (place, contract)


def check_incentives(incentives: list[tuple[int, Incentive]]) -> Iterable[Problem]:
    """Every incentive has a name of its own and can pay."""
    names: dict[str, int] = {}
    for place, incentive in incentives:
        first = names.setdefault(incentive.name.casefold(), place)
        if first != place:
            found = f"{as_written(incentive.name)}, which is incentives[{first}] too"
            yield Problem(f"[{place}].name", found, "a name of its own")
    yield from _no_choice(incentives)
    first_of_all = [(place, each) for place, each in incentives if not each.also]
    for index, (place, incentive) in enumerate(first_of_all):
        for earlier, other in first_of_all[:index]:
            if _always_before(other, incentive):
                found = f"a rule that never pays: incentives[{earlier}] matches first, always"
                allowed = "the narrower rule before the wider one, or also = true"
                yield Problem(f"[{place}]", found, allowed)
                break


def _no_choice(incentives: list[tuple[int, Incentive]]) -> Iterable[Problem]:
    """A choice is between several ways of paying for one outcome, each once for each kind."""
    places: dict[str, list[tuple[int, Incentive]]] = {}
    for place, incentive in incentives:
        if incentive.choice is not None:
            places.setdefault(incentive.choice, []).append((place, incentive))
    for choice, rules in places.items():
        place, first = rules[0]
        if len({rule.pay for _, rule in rules}) == 1:
            found = f"{as_written(choice)}, which leaves {as_written(first.pay.value)} alone"
            allowed = "two rules or more of one choice, with different pay"
            yield Problem(f"[{place}].choice", found, allowed)
        for other, rule in rules[1:]:
            if (rule.outcome, rule.also) != (first.outcome, first.also):
                found = f"{as_written(choice)} with another on or also than incentives[{place}]"
                yield Problem(f"[{other}].choice", found, "the same on and also in one choice")


def _always_before(earlier: Incentive, later: Incentive) -> bool:
    """Tell whether every outcome that `later` matches is matched by `earlier` too."""
    return (
        earlier.outcome is later.outcome
        and earlier.to is later.to
        and (earlier.choice is None or earlier.choice != later.choice)
        and later.kinds <= earlier.kinds
        and (not earlier.tiers or bool(later.tiers and later.tiers <= earlier.tiers))
        and earlier.only in (NONE, later.only)
        and earlier.for_months is None
        and _pays_wherever(earlier.amount, later.amount)
    )


def _pays_wherever(earlier: Amount, later: Amount) -> bool:
    """Tell whether `earlier` names an amount for every currency and deal that `later` does.

    Of tiers and seats that is not known before they are counted, and no problem is told.
    """
    if isinstance(earlier, Percent):
        return True
    if isinstance(earlier, Tiered | PerSeat) or isinstance(later, Percent | Tiered):
        return False
    return all(
        code in earlier.by_currency and _smallest(earlier, code) <= _smallest(later, code)
        for code in later.by_currency
    )


def _smallest(amount: Fixed | Bands | PerSeat, code: str) -> int:
    """Return the smallest deal that is paid for, in minor units."""
    return amount.by_currency[code][0][0] if isinstance(amount, Bands) else 0
