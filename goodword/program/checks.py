"""What must hold between the values of a program file, beyond what each may be on its own.

Each check sees the values that could be read, and only those: it tells its problems together with
the ones that were found in single values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from goodword.money import Money
from goodword.program.problems import Problem, as_written
from goodword.rules.crm_policy import CrmPolicy, Intake, IntakeFields
from goodword.rules.incentives import IN_KIND, Bands, Fixed, Incentive, Pay, Percent


def check_stages(values: Mapping[str, Any]) -> Iterable[Problem]:
    """The stage that qualifies is one of the stages."""
    order, start = values.get("order"), values.get("qualified_from")
    if order and start and start not in order:
        yield Problem(".qualified_from", as_written(start), "one of the stages in order")


def check_crm(values: Mapping[str, Any]) -> Iterable[Problem]:
    """Two things are never written to one field; a custom object is named with its fields."""
    usual = CrmPolicy()
    until = values.get("protected_until_field", usual.protected_until_field)
    if values.get("partner_field", usual.partner_field) == until:
        yield Problem(
            ".protected_until_field", as_written(until), "another field than the partner's"
        )
    is_object = values.get("intake") is Intake.OBJECT
    if is_object and "object" not in values:
        allowed = 'the custom object with intake = "object", as "Deal_Registration__c"'
        yield Problem(".object", "nothing", allowed)
    if "object" in values and not is_object:
        found = f'{as_written(values["object"])} without intake = "object"'
        yield Problem(".object", found, 'a custom object with intake = "object" only')
    if is_object and not values.get("fields", IntakeFields()).company:
        yield Problem(".fields.company", "nothing", "the object's field with the company's name")


def check_approvals(values: Mapping[str, Any]) -> Iterable[Problem]:
    """Both thresholds name the same currencies, and the second is not below the first."""
    auto, two = values.get("auto_below"), values.get("two_approvers_from")
    if auto is None or two is None:
        return
    for key, has, lacks in ((".two_approvers_from", auto, two), (".auto_below", two, auto)):
        for code in has:
            if code not in lacks:
                allowed = "the same currencies in auto_below and two_approvers_from"
                yield Problem(key, f"nothing in {code}", allowed)
    for code in auto:
        if code in two and two[code] < auto[code]:
            allowed = f"auto_below ({Money(auto[code], code)}) or more"
            yield Problem(".two_approvers_from", f"{Money(two[code], code)}", allowed)


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
    if pay in IN_KIND:
        yield from _not_in_kind(amount, cap)
    elif amount and cap and cap.amount and not isinstance(amount, Percent):
        for code in amount.by_currency:
            if code not in cap.amount:
                allowed = "the cap in every currency that the incentive pays"
                yield Problem(".cap.amount", f"nothing in {code}", allowed)


def _benefit_of_another(values: Mapping[str, Any], pay: Pay) -> Iterable[Problem]:
    for other, key in BENEFIT_OF.items():
        if key in values and other is not pay:
            found = f"{key} with pay = {as_written(pay.value)}"
            yield Problem(f".{key}", found, f"{key} with pay = {as_written(other.value)} only")


def _not_in_kind(amount: Any, cap: Any) -> Iterable[Problem]:
    """What is not money is given whole or not at all, at a worth that is the same each time."""
    if amount is not None and not isinstance(amount, Fixed):
        found = "a part of the deal" if isinstance(amount, Percent) else "bands by the deal's size"
        yield Problem(".amount", found, 'what one of it is worth, as ["49.00 USD"]')
    if cap is not None and cap.amount:
        allowed = "a count: what is not money is given whole or not at all"
        yield Problem(".cap.amount", "a cap in money", allowed)


def check_incentives(incentives: list[tuple[int, Incentive]]) -> Iterable[Problem]:
    """Every incentive has a name of its own and can pay."""
    names: dict[str, int] = {}
    for place, incentive in incentives:
        first = names.setdefault(incentive.name.casefold(), place)
        if first != place:
            found = f"{as_written(incentive.name)}, which is incentives[{first}] too"
            yield Problem(f"[{place}].name", found, "a name of its own")
    first_of_all = [(place, each) for place, each in incentives if not each.also]
    for index, (place, incentive) in enumerate(first_of_all):
        for earlier, other in first_of_all[:index]:
            if _always_before(other, incentive):
                found = f"a rule that never pays: incentives[{earlier}] matches first, always"
                allowed = "the narrower rule before the wider one, or also = true"
                yield Problem(f"[{place}]", found, allowed)
                break


def _always_before(earlier: Incentive, later: Incentive) -> bool:
    """Tell whether every outcome that `later` matches is matched by `earlier` too."""
    return (
        earlier.outcome is later.outcome
        and later.kinds <= earlier.kinds
        and (not earlier.tiers or bool(later.tiers and later.tiers <= earlier.tiers))
        and _pays_wherever(earlier.amount, later.amount)
    )


def _pays_wherever(earlier: Fixed | Bands | Percent, later: Fixed | Bands | Percent) -> bool:
    """Tell whether `earlier` names an amount for every currency and deal that `later` does."""
    if isinstance(earlier, Percent):
        return True
    if isinstance(later, Percent):
        return False
    return all(
        code in earlier.by_currency and _smallest(earlier, code) <= _smallest(later, code)
        for code in later.by_currency
    )


def _smallest(amount: Fixed | Bands, code: str) -> int:
    """Return the smallest deal that is paid for, in minor units."""
    return amount.by_currency[code][0][0] if isinstance(amount, Bands) else 0
