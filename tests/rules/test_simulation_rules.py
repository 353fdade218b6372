"""Simulations: which past another program is tried on, and what becomes of its rewards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodword.program import load_program
from goodword.rules.attribution import AttributionPolicy, Model
from goodword.rules.conversions import Claim, ClaimKind, WonDeal
from goodword.rules.histories import Days, Outlook, PastDeal, Person
from goodword.rules.past_conversions import as_known
from goodword.rules.payout_plans import PayoutPolicy
from goodword.rules.refunds import Loss
from goodword.rules.simulations import Past, run_up, simulate

PROGRAM, _ = load_program(Path(__file__).parents[2] / "config" / "program.toml")
DAYS = Days(date(2026, 1, 1), date(2026, 6, 30))
NONE_OF_THEM = Past({}, (), {}, {1: PROGRAM.attribution})


def person(number: int, kind: str = "affiliate", tier: str = "basic") -> Person:
    email = f"p{number}@example.com"
    return Person(number, f"p{number}", f"P {number}", kind, tier, "active", email, ())


PEOPLE = {number: person(number) for number in range(1, 6)}
PAST = replace(NONE_OF_THEM, people=PEOPLE)


def touch(number: int, days_before: int, who: int | None, won_on: date) -> Claim:
    on = won_on - timedelta(days=days_before)
    at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    return Claim(ClaimKind.TOUCH, number, at, on, "referral", who, 0)


def deal(number: int, won_on: date, *claims: Claim, value: int = 100_000) -> PastDeal:
    won_at = datetime(won_on.year, won_on.month, won_on.day, 18, tzinfo=UTC)
    return PastDeal(
        WonDeal(f"006{number}", value, won_at, won_on, claims),
        f"001{number}",
        "USD",
        won_on,
        conversion_id=number,
        journey=frozenset((claim.kind, claim.claim_id) for claim in claims),
        version=1,
    )


WON_ON = date(2026, 3, 2)


def run(*deals: PastDeal, program: object = PROGRAM) -> Outlook:
    return simulate(program, DAYS, deals, PAST)  # type: ignore[arg-type]


def test_a_claim_that_would_have_been_credited_and_was_not_came_later_and_is_left_out() -> None:
    early, late = touch(1, 20, 1, WON_ON), touch(2, 30, 2, WON_ON)
    found = deal(1, WON_ON, early)
    found = replace(found, deal=replace(found.deal, claims=(early, late)))
    assert as_known(found, NONE_OF_THEM.policies).claims == (early,)


def test_a_claim_that_was_too_old_then_is_there_for_a_program_that_looks_back_further() -> None:
    young, old = touch(1, 20, 1, WON_ON), touch(2, 300, 2, WON_ON)
    found = deal(1, WON_ON, young)
    found = replace(found, deal=replace(found.deal, claims=(young, old)))
    assert as_known(found, NONE_OF_THEM.policies).claims == (young, old)
    assert [each.participant_id for each in run(found).rewards] == [1]
    further = replace(PROGRAM, attribution=AttributionPolicy(Model.FIRST_TOUCH, lookback_days=365))
    assert [each.participant_id for each in run(found, program=further).rewards] == [2]


def test_the_past_counts_from_the_beginning_of_the_year_that_is_paid_for() -> None:
    assert run_up(date(2026, 6, 1), PROGRAM) == date(2026, 1, 1)
    assert run_up(date(2026, 1, 2), PROGRAM) == date(2025, 1, 1)


def test_what_was_before_the_days_counts_and_is_not_told() -> None:
    before = deal(1, date(2025, 12, 31), touch(1, 5, 1, date(2025, 12, 31)))
    found = run(before, deal(2, WON_ON, touch(2, 5, 1, WON_ON)))
    assert [each.subject for each in found.rewards] == ["conversion 2"]
    # Won on the last day of the year, payable three days later.
    assert found.payments == {(date(2026, 1, 1), "USD"): 10_000, (date(2026, 3, 1), "USD"): 10_000}
    assert found.proceeds.minor == {"USD": 100_000}


def test_what_is_taken_back_in_time_does_not_stay_and_is_netted() -> None:
    lost = Loss(WON_ON + timedelta(days=30), 50_000, "half was refunded")
    found = replace(deal(1, WON_ON, touch(1, 5, 1, WON_ON)), lost=(lost,))
    later = date(2026, 5, 4)
    outlook = run(found, deal(2, later, touch(2, 5, 1, later)))
    assert [each.kept_minor for each in outlook.rewards] == [5_000, 10_000]
    assert outlook.payments == {(date(2026, 3, 1), "USD"): 10_000, (date(2026, 5, 1), "USD"): 5_000}
    assert outlook.left == {}
    assert outlook.proceeds.minor == {"USD": 150_000}


def test_what_is_below_the_smallest_payout_is_left_until_it_adds_up() -> None:
    small = replace(PROGRAM, payouts=PayoutPolicy({"USD": 15_000}))
    april = date(2026, 4, 6)
    first = deal(1, WON_ON, touch(1, 5, 1, WON_ON))
    second = deal(2, april, touch(2, 5, 1, april))
    assert run(first, program=small).left == {"USD": 10_000}
    assert run(first, second, program=small).payments == {(date(2026, 4, 1), "USD"): 20_000}


def test_a_deal_that_nobody_is_credited_with_is_told_with_its_reason() -> None:
    found = deal(1, WON_ON, touch(1, 400, 1, WON_ON))
    assert "no participant's claim in the 180 days" in run(found).unclaimed["conversion 1"]


@pytest.mark.parametrize(
    ("moment", "kind", "tier"), [(None, "reseller", "top"), (9, "reseller", "basic"), (4, "x", "b")]
)
def test_a_participant_is_what_they_were_at_a_moment(
    moment: int | None, kind: str, tier: str
) -> None:
    changes = ((5, {"kind": "x", "tier": "b"}), (7, {"tier": "q"}), (12, {"tier": "basic"}))
    was = replace(person(1, "reseller", "top"), changes=changes).at(moment)
    assert (was.kind, was.tier) == (kind, tier)


journeys = st.lists(st.tuples(st.integers(0, 200), st.sampled_from([None, *PEOPLE])), max_size=4)
pasts = st.lists(st.tuples(st.integers(0, 179), journeys), max_size=8)


@given(pasts, st.randoms())
def test_the_order_in_which_deals_are_read_does_not_matter(
    past: list[tuple[int, list[tuple[int, int | None]]]], random: object
) -> None:
    deals = []
    for number, (days, journey) in enumerate(past, start=1):
        won_on = DAYS.first + timedelta(days=days)
        claims = [touch(10 * number + i, ago, who, won_on) for i, (ago, who) in enumerate(journey)]
        deals.append(deal(number, won_on, *claims))
    shuffled = list(deals)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert run(*deals).rewards == run(*shuffled).rewards
    assert run(*deals).payments == run(*shuffled).payments
