"""The story of one registration, as the minutes of a meeting have it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from goodword.rules.explanations import claims, conversions, disputes, stories, words
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Event, Letter, Registration
from goodword.rules.explanations.referrals import account
from goodword.rules.explanations.rewards import won
from goodword.rules.registrations import LIVE, is_qualified


def tell(context: Context) -> stories.Story:
    """Tell the story of one registration."""
    mine = next(r for r in context.case.registrations if r.id == context.case.number)
    who = context.name(mine.participant_id)
    conversion = context.conversions.get(mine.conversion_id or 0)
    credit = [won(context, conversion), *claims.credit(context, conversion)] if conversion else []
    return stories.Story(
        f"Registration {mine.id}: {mine.company}, claimed by {who}, {mine.state}",
        stories.sections(
            ("Participant", [stories.participant(context, mine.participant_id)]),
            ("Claim", _claim(context, mine)),
            ("Minutes", _minutes(context, mine)),
            ("Rivals", _rivals(context, mine)),
            ("Disputes", _disputes(context)),
            ("In the CRM", _protected(context)),
            ("Deals", _deals(context)),
            ("Conversion", credit),
            ("Rewards", conversions.rewards(context) if conversion else []),
            *stories.records(context),
        ),
    )


def _claim(context: Context, mine: Registration) -> Iterator[str]:
    yield claims.describe(context, mine)
    enough = is_qualified(frozenset(str(piece["kind"]) for piece in mine.evidence))
    what = "is" if enough else "is not"
    yield f"It rests on {words.evidence(mine.evidence)}, which {what} enough for a claim."
    if mine.expected_amount_minor is not None and mine.currency:
        yield f"The partner expected {words.amount(mine.expected_amount_minor, mine.currency)}."
    yield account(mine.account_crm_id)


def _minutes(context: Context, mine: Registration) -> list[str]:
    """Return what happened, day by day; on one day in the order in which it was written down."""
    submitted = context.day(mine.submitted_at)
    told = [(submitted, f"submitted by {context.name(mine.participant_id)}.")]
    told += [
        (
            asked.asked_on,
            words.sentence(f"asked: is it account {asked.account_crm_id}?", asked.reason),
        )
        for asked in context.case.questions
    ]
    told += [
        (event.business_date or context.day(event.at), _happened(event))
        for event in _events(context, mine)
        if event.action not in {"imported", "submitted"}  # when it came: said above
    ]
    told += [(letter.queued_on, _warned(letter)) for letter in _warnings(context, mine)]
    if mine.expires_on and mine.state == "expired":
        told.append((mine.expires_on, "the last protected day."))
    told += _credited(context, mine)
    return [f"{on} {said}" for on, said in sorted(told, key=_day)] + [_standing(mine)]


def _day(told: tuple[date, str]) -> date:
    return told[0]


def _events(context: Context, mine: Registration) -> list[Event]:
    """Return what the audit trail says of the claim and of disputes about it, in order."""
    found = context.events_of("registration", mine.id)
    for dispute in context.case.disputes:
        found += context.events_of("dispute", dispute.id)
    return sorted(found, key=lambda event: event.id)


def _happened(event: Event) -> str:
    who = "the night" if event.actor == "night" else event.actor
    if event.subject == "dispute":
        return words.sentence(f"{who}: {_in_dispute(event)}", event.reason)
    until = event.facts.get("expires_on")
    rival = event.facts.get("conflicts_with")
    through = f", protected through {until}" if until else ""
    against = f" with registration {rival}" if rival else ""
    about = "".join(f" {said}{event.facts[name]}" for name, said in _ABOUT if name in event.facts)
    return words.sentence(f"{who}: {event.action}{about}{against}{through}", event.reason)


_ABOUT = (("account", "account "), ("record", ""))
"""The facts of an event that say what of the CRM it is about."""


def _in_dispute(event: Event) -> str:
    what = _IN_DISPUTES.get(event.action, event.action).format(event.subject_id)
    if event.action != "ruled":
        return what
    granted = disputes.share(int(event.facts["share_bps"]))
    return "; ".join(filter(None, (f"{what}: {event.facts['outcome']}", granted)))


_IN_DISPUTES = {
    "opened": "dispute {} opened",
    "stated": "stated in dispute {}",
    "ruled": "ruled in dispute {}",
    "appealed": "appealed in dispute {}",
    "withdrew the appeal": "appeal in dispute {} withdrawn",
    "withdrawn": "dispute {} withdrawn",
    "escalated": "dispute {} escalated",
    "closed": "dispute {} closed",
}


def _credited(context: Context, mine: Registration) -> list[tuple[date, str]]:
    """Return the conversions that credited the claim, and when one stopped standing."""
    told: list[tuple[date, str]] = []
    for share in context.case.shares:
        conversion = context.conversions[share.conversion_id]
        if (share.claim, share.claim_id) == ("registration", mine.id):
            value = words.amount(share.value_minor, conversion.currency)
            said = f"conversion {conversion.id} credits it with {value}"
            told.append((conversion.detected_on, words.sentence(said, share.reason)))
            if conversion.cancelled_on:
                ended = f"conversion {conversion.id} stands no more"
                reason = conversion.cancel_reason
                told.append((conversion.cancelled_on, words.sentence(ended, reason)))
    return told


def _warnings(context: Context, mine: Registration) -> list[Letter]:
    prefix = f"registration:{mine.id}:expiring:"
    return [letter for letter in context.case.letters if letter.fact.startswith(prefix)]


def _warned(letter: Letter) -> str:
    until, days = letter.fact.split(":")[-2:]
    ahead = words.count(int(days), "day")
    return f"the partner was warned, {ahead} ahead, that the protection ends on {until}."


def _standing(mine: Registration) -> str:
    used = words.count(mine.extensions_used, "extension")
    if mine.state in LIVE:
        return f"It is live: the account is protected through {mine.expires_on}; {used} used."
    if mine.state == "submitted":
        waits = "It waits for a decision (`goodword registrations list`)"
        return words.sentence(waits, "; ".join(mine.reasons))
    ended = f"It ended as {mine.state}{claims.decided(mine)}"
    return words.sentence(ended, "; ".join(mine.reasons))


def _rivals(context: Context, mine: Registration) -> Iterator[str]:
    for other in context.case.registrations:
        if other.id == mine.conflicts_with_id:
            yield f"First to register was: {claims.describe(context, other)}"
        elif other.conflicts_with_id == mine.id:
            yield f"Came later: {claims.describe(context, other)}"


def _disputes(context: Context) -> list[str]:
    return [line for each in context.case.disputes for line in disputes.tell(context, each)]


def _protected(context: Context) -> Iterator[str]:
    for record in context.case.protected:
        until = f" until {record.until}" if record.until else ""
        yield f"{record.crm_object} {record.crm_id} shows {record.partner}{until}."


def _deals(context: Context) -> list[str]:
    return [line for deal in context.case.deals for line in claims.deal(context, deal.crm_id)]
