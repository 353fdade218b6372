"""Past earnings: every fact of a lead, a won deal and a paid invoice reaches the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from goodword.rules.attribution import Credit
from goodword.rules.conversions import Claim, ClaimKind, Credited, WonDeal
from goodword.rules.earnings import Earning
from goodword.rules.histories import Days, PastDeal, PastInvoice, PastLead, Person, Proceeds
from goodword.rules.outcomes import DealFacts, Outcome, OutcomeFacts
from goodword.rules.past_conversions import Converted
from goodword.rules.past_earnings import PastEarning, of_deal, of_invoices, of_lead
from goodword.rules.simulations import noting

WON_ON, COMPUTED_ON = date(2026, 3, 2), date(2026, 3, 3)
MADE_AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
FACTS = DealFacts(type="New", country="MY")


def person(number: int, tier: str = "basic") -> Person:
    # What they were until moment 5, when the deal of these tests was rewarded at moment 4.
    changes = ((5, {"tier": "premium", "prefers": "cash"}),)
    key = f"p{number}"
    return Person(number, key, key, "reseller", tier, "active", "", (), changes, prefers="credit")


PEOPLE = {1: person(1), 2: person(2)}


def test_a_lead_is_rewarded_as_it_was_known_then() -> None:
    lead = PastLead(7, 1, MADE_AT, WON_ON, 80_00, "USD", COMPUTED_ON, "001A", FACTS, moment=4)
    expected = OutcomeFacts(
        Outcome.QUALIFIED,
        "reseller",
        "premium",
        80_00,
        80_00,
        "USD",
        deal=FACTS,
        prefers="cash",
    )
    earning = Earning(
        1,
        expected,
        WON_ON,
        0,
        referral_id=7,
        participant_key="p1",
        claimed_at=MADE_AT,
        customer="001A",
    )
    assert of_lead(lead, PEOPLE) == PastEarning(earning, lead, (7,))
    now = of_lead(replace(lead, moment=None), PEOPLE).earning.facts
    assert (now.participant_tier, now.prefers) == ("basic", "credit")


# Deals ------------------------------------------------------------------------------------------


def claim(kind: ClaimKind, number: int, who: int | None, hours: int = 0) -> Claim:
    return Claim(kind, number, MADE_AT + timedelta(hours=hours), MADE_AT.date(), "x", who, 0)


def credited(one: Claim, weight: Fraction, minor: int) -> Credited:
    return Credited(one, Credit(weight, minor, ""))


QUARTER = Fraction(1, 4)
CLAIMS = (
    credited(claim(ClaimKind.TOUCH, 3, 2), QUARTER, 25_00),
    credited(claim(ClaimKind.REFERRAL, 1, 1, hours=5), QUARTER, 25_00),
    credited(claim(ClaimKind.TOUCH, 4, None), QUARTER, 25_00),
    credited(claim(ClaimKind.REFERRAL, 2, 1, hours=2), QUARTER, 25_00),
    credited(claim(ClaimKind.TOUCH, 5, 3), Fraction(0), 0),
)
DEAL = PastDeal(
    WonDeal("006A", 100_00, datetime(2026, 3, 2, 9, tzinfo=UTC), WON_ON, ()),
    "001A",
    "USD",
    COMPUTED_ON,
    FACTS,
    moment=4,
)
WON = Converted(DEAL, 9, CLAIMS)


def outcome(credited_minor: int, before: int, **other: Any) -> OutcomeFacts:
    facts = OutcomeFacts(
        Outcome.CONVERTED,
        "reseller",
        "premium",
        100_00,
        credited_minor,
        "USD",
        before,
        FACTS,
        prefers="cash",
    )
    return replace(facts, **other)


def earning(who: int, facts: OutcomeFacts, hours: int, **other: Any) -> Earning:
    made = Earning(
        who,
        facts,
        WON_ON,
        0,
        conversion_id=9,
        participant_key=f"p{who}",
        claimed_at=MADE_AT + timedelta(hours=hours),
        customer="001A",
    )
    return replace(made, **other)


def test_each_participant_of_a_deal_is_credited_once_in_the_order_of_their_numbers() -> None:
    assert list(of_deal(WON, PEOPLE)) == [
        PastEarning(earning(1, outcome(50_00, 0), 2), DEAL, (1, 2)),
        PastEarning(earning(2, outcome(25_00, 50_00), 0), DEAL, ()),
    ]


def test_a_deal_that_direct_sales_shares_gives_its_part_to_nobody() -> None:
    alone = replace(WON, credited=CLAIMS[2:3])
    assert list(of_deal(alone, PEOPLE)) == []
    assert list(of_invoices(replace(alone, found=replace(DEAL, invoices=(PAID,))), PEOPLE)) == []


# Invoices ---------------------------------------------------------------------------------------

PAID = PastInvoice("in_1", 10_01, "EUR", date(2026, 5, 1), date(2026, 5, 2), moment=4)


def test_an_invoice_is_divided_as_its_deal_and_knows_its_month() -> None:
    billed = replace(WON, found=replace(DEAL, invoices=(PAID, replace(PAID, invoice_id="in_2"))))
    found = list(of_invoices(billed, PEOPLE))
    assert [(each.earning.invoice_id, each.earning.participant_id) for each in found] == [
        ("in_1", 1),
        ("in_1", 2),
        ("in_2", 1),
        ("in_2", 2),
    ]
    facts = {"outcome": Outcome.INVOICE_PAID, "deal_minor": 10_01, "currency": "EUR"}
    facts["deal"] = replace(FACTS, months=1)
    first, second = found[:2]
    own = outcome(5_01, 0, **facts)
    paid = {"outcome_on": date(2026, 5, 1), "invoice_id": "in_1"}
    assert first == PastEarning(earning(1, own, 2, **paid), PAID, (1, 2))
    rest = outcome(2_50, 5_01, **facts)
    assert second == PastEarning(earning(2, rest, 0, **paid), PAID, ())


def test_an_invoice_has_the_facts_that_were_kept_with_it() -> None:
    kept = replace(PAID, facts=DealFacts(country="SG", months=7), moment=None)
    billed = replace(WON, found=replace(DEAL, invoices=(kept,)))
    for each in of_invoices(billed, PEOPLE):
        assert each.earning.facts.deal == DealFacts(country="SG", months=1)
        assert each.earning.facts.participant_tier == "basic"


def test_of_one_night_leads_come_first_then_deals_then_invoices_by_their_day() -> None:
    lead = PastLead(7, 1, MADE_AT, WON_ON, 0, "USD", COMPUTED_ON)
    tomorrow = replace(lead, referral_id=1, computed_on=date(2026, 3, 4))
    early = replace(PAID, computed_on=COMPUTED_ON, paid_on=date(2026, 2, 1))
    later = replace(early, invoice_id="in_0", paid_on=date(2026, 2, 2))
    billed = replace(WON, found=replace(DEAL, invoices=(later, early)))
    every = [
        *of_invoices(billed, PEOPLE),
        *of_deal(WON, PEOPLE),
        of_lead(tomorrow, PEOPLE),
        of_lead(lead, PEOPLE),
    ]
    told = [
        (each.past.subject, each.earning.participant_id)
        for each in sorted(every, key=lambda each: each.turn)
    ]
    assert told == [
        ("referral 7", 1),
        ("deal 006A", 1),
        ("deal 006A", 2),
        ("invoice in_1", 1),
        ("invoice in_1", 2),
        ("invoice in_0", 1),
        ("invoice in_0", 2),
        ("referral 1", 1),
    ]


def test_a_person_is_what_they_were_in_everything_that_changes() -> None:
    changes = (
        (3, {"kind": "customer"}),
        (5, {"kind": "service", "tier": "top", "status": "suspended", "prefers": "cash"}),
        (8, {"email": "x"}),
    )
    ada = Person(
        1, "ada", "Ada", "reseller", "basic", "active", "a@x", ("x",), changes, prefers="p"
    )
    was = ada.at(4)
    assert (was.kind, was.tier, was.status, was.prefers) == ("service", "top", "suspended", "cash")
    assert was.changes == ()
    assert ada.at(2).kind == "customer"
    for moment in (5, 9):
        now = ada.at(moment)
        assert (now.kind, now.tier, now.status, now.prefers) == ("reseller", "basic", "active", "p")
    assert ada.at(None) is ada


def test_what_really_came_of_the_deals_of_some_days_is_noted() -> None:
    proceeds, unclaimed = Proceeds(), dict[str, str]()
    converted = replace(DEAL, conversion_id=9)
    claimed = replace(DEAL, deal=replace(DEAL.deal, claims=(CLAIMS[0].claim,)))
    outside = replace(claimed, deal=replace(claimed.deal, won_on=date(2026, 3, 3)))
    renewal = replace(converted, account="001B", renews="006B")
    unwanted = replace(DEAL, deal=replace(DEAL.deal, opportunity_crm_id="006C"))
    every = [claimed, converted, outside, replace(outside, conversion_id=8), renewal, unwanted]
    assert list(noting(every, Days(WON_ON, WON_ON), proceeds, unclaimed)) == every
    assert unclaimed == {"deal 006A": "it did not convert"}
    assert (dict(proceeds.minor), proceeds.customers) == ({"USD": 200_00}, {"USD": {"001A"}})
