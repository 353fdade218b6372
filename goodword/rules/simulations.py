"""Simulations: what another program would have given for a company's own past.

The past is decided by the rules that the night uses (detect, credit, earn, judge, needed, plan),
once more and by one program for everything, whatever version was in force. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from goodword.money import Money
from goodword.rules.attribution import AttributionPolicy
from goodword.rules.books import CapBook
from goodword.rules.dated_tiers import dated
from goodword.rules.earnings import Earning, Rules, earn
from goodword.rules.histories import (
    Days,
    Outlook,
    PastDeal,
    PastLead,
    Person,
    Proceeds,
)
from goodword.rules.outcomes import Outcome
from goodword.rules.outlooks import Given, dues, looked_at, paid, stayed, taken_back
from goodword.rules.past_conversions import Converted, decided
from goodword.rules.past_earnings import VERSION, PastEarning, of_deal, of_invoices, of_lead
from goodword.rules.programs import Program
from goodword.rules.suspicions import Introduced
from goodword.rules.tiers import TierChange

Recipients = Callable[[Sequence[Earning], Mapping[int, Rules]], list[Earning]]
"""Gives outcomes the participants that their customers and companies are, where rules pay them."""


def _as_named(earnings: Sequence[Earning], _: Mapping[int, Rules]) -> list[Earning]:
    return list(earnings)


@dataclass(frozen=True, slots=True)
class Past:
    """What is known beside the deals: people by number, leads, and whom each referral introduced.

    `leads` are referrals as such, too. `policies` are the attribution policies of the published
    versions, by number. Tiers are those that participants really had: no simulated win moves one.
    `billed` is what participants were billed themselves, by number, where a cap goes by it;
    `recipients` says who customers and companies are, else each is whom its account or its
    participant names.
    """

    people: Mapping[int, Person]
    leads: tuple[PastLead, ...]
    introduced: Mapping[int, Introduced]
    policies: Mapping[int, AttributionPolicy]
    tier_changes: Mapping[int, Sequence[TierChange]] = field(default_factory=dict)
    billed: Mapping[int, list[tuple[date, Money]]] = field(default_factory=dict)
    recipients: Recipients = _as_named


def run_up(first: date, program: Program) -> date:
    """Return the day from which on the past counts for what is given from `first` on.

    Caps and tiers count from the beginning of their window, and what was won before may be paid
    after.
    """
    rules = [*program.incentives, *(rule for own in program.contracts for rule in own.incentives)]
    holds = [program.rewards.hold_days, *(rule.hold_days or 0 for rule in rules)]
    paid_after = (first - timedelta(days=max(holds) + 1)).replace(month=1, day=1)
    return min([paid_after, *(window.start(first) for window in Rules.of(program).windows)])


def simulate(program: Program, days: Days, deals: Iterable[PastDeal], past: Past) -> Outlook:
    """Let a program decide a company's past anew.

    Args:
        program: the one program that everything goes by.
        days: what is told; what was before them counts for caps and payments only.
        deals: won deals from `run_up` on, and those before of which an invoice was paid since, or
            whose customer renewed since, in any order; each is looked at once.
        past: everything else.
    """
    unclaimed: dict[str, str] = {}
    proceeds = Proceeds()
    whole = Days(run_up(days.first, program), days.last)
    cases = [of_lead(lead, past.people) for lead in past.leads]
    for found, verdict in decided(deals, program, past.policies):
        if isinstance(verdict, Converted):
            if whole.have(found.deal.won_on):
                cases += of_deal(verdict, past.people)
            cases += of_invoices(verdict, past.people)
        if not days.have(found.deal.won_on):
            continue
        if isinstance(verdict, Converted):
            brought = None if verdict.first else found.customer
            proceeds.add(brought, found.currency, stayed(found))
        elif found.is_claimed:
            unclaimed[found.subject] = verdict.reason
    cases.sort(key=lambda case: case.turn)
    given = list(_given(program, cases, past))
    rewards = looked_at(given, program, past.people, past.introduced)
    payments, left = paid(dues(given), program.payouts, days)
    told = tuple(reward for reward in rewards if days.have(reward.on))
    return Outlook(told, payments, left, proceeds, unclaimed)


def noting(
    deals: Iterable[PastDeal], days: Days, proceeds: Proceeds, unclaimed: dict[str, str]
) -> Iterator[PastDeal]:
    """Pass deals on, and note of those won in these days what really came of them.

    That is what those that converted proceed, and which did not convert.
    """
    for found in deals:
        if days.have(found.deal.won_on):
            if found.conversion_id is not None:
                brought = found.customer if found.renews is None else None
                proceeds.add(brought, found.currency, stayed(found))
            elif found.is_claimed:
                unclaimed[found.subject] = "it did not convert"
        yield found


def _given(program: Program, cases: Sequence[PastEarning], past: Past) -> Iterator[Given]:
    rules = {VERSION: Rules.of(program)}
    by_outcome = {_key(case.earning): case for case in cases}
    became = {
        (case.earning.participant_id, number): case.past.subject
        for case in cases
        if isinstance(case.past, PastDeal) and case.earning.facts.outcome is Outcome.CONVERTED
        for number in case.referrals
    }
    earnings = past.recipients([case.earning for case in cases], rules)
    book = CapBook(billed=dict(past.billed))
    for earned in earn(dated(earnings, past.tier_changes, rules), rules, book):
        case = by_outcome[_key(earned.earning)]
        subject = case.past.subject
        if isinstance(case.past, PastLead):
            lead = case.past.participant_id, case.past.referral_id
            subject = became.get(lead, case.past.referral)
        loss = taken_back(earned, case.past, program.rewards)
        money = Money(earned.amount_minor, earned.earning.facts.currency)
        yield Given(earned, money, case.past, case.referrals, subject, loss)


def _key(earning: Earning) -> tuple[int, Outcome, int | None, int | None, str | None]:
    return earning.participant_id, *earning.of
