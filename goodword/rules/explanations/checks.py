"""Recomputed: what the rules give today for what is recorded, and where the record differs.

Everything is worked out again by the rules that the night uses (attribution, incentives, caps,
holds), from the recorded facts and the text of the program version that they name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from goodword.money import Money
from goodword.phrases import Stored, say
from goodword.rules import conversions
from goodword.rules.attribution import AttributionPolicy, Credit, Model
from goodword.rules.benefits import in_words
from goodword.rules.books import CapBook
from goodword.rules.caps import Capped, Used, apply_cap
from goodword.rules.contracts import Contract
from goodword.rules.earnings import Rules
from goodword.rules.explanations import grants, words
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Conversion, PaidInvoice, Reward, Share
from goodword.rules.incentives import Incentive, Trial, try_rules
from goodword.rules.invoices import Holder, Part, parts
from goodword.rules.outcomes import Outcome, OutcomeFacts, recalled
from goodword.rules.rewards import payable_on


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A reward worked out again; `differences` are sentences, none when the record agrees.

    `incentive`, `computed_minor`, `capped` and `payable_on` are None when no rule of the version
    pays this reward any more.
    """

    facts: OutcomeFacts
    trials: tuple[Trial, ...]
    incentive: Incentive | None
    computed_minor: int | None
    used: Used
    capped: Capped | None
    payable_on: date | None
    differences: tuple[str, ...]


def recompute(context: Context, reward: Reward) -> Recomputed:
    """Work out a reward again by the version it names, and compare it with the record."""
    program = context.versions[reward.program_version_id].program
    facts = outcome_facts(context, reward)
    contract = contract_of(context, reward)
    trials = try_rules(contract.incentives if contract else program.incentives, facts)
    paying = [t for t in trials if t.incentive.name == reward.incentive and t.minor is not None]
    if not paying or paying[0].minor is None:
        said = say("no rule named {rule} pays it by this version now", rule=reward.incentive)
        return Recomputed(facts, trials, None, None, Used(), None, None, (said,))
    incentive, computed = paying[0].incentive, paying[0].minor
    used = _used(context, reward, incentive)
    capped = apply_cap(Money(computed, reward.currency), incentive.cap, used)
    hold = program.rewards.hold_days if incentive.hold_days is None else incentive.hold_days
    payable = payable_on(reward.outcome_on, hold)
    differences = (
        _differs(say("credited"), reward.base_minor, facts.credited_minor, reward.currency),
        _differs(say("before caps"), reward.computed_minor, computed, reward.currency),
        _differs(say("after caps"), reward.amount_minor, capped.minor, reward.currency),
        _posted(context, reward),
        _gives(reward, incentive),
        None
        if payable == reward.payable_on
        else words.differs_in(say("payable from"), reward.payable_on, payable),
    )
    found = tuple(filter(None, differences))
    return Recomputed(facts, trials, incentive, computed, used, capped, payable, found)


def _differs(what: str, recorded: int, recomputed: int, currency: str) -> str | None:
    if recorded == recomputed:
        return None
    record, again = (words.amount(minor, currency) for minor in (recorded, recomputed))
    return words.differs_in(what, record, again)


def contract_of(context: Context, reward: Reward) -> Contract | None:
    """Return the contract that the reward goes by, or None: the program's own incentives."""
    rules = Rules.of(context.versions[reward.program_version_id].program)
    ats = [
        share.at
        for share in context.case.shares
        if (share.conversion_id, share.participant_id) == (reward.conversion_id, reward.earned_by)
    ]
    ats += [r.submitted_at for r in context.case.referrals if r.id == reward.referral_id]
    return rules.contract(context.people[reward.earned_by].key, min(ats, default=None))


def outcome_facts(context: Context, reward: Reward) -> OutcomeFacts:
    """Return the outcome as it was when the reward was computed, kind and tier included."""
    kind, tier = kind_and_tier(context, reward)
    deal, brought = recalled(reward.facts or {})
    prefers = (reward.facts or {}).get("prefers")
    conversion = context.conversions.get(reward.conversion_id or 0)
    if conversion is None:
        base = reward.base_minor  # of a qualified lead: its deal's amount at that time
        outcome, currency = Outcome(reward.outcome), reward.currency
        return OutcomeFacts(outcome, kind, tier, base, base, currency, deal=deal, prefers=prefers)
    shares = [share for share in context.case.shares if share.conversion_id == conversion.id]
    invoice = context.invoices.get(reward.invoice_id or "")
    if invoice is not None:
        part = _part_of_invoice(invoice, shares, reward.earned_by)
        return OutcomeFacts(
            Outcome(reward.outcome),
            kind,
            tier,
            invoice.paid_minor,
            part.credited_minor,
            invoice.currency,
            part.before_minor,
            deal,
            brought,
            prefers,
        )
    mine = [s.value_minor for s in shares if s.participant_id == reward.earned_by]
    before = [
        share.value_minor
        for share in shares
        if share.participant_id is not None and share.participant_id < reward.earned_by
    ]
    return OutcomeFacts(
        Outcome(reward.outcome),
        kind,
        tier,
        conversion.value_minor,
        sum(mine),
        conversion.currency,
        sum(before),
        deal,
        brought,
        prefers,
    )


def _part_of_invoice(invoice: PaidInvoice, shares: Sequence[Share], participant_id: int) -> Part:
    """Divide an invoice again as its deal is divided, and return a participant's part."""
    weights: dict[int | None, Fraction] = {}
    for share in shares:
        before = weights.get(share.participant_id, Fraction(0))
        weights[share.participant_id] = before + Fraction(share.weight)
    order = sorted(weights, key=lambda who: (who is None, who or 0))
    divided = parts(invoice.paid_minor, [Holder(who, weights[who]) for who in order])
    return next(part for part in divided if part.holder.participant_id == participant_id)


def kind_and_tier(context: Context, reward: Reward) -> tuple[str, str]:
    """Return what the participant was when a reward was computed; later changes are undone.

    Of one whom the program has moved, the tier is that of the day which the program names.
    """
    person = context.people[reward.earned_by]
    was = {"kind": person.kind, "tier": person.tier}
    born = next((e.id for e in context.events_of("reward", reward.id) if e.action == "computed"), 0)
    for event in reversed(context.events_of("participant", person.id)):
        if born and event.id > born:
            was |= {name: event.facts[name]["before"] for name in was if name in event.facts}
    return was["kind"], (reward.facts or {}).get("tier", was["tier"])


def _used(context: Context, reward: Reward, incentive: Incentive) -> Used:
    book = CapBook()
    for line in (line for line in context.case.counted if line.for_id == reward.id):
        money = Money(line.amount_minor, line.currency)
        book.add(reward.participant_id, reward.incentive, line.outcome_on, money)
    used = book.used(reward.participant_id, incentive, reward.outcome_on, reward.currency)
    return replace(used, bill=(reward.facts or {}).get("own_bill", 0))


def _gives(reward: Reward, incentive: Incentive) -> str | None:
    if reward.benefit == incentive.benefit:
        return None
    record, again = (
        Stored(in_words(benefit)) if benefit else say("money")
        for benefit in (reward.benefit, incentive.benefit)
    )
    return words.differs_in(say("given"), record, again)


_OWED = frozenset({"approved", "reserved", "paid"})


def _posted(context: Context, reward: Reward) -> str | None:
    """Compare what the ledger says was owed for the reward with its amount."""
    owed = -sum(
        entry.amount_minor
        for entry in context.case.entries
        if entry.reward_id == reward.id and entry.account == "owed" and entry.kind != "void"
    )
    due = reward.amount_minor if owed or reward.state in _OWED else 0
    return _differs(say("owed"), owed, due, reward.currency)


def recompute_shares(context: Context, conversion: Conversion) -> tuple[str, ...]:
    """Divide a conversion's value again by its model and version; return what differs."""
    shares = [share for share in context.case.shares if share.conversion_id == conversion.id]
    policy = attribution_of(context, conversion)
    granted = grants.of(context, conversion)
    lost = {("registration", grant.claim.claim_id) for grant in granted}
    journey = [grants.claim(context, s) for s in shares if (s.claim, s.claim_id) not in lost]
    deal = conversions.WonDeal(
        conversion.opportunity_crm_id,
        conversion.value_minor,
        conversion.won_at,
        conversion.won_on,
        tuple(journey),
        granted,
    )
    credited = conversions.credit(deal, conversions.Convert(tuple(journey)), policy)
    found = (
        _share_differs(share, each.credit, conversion.currency)
        for share, each in zip(shares, credited, strict=True)
    )
    return tuple(filter(None, found))


def attribution_of(context: Context, conversion: Conversion) -> AttributionPolicy:
    """Return the policy that a conversion was divided by: its version's, with the frozen model."""
    policy = context.versions[conversion.program_version_id].program.attribution
    return AttributionPolicy(
        Model(conversion.model),
        policy.lookback_days,
        policy.half_life_days,
        policy.registration_wins,
    )


def _share_differs(share: Share, credit: Credit, currency: str) -> str | None:
    what = say("share {position}", position=share.position)
    recorded, again = words.weight(share.weight), words.weight(credit.weight)
    if recorded != again:
        return words.differs_in(what, recorded, again)
    return _differs(what, share.value_minor, credit.minor, currency)
