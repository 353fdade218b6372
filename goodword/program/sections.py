"""The sections of a program file: for each, its keys, their bounds and the policy they make.

The keys are the fields of the policies in goodword.rules, and the defaults are theirs; only an
incentive's `on` is called `outcome` there, as `amount.by_deal_size` is Bands, and what it gives in
kind (`months`, `percent_off`, `perk`) is its `benefit`.
"""

from __future__ import annotations

from dataclasses import fields, replace

from goodword.program.checks import check_approvals, check_crm, check_file, check_stages
from goodword.program.disputes import read_disputes
from goodword.program.incentives import read_contracts, read_incentives
from goodword.program.registrations import read_registrations
from goodword.program.suspicion import read_suspicion
from goodword.program.tables import many, record, table
from goodword.program.tiers import read_tiers
from goodword.program.values import (
    choice,
    currency,
    custom_name,
    day,
    developer_name,
    email,
    field_name,
    flag,
    money_list,
    text,
    time_zone,
    whole,
)
from goodword.rules.approvals import ApprovalPolicy
from goodword.rules.attribution import AttributionPolicy, Model
from goodword.rules.crm_policy import CrmPolicy, Intake, IntakeFields, RouteTo
from goodword.rules.figures import FigurePolicy
from goodword.rules.payout_plans import PayoutPolicy
from goodword.rules.programs import Program, StagePolicy
from goodword.rules.renewals import RenewalPolicy
from goodword.rules.rewards import RewardPolicy

_YEARS = 3_650  # ten of them, in days


def read_sections(value: object) -> Program:
    """Read a whole file, already parsed from TOML; raises Unfit with every problem in it."""
    values = read_file(value)
    about, crm = values.pop("program"), values.pop("crm")
    return Program(**about, **values, crm=replace(crm, time_zone=about["time_zone"]))


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

_renewals = record(
    RenewalPolicy,
    {"deal_types": many(text(255), 'types, as ["Existing Customer - Renewal"]', 0, 100)},
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
        "second_within_days": whole(1, 90, "days"),
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
        "product_field": field_name,
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

read_file = table(
    {
        "program": table(_program),
        "stages": _stages,
        "registrations": read_registrations,
        "disputes": read_disputes,
        "attribution": _attribution,
        "rewards": _rewards,
        "approvals": _approvals,
        "suspicion": read_suspicion,
        "payouts": record(PayoutPolicy, {"minimum": money_list()}),
        "figures": _figures,
        "crm": _crm,
        "tiers": read_tiers,
        "renewals": _renewals,
        "incentives": read_incentives,
        "contracts": read_contracts,
    },
    optional={"contracts"},
    check=check_file,
)
