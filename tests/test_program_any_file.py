"""No accepted program file makes the engine fail, or pays more money than a deal brought."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodword.money import split
from goodword.program import ProgramRefused, describe, read_program
from goodword.rules.books import CapBook
from goodword.rules.earnings import Earned, Earning, Rules, earn
from goodword.rules.incentives import IN_KIND
from goodword.rules.outcomes import DealFacts, Outcome, OutcomeFacts, kept, recalled
from goodword.rules.programs import Program
from tests.test_program_errors import SMALL, toml

HEAD = (
    SMALL.partition("[[incentives]]")[0]
    + '[renewals]\ndeal_types = ["Renewal"]\n[crm]\nproduct_field = "Product__c"\n'
)
KINDS = ["customer", "reseller"]


def usd(low: int = 0) -> st.SearchStrategy[str]:
    return st.integers(low, 10**7).map(lambda minor: f"{minor // 100}.{minor % 100:02} USD")


def number(text: str) -> str:
    return text.removesuffix(" USD")


rates = st.integers(1, 10_000).map(lambda bps: f"{bps // 100}.{bps % 100:02}%")
pays = rates | usd(1).map(number)
volume_steps = st.builds(lambda start, pay: f"from {number(start)} pay {pay}", usd(), pays)
count_steps = st.builds(lambda start, pay: f"from {start} pay {pay}", st.integers(1, 6), pays)
windows = st.sampled_from(["month", "quarter", "year", "ever", "rolling 30 days"])
tiers = st.one_of(
    st.fixed_dictionaries(
        {
            "by": st.just("volume"),
            "over": windows,
            "steps": st.lists(volume_steps, min_size=1, max_size=3).map(lambda s: {"USD": s}),
        },
        optional={"mode": st.sampled_from(["whole", "marginal"])},
    ),
    st.fixed_dictionaries(
        {
            "by": st.just("count"),
            "over": windows,
            "steps": st.lists(count_steps, min_size=1, max_size=3).map(lambda s: {"USD": s}),
        }
    ),
)
bands = st.builds(lambda start, pay: f"from {number(start)} pay {number(pay)}", usd(), usd())
amounts = st.one_of(
    rates,
    usd(1).map(lambda amount: [amount]),
    usd(1).map(lambda amount: {"per_seat": [amount]}),
    st.lists(bands, min_size=1, max_size=3).map(lambda lines: {"by_deal_size": {"USD": lines}}),
    tiers.map(lambda tiered: {"tiered": tiered}),
)
conditions = st.fixed_dictionaries(
    {},
    optional={
        "countries": st.just(["Japan"]),
        "products": st.just(["Cloud"]),
        "deal_from": usd().map(lambda amount: [amount]),
        "first_deal_only": st.booleans(),
        "customers_from": st.integers(1, 3),
    },
)
incentives = st.fixed_dictionaries(
    {
        "kinds": st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True),
        "on": st.sampled_from(["referred", "qualified", "converted", "invoice_paid", "renewed"]),
        "pay": st.sampled_from(["cash", "billing_credit"]),
        "amount": amounts,
    },
    optional={
        "only": conditions,
        "at_most": usd(1).map(lambda amount: [amount]),
        "also": st.booleans(),
        "to": st.sampled_from(["participant", "customer", "company"]),
        "for_months": st.integers(1, 24),
        "cap": st.fixed_dictionaries(
            {"per": st.sampled_from(["month", "year"])},
            optional={
                "count": st.integers(1, 3),
                "amount": usd(1).map(lambda a: [a]),
                "own_bill": rates,
            },
        ),
    },
)


def written(rules: Iterable[dict[str, Any]]) -> str:
    """Write incentives as a program file."""
    body = ""
    for place, rule in enumerate(rules):
        lines = (f"{key} = {toml(value)}\n" for key, value in rule.items())
        body += f'[[incentives]]\nname = "Rule {place}"\n' + "".join(lines)
    return HEAD + body


deals = st.lists(
    st.tuples(
        st.sampled_from([Outcome.CONVERTED, Outcome.INVOICE_PAID, Outcome.RENEWED]),
        st.integers(0, 10**7),
        st.integers(0, 400),
        st.lists(st.integers(1, 9), min_size=1, max_size=3),
        st.none() | st.decimals(0, 1000, places=2),
        st.booleans(),
    ),
    max_size=6,
)


def outcomes(drawn: list[Any]) -> list[Earning]:
    """Make outcomes of deals that several participants share."""
    earnings = []
    for number_, (outcome, value, day, weights, seats, first) in enumerate(drawn, 1):
        on = date(2026, 1, 1) + timedelta(days=day)
        months = day // 31 if outcome is Outcome.INVOICE_PAID else None
        known = DealFacts(seats, country="japan" if first else None, is_first=first, months=months)
        known = replace(known, product="Cloud; Training" if first else None)
        parts = split(value, weights)
        for who, part in enumerate(parts):
            facts = OutcomeFacts(
                outcome, KINDS[who % 2], "basic", value, part, "USD", sum(parts[:who]), known
            )
            earnings.append(
                Earning(
                    who + 1,
                    facts,
                    on,
                    1,
                    number_,
                    claimed_at=datetime(2026, 1, 1, tzinfo=UTC),
                    customer=f"account {number_ % 3}",
                    invoice_id=f"in_{number_}" if months is not None else None,
                    renews_id=1 if outcome is Outcome.RENEWED else None,
                )
            )
    return earnings


def accepted(rules: list[dict[str, Any]]) -> Program | None:
    try:
        return read_program(written(rules), "p.toml")
    except ProgramRefused:
        return None


def check(earned: list[Earned]) -> None:
    """No participant gets more money for an outcome than they are credited with of it."""
    sums: dict[tuple[int, int | None], int] = {}
    for each in earned:
        assert 0 <= each.amount_minor <= each.computed_minor
        assert each.reason
        facts = each.earning.facts
        assert recalled(kept(facts)) == (facts.deal, dict(facts.brought))
        if each.incentive.pay not in IN_KIND:
            key = (each.earning.participant_id, each.earning.conversion_id)
            sums[key] = sums.get(key, 0) + each.computed_minor
            assert sums[key] <= facts.credited_minor


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=300)
@given(st.lists(incentives, min_size=1, max_size=4), deals)
def test_no_accepted_file_fails_or_pays_more_than_a_deal_brought(
    rules: list[dict[str, Any]], drawn: list[Any]
) -> None:
    program = accepted(rules)
    if program is None:
        return
    assert all(describe(program))
    check(earn(outcomes(drawn), {1: Rules.of(program)}, CapBook()))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(incentives, min_size=1, max_size=4), deals, st.randoms())
def test_the_order_of_outcomes_changes_nothing_but_who_a_cap_leaves_out(
    rules: list[dict[str, Any]], drawn: list[Any], random: Any
) -> None:
    program = accepted(rules)
    if program is None:
        return
    uncapped = tuple(replace(rule, cap=None) for rule in program.incentives)
    by_rules = {1: Rules(uncapped, 3)}
    in_order = outcomes(drawn)
    mixed = random.sample(in_order, len(in_order))

    def amounts_of(earnings: list[Earning]) -> set[tuple[object, ...]]:
        return {
            (e.earning.participant_id, e.earning.conversion_id, e.incentive.name, e.amount_minor)
            for e in earn(earnings, by_rules, CapBook())
        }

    assert amounts_of(in_order) == amounts_of(mixed)


def test_most_of_what_is_drawn_is_accepted_somewhere() -> None:
    rule = {"kinds": ["customer"], "on": "converted", "pay": "cash", "amount": "20%"}
    assert accepted([rule]) is not None
    facts = OutcomeFacts(Outcome.CONVERTED, "customer", "basic", 100, 100, "USD")
    assert kept(replace(facts, deal=DealFacts(Decimal("1.00")))) == {"seats": "1.00"}
