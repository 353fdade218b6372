"""The incentives of a program file, and the contracts that have incentives of their own."""

from __future__ import annotations

from typing import Any, Final

from goodword.program.amounts import one_for_each_currency, positive_amounts, read_amount
from goodword.program.incentive_checks import (
    BENEFIT_OF,
    check_contract,
    check_contracts,
    check_incentive,
    check_incentives,
    check_only,
)
from goodword.program.problems import Problem, Unfit, as_written
from goodword.program.shapes import shape_of, shaped, then
from goodword.program.tables import Read, defaulted, many, record, table
from goodword.program.values import (
    as_set,
    choice,
    day,
    flag,
    money_list,
    percent_bps,
    percent_off,
    text,
    whole,
    word,
)
from goodword.rules.conditions import Conditions
from goodword.rules.contracts import Contract
from goodword.rules.incentives import Cap, Incentive, Pay, To
from goodword.rules.outcomes import Outcome
from goodword.rules.participants import KINDS
from goodword.rules.tiers import TIERS
from goodword.rules.windows import Period

_MOST_INCENTIVES = 1_000
_MOST_CONTRACTS = 10_000
_MOST_WORDS = 300
_YEARS = 3_650  # ten of them, in days


def _words(known: tuple[str, ...]) -> Read[frozenset[str]]:
    read_words = many(word(known), f'words, as ["{known[0]}"]', 1, len(known))
    return then(read_words, as_set)


_any_cap = record(
    Cap,
    {
        "per": choice(Period),
        "count": whole(1, 1_000_000, "rewards"),
        "amount": money_list(least=1),
        "own_bill": percent_bps,
    },
    renamed={"own_bill": "own_bill_bps"},
)


@shaped(shape_of(_any_cap))
def _cap(value: object) -> Cap:
    cap = _any_cap(value)
    if cap.count is None and not cap.amount and cap.own_bill_bps is None:
        found = "none of count, amount and own_bill"
        raise Unfit(Problem("", found, "one of them, or several"))
    return cap


def _as_in_crm(example: str) -> Read[tuple[str, ...]]:
    return many(text(255), f'words as the CRM has them, as ["{example}"]', 1, _MOST_WORDS)


_only = record(
    Conditions,
    {
        "countries": _as_in_crm("United States"),
        "industries": _as_in_crm("Technology"),
        "lead_sources": _as_in_crm("Partner"),
        "deal_types": _as_in_crm("New Customer"),
        "products": _as_in_crm("Enterprise"),
        "deal_from": one_for_each_currency,
        "deal_below": positive_amounts,
        "first_deal_only": flag,
        "customers_from": whole(1, 1_000_000, "customers"),
    },
    check_only,
)

_incentive_table = table(
    {
        "name": text(100),
        "kinds": _words(KINDS),
        "tiers": _words(TIERS),
        "on": choice(Outcome),
        "to": choice(To),
        "only": _only,
        "pay": choice(Pay),
        "months": whole(1, 12, "months"),
        "percent_off": percent_off,
        "perk": text(100),
        "amount": read_amount,
        "at_most": positive_amounts,
        "may_exceed_deal": flag,
        "for_months": whole(1, 120, "months"),
        "also": flag,
        "choice": text(100),
        "cap": _cap,
        "hold_days": whole(0, _YEARS, "days"),
    },
    optional=defaulted(Incentive) | set(BENEFIT_OF.values()),
    check=check_incentive,
)


@shaped(shape_of(_incentive_table))
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

read_incentives = many(
    _incentive, "tables [[incentives]]", 1, _MOST_INCENTIVES, check=check_incentives
)

_contract_table = table(
    {
        "participant": text(100),
        "document": text(200),
        "from": day,
        "until": day,
        "incentives": many(
            _incentive, "tables [[contracts.incentives]]", 1, 100, check=check_incentives
        ),
    },
    optional={"until"},
    check=check_contract,
)


def _contract(values: dict[str, Any]) -> Contract:
    return Contract(
        values["participant"],
        values["document"],
        values["from"],
        values.get("until"),
        values["incentives"],
    )


read_contracts = many(
    then(_contract_table, _contract),
    "tables [[contracts]]",
    0,
    _MOST_CONTRACTS,
    check=check_contracts,
)
