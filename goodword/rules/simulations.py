"""Simulations: what another program would have given for a company's own past.

The past is decided by the rules that the night uses (detect, credit, earn, judge, needed, plan),
once more and by one program for everything, whatever version was in force. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from goodword.money import Money
from goodword.rules.attribution import AttributionPolicy
from goodword.rules.books import CapBook
from goodword.rules.conversions import (
    Claim,
    ClaimKind,
    Convert,
    Unclaimed,
    WonDeal,
    credit,
    detect,
)
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
from goodword.rules.outlooks import Given, dues, looked_at, paid, stayed, taken_back
from goodword.rules.past_earnings import (
    VERSION,
    Converted,
    PastEarning,
    of_deal,
    of_invoices,
    of_lead,
)
from goodword.rules.programs import Program
from goodword.rules.suspicions import Introduced
from goodword.rules.tiers import TierChange

_NEVER_CONVERTED = 10**15  # numbers of deals without a conversion: after those of all that have one


@dataclass(frozen=True, slots=True)
class Past:
    """What is known beside the deals: people by number, leads, and whom each referral introduced.

    `policies` are the attribution policies of the published versions, by number. Tiers are those
    that participants really had: no simulated win moves one.
    """

    people: Mapping[int, Person]
    leads: tuple[PastLead, ...]
    introduced: Mapping[int, Introduced]
    policies: Mapping[int, AttributionPolicy]
    tier_changes: Mapping[int, Sequence[TierChange]] = field(default_factory=dict)


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
        deals: won deals from `run_up` on, and those before of which an invoice was paid since, in
            any order; each is looked at once.
        past: everything else.
    """
    unclaimed: dict[str, str] = {}
    proceeds = Proceeds()
    whole = Days(run_up(days.first, program), days.last)
    cases = [of_lead(lead, past.people) for lead in past.leads]
    for number, found in enumerate(deals, start=_NEVER_CONVERTED):
        deal = as_known(found, past.policies)
        verdict = detect(deal, program.attribution)
        if isinstance(verdict, Convert):
            credited = credit(deal, verdict, program.attribution)
            own = Converted(found, found.conversion_id or number, credited)
            if whole.have(deal.won_on):
                cases += of_deal(own, past.people)
            cases += of_invoices(own, past.people)
        if not days.have(deal.won_on):
            continue
        if isinstance(verdict, Unclaimed):
            unclaimed[found.subject] = verdict.reason
        else:
            proceeds.add(found.customer, found.currency, stayed(found))
    cases.sort(key=lambda case: case.turn)
    given = list(_given(program, cases, past.tier_changes))
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
            if found.conversion_id is None:
                unclaimed[found.subject] = "it did not convert"
            else:
                proceeds.add(found.customer, found.currency, stayed(found))
        yield found


def as_known(found: PastDeal, policies: Mapping[int, AttributionPolicy]) -> WonDeal:
    """Return a deal with the claims that were known when it converted.

    A claim that the version of that day would have credited, and that was not, came later.
    """
    if found.version is None or len(found.journey) == len(found.deal.claims):
        return found.deal
    verdict = detect(found.deal, policies[found.version])
    would = verdict.journey if isinstance(verdict, Convert) else ()
    late = {_name(claim) for claim in would} - found.journey
    if not late:
        return found.deal
    return replace(found.deal, claims=tuple(c for c in found.deal.claims if _name(c) not in late))


def _name(claim: Claim) -> tuple[ClaimKind, int]:
    return claim.kind, claim.claim_id


def _given(
    program: Program, cases: Sequence[PastEarning], changes: Mapping[int, Sequence[TierChange]]
) -> Iterator[Given]:
    rules = {VERSION: Rules.of(program)}
    by_outcome = {_key(case.earning): case for case in cases}
    became = {
        (case.earning.participant_id, number): case.past.subject
        for case in cases
        if isinstance(case.past, PastDeal)
        for number in case.referrals
    }
    earnings = dated([case.earning for case in cases], changes, rules)
    for earned in earn(earnings, rules, CapBook()):
        case = by_outcome[_key(earned.earning)]
        subject = case.past.subject
        if isinstance(case.past, PastLead):
            lead = case.past.participant_id, case.past.referral_id
            subject = became.get(lead, subject)
        loss = taken_back(earned, case.past, program.rewards)
        money = Money(earned.amount_minor, earned.earning.facts.currency)
        yield Given(earned, money, case.past, case.referrals, subject, loss)


def _key(earning: Earning) -> tuple[int, int | None, int | None, str | None]:
    return (
        earning.participant_id,
        earning.conversion_id,
        earning.referral_id,
        earning.invoice_id,
    )
