"""The story of one registration, as the minutes of a meeting have it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from goodword.phrases import Stored, joined, say, word
from goodword.rules.explanations import claims, conversions, disputes, stories, words
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Event, Letter, Registration
from goodword.rules.explanations.referrals import account
from goodword.rules.explanations.rewards import won
from goodword.rules.registrations import LIVE, is_qualified


def tell(context: Context) -> stories.Story:
    """Tell the story of one registration."""
    mine = next(r for r in context.case.registrations if r.id == context.case.number)
    conversion = context.conversions.get(mine.conversion_id or 0)
    credit = [won(context, conversion), *claims.credit(context, conversion)] if conversion else []
    return stories.Story(
        say(
            "Registration {number}: {company}, claimed by {who}, {state}",
            number=mine.id,
            company=mine.company,
            who=context.name(mine.participant_id),
            state=word(mine.state),
        ),
        stories.sections(
            (say("Participant"), [stories.participant(context, mine.participant_id)]),
            (say("Claim"), _claim(context, mine)),
            (say("Minutes"), _minutes(context, mine)),
            (say("Rivals"), _rivals(context, mine)),
            (say("Disputes"), _disputes(context)),
            (say("In the CRM"), _protected(context)),
            (say("Deals"), _deals(context)),
            (say("Conversion"), credit),
            (say("Rewards"), conversions.rewards(context) if conversion else []),
            *stories.records(context),
        ),
    )


def _claim(context: Context, mine: Registration) -> Iterator[str]:
    yield claims.describe(context, mine)
    evidence = words.evidence(mine.evidence)
    if is_qualified(frozenset(str(piece["kind"]) for piece in mine.evidence)):
        yield say("It rests on {evidence}, which is enough for a claim.", evidence=evidence)
    else:
        yield say("It rests on {evidence}, which is not enough for a claim.", evidence=evidence)
    if mine.expected_amount_minor is not None and mine.currency:
        expected = words.amount(mine.expected_amount_minor, mine.currency)
        yield say("The partner expected {amount}.", amount=expected)
    yield account(mine.account_crm_id)


def _minutes(context: Context, mine: Registration) -> list[str]:
    """Return what happened, day by day; on one day in the order in which it was written down."""
    who = context.name(mine.participant_id)
    told: list[tuple[date, str]] = [
        (context.day(mine.submitted_at), say("submitted by {who}.", who=who))
    ]
    for asked in context.case.questions:
        question = say("asked whether it is account {account}", account=asked.account_crm_id)
        told.append((asked.asked_on, words.sentence(question, Stored(asked.reason))))
    told += [
        (event.business_date or context.day(event.at), _happened(context, event))
        for event in _events(context, mine)
        if event.action not in {"imported", "submitted"}  # when it came: said above
    ]
    told += [(letter.queued_on, _warned(letter)) for letter in _warnings(context, mine)]
    if mine.expires_on and mine.state == "expired":
        told.append((mine.expires_on, say("the last protected day.")))
    told += _credited(context, mine)
    dated = [say("{on} {happened}", on=on, happened=said) for on, said in sorted(told, key=_day)]
    return [*dated, _standing(mine)]


def _day(told: tuple[date, str]) -> date:
    return told[0]


def _events(context: Context, mine: Registration) -> list[Event]:
    """Return what the audit trail says of the claim and of disputes about it, in order."""
    found = context.events_of("registration", mine.id)
    for dispute in context.case.disputes:
        found += context.events_of("dispute", dispute.id)
    return sorted(found, key=lambda event: event.id)


def _happened(context: Context, event: Event) -> str:
    who = say("the night") if event.actor == "night" else context.person(event.actor)
    what = _in_dispute(event) if event.subject == "dispute" else _to_the_claim(event)
    return words.sentence(say("{who}: {what}", who=who, what=what), Stored(event.reason))


def _to_the_claim(event: Event) -> str:
    facts = event.facts
    what: str = word(event.action)
    if "account" in facts:
        what = say("{what} account {account}", what=what, account=facts["account"])
    if "record" in facts:
        what = say("{what} {record}", what=what, record=facts["record"])
    if rival := facts.get("conflicts_with"):
        what = say("{what} with registration {rival}", what=what, rival=rival)
    if until := facts.get("expires_on"):
        last = date.fromisoformat(until)
        what = say("{what}, protected through {until}", what=what, until=last)
    return what


def _in_dispute(event: Event) -> str:
    number = event.subject_id
    what = {
        "opened": say("dispute {number} opened", number=number),
        "stated": say("stated in dispute {number}", number=number),
        "ruled": say("ruled in dispute {number}", number=number),
        "appealed": say("appealed in dispute {number}", number=number),
        "withdrew the appeal": say("appeal in dispute {number} withdrawn", number=number),
        "withdrawn": say("dispute {number} withdrawn", number=number),
        "escalated": say("dispute {number} escalated", number=number),
        "closed": say("dispute {number} closed", number=number),
    }.get(event.action, word(event.action))
    if event.action != "ruled":
        return what
    outcome = say("{what}: {outcome}", what=what, outcome=word(event.facts["outcome"]))
    return joined((outcome, disputes.share(int(event.facts["share_bps"]))))


def _credited(context: Context, mine: Registration) -> list[tuple[date, str]]:
    """Return the conversions that credited the claim, and when one stopped standing."""
    told: list[tuple[date, str]] = []
    for share in context.case.shares:
        conversion = context.conversions[share.conversion_id]
        if (share.claim, share.claim_id) == ("registration", mine.id):
            value = words.amount(share.value_minor, conversion.currency)
            said = say(
                "conversion {conversion} credits it with {amount}",
                conversion=conversion.id,
                amount=value,
            )
            reason = Stored(share.reason)
            told.append((conversion.detected_on, words.sentence(said, reason)))
            if conversion.cancelled_on:
                ended = say("conversion {conversion} stands no more", conversion=conversion.id)
                reason = Stored(conversion.cancel_reason or "")
                told.append((conversion.cancelled_on, words.sentence(ended, reason)))
    return told


def _warnings(context: Context, mine: Registration) -> list[Letter]:
    prefix = f"registration:{mine.id}:expiring:"
    return [letter for letter in context.case.letters if letter.fact.startswith(prefix)]


def _warned(letter: Letter) -> str:
    until, days = letter.fact.split(":")[-2:]
    return say(
        "the partner was warned, {days} ahead, that the protection ends on {until}.",
        days=words.days(int(days)),
        until=date.fromisoformat(until),
    )


def _standing(mine: Registration) -> str:
    reasons = Stored("; ".join(mine.reasons))
    if mine.state in LIVE:
        return say(
            "It is live: the account is protected through {until}; {extensions} used.",
            until=mine.expires_on,
            extensions=words.extensions(mine.extensions_used),
        )
    if mine.state == "submitted":
        waits = say("It waits for a decision (`goodword registrations list`)")
        return words.sentence(waits, reasons)
    ended = say("It ended as {state}", state=word(mine.state))
    return words.sentence(claims.decided(ended, mine), reasons)


def _rivals(context: Context, mine: Registration) -> Iterator[str]:
    contested = {dispute.registration_id for dispute in context.case.disputes}
    contested |= {dispute.rival_id or 0 for dispute in context.case.disputes}
    for other in context.case.registrations:
        if other.id == mine.conflicts_with_id:
            yield say("First to register was: {claim}", claim=claims.describe(context, other))
        elif other.conflicts_with_id == mine.id:
            yield say("Came later: {claim}", claim=claims.describe(context, other))
        elif other.id != mine.id and other.id in contested:
            yield say("In dispute with it: {claim}", claim=claims.describe(context, other))


def _disputes(context: Context) -> list[str]:
    return [line for each in context.case.disputes for line in disputes.tell(context, each)]


def _protected(context: Context) -> Iterator[str]:
    for record in context.case.protected:
        shown = say(
            "{record} shows {partner}",
            record=f"{record.crm_object} {record.crm_id}",
            partner=record.partner,
        )
        if record.until:
            shown = say("{shown} until {until}", shown=shown, until=record.until)
        yield words.sentence(shown)


def _deals(context: Context) -> list[str]:
    return [line for deal in context.case.deals for line in claims.deal(context, deal.crm_id)]
