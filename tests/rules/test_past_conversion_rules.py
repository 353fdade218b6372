"""Past conversions: which deal won a customer, and whose a renewal is by the simulated program."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from goodword.money import Money
from goodword.program import load_program
from goodword.rules.amounts import Fixed
from goodword.rules.attribution import AttributionPolicy, Model
from goodword.rules.conversions import Claim, ClaimKind, Grant, Unclaimed, WonDeal
from goodword.rules.histories import Days, PastDeal, PastInvoice, PastLead, Person
from goodword.rules.incentives import Cap, Incentive, Pay
from goodword.rules.outcomes import DealFacts, Outcome
from goodword.rules.past_conversions import Converted, as_known, decided
from goodword.rules.past_earnings import of_deal, of_invoices, of_lead
from goodword.rules.programs import Program
from goodword.rules.renewals import RenewalPolicy
from goodword.rules.simulations import Past, simulate
from goodword.rules.suspicions import Introduced
from goodword.rules.windows import Period

LINEAR = AttributionPolicy(Model.LINEAR)
_SAMPLE, _ = load_program(Path(__file__).parents[2] / "config" / "program.toml")
PROGRAM = replace(_SAMPLE, attribution=LINEAR, renewals=RenewalPolicy(("Renewal",)))
POLICIES = {1: LINEAR}
JANUARY, MARCH, JUNE = date(2025, 1, 10), date(2025, 3, 10), date(2026, 6, 10)


def at(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, tzinfo=UTC)


def claim(number: int, who: int | None, on: date, kind: ClaimKind = ClaimKind.REFERRAL) -> Claim:
    made = on - timedelta(days=5)
    return Claim(kind, number, at(made), made, "x", who, 0)


def won(number: int, on: date, *claims: Claim, kind: str = "New", minor: int = 100_00) -> PastDeal:
    """Return a deal of the one customer that is no conversion yet."""
    deal = WonDeal(f"006{number}", minor, at(on), on, claims)
    return PastDeal(deal, "001A", "USD", on, DealFacts(type=kind))


FIRST = won(1, JANUARY, claim(1, 1, JANUARY))
RENEWAL = won(9, JUNE, kind="renewal")
TOUCHED = claim(99, 7, JUNE, ClaimKind.TOUCH)


def made_of(deal: PastDeal, *others: PastDeal, program: Program = PROGRAM) -> Converted | Unclaimed:
    """Return what becomes of one of these deals, in whatever order they are read."""
    every = [
        {found.deal: made for found, made in decided(order, program, POLICIES)}[deal.deal]
        for order in permutations((deal, *others))
    ]
    first, *again = every
    if isinstance(first, Converted):
        assert all(isinstance(e, Converted) and e.credited == first.credited for e in again)
    return first


def whose(made: Converted | Unclaimed) -> list[tuple[int | None, int]]:
    """Return who is credited with how much."""
    assert isinstance(made, Converted)
    return [(each.claim.participant_id, each.credit.minor) for each in made.credited]


def test_a_renewal_is_credited_as_the_deal_is_that_won_the_customer() -> None:
    shared = won(1, JANUARY, claim(1, 1, JANUARY), claim(2, 2, JANUARY))
    made = made_of(RENEWAL, shared)
    assert whose(made) == [(1, 50_00), (2, 50_00)]
    assert isinstance(made, Converted)
    assert made.first is not None
    assert made.first.found is shared


def test_so_is_what_a_ruling_grants_of_the_first_deal() -> None:
    holder = claim(1, 1, JANUARY, ClaimKind.REGISTRATION)
    grant = Grant(claim(2, 2, JANUARY, ClaimKind.REGISTRATION), 1, 2_500, 4)
    ruled = replace(FIRST, deal=replace(FIRST.deal, claims=(holder,), grants=(grant,)))
    assert whose(made_of(RENEWAL, ruled)) == [(1, 75_00), (2, 25_00)]


def test_the_earliest_deal_before_it_that_is_credited_won_the_customer() -> None:
    unclaimed, later = won(2, date(2025, 1, 2)), won(3, MARCH, claim(3, 3, MARCH))
    after = won(4, JUNE + timedelta(days=1), claim(4, 4, JUNE))
    assert whose(made_of(RENEWAL, later, FIRST, unclaimed)) == [(1, 100_00)]
    assert whose(made_of(RENEWAL, later, after)) == [(3, 100_00)]
    assert isinstance(made_of(RENEWAL, after), Unclaimed)


def test_what_is_itself_of_a_renewals_type_won_nobody() -> None:
    earlier = won(1, JANUARY, claim(1, 1, JANUARY), kind="RENEWAL")
    assert isinstance(made_of(RENEWAL, earlier), Unclaimed)
    assert whose(made_of(earlier)) == [(1, 100_00)]


@pytest.mark.parametrize(
    "other",
    [
        replace(FIRST, account="001B"),
        won(1, JUNE, claim(1, 1, JUNE)),  # of the same instant the smaller id is earlier
    ],
)
def test_another_customers_deal_and_one_of_the_same_instant(other: PastDeal) -> None:
    made = made_of(RENEWAL, other)
    assert isinstance(made, Converted) == (other.account == "001A")


def test_a_deal_without_an_account_renews_nothing() -> None:
    nobodys = replace(RENEWAL, account=None)
    assert isinstance(made_of(nobodys, replace(FIRST, account=None)), Unclaimed)


def test_touches_on_a_renewal_count_for_nothing_unless_nobody_brought_the_customer() -> None:
    touched = replace(RENEWAL, deal=replace(RENEWAL.deal, claims=(TOUCHED,)))
    assert whose(made_of(touched, FIRST)) == [(1, 100_00)]
    assert whose(made_of(touched)) == [(7, 100_00)]
    none = replace(PROGRAM, renewals=RenewalPolicy())
    assert whose(made_of(touched, FIRST, program=none)) == [(7, 100_00)]


def test_a_registration_that_won_it_goes_before_where_registrations_do() -> None:
    registered = replace(TOUCHED, kind=ClaimKind.REGISTRATION)
    held = replace(RENEWAL, deal=replace(RENEWAL.deal, claims=(registered,)))
    assert whose(made_of(held, FIRST)) == [(7, 100_00)]
    equal = replace(PROGRAM, attribution=replace(LINEAR, registration_wins=False))
    assert whose(made_of(held, FIRST, program=equal)) == [(1, 100_00)]


# As it was --------------------------------------------------------------------------------------


def test_a_first_deal_that_fell_before_the_renewal_won_nobody_and_one_that_fell_after_did() -> None:
    recorded = replace(FIRST, conversion_id=1)
    fell_before = replace(recorded, cancelled_on=JUNE - timedelta(days=1))
    assert isinstance(made_of(RENEWAL, fell_before), Unclaimed)
    assert whose(made_of(RENEWAL, replace(recorded, cancelled_on=JUNE))) == [(1, 100_00)]
    really = replace(RENEWAL, conversion_id=9, renews="0061")
    assert whose(made_of(really, fell_before)) == [(1, 100_00)]


def test_a_first_deal_that_converted_after_a_deal_did_was_not_known_to_it() -> None:
    recorded = replace(RENEWAL, conversion_id=9)
    the_day_after = replace(FIRST, conversion_id=10, computed_on=JUNE + timedelta(days=1))
    assert isinstance(made_of(recorded, the_day_after), Unclaimed)
    assert whose(made_of(recorded, replace(the_day_after, computed_on=JUNE))) == [(1, 100_00)]
    assert whose(made_of(RENEWAL, the_day_after)) == [(1, 100_00)]


def test_of_a_first_deal_that_was_corrected_it_is_the_last_conversion() -> None:
    old = replace(FIRST, conversion_id=1, cancelled_on=JUNE)
    new = replace(FIRST, conversion_id=2, deal=replace(FIRST.deal, value_minor=1))
    made = made_of(RENEWAL, old, new)
    assert isinstance(made, Converted)
    assert made.first is not None
    assert made.first.number == 2


def test_a_registration_that_a_renewal_did_not_go_to_came_later() -> None:
    registered = replace(TOUCHED, kind=ClaimKind.REGISTRATION)
    deal = replace(RENEWAL.deal, claims=(TOUCHED, registered))
    was = replace(RENEWAL, deal=deal, conversion_id=9, version=1, renews="0061")
    assert as_known(was, POLICIES).claims == (TOUCHED,)
    never_first = {1: replace(LINEAR, registration_wins=False)}
    assert as_known(was, never_first).claims == (TOUCHED, registered)


# What it earns ----------------------------------------------------------------------------------

PEOPLE = {
    number: Person(number, f"p{number}", "", "reseller", "basic", "active", "", ())
    for number in (1, 7)
}


def test_a_renewal_earns_as_one_and_its_invoices_count_months_from_the_first_win() -> None:
    invoice = PastInvoice("in_1", 10_00, "USD", JUNE, JUNE)
    paid = replace(RENEWAL, conversion_id=9, invoices=(invoice,))
    made = made_of(paid, replace(FIRST, conversion_id=1))
    assert isinstance(made, Converted)
    [renewed], [billed] = of_deal(made, PEOPLE), of_invoices(made, PEOPLE)
    assert renewed.earning.facts.outcome is Outcome.RENEWED
    assert (renewed.earning.conversion_id, renewed.earning.renews_id) == (9, 1)
    assert (billed.earning.facts.deal.months, billed.earning.renews_id) == (17, 1)
    assert made.first is not None
    fell = replace(made.first, found=replace(made.first.found, cancelled_on=JANUARY))
    [alone] = of_invoices(replace(made, first=fell), PEOPLE)
    assert (alone.earning.facts.deal.months, alone.earning.renews_id) == (0, None)
    [still] = of_deal(replace(made, first=fell), PEOPLE)
    assert still.earning.renews_id == 1


def test_of_one_night_referrals_as_such_come_first_in_the_order_they_came() -> None:
    lead = PastLead(7, 1, at(JUNE), JUNE, 0, "USD", JUNE)
    names = [
        replace(
            lead,
            referral_id=number,
            claimed_at=at(JUNE) + timedelta(hours=hours),
            outcome=Outcome.REFERRED,
        )
        for number, hours in ((3, 2), (5, 0), (4, 0))
    ]
    cases = sorted((of_lead(each, PEOPLE) for each in (lead, *names)), key=lambda case: case.turn)
    told = [case.past.subject for case in cases]
    assert told == [*(f"referral {number} as such" for number in (4, 5, 3)), "referral 7"]


def test_a_name_that_came_before_is_looked_at_and_counts_with_its_lead() -> None:
    source = Path(__file__).parents[1] / "programs" / "for_each_name.toml"
    program, _ = load_program(source)
    kind = min(program.incentives[0].kinds)
    people = {1: replace(PEOPLE[1], kind=kind)}
    name = PastLead(7, 1, at(JUNE), JUNE, 0, "USD", JUNE, outcome=Outcome.REFERRED)
    seen = {7: Introduced(None, (), had_bought_before=False, was_referred_before=True)}
    days = Days(JUNE, JUNE)
    [looked_at] = simulate(program, days, [], Past(people, (name,), seen, {})).rewards
    new = {7: replace(seen[7], was_referred_before=False)}
    [passed] = simulate(program, days, [], Past(people, (name,), new, {})).rewards
    assert (looked_at.outcome, looked_at.asked > passed.asked) == ("referred", True)


# The whole simulation ---------------------------------------------------------------------------

YEARS = Days(date(2025, 1, 1), JUNE)


def paying(minor: int, *outcomes: Outcome, cap: Cap | None = None) -> Program:
    """Let each outcome pay so much; what is 500.00 or more together is looked at by a person."""
    rules = (
        Incentive(on.value, frozenset({"reseller"}), on, Pay.CASH, Fixed({"USD": minor}), cap=cap)
        for on in outcomes
    )
    return replace(PROGRAM, incentives=tuple(rules), contracts=())


def test_a_renewal_brings_revenue_and_no_customer_and_is_missed_by_whoever_had_a_part() -> None:
    past = Past(PEOPLE, (), {}, POLICIES)
    found = simulate(paying(1, Outcome.RENEWED), YEARS, [FIRST, RENEWAL], past)
    assert (found.proceeds.minor, found.proceeds.customers) == ({"USD": 200_00}, {"USD": {"001A"}})
    assert [(each.subject, each.outcome) for each in found.rewards] == [("deal 0069", "renewed")]
    later = Days(JUNE, JUNE)
    assert simulate(PROGRAM, later, [FIRST, RENEWAL], past).proceeds.customers == {}
    assert simulate(PROGRAM, later, [RENEWAL], past).unclaimed == {}
    really = replace(RENEWAL, conversion_id=9, renews="0061")
    assert simulate(PROGRAM, later, [really], past).unclaimed.keys() == {"conversion 9"}


def test_what_a_referral_brings_is_looked_at_with_the_deal_it_became_and_no_renewal() -> None:
    lead = PastLead(1, 1, at(JANUARY), JANUARY, 0, "USD", JANUARY)
    name = replace(lead, outcome=Outcome.REFERRED)
    program = paying(200_00, Outcome.REFERRED, Outcome.QUALIFIED, Outcome.CONVERTED)
    past = Past(PEOPLE, (lead, name), {}, POLICIES)
    whole = replace(FIRST, deal=replace(FIRST.deal, value_minor=900_00))
    together = simulate(program, YEARS, [whole, RENEWAL], past)
    assert [each.asked > 0 for each in together.rewards] == [True, True, True]
    two = simulate(paying(300_00, Outcome.REFERRED, Outcome.QUALIFIED), YEARS, [], past)
    assert [each.asked > 0 for each in two.rewards] == [True, True]
    assert [each.asked for each in simulate(program, YEARS, [], past).rewards] == [0, 0]


def test_a_limit_by_the_own_bill_goes_by_the_bills_of_whoever_is_paid() -> None:
    program = paying(60_00, Outcome.CONVERTED, cap=Cap(per=Period.MONTH, own_bill_bps=5_000))
    bills = {1: [(JANUARY, Money(80_00, "USD"))], 7: [(JANUARY, Money(1, "USD"))]}
    past = Past(PEOPLE, (), {}, POLICIES, billed=bills)
    assert [each.minor for each in simulate(program, YEARS, [FIRST], past).rewards] == [40_00]
    none = replace(past, billed={})
    assert [each.minor for each in simulate(program, YEARS, [FIRST], none).rewards] == [0]


def test_a_registration_that_came_later_does_not_keep_a_deal_from_being_a_renewal() -> None:
    registered = replace(TOUCHED, kind=ClaimKind.REGISTRATION)
    deal = replace(RENEWAL.deal, claims=(registered,))
    was = replace(RENEWAL, deal=deal, conversion_id=9, version=1, renews="0061")
    assert whose(made_of(was, FIRST)) == [(1, 100_00)]
