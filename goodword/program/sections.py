"""The sections of a program file: for each, its keys, their bounds and the policy they make.

The keys are the fields of the policies in goodword.rules, and the defaults are theirs; only an
incentive's `on` is called `outcome` there, as `amount.by_deal_size` is Bands, and what it gives in
kind (`months`, `percent_off`, `perk`) is its `benefit`.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from goodword.money import Money
from goodword.program.checks import (
    BENEFIT_OF,
    check_approvals,
    check_crm,
    check_incentive,
    check_incentives,
    check_stages,
)
from goodword.program.disputes import read_disputes
from goodword.program.problems import Problem, Unfit, as_written
from goodword.program.registrations import read_registrations
from goodword.program.tables import Read, defaulted, many, record, table
from goodword.program.values import (
    bands_by_currency,
    choice,
    currency,
    custom_name,
    day,
    developer_name,
    email,
    field_name,
    flag,
    money_list,
    percent_bps,
    percent_off,
    text,
    time_zone,
    whole,
    word,
)
from goodword.rules.approvals import ApprovalPolicy
from goodword.rules.attribution import AttributionPolicy, Model
from goodword.rules.crm_policy import CrmPolicy, Intake, IntakeFields, RouteTo
from goodword.rules.figures import FigurePolicy
from goodword.rules.incentives import Bands, Cap, Fixed, Incentive, Outcome, Pay, Percent, Period
from goodword.rules.payout_plans import PayoutPolicy
from goodword.rules.programs import Program, StagePolicy
from goodword.rules.rewards import RewardPolicy

KINDS: Final = ("customer", "employee", "reseller", "affiliate", "technology", "service")
TIERS: Final = ("basic", "premium", "top")

_MOST_INCENTIVES = 1_000
_YEARS = 3_650  # ten of them, in days


def read_sections(value: object) -> Program:
    """Read a whole file, already parsed from TOML; raises Unfit with every problem in it."""
    values = _file(value)
    return Program(**values.pop("program"), **values)


_by_deal_size = table({"by_deal_size": bands_by_currency})
_one_for_each_currency = money_list(least=1)


def _amount(value: object) -> Fixed | Bands | Percent:
    if isinstance(value, dict):
        return Bands(_by_deal_size(value)["by_deal_size"])
    if isinstance(value, str):
        return Percent(percent_bps(value))
    if not isinstance(value, list):
        allowed = 'amounts, as ["200.00 USD"]; a percentage, as "20%"; or by_deal_size with bands'
        raise Unfit.of(value, allowed)
    amounts = _one_for_each_currency(value)
    for code, minor in amounts.items():
        if minor == 0:
            raise Unfit(Problem("", f"{Money(0, code)}", "more than zero"))
    return Fixed(amounts)


def _words(known: tuple[str, ...]) -> Read[frozenset[str]]:
    read_words = many(word(known), f'words, as ["{known[0]}"]', 1, len(known))
    return lambda value: frozenset(read_words(value))


_any_cap = record(
    Cap,
    {"per": choice(Period), "count": whole(1, 1_000_000, "rewards"), "amount": money_list(least=1)},
)


def _cap(value: object) -> Cap:
    cap = _any_cap(value)
    if cap.count is None and not cap.amount:
        raise Unfit(Problem("", "neither count nor amount", "count, amount, or both"))
    return cap


_incentive_table = table(
    {
        "name": text(100),
        "kinds": _words(KINDS),
        "tiers": _words(TIERS),
        "on": choice(Outcome),
        "pay": choice(Pay),
        "months": whole(1, 12, "months"),
        "percent_off": percent_off,
        "perk": text(100),
        "amount": _amount,
        "also": flag,
        "cap": _cap,
        "hold_days": whole(0, _YEARS, "days"),
    },
    optional=defaulted(Incentive) | set(BENEFIT_OF.values()),
    check=check_incentive,
)


def _incentive(value: object) -> Incentive:
    missing = _missing_benefit(value)
    try:
        values = _incentive_table(value)
    except Unfit as unfit:
        raise Unfit(*unfit.problems, *missing) from None
    if missing:
        raise Unfit(*missing)
    key = BENEFIT_OF.get(values["pay"])
    benefit = {key: values.pop(key)} if key else None
    return Incentive(outcome=values.pop("on"), benefit=benefit, **values)


def _missing_benefit(value: object) -> list[Problem]:
    """Tell of the key that what is paid in kind needs; the table's own check sees none missing."""
    written = value if isinstance(value, dict) else {}
    pays = {pay.value: key for pay, key in BENEFIT_OF.items()}
    pay = written.get("pay")
    key = pays.get(pay) if isinstance(pay, str) else None
    if key is None or key in written:
        return []
    return [Problem(f".{key}", "nothing", f"{_BENEFITS[key]}, with pay = {as_written(pay)}")]


_BENEFITS: Final = {
    "months": "a whole number of months from 1 to 12",
    "percent_off": 'a percentage from 1% to 100%, as "20%"',
    "perk": 'what it is, as "Conference ticket"',
}


_program = {
    "name": text(100),
    "company": text(100),
    "support_email": email,
    "staff_email": email,
    "time_zone": time_zone,
    "currency": currency,
    "effective_on": day,
}

_stages = record(
    StagePolicy,
    {
        "order": many(text(255), 'stages, as ["Prospecting", "Closed Won"]', 2, 200),
        "qualified_from": text(255),
    },
    check_stages,
)

_attribution = record(
    AttributionPolicy,
    {
        "model": choice(Model),
        "lookback_days": whole(1, _YEARS, "days"),
        "half_life_days": whole(1, 365, "days"),
        "registration_wins": flag,
    },
)

_rewards = record(
    RewardPolicy,
    {"hold_days": whole(0, _YEARS, "days"), "clawback_days": whole(0, _YEARS, "days")},
)

_approvals = record(
    ApprovalPolicy,
    {
        "auto_below": money_list(),
        "two_approvers_from": money_list(),
        "escalate_after_days": whole(1, 90, "days"),
        "escalate_to": email,
    },
    check_approvals,
)

_figures = record(
    FigurePolicy,
    {"monthly_cost": money_list(), "active_within_days": whole(1, _YEARS, "days")},
)

_crm = record(
    CrmPolicy,
    {
        "partner_field": custom_name,
        "protected_until_field": custom_name,
        "division_field": field_name,
        "route_to": choice(RouteTo),
        "intake": choice(Intake),
        "intake_from": day,
        "lead_record_type": developer_name,
        "lead_source": text(255),
        "object": custom_name,
        "fields": record(IntakeFields, {field.name: field_name for field in fields(IntakeFields)}),
    },
    check_crm,
)

_incentives = many(_incentive, "tables [[incentives]]", 1, _MOST_INCENTIVES, check=check_incentives)

_file = table(
    {
        "program": table(_program),
        "stages": _stages,
        "registrations": read_registrations,
        "disputes": read_disputes,
        "attribution": _attribution,
        "rewards": _rewards,
        "approvals": _approvals,
        "payouts": record(PayoutPolicy, {"minimum": money_list()}),
        "figures": _figures,
        "crm": _crm,
        "incentives": _incentives,
    },
)
