"""Earnings: from outcomes to rewards, by the incentives in force when each claim was made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property

from goodword.money import Money
from goodword.phrases import because
from goodword.rules.amounts import PerSeat, Tiered
from goodword.rules.books import CapBook, Won
from goodword.rules.caps import apply_cap
from goodword.rules.conditions import NONE
from goodword.rules.contracts import Contract, contract_of
from goodword.rules.incentives import IN_KIND, Incentive, To, Trial, meant_for, try_rules
from goodword.rules.outcomes import Outcome, OutcomeFacts
from goodword.rules.programs import Program
from goodword.rules.rewards import payable_on
from goodword.rules.tiers import FIXED, TierPolicy
from goodword.rules.windows import EVER, Window


@dataclass(frozen=True, slots=True)
class Earning:
    """One outcome of one participant that may be rewarded, and the program version it goes by.

    Attributes:
        participant_id: who earns.
        facts: what is known of the outcome; what was brought before it is added from the book.
        outcome_on: its day.
        program_version_id: the version in force when the claim was made.
        conversion_id: the conversion it is, of a won deal.
        referral_id: the referral it is of, of a lead.
        invoice_id: the paid invoice it is, of the deal of that conversion.
        participant_key: the company's own name for the participant: contracts go by it.
        claimed_at: when the claim was made; None where no contract could matter.
        customer: the account that the deal was won from, None where it has none.
        renews_id: the conversion that won the customer, of a renewal; None while none stands.
        customer_id: the customer as a participant, where a rule may pay it; the key under which it
            is to become one, where it is none yet.
        company_id: likewise the participant's company.
    """

    participant_id: int
    facts: OutcomeFacts
    outcome_on: date
    program_version_id: int
    conversion_id: int | None = None
    referral_id: int | None = None
    participant_key: str = ""
    claimed_at: datetime | None = None
    customer: str | None = None
    invoice_id: str | None = None
    renews_id: int | None = None
    customer_id: int | str | None = None
    company_id: int | str | None = None

    def recipient(self, to: To) -> int | str:
        """Return who gets what is paid: a participant's number, or a key for who is none yet."""
        match to:
            case To.CUSTOMER:
                return self.customer_id or f"customer {self.customer or self.of}"
            case To.COMPANY:
                return self.company_id or f"company of {self.participant_id}"
        return self.participant_id

    @property
    def payees(self) -> list[int]:
        """The participants whom it may pay."""
        whom = (self.participant_id, self.customer_id, self.company_id)
        return [number for number in whom if isinstance(number, int)]

    @property
    def of(self) -> tuple[Outcome, int | None, int | None, str | None]:
        """What happened, whoever is credited with it."""
        return self.facts.outcome, self.conversion_id, self.referral_id, self.invoice_id


@dataclass(frozen=True)
class Rules:
    """What one program version says about rewards; days are those of `zone`."""

    incentives: tuple[Incentive, ...]
    hold_days: int
    contracts: tuple[Contract, ...] = ()
    zone: tzinfo = UTC
    tiers: TierPolicy = FIXED

    @classmethod
    def of(cls, program: Program) -> Rules:
        """Take out of a program what it says about rewards."""
        hold_days, zone = program.rewards.hold_days, program.zone
        return cls(program.incentives, hold_days, program.contracts, zone, program.tiers)

    def contract(self, participant_key: str, claimed_at: datetime | None) -> Contract | None:
        """Return the contract of a participant that a claim goes by, or None: the program's."""
        if not self.contracts or claimed_at is None:
            return None
        return contract_of(self.contracts, participant_key, claimed_at.astimezone(self.zone).date())

    @cached_property
    def windows(self) -> frozenset[Window]:
        """The windows over which the rules count what a participant brought."""
        tiers = {rule.amount.over for rule in self._all if isinstance(rule.amount, Tiered)}
        return frozenset(tiers | {EVER for rule in self._all if rule.only.customers_from})

    @cached_property
    def capped_kinds(self) -> frozenset[str]:
        """The kinds of participants of whom some cap counts what they got."""
        return frozenset(kind for rule in self._all if rule.cap for kind in rule.kinds)

    @cached_property
    def go_by_bills(self) -> bool:
        """Whether some cap goes by what those who are paid were billed themselves."""
        return any(rule.cap and rule.cap.own_bill_bps is not None for rule in self._all)

    @cached_property
    def recipients(self) -> frozenset[To]:
        """Whom some rule pays."""
        return frozenset(rule.to for rule in self._all)

    @cached_property
    def caps_others(self) -> bool:
        """Whether some cap counts what a customer or a company gets, not who brought it."""
        return any(rule.cap and rule.to is not To.PARTICIPANT for rule in self._all)

    @cached_property
    def outcomes(self) -> frozenset[Outcome]:
        """The outcomes that some rule pays for."""
        return frozenset(rule.outcome for rule in self._all)

    @cached_property
    def _all(self) -> tuple[Incentive, ...]:
        return (*self.incentives, *(rule for own in self.contracts for rule in own.incentives))


@dataclass(frozen=True, slots=True)
class Earned:
    """One reward: what the rule gives, what is left after caps (minor units), and the way there.

    Its earning has the facts that the rules were tried on, with what was brought before. `own_bill`
    is what whoever gets it was billed, where the cap goes by that.
    """

    earning: Earning
    incentive: Incentive
    computed_minor: int
    amount_minor: int
    reason: str
    payable_on: date
    own_bill: int | None = None


_Whose = tuple[int, int | None, Outcome, str, str]


def earn(
    earnings: Iterable[Earning],
    versions: Mapping[int, Rules],
    book: CapBook,
) -> list[Earned]:
    """Work out the rewards of outcomes, in the order given; caps see the ones before.

    Tiers count in the order of the wins, so that all deals are noted before the first is rewarded.
    """
    outcomes = list(earnings)
    if any(rules.windows for rules in versions.values()):
        for earning in outcomes:
            won = _won(earning)
            if won is not None and earning.facts.outcome is Outcome.CONVERTED:
                book.bring(earning.participant_id, won)
    tried = list(_tried(outcomes, versions, book))
    served = _served(tried)
    earned = []
    for earning, trial, why in tried:
        if served.get(earning.of, earning) is earning or trial.incentive.to is not To.CUSTOMER:
            rules = versions[earning.program_version_id]
            earned.append(_reward(earning, trial, rules, book, why))
    return earned


_Tried = tuple[Earning, Trial, str]


def _tried(
    outcomes: Iterable[Earning], versions: Mapping[int, Rules], book: CapBook
) -> Iterator[_Tried]:
    """Return every rule that pays for an outcome, with the contract that it is of in words."""
    own: dict[_Whose, tuple[Incentive, ...]] = {}
    for outcome in outcomes:
        rules = versions[outcome.program_version_id]
        earning = _with_history(outcome, rules, book)
        contract = rules.contract(earning.participant_key, earning.claimed_at)
        facts = earning.facts
        by = outcome.program_version_id, id(contract) if contract else None
        whose = *by, facts.outcome, facts.participant_kind, facts.participant_tier
        if whose not in own:
            own[whose] = meant_for(contract.incentives if contract else rules.incentives, facts)
        for trial in try_rules(own[whose], facts):
            if trial.minor is not None:
                by_contract = contract and because("by contract {name}", name=contract.document)
                yield earning, trial, by_contract or ""


def _served(tried: Iterable[_Tried]) -> dict[object, Earning]:
    """Return of each outcome by whose rules the customer is paid, once however many brought it.

    It is who claimed first of those whose rules pay the customer.
    """
    served: dict[object, Earning] = {}
    for earning, trial, _ in tried:
        if trial.incentive.to is To.CUSTOMER:
            before = served.get(earning.of)
            if before is None or _claimed(earning) < _claimed(before):
                served[earning.of] = earning
    return served


def _claimed(earning: Earning) -> tuple[bool, datetime, int]:
    at = earning.claimed_at
    return at is None, at or datetime.max.replace(tzinfo=UTC), earning.participant_id


def _won(earning: Earning) -> Won | None:
    """Return the deal that an outcome is, or is of; None: nothing is won yet.

    A renewal is of the deal that won the customer: it brings no customer anew.
    """
    if earning.conversion_id is None:
        return None
    credited = Money(earning.facts.credited_minor, earning.facts.currency)
    number = earning.renews_id or earning.conversion_id
    customer = earning.customer or f"deal {number}"
    return Won(earning.outcome_on, number, credited, customer)


def _with_history(earning: Earning, rules: Rules, book: CapBook) -> Earning:
    now = _won(earning) if rules.windows else None
    if now is None:
        return earning
    brought = book.brought(earning.participant_id, now, rules.windows)
    return replace(earning, facts=replace(earning.facts, brought=brought))


def _reward(earning: Earning, trial: Trial, rules: Rules, book: CapBook, why: str) -> Earned:
    """Cap what a rule gives and note it."""
    assert trial.minor is not None
    incentive, currency = trial.incentive, earning.facts.currency
    who, on = earning.recipient(incentive.to), earning.outcome_on
    money = Money(trial.minor, currency)
    used = book.used(who, incentive, on, currency)
    capped = apply_cap(money, incentive.cap, used)
    book.add(who, incentive.name, on, Money(capped.minor, currency))
    hold = rules.hold_days if incentive.hold_days is None else incentive.hold_days
    reason = "; ".join(filter(None, (trial.reason, why, capped.reason)))
    goes_by_bill = incentive.cap is not None and incentive.cap.own_bill_bps is not None
    bill = used.bill if goes_by_bill else None
    return Earned(earning, incentive, money.minor, capped.minor, reason, payable_on(on, hold), bill)


def expected(
    incentives: tuple[Incentive, ...], kind: str, tier: str, worth: Money | None
) -> Money | None:
    """Return the money that a qualified lead would earn if its deal closed for `worth`, or None.

    None when the deal has no amount yet, or no money would be paid: none is promised then. What
    depends on more than the deal's worth (seats, tiers, conditions) is not promised either.
    """
    if worth is None or any(_asks_for_more(rule, kind, tier) for rule in incentives):
        return None
    facts = OutcomeFacts(Outcome.CONVERTED, kind, tier, worth.minor, worth.minor, worth.currency)
    trials = try_rules(incentives, facts)
    minor = sum(trial.minor or 0 for trial in trials if _is_money_of_theirs(trial.incentive))
    return Money(minor, worth.currency) if minor else None


def _is_money_of_theirs(rule: Incentive) -> bool:
    return rule.to is To.PARTICIPANT and rule.pay not in IN_KIND


def _asks_for_more(rule: Incentive, kind: str, tier: str) -> bool:
    """Tell whether what a rule pays such a participant depends on more than the deal's worth."""
    is_theirs = kind in rule.kinds and (not rule.tiers or tier in rule.tiers)
    has_choice = rule.choice is not None
    is_simple = rule.only == NONE and not isinstance(rule.amount, Tiered | PerSeat)
    is_paid_then = rule.outcome is Outcome.CONVERTED and rule.to is To.PARTICIPANT
    return is_paid_then and is_theirs and (has_choice or not is_simple)
