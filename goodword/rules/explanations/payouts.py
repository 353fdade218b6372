"""Payouts in sentences: what moved, what was sent, what was answered, and what comes next."""

from __future__ import annotations

import json
from collections.abc import Iterator

from goodword.phrases import Said, Stored, say, word
from goodword.rules.explanations import returns, stories, words
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Payout, Reward
from goodword.rules.payouts import BY_HAND, KEY_SURELY_GONE, KEY_SURELY_KEPT, Rail


def tell(context: Context) -> stories.Story:
    """Tell the story of one payout."""
    payout = context.payouts[context.case.number]
    amount = words.given(abs(payout.amount_minor), payout.currency, payout.benefit)
    who = context.name(payout.participant_id)
    what = say("{amount} to {who}", amount=amount, who=who)
    if payout.rail == Rail.STRIPE_REVERSAL:
        what = say("{amount} taken back from {who}", amount=amount, who=who)
    return stories.Story(
        say(
            "Payout {number}: {what}, {state}",
            number=payout.id,
            what=what,
            state=word(payout.state),
        ),
        stories.sections(
            (say("Participant"), [stories.participant(context, payout.participant_id)]),
            (say("Payout"), [planned(payout)]),
            (say("What it covers"), _covers(context, payout)),
            (say("Request"), _request(payout)),
            (say("Attempts and answer"), course(context, payout)),
            (say("Reconciliation"), _differences(context)),
            *stories.records(context),
        ),
    )


def planned(payout: Payout) -> str:
    """Say what was planned: how much, by which rail, to where, when, and who asked for it."""
    moved = say(
        "Payout {payout}, known to the provider as {reference}: {amount} by {rail}, {destination}",
        **_moved(payout),
    )
    on, who = payout.planned_on, payout.asked_by
    if payout.rail == Rail.STRIPE_REVERSAL:
        return say(
            "Payout {payout}, known to the provider as {reference}: {amount} taken back by {rail}, "
            "{destination}, planned on {on} since {who} asked for it.",
            **_moved(payout),
            on=on,
            who=who,
        )
    if payout.rail in BY_HAND:
        moved = say(
            "Payout {payout}, with the reference {reference}: {amount} by {rail}, {destination}",
            **_moved(payout),
        )
    if _is_adopted(payout):
        return say(
            "{payout}, written down on {on} since {who} found that the provider had moved it "
            "already.",
            payout=moved,
            on=on,
            who=who,
        )
    return say("{payout}, planned on {on}.", payout=moved, on=on)


def _moved(payout: Payout) -> dict[str, object]:
    return {
        "payout": payout.id,
        "reference": payout.reference,
        "amount": words.given(abs(payout.amount_minor), payout.currency, payout.benefit),
        "rail": stories.RAILS[payout.rail],
        "destination": payout.destination,
    }


def _is_adopted(payout: Payout) -> bool:
    """Tell whether it was written for a movement that was there already (actions/adoptions.py)."""
    return "adopted" in (payout.request or {})


def _covers(context: Context, payout: Payout) -> Iterator[str]:
    total = 0
    for line in context.case.lines:
        reward = context.rewards[line.reward_id]
        total += reward.amount_minor
        covered = say("Reward {reward}: {what}", reward=reward.id, what=_about(context, reward))
        freed = None if line.is_live else say("it was set free when the payout was refused")
        yield words.sentence(covered, freed)
    summed = words.amount(total, payout.currency)
    if total == payout.amount_minor:
        yield say("Together they are {amount}, the amount of the payout.", amount=summed)
    else:
        yield say(
            "THE RECORD DIFFERS: together they are {amount}, not the amount of the payout.",
            amount=summed,
        )


def _about(context: Context, reward: Reward) -> str:
    amount = words.given(reward.amount_minor, reward.currency, reward.benefit)
    if reward.returned_payout_id:
        came_from = reward.returned_payout_id
        return say("{amount}, which came back of payout {payout}", amount=amount, payout=came_from)
    rule: str = reward.incentive
    if reward.reverses_id:
        rule = say("takes back reward {reward}", reward=reward.reverses_id)
    what = say("{amount}, {rule}", amount=amount, rule=rule)
    return say(
        "{what}, {outcome} on {on}",
        what=_with_company(context, reward, what),
        outcome=word(reward.outcome),
        on=reward.outcome_on,
    )


def _with_company(context: Context, reward: Reward, what: Said) -> Said:
    conversion = context.conversions.get(reward.conversion_id or 0)
    if conversion:
        deal = context.deal_name(conversion.opportunity_crm_id)
        return say("{what}, for {deal}", what=what, deal=deal)
    for referral in context.case.referrals:
        if referral.id == reward.referral_id:
            return say("{what}, for the lead {company}", what=what, company=referral.company)
    return what


def _request(payout: Payout) -> Iterator[str]:
    if payout.request is None:
        yield say("Nothing was sent yet.")
        return
    if _is_adopted(payout):
        yield say(
            "Nothing was sent for it: {movement} was at the provider already "
            "(difference {difference}).",
            movement=payout.request["adopted"],
            difference=payout.request["difference"],
        )
        return
    if payout.rail in BY_HAND:
        yield say("Nothing is sent by machine; this is what a person is given:")
    for name, value in payout.request.items():
        sent = value if isinstance(value, str) else json.dumps(value)
        yield say("{field}: {value}", field=name, value=sent)


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
            yield say("Handed over {at}.", at=sent)
        else:
            yield say(
                "Attempt {attempt}, first sent {at} with the key {key}.",
                attempt=payout.attempt,
                at=sent,
                key=payout.idempotency_key,
            )
    elif payout.attempt > 1:
        yield say(
            "Attempt {attempt} has not been sent yet. It has a new key: the one before surely "
            "moved nothing, and the provider would repeat its answer to the old key.",
            attempt=payout.attempt,
        )


def _answer(payout: Payout) -> Iterator[str]:
    if payout.state == "handed_over" or payout.reversed_minor:
        return  # what comes next, or what came back, says it
    reason = Stored(payout.reason or "")
    if not (reason or payout.code):
        return
    answer: str = reason
    if payout.code:
        answer = say("({code})", code=payout.code)
        if reason:
            answer = say("{answer} ({code})", answer=reason, code=payout.code)
    if payout.code == "overtaken":
        yield say("Given back before anything was sent: {reason}.", reason=reason)
    elif payout.code == "balance_insufficient" and payout.state == "planned":
        yield say("Kept back: {answer}.", answer=answer)
    elif payout.code != "not_made":  # that is a person's word, and is told as one
        yield say("The last answer: {answer}.", answer=answer)


def _settled_by_hand(context: Context, payout: Payout) -> Iterator[str]:
    for event in context.events_of("payout", payout.id):
        if event.action in {"paid", "refused"} and event.actor != "night":
            settled = say(
                "{at} {who} settled it by hand as {state}",
                at=words.instant(event.at),
                who=event.actor,
                state=word(event.action),
            )
            yield words.sentence(settled, Stored(event.reason))


def _next(context: Context, payout: Payout) -> Iterator[str]:
    match payout.state:
        case "paid":
            yield _paid(payout)
        case "planned":
            yield say("It waits to be sent: the next night does.")
        case "refused":
            yield from _refused(payout)
        case "held":
            yield say(
                "Held: it may have moved money. A person looks at the provider first, and then "
                "settles it: `goodword payouts settle {payout} --paid ID` or `--not-made`.",
                payout=payout.id,
            )
        case "handed_over":
            yield from _handed_over(context, payout)
        case "reversed":
            yield say(
                "Paid on {on} as {movement}, and all of it came back.",
                on=payout.paid_on,
                movement=payout.external_id,
            )
        case _:
            yield from _unknown(payout)


def _paid(payout: Payout) -> str:
    on, movement = payout.paid_on, payout.external_id
    if payout.rail in BY_HAND:
        return say("Paid on {on}, as a person said.", on=on)
    if payout.rail == Rail.STRIPE_REVERSAL:
        return say(
            "Taken back on {on}; the provider calls it {movement}.", on=on, movement=movement
        )
    return say("Paid on {on}; the provider calls it {movement}.", on=on, movement=movement)


def _refused(payout: Payout) -> Iterator[str]:
    if payout.code == "overtaken":
        yield say("Its rewards are free, and planned anew.")
        return
    if payout.rail == Rail.STRIPE_REVERSAL:
        yield say("Refused: nothing came back. What it covered is netted against later payouts.")
    else:
        yield say("Refused: nothing moved, and its rewards are free for another payout.")
    if payout.next_step:
        yield say("Next step: {step}.", step=Stored(payout.next_step.rstrip(".")))
    if payout.cleared_at:
        at = words.instant(payout.cleared_at)
        yield say("An operator cleared it for a rerun {at}.", at=at)
    else:
        yield say("When that is repaired: `goodword payouts rerun {payout}`.", payout=payout.id)


def _handed_over(context: Context, payout: Payout) -> Iterator[str]:
    if payout.rail == Rail.PERK:
        who = context.name(payout.participant_id)
        yield say("An operator gives it to {who}, and then says so.", who=who)
    else:
        yield _in_a_file(context, payout)
    yield say(
        "When it has arrived: `goodword payouts confirm {payout}`. When it was not made and never "
        "will be: `goodword payouts decline {payout}`.",
        payout=payout.id,
    )


def _in_a_file(context: Context, payout: Payout) -> str:
    files = {file.id: file for file in context.case.bank_files}
    file = files.get(payout.bank_file_id or 0)
    if file is None:
        return say("It waits for the next bank file, which the next night makes.")
    made = say(
        "It is in bank file {file} ({name}), made on {on}",
        file=file.id,
        name=file.message_id,
        on=file.made_on,
    )
    if file.exported_at is None:
        return say(
            "{made}. Take that to the bank: `goodword bank-files export {file} --to PATH`.",
            made=made,
            file=file.id,
        )
    at = words.instant(file.exported_at)
    return say("{made}, which {who} exported {at}.", made=made, who=file.exported_by, at=at)


def _unknown(payout: Payout) -> Iterator[str]:
    if payout.rail in BY_HAND:
        yield say(
            "It was being handed over; the next night does that again. Nothing moves by itself."
        )
        return
    yield say("Whether the money moved is not known: no answer was recorded.")
    if payout.first_sent_at:
        yield say(
            "Until {kept} it is sent again with the same key, which the provider answers as the "
            "first time; until {gone} it is left alone; after that it is looked up, and only a "
            "definite “it does not exist” allows another attempt.",
            kept=words.instant(payout.first_sent_at + KEY_SURELY_KEPT),
            gone=words.instant(payout.first_sent_at + KEY_SURELY_GONE),
        )


def _differences(context: Context) -> list[str]:
    sentences = []
    for found in context.case.differences:
        stands: str = say(
            "it is open: difference {difference} of `goodword payouts differences`",
            difference=found.id,
        )
        if found.settled_by:
            stands = say(
                "{who} closed it on {on}: {reason}",
                who=found.settled_by,
                on=found.settled_on,
                reason=Stored(found.settled_reason or ""),
            )
        elif found.settled_on:
            stands = say("gone on {on}", on=found.settled_on)
        told = say("{on} {difference}", on=found.found_on, difference=Stored(found.sentence))
        sentences.append(words.sentence(told, stands))
    return sentences
