"""The whole story of one reward, from the first claim to the money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from goodword.phrases import Said, Stored, Word, say, word
from goodword.rules.contracts import Contract
from goodword.rules.explanations import amounts, claims, payouts, refunds, stories, words
from goodword.rules.explanations.checks import (
    Recomputed,
    contract_of,
    kind_and_tier,
    recompute,
)
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.decision_facts import Approval
from goodword.rules.explanations.facts import Conversion, Payout, Reward
from goodword.rules.incentives import Trial
from goodword.rules.outcomes import Outcome, kept


def tell(context: Context) -> stories.Story:
    """Tell the story of one reward; of a clawback with the one of the reward it takes back."""
    reward = context.rewards[context.case.number]
    if reward.returned_payout_id:
        return _asked_again(context, reward, context.payouts[reward.returned_payout_id])
    earned = context.rewards[reward.reverses_id] if reward.reverses_id else reward
    again = recompute(context, earned)
    conversion = context.conversions.get(reward.conversion_id or 0)
    return stories.Story(
        say(
            "Reward {number}: {amount} to {who}, {state}",
            number=reward.id,
            amount=words.given(reward.amount_minor, reward.currency, reward.benefit),
            who=context.name(reward.participant_id),
            state=word(reward.state),
        ),
        stories.sections(
            (say("Participant"), _participant(context, earned)),
            (say("Claims"), _claims(context, reward, conversion)),
            (say("Deal"), _deal(context, reward, conversion)),
            (say("Credit"), claims.credit(context, conversion) if conversion else []),
            (say("Rules tried, in order"), _rules(context, earned, again)),
            (say("Amount"), _amount(earned, again)),
            (say("Hold"), amounts.hold(context, earned, again)),
            (say("Refunds and disputes"), refunds.told(context, conversion)),
            (say("Taken back"), refunds.taken_back(context, reward, earned)),
            (say("Approval"), approval(context, reward)),
            (say("Payout"), payout(context, reward)),
            *stories.records(context),
        ),
        document(reward, again),
    )


def _asked_again(context: Context, reward: Reward, came_from: Payout) -> stories.Story:
    """Tell of a reward that no rule earned: it asks whether what came back is paid again."""
    return stories.Story(
        say(
            "Reward {number}: {amount} to {who} that came back, {state}",
            number=reward.id,
            amount=words.amount(reward.amount_minor, reward.currency),
            who=context.name(reward.participant_id),
            state=word(reward.state),
        ),
        stories.sections(
            (say("Participant"), [stories.participant(context, reward.participant_id)]),
            (
                say("Why it is asked"),
                [payouts.planned(came_from), *payouts.course(context, came_from)],
            ),
            (say("Approval"), approval(context, reward)),
            (say("Payout"), payout(context, reward)),
            *stories.records(context),
        ),
    )


def _participant(context: Context, earned: Reward) -> Iterator[str]:
    yield stories.participant(context, earned.participant_id)
    person = context.people[earned.earned_by]
    if earned.earner_id is not None:
        yield _SIDES[earned.side]
        yield stories.participant(context, person.id)
    kind, tier = kind_and_tier(context, earned)
    if (kind, tier) != (person.kind, person.tier):
        yield say(
            "{when} it was {kind} of tier {tier}: that decides.",
            when=_when(earned),
            kind=words.a(kind),
            tier=Word(tier),
        )
    for event in context.events_of("participant", person.id):
        if event.actor == "night" and "tier" in event.facts:
            moved = say(
                "From {on} on its tier was {now}, before {was}",
                on=date.fromisoformat(event.facts["on"]),
                now=Word(event.facts["tier"]["after"]),
                was=Word(event.facts["tier"]["before"]),
            )
            yield words.sentence(moved, Stored(event.reason))


_SIDES = {
    "customer": say("It is the customer who was brought, and gets this by what somebody else did:"),
    "company": say("It is the company of somebody else, and gets this by what they did:"),
}


def _when(earned: Reward) -> Said:
    """Say of which day a participant's kind and tier decide."""
    on = (earned.facts or {}).get("tier_on")
    if on:
        return say("On {on}", on=date.fromisoformat(on))
    return say("When the reward was computed on {on}", on=earned.computed_on)


def _claims(context: Context, reward: Reward, conversion: Conversion | None) -> Iterator[str]:
    """Say what the participant did to earn it."""
    if conversion:
        for share, claim in claims.claims(context, conversion):
            if share and share.participant_id == reward.earned_by:
                yield claims.describe(context, claim)
    for referral in context.case.referrals:
        if referral.id == reward.referral_id:
            yield claims.describe(context, referral)


def _deal(context: Context, reward: Reward, conversion: Conversion | None) -> Iterator[str]:
    if reward.outcome == Outcome.REFERRED:
        yield say("The reward is for the referral as such, whatever becomes of it.")
        return
    if conversion is None:
        for referral in context.case.referrals:
            if referral.id == reward.referral_id and referral.qualified_by:
                yield from claims.deal(context, referral.qualified_by)
                yield say(
                    "When the lead was rewarded on {on} it was worth {amount}.",
                    on=reward.computed_on,
                    amount=words.amount(reward.base_minor, reward.currency),
                )
        return
    yield from claims.deal(context, conversion.opportunity_crm_id)
    yield won(context, conversion)
    yield from renews(context, conversion)
    invoice = context.invoices.get(reward.invoice_id or "")
    if invoice is not None:
        yield say(
            "The reward is for {amount} that the customer paid on {on} ({invoice}), divided as the "
            "deal is.",
            amount=words.amount(invoice.paid_minor, invoice.currency),
            on=invoice.paid_on,
            invoice=invoice.id,
        )


def won(context: Context, conversion: Conversion) -> str:
    """Say for what the deal was won, and that it stands or not."""
    became = say(
        "It was won on {on} for {value} and became conversion {conversion} on {detected}",
        on=conversion.won_on,
        value=words.amount(conversion.value_minor, conversion.currency),
        conversion=conversion.id,
        detected=conversion.detected_on,
    )
    return words.sentence(became, _other_amount(context, conversion), _gone(conversion))


def _other_amount(context: Context, conversion: Conversion) -> Said | None:
    now = context.deals.get(conversion.opportunity_crm_id)
    worth = (conversion.value_minor, conversion.currency)
    if not now or (now.amount_minor, now.currency) == worth or conversion.state != "active":
        return None
    return say(
        "the CRM says another amount by now: the night corrects that as long as rewards may be "
        "taken back, unless the audit trail says that it is left to a person"
    )


def _gone(conversion: Conversion) -> Said | None:
    if conversion.state != "cancelled":
        return None
    return say(
        "cancelled on {on}: {reason}",
        on=conversion.cancelled_on,
        reason=Stored(conversion.cancel_reason or ""),
    )


def renews(context: Context, conversion: Conversion) -> Iterator[str]:
    """Say of a renewal which deal won the customer."""
    if conversion.renews_crm_id:
        yield say(
            "It is a renewal: it is credited as {deal} is, by which the customer was won.",
            deal=context.deal_name(conversion.renews_crm_id),
        )


def _rules(context: Context, reward: Reward, again: Recomputed) -> list[str]:
    first = say(
        "The claim was made under {version}; its rules, not later ones, decide.",
        version=context.version(reward.program_version_id),
    )
    contract = contract_of(context, reward)
    own = [_own_rules(contract)] if contract else []
    return [first, *own, *amounts.rules_tried(again)]


def _own_rules(contract: Contract) -> str:
    rules = say(
        "In place of the program's, contract {contract} has the rules for what {who} claims from "
        "{start}",
        contract=contract.document,
        who=contract.participant,
        start=contract.from_on,
    )
    if contract.until_on:
        rules = say("{rules} through {until}", rules=rules, until=contract.until_on)
    return words.sentence(rules)


def _amount(reward: Reward, again: Recomputed) -> Iterator[str]:
    if again.incentive:
        yield from amounts.arithmetic(again.incentive, again.facts)
    yield from amounts.cap(reward, again)
    yield from amounts.recorded(reward, again)


def approval(context: Context, reward: Reward) -> list[str]:
    """Say how many people must approve, why, and who decided what."""
    asked = [
        words.sentence(
            say(
                "Asked for approval on {on} by {people}",
                on=reward.asked_on,
                people=_people(reward.approvals_needed or 1),
            ),
            Stored(event.reason),
        )
        for event in context.events_of("reward", reward.id)
        if event.action == "asked for approval"
    ]
    asked += [
        words.sentence(say("Asked of more people, since the sum has grown"), Stored(event.reason))
        for event in context.events_of("reward", reward.id)
        if event.action == "asked more people"
    ]
    given = [decision for decision in context.case.approvals if decision.reward_id == reward.id]
    sentences = asked + [told for decision in given for told in _decided(reward, decision)]
    is_its_own = f" {words.amount(reward.amount_minor, reward.currency)} is "
    if sentences and reward.amount_minor > 0 and not any(is_its_own in s for s in sentences):
        sentences.append(say("What counts is the sum of what one participant earns by one deal."))
    if reward.state == "computed":
        sentences.append(say("It is not looked at yet: the next night's approval does."))
    elif reward.state == "waiting":
        standing = [decision for decision in given if not decision.ended_as]
        missing = (reward.approvals_needed or 1) - len(standing)
        sentences.append(
            say(
                "It waits for {people}: `goodword rewards approve {reward}`.",
                people=_people(missing),
                reward=reward.id,
            )
        )
    return sentences


def _decided(reward: Reward, decision: Approval) -> Iterator[str]:
    at = words.instant(decision.decided_at)
    amount = words.amount(decision.amount_minor, reward.currency)
    by = say("the policy") if decision.decided_by == "policy" else decision.decided_by
    told = say("{at} {who} rejected {amount}", at=at, who=by, amount=amount)
    if decision.decision == "approve":
        told = say("{at} {who} approved {amount}", at=at, who=by, amount=amount)
    place = say("in the place of {who}", who=decision.acting_for) if decision.acting_for else None
    yield words.sentence(told, place, Stored(decision.reason))
    if decision.note:
        yield words.sentence(say("A note for staff: {said}", said=Stored(decision.note)))
    if decision.ended_as == "expired":
        lapsed = say("On {on} the approval of {who} lapsed", on=decision.ended_on, who=by)
        yield words.sentence(lapsed, Stored(decision.ended_reason or ""))
    elif decision.ended_as:
        ended = {"on": decision.ended_on, "who": decision.ended_by}
        back = say("On {on} {who} took that refusal back", **ended)
        if decision.decision == "approve":
            back = say("On {on} {who} took that approval back", **ended)
        yield words.sentence(back, Stored(decision.ended_reason or ""))


def _people(number: int) -> Said:
    if number == 1:
        return say("1 person")
    return say("{number} different people", number=number)


def payout(context: Context, reward: Reward) -> Iterator[str]:
    """Say how the reward was or will be paid, every attempt, or why it is carried over."""
    lines = [line for line in context.case.lines if line.reward_id == reward.id]
    for line in lines:
        found = context.payouts[line.payout_id]
        yield payouts.planned(found)
        yield from payouts.course(context, found)
    stuck = [context.payouts[line.payout_id] for line in lines if not line.is_live]
    waits = any(found.cleared_at is None for found in stuck)
    if reward.state != "approved" or waits:
        return
    if reward.carried_because:
        yield say(
            "Due since {on} and carried over: {reason}.",
            on=reward.payable_on,
            reason=Stored(reward.carried_because),
        )
    else:
        yield say("It goes into the first night's payout from {on} on.", on=reward.payable_on)


def document(reward: Reward, again: Recomputed) -> dict[str, object]:
    """Return what was worked out again, for JSON; amounts in minor units of `currency`."""
    return {
        "reward": reward.id,
        "version": reward.program_version_id,
        "currency": reward.currency,
        "facts": {
            "outcome": again.facts.outcome.value,
            "kind": again.facts.participant_kind,
            "tier": again.facts.participant_tier,
            "deal_minor": again.facts.deal_minor,
            "credited_minor": again.facts.credited_minor,
            **kept(again.facts),
        },
        "rules_tried": [_trial(trial) for trial in again.trials],
        "incentive": again.incentive.name if again.incentive else None,
        "computed_minor": again.computed_minor,
        "amount_minor": again.capped.minor if again.capped else None,
        "cap_reason": again.capped.reason if again.capped else None,
        "payable_on": again.payable_on,
        "differences": list(again.differences),
    }


def _trial(trial: Trial) -> dict[str, object]:
    return {
        "incentive": trial.incentive.name,
        "pays": trial.minor is not None,
        "minor": trial.minor,
        "reason": trial.reason,
    }
