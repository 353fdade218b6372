"""What must hold between the values of a program file, beyond what each may be on its own.

Each check sees the values that could be read, and only those: it tells its problems together with
the ones that were found in single values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from goodword.money import Money
from goodword.program.problems import Problem, as_written
from goodword.rules.crm_policy import CrmPolicy, Intake, IntakeFields
from goodword.rules.outcomes import Outcome


def check_stages(values: Mapping[str, Any]) -> Iterable[Problem]:
    """The stage that qualifies is one of the stages."""
    order, start = values.get("order"), values.get("qualified_from")
    if order and start and start not in order:
        yield Problem(".qualified_from", as_written(start), "one of the stages in order")


def check_crm(values: Mapping[str, Any]) -> Iterable[Problem]:
    """Nothing else is in the program's own fields; a custom object is named with its fields."""
    usual = CrmPolicy()
    until = values.get("protected_until_field", usual.protected_until_field)
    if values.get("partner_field", usual.partner_field) == until:
        yield Problem(
            ".protected_until_field", as_written(until), "another field than the partner's"
        )
    own = {until, values.get("partner_field", usual.partner_field)}
    intake = values.get("fields", usual.fields)
    read = {f".fields.{each.name}": getattr(intake, each.name) for each in fields(intake)}
    named = {f".{key}": values.get(key) for key in ("division_field", "product_field")}
    for key, field in {**named, **read}.items():
        if field in own:  # what is written would come back as what somebody said
            yield Problem(key, as_written(field), "a field that the program does not write to")
    is_object = values.get("intake") is Intake.OBJECT
    if is_object and "object" not in values:
        allowed = 'the custom object with intake = "object", as "Deal_Registration__c"'
        yield Problem(".object", "nothing", allowed)
    if "object" in values and not is_object:
        found = f'{as_written(values["object"])} without intake = "object"'
        yield Problem(".object", found, 'a custom object with intake = "object" only')
    if is_object and not values.get("fields", IntakeFields()).company:
        yield Problem(".fields.company", "nothing", "the object's field with the company's name")


def check_file(values: Mapping[str, Any]) -> Iterable[Problem]:
    """Who is paid for renewals, or by product, says what the CRM calls them."""
    rules = [*values.get("incentives", ())]
    rules += [rule for own in values.get("contracts", ()) for rule in own.incentives]
    renewals, crm = values.get("renewals"), values.get("crm")
    is_on_renewals = any(rule.outcome is Outcome.RENEWED for rule in rules)
    if renewals is not None and not renewals.deal_types and is_on_renewals:
        allowed = 'the CRM\'s types of deals that renew, as ["Existing Customer - Renewal"]'
        yield Problem("renewals.deal_types", "nothing, and incentives on renewed", allowed)
    if crm is not None and not crm.product_field and any(rule.only.products for rule in rules):
        allowed = 'the field of deals with the product, as "Product__c"'
        yield Problem("crm.product_field", "nothing, and incentives by product", allowed)


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
