"""The whole story of one reward, from the first claim to the money."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.rules.contracts import Contract
from goodword.rules.explanations import amounts, claims, payouts, refunds, stories, words
from goodword.rules.explanations.checks import (
    Recomputed,
    contract_of,
    kind_and_tier,
    recompute,
)
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Conversion, Payout, Reward
from goodword.rules.incentives import Trial
from goodword.rules.outcomes import kept


def tell(context: Context) -> stories.Story:
    """Tell the story of one reward; of a clawback with the one of the reward it takes back."""
    reward = context.rewards[context.case.number]
    if reward.returned_payout_id:
        return _asked_again(context, reward, context.payouts[reward.returned_payout_id])
    earned = context.rewards[reward.reverses_id] if reward.reverses_id else reward
    again = recompute(context, earned)
    conversion = context.conversions.get(reward.conversion_id or 0)
    amount = words.given(reward.amount_minor, reward.currency, reward.benefit)
    who = context.name(reward.participant_id)
    return stories.Story(
        f"Reward {reward.id}: {amount} to {who}, {reward.state}",
        stories.sections(
            ("Participant", _participant(context, earned)),
            ("Claims", _claims(context, reward, conversion)),
            ("Deal", _deal(context, reward, conversion)),
            ("Credit", claims.credit(context, conversion) if conversion else []),
            ("Rules tried, in order", _rules(context, earned, again)),
            ("Amount", _amount(earned, again)),
            ("Hold", amounts.hold(context, earned, again)),
            ("Refunds and disputes", refunds.told(context, conversion)),
            ("Taken back", refunds.taken_back(context, reward, earned)),
            ("Approval", approval(context, reward)),
            ("Payout", payout(context, reward)),
            *stories.records(context),
        ),
        document(reward, again),
    )


def _asked_again(context: Context, reward: Reward, came_from: Payout) -> stories.Story:
    """Tell of a reward that no rule earned: it asks whether what came back is paid again."""
    amount = words.amount(reward.amount_minor, reward.currency)
    who = context.name(reward.participant_id)
    return stories.Story(
        f"Reward {reward.id}: {amount} to {who} that came back, {reward.state}",
        stories.sections(
            ("Participant", [stories.participant(context, reward.participant_id)]),
            ("Why it is asked", [payouts.planned(came_from), *payouts.course(context, came_from)]),
            ("Approval", approval(context, reward)),
            ("Payout", payout(context, reward)),
            *stories.records(context),
        ),
    )


def _participant(context: Context, earned: Reward) -> Iterator[str]:
    person = context.people[earned.participant_id]
    yield stories.participant(context, person.id)
    kind, tier = kind_and_tier(context, earned)
    if (kind, tier) != (person.kind, person.tier):
        was = f"{words.a(kind)} of tier {tier}"
        on = (earned.facts or {}).get("tier_on")
        when = f"On {on}" if on else f"When the reward was computed on {earned.computed_on}"
        yield f"{when} it was {was}: that decides."
    for event in context.events_of("participant", person.id):
        if event.actor == "night" and "tier" in event.facts:
            was, now = event.facts["tier"]["before"], event.facts["tier"]["after"]
            since = event.facts["on"]
            yield words.sentence(f"From {since} on its tier was {now}, before {was}", event.reason)


def _claims(context: Context, reward: Reward, conversion: Conversion | None) -> Iterator[str]:
    """Say what the participant did to earn it."""
    if conversion:
        for share, claim in claims.claims(context, conversion):
            if share and share.participant_id == reward.participant_id:
                yield claims.describe(context, claim)
    for referral in context.case.referrals:
        if referral.id == reward.referral_id:
            yield claims.describe(context, referral)


def _deal(context: Context, reward: Reward, conversion: Conversion | None) -> Iterator[str]:
    if conversion is None:
        for referral in context.case.referrals:
            if referral.id == reward.referral_id and referral.qualified_by:
                yield from claims.deal(context, referral.qualified_by)
                size = words.amount(reward.base_minor, reward.currency)
                yield f"When the lead was rewarded on {reward.computed_on} it was worth {size}."
        return
    yield from claims.deal(context, conversion.opportunity_crm_id)
    yield won(context, conversion)
    invoice = context.invoices.get(reward.invoice_id or "")
    if invoice is not None:
        paid = words.amount(invoice.paid_minor, invoice.currency)
        yield (
            f"The reward is for {paid} that the customer paid on {invoice.paid_on} "
            f"({invoice.id}), divided as the deal is."
        )


_OTHER_AMOUNT = (
    "the CRM says another amount by now: the night corrects that as long as rewards may be taken "
    "back, unless the audit trail says that it is left to a person"
)


def won(context: Context, conversion: Conversion) -> str:
    """Say for what the deal was won, and that it stands or not."""
    value = words.amount(conversion.value_minor, conversion.currency)
    now = context.deals.get(conversion.opportunity_crm_id)
    worth = (conversion.value_minor, conversion.currency)
    is_other = now and (now.amount_minor, now.currency) != worth and conversion.state == "active"
    gone = (
        f"cancelled on {conversion.cancelled_on}: {conversion.cancel_reason}"
        if conversion.state == "cancelled"
        else None
    )
    return words.sentence(
        f"It was won on {conversion.won_on} for {value} and became conversion {conversion.id} "
        f"on {conversion.detected_on}",
        _OTHER_AMOUNT if is_other else None,
        gone,
    )


def _rules(context: Context, reward: Reward, again: Recomputed) -> list[str]:
    version = context.version(reward.program_version_id)
    first = f"The claim was made under {version}; its rules, not later ones, decide."
    contract = contract_of(context, reward)
    own = [_own_rules(contract)] if contract else []
    return [first, *own, *amounts.rules_tried(again)]


def _own_rules(contract: Contract) -> str:
    until = f" through {contract.until_on}" if contract.until_on else ""
    return (
        f"In place of the program's, contract {contract.document} has the rules for what "
        f"{contract.participant} claims from {contract.from_on}{until}."
    )


def _amount(reward: Reward, again: Recomputed) -> Iterator[str]:
    if again.incentive:
        yield from amounts.arithmetic(again.incentive, again.facts)
    yield from amounts.cap(reward, again)
    yield from amounts.recorded(reward, again)


def approval(context: Context, reward: Reward) -> list[str]:
    """Say how many people must approve, why, and who decided what."""
    sentences = [
        words.sentence(
            f"Asked for approval on {reward.asked_on} by {_people(reward.approvals_needed or 1)}",
            event.reason,
        )
        for event in context.events_of("reward", reward.id)
        if event.action == "asked for approval"
    ]
    amount = words.amount(reward.amount_minor, reward.currency)
    given = [a for a in context.case.approvals if a.reward_id == reward.id]
    for decision in given:
        did = "approved" if decision.decision == "approve" else "rejected"
        who = "the policy" if decision.decided_by == "policy" else decision.decided_by
        seen = words.amount(decision.amount_minor, reward.currency)
        on = words.instant(decision.decided_at)
        sentences.append(words.sentence(f"{on} {who} {did} {seen}", decision.reason))
    if sentences and reward.amount_minor > 0 and not any(f" {amount} is " in s for s in sentences):
        sentences.append("What counts is the sum of what one participant earns by one deal.")
    if reward.state == "computed":
        sentences.append("It is not looked at yet: the next night's approval does.")
    elif reward.state == "waiting":
        missing = (reward.approvals_needed or 1) - len(given)
        sentences.append(
            f"It waits for {_people(missing)}: `goodword rewards approve {reward.id}`."
        )
    return sentences


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} different people"


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
        yield f"Due since {reward.payable_on} and carried over: {reward.carried_because}."
    else:
        yield f"It goes into the first night's payout from {reward.payable_on} on."


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
