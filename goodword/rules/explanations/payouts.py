"""Payouts in sentences: what moved, what was sent, what was answered, and what comes next."""

from __future__ import annotations

import json
from collections.abc import Iterator

from goodword.rules.explanations import returns, stories, words
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Payout, Reward
from goodword.rules.payouts import BY_HAND, KEY_SURELY_GONE, KEY_SURELY_KEPT, Rail


def tell(context: Context) -> stories.Story:
    """Tell the story of one payout."""
    payout = context.payouts[context.case.number]
    amount = words.given(abs(payout.amount_minor), payout.currency, payout.benefit)
    way = "taken back from" if payout.rail == Rail.STRIPE_REVERSAL else "to"
    who = context.name(payout.participant_id)
    return stories.Story(
        f"Payout {payout.id}: {amount} {way} {who}, {payout.state.replace('_', ' ')}",
        stories.sections(
            ("Participant", [stories.participant(context, payout.participant_id)]),
            ("Payout", [planned(payout)]),
            ("What it covers", _covers(context, payout)),
            ("Request", _request(payout)),
            ("Attempts and answer", course(context, payout)),
            ("Reconciliation", _differences(context)),
            *stories.records(context),
        ),
    )


def planned(payout: Payout) -> str:
    """Say what was planned: how much, by which rail, to where, when, and who asked for it."""
    amount = words.given(abs(payout.amount_minor), payout.currency, payout.benefit)
    name = f"Payout {payout.id}, known to the provider as {payout.reference}:"
    rail = stories.RAILS[payout.rail]
    if payout.rail == Rail.STRIPE_REVERSAL:
        return (
            f"{name} {amount} taken back by {rail}, {payout.destination}, planned on "
            f"{payout.planned_on} since {payout.asked_by} asked for it."
        )
    if payout.rail in BY_HAND:
        name = f"Payout {payout.id}, with the reference {payout.reference}:"
    if _is_adopted(payout):
        return (
            f"{name} {amount} by {rail}, {payout.destination}, written down on {payout.planned_on} "
            f"since {payout.asked_by} found that the provider had moved it already."
        )
    return f"{name} {amount} by {rail}, {payout.destination}, planned on {payout.planned_on}."


def _is_adopted(payout: Payout) -> bool:
    """Tell whether it was written for a movement that was there already (actions/adoptions.py)."""
    return "adopted" in (payout.request or {})


def _covers(context: Context, payout: Payout) -> Iterator[str]:
    total = 0
    for line in context.case.lines:
        reward = context.rewards[line.reward_id]
        total += reward.amount_minor
        freed = "" if line.is_live else "; it was set free when the payout was refused"
        yield f"Reward {reward.id}: {_about(context, reward)}{freed}."
    summed = words.amount(total, payout.currency)
    if total == payout.amount_minor:
        yield f"Together they are {summed}, the amount of the payout."
    else:
        yield f"THE RECORD DIFFERS: together they are {summed}, not the amount of the payout."


def _about(context: Context, reward: Reward) -> str:
    amount = words.given(reward.amount_minor, reward.currency, reward.benefit)
    if reward.returned_payout_id:
        return f"{amount}, which came back of payout {reward.returned_payout_id}"
    back = f"takes back reward {reward.reverses_id}" if reward.reverses_id else reward.incentive
    company = _company(context, reward.conversion_id, reward.referral_id)
    return f"{amount}, {back}{company}, {reward.outcome} on {reward.outcome_on}"


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
    if _is_adopted(payout):
        yield (
            f"Nothing was sent for it: {payout.request['adopted']} was at the provider already "
            f"(difference {payout.request['difference']})."
        )
        return
    if payout.rail in BY_HAND:
        yield "Nothing is sent by machine; this is what a person is given:"
    for name, value in payout.request.items():
        yield f"{name}: {value if isinstance(value, str) else json.dumps(value)}"


def course(context: Context, payout: Payout) -> list[str]:
    """Say how often and with which key it was sent, what was answered, and what comes next."""
    return [
        *_sent(payout),
        *_answer(payout),
        *_settled_by_hand(context, payout),
        *_next(context, payout),
        *returns.told(context, payout),
    ]


def _sent(payout: Payout) -> Iterator[str]:
    if _is_adopted(payout):
        return
    if payout.first_sent_at:
        sent = words.instant(payout.first_sent_at)
        if payout.rail in BY_HAND:
            yield f"Handed over {sent}."
        else:
            key = payout.idempotency_key
            yield f"Attempt {payout.attempt}, first sent {sent} with the key {key}."
    elif payout.attempt > 1:
        yield (
            f"Attempt {payout.attempt} has not been sent yet. It has a new key: the one before "
            "surely moved nothing, and the provider would repeat its answer to the old key."
        )


def _answer(payout: Payout) -> Iterator[str]:
    answer = " ".join(filter(None, (payout.reason, f"({payout.code})" if payout.code else None)))
    if not answer or payout.state == "handed_over" or payout.reversed_minor:
        return  # what comes next, or what came back, says it
    if payout.code == "overtaken":
        yield f"Given back before anything was sent: {payout.reason}."
    elif payout.code == "balance_insufficient" and payout.state == "planned":
        yield f"Kept back: {answer}."
    elif payout.code != "not_made":  # that is a person's word, and is told as one
        yield f"The last answer: {answer}."


def _settled_by_hand(context: Context, payout: Payout) -> Iterator[str]:
    for event in context.events_of("payout", payout.id):
        if event.action in {"paid", "refused"} and event.actor != "night":
            said = f"{words.instant(event.at)} {event.actor} settled it by hand as {event.action}"
            yield words.sentence(said, event.reason)


def _next(context: Context, payout: Payout) -> Iterator[str]:
    match payout.state:
        case "paid":
            yield _paid(payout)
        case "planned":
            yield "It waits to be sent: the next night does."
        case "refused":
            yield from _refused(payout)
        case "held":
            yield (
                "Held: it may have moved money. A person looks at the provider first, and then "
                f"settles it: `goodword payouts settle {payout.id} --paid ID` or `--not-made`."
            )
        case "handed_over":
            yield from _handed_over(context, payout)
        case "reversed":
            yield f"Paid on {payout.paid_on} as {payout.external_id}, and all of it came back."
        case _:
            yield from _unknown(payout)


def _paid(payout: Payout) -> str:
    if payout.rail in BY_HAND:
        return f"Paid on {payout.paid_on}, as a person said."
    if payout.rail == Rail.STRIPE_REVERSAL:
        return f"Taken back on {payout.paid_on}; the provider calls it {payout.external_id}."
    return f"Paid on {payout.paid_on}; the provider calls it {payout.external_id}."


def _refused(payout: Payout) -> Iterator[str]:
    if payout.code == "overtaken":
        yield "Its rewards are free, and planned anew."
        return
    if payout.rail == Rail.STRIPE_REVERSAL:
        yield "Refused: nothing came back. What it covered is netted against later payouts."
    else:
        yield "Refused: nothing moved, and its rewards are free for another payout."
    if payout.next_step:
        yield f"Next step: {payout.next_step.rstrip('.')}."
    cleared = payout.cleared_at
    yield (
        f"An operator cleared it for a rerun {words.instant(cleared)}."
        if cleared
        else f"When that is repaired: `goodword payouts rerun {payout.id}`."
    )


def _handed_over(context: Context, payout: Payout) -> Iterator[str]:
    if payout.rail == Rail.PERK:
        yield f"An operator gives it to {context.name(payout.participant_id)}, and then says so."
    else:
        yield _in_a_file(context, payout)
    yield (
        f"When it has arrived: `goodword payouts confirm {payout.id}`. When it was not made and "
        f"never will be: `goodword payouts decline {payout.id}`."
    )


def _in_a_file(context: Context, payout: Payout) -> str:
    files = {file.id: file for file in context.case.bank_files}
    file = files.get(payout.bank_file_id or 0)
    if file is None:
        return "It waits for the next bank file, which the next night makes."
    name = f"It is in bank file {file.id} ({file.message_id}), made on {file.made_on}"
    if file.exported_at is None:
        return f"{name}. Take that to the bank: `goodword bank-files export {file.id} --to PATH`."
    return f"{name}, which {file.exported_by} exported {words.instant(file.exported_at)}."


def _unknown(payout: Payout) -> Iterator[str]:
    if payout.rail in BY_HAND:
        yield "It was being handed over; the next night does that again. Nothing moves by itself."
        return
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
    sentences = []
    for found in context.case.differences:
        stands = f"it is open: difference {found.id} of `goodword payouts differences`"
        if found.settled_by:
            stands = f"{found.settled_by} closed it on {found.settled_on}: {found.settled_reason}"
        elif found.settled_on:
            stands = f"gone on {found.settled_on}"
        sentences.append(words.sentence(f"{found.found_on} {found.sentence}", stands))
    return sentences
