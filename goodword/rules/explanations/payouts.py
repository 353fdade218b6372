"""Payouts in sentences: what moved, what was sent, what was answered, and what comes next."""

from __future__ import annotations

import json
from collections.abc import Iterator

from goodword.rules.explanations import stories, words
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Payout
from goodword.rules.payouts import KEY_SURELY_GONE, KEY_SURELY_KEPT


def tell(context: Context) -> stories.Story:
    """Tell the story of one payout."""
    payout = context.payouts[context.case.number]
    amount = words.given(payout.amount_minor, payout.currency, payout.benefit)
    who = context.name(payout.participant_id)
    return stories.Story(
        f"Payout {payout.id}: {amount} to {who}, {payout.state}",
        stories.sections(
            ("Participant", [stories.participant(context, payout.participant_id)]),
            ("Payout", [planned(payout)]),
            ("What it covers", _covers(context, payout)),
            ("Request", _request(payout)),
            ("Attempts and answer", course(payout)),
            ("Reconciliation", _differences(context)),
            *stories.records(context),
        ),
    )


def planned(payout: Payout) -> str:
    """Say what was planned: how much, by which rail, to where, and when."""
    amount = words.given(payout.amount_minor, payout.currency, payout.benefit)
    return (
        f"Payout {payout.id}, known to the provider as {payout.reference}: {amount} by "
        f"{stories.RAILS[payout.rail]}, {payout.destination}, planned on {payout.planned_on}."
    )


def _covers(context: Context, payout: Payout) -> Iterator[str]:
    total = 0
    for line in context.case.lines:
        reward = context.rewards[line.reward_id]
        total += reward.amount_minor
        freed = "" if line.is_live else "; it was set free when the payout was refused"
        company = _company(context, reward.conversion_id, reward.referral_id)
        back = f"takes back reward {reward.reverses_id}" if reward.reverses_id else reward.incentive
        amount = words.given(reward.amount_minor, reward.currency, reward.benefit)
        when = f"{reward.outcome} on {reward.outcome_on}"
        yield f"Reward {reward.id}: {amount}, {back}{company}, {when}{freed}."
    summed = words.amount(total, payout.currency)
    if total == payout.amount_minor:
        yield f"Together they are {summed}, the amount of the payout."
    else:
        yield f"THE RECORD DIFFERS: together they are {summed}, not the amount of the payout."


def _company(context: Context, conversion_id: int | None, referral_id: int | None) -> str:
    conversion = context.conversions.get(conversion_id or 0)
    if conversion:
        return f", for {context.deal_name(conversion.opportunity_crm_id)}"
    found = (r.company for r in context.case.referrals if r.id == referral_id)
    return "".join(f", for the lead {company}" for company in found)


def _request(payout: Payout) -> Iterator[str]:
    if payout.request is None:
        yield "Nothing was sent yet."
        return
    for name, value in payout.request.items():
        yield f"{name}: {value if isinstance(value, str) else json.dumps(value)}"


def course(payout: Payout) -> list[str]:
    """Say how often and with which key it was sent, what was answered, and what comes next."""
    sentences = []
    if payout.first_sent_at:
        sent = words.instant(payout.first_sent_at)
        sentences.append(
            f"Attempt {payout.attempt}, first sent {sent} with the key {payout.idempotency_key}."
        )
    elif payout.attempt > 1:
        sentences.append(f"Attempt {payout.attempt} has not been sent yet.")
    code = f"({payout.code})" if payout.code else None
    answer = " ".join(filter(None, (payout.reason, code)))
    if answer:
        sentences.append(f"The last answer: {answer}.")
    return [*sentences, *_next(payout)]


def _next(payout: Payout) -> Iterator[str]:
    match payout.state:
        case "paid":
            yield f"Paid on {payout.paid_on}; the provider calls it {payout.external_id}."
        case "planned":
            yield "It waits to be sent: the next night does."
        case "refused":
            yield "Refused: nothing moved, and its rewards are free for another payout."
            if payout.next_step:
                yield f"Next step: {payout.next_step}"
            cleared = payout.cleared_at
            yield (
                f"An operator cleared it for a rerun {words.instant(cleared)}."
                if cleared
                else f"When that is repaired: `goodword payouts rerun {payout.id}`."
            )
        case "held":
            yield "Held: it may have moved money. A person looks at it at the provider first."
        case "reversed":
            yield f"The provider took it back; it was {payout.external_id}."
        case _:
            yield from _unknown(payout)


def _unknown(payout: Payout) -> Iterator[str]:
    yield "Whether the money moved is not known: no answer was recorded."
    if payout.first_sent_at:
        kept = words.instant(payout.first_sent_at + KEY_SURELY_KEPT)
        gone = words.instant(payout.first_sent_at + KEY_SURELY_GONE)
        yield (
            f"Until {kept} it is sent again with the same key, which the provider answers as the "
            f"first time; until {gone} it is left alone; after that it is looked up, and only a "
            "definite “it does not exist” allows another attempt."
        )


def _differences(context: Context) -> list[str]:
    return [
        words.sentence(
            f"{found.found_on} {found.sentence}",
            f"gone on {found.settled_on}" if found.settled_on else "it is open",
        )
        for found in context.case.differences
    ]
