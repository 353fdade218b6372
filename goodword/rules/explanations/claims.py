"""Claims in sentences: who claimed what and when, what each is credited, and what earns nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from goodword.rules.explanations import grants, words
from goodword.rules.explanations.checks import attribution_of, recompute_shares
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Conversion, Referral, Registration, Share, Touch
from goodword.rules.registrations import LIVE

Claim = Registration | Referral | Touch


def describe(context: Context, claim: Claim) -> str:
    """Say what one claim is, with its date and the version in force then."""
    if isinstance(claim, Touch):
        campaign = f"campaign {claim.campaign}" if claim.campaign else None
        return words.sentence(f"{_named(context, claim)} on {context.day(claim.at)}", campaign)
    on = context.day(claim.submitted_at)
    version = context.version_on(on)
    under = f", under {context.version(version.number)}" if version else ""
    who = context.name(claim.participant_id)
    if isinstance(claim, Referral):
        about = f"{who} introduced {claim.company} on {on} by {claim.channel}{under}"
        qualified = f"qualified on {claim.qualified_on}" if claim.qualified_on else None
        return words.sentence(f"Referral {claim.id}: {about}", qualified)
    division = f", division {claim.division}," if claim.division else ""
    rests_on = words.evidence(claim.evidence)
    about = f"{who} claimed {claim.company}{division} on {on} with {rests_on}{under}"
    return words.sentence(f"Registration {claim.id}: {about}", _standing(claim))


def _standing(claim: Registration) -> str:
    through = f", protected through {claim.expires_on}" if claim.expires_on else ""
    return f"it is {claim.state}{through}{decided(claim)}"


def decided(claim: Registration) -> str:
    """Say when and by whom a claim was last decided, where it was."""
    if claim.decided_on is None:
        return ""
    by = "the rules" if claim.decided_by == "night" else claim.decided_by
    return f" (decided on {claim.decided_on} by {by})"


def _named(context: Context, claim: Claim) -> str:
    if isinstance(claim, Registration):
        return f"Registration {claim.id} of {context.name(claim.participant_id)}"
    if isinstance(claim, Referral):
        return f"Referral {claim.id} of {context.name(claim.participant_id)}"
    whose = f" of {context.name(claim.participant_id)}" if claim.participant_id else ""
    return f"Touch {claim.id}, {claim.source}{whose}"


def claims(context: Context, conversion: Conversion) -> list[tuple[Share | None, Claim]]:
    """Return every claim on a conversion's deal, credited ones first, each oldest first."""
    case = context.case
    kept: dict[tuple[str, int], Claim] = {
        **{("registration", claim.id): claim for claim in case.registrations},
        **{("referral", claim.id): claim for claim in case.referrals},
        **{("touch", claim.id): claim for claim in case.touches},
    }
    shares = [share for share in case.shares if share.conversion_id == conversion.id]
    credited = [(share, kept.pop((share.claim, share.claim_id))) for share in shares]
    others = sorted(kept.values(), key=lambda claim: (_at(claim), claim.id))
    return [*credited, *((None, claim) for claim in others)]


def _at(claim: Claim) -> datetime:
    return claim.at if isinstance(claim, Touch) else claim.submitted_at


def credit(context: Context, conversion: Conversion) -> list[str]:
    """Say how a conversion's value is divided, what each claim gets, and why others get nothing."""
    policy = attribution_of(context, conversion)
    value = words.amount(conversion.value_minor, conversion.currency)
    model = policy.model.value.replace("_", " ")
    differences = recompute_shares(context, conversion)
    version = context.version(conversion.program_version_id)
    days = words.count(policy.lookback_days, "day")
    divided = f"The value of {value} is divided by {model}, as {version} says"
    wins = _winner(context, conversion)
    counts = f"claims count when they are of the {days} up to the win"
    if policy.registration_wins and wins:
        shared = ", but for what rulings grant of it" if grants.of(context, conversion) else ""
        counts = f"registration {wins} comes before any other claim and takes all of it{shared}"
    checked = "Divided again from the recorded claims, the shares come out the same."
    if differences:
        checked = f"THE RECORD DIFFERS: {'; '.join(differences)}."
    return [
        f"{divided}; {counts}.",
        *_credited(context, conversion),
        checked,
    ]


def _credited(context: Context, conversion: Conversion) -> Iterator[str]:
    for share, claim in claims(context, conversion):
        name = f"{_named(context, claim)} ({context.day(_at(claim))})"
        if share is None:
            yield f"{name}: nothing; {not_credited(context, conversion, claim)}."
            continue
        part = words.weight(share.weight)
        value = words.amount(share.value_minor, conversion.currency)
        no_one = "it earns nobody anything" if share.participant_id is None else None
        yield words.sentence(f"{name}: {part}, {value}", share.reason, no_one)


def not_credited(context: Context, conversion: Conversion, claim: Claim) -> str:
    """Say why a claim that concerns a conversion's deal has no share of it."""
    if isinstance(claim, Registration):
        return _registration_not_credited(conversion, claim)
    elsewhere = _elsewhere(conversion, claim) if isinstance(claim, Referral) else None
    if elsewhere:
        return elsewhere
    if _at(claim) > conversion.won_at:
        return "it came after the deal was won"
    policy = attribution_of(context, conversion)
    lookback = timedelta(days=policy.lookback_days)
    if context.day(_at(claim)) <= conversion.won_on - lookback:
        return f"it is older than the {words.count(policy.lookback_days, 'day')} that count"
    wins = _winner(context, conversion)
    if wins and policy.registration_wins:
        return f"registration {wins} takes the whole value before any other claim"
    return f"it was not known when the conversion was detected on {conversion.detected_on}"


def _winner(context: Context, conversion: Conversion) -> int | None:
    """Return the registration that is credited with a conversion, if one is."""
    shares = (share for share in context.case.shares if share.conversion_id == conversion.id)
    return next((share.claim_id for share in shares if share.claim == "registration"), None)


def _elsewhere(conversion: Conversion, claim: Referral) -> str | None:
    if claim.conversion_id not in {None, conversion.id}:
        return f"it became conversion {claim.conversion_id}"
    if claim.opportunity_crm_id not in {None, conversion.opportunity_crm_id}:
        return f"it is about another deal ({claim.opportunity_crm_id})"
    return None


def _registration_not_credited(conversion: Conversion, claim: Registration) -> str:
    if claim.conversion_id not in {None, conversion.id}:
        return f"it became conversion {claim.conversion_id}"
    if claim.opportunity_crm_id not in {None, conversion.opportunity_crm_id}:
        return f"it is about another deal ({claim.opportunity_crm_id})"
    if claim.state in LIVE or claim.state == "won":
        return "it is not the claim that this deal was won under"
    return f"it is {claim.state}"


def deal(context: Context, crm_id: str) -> list[str]:
    """Say which deal it is, what the CRM says of it now, and how it came through its stages."""
    found = context.deals.get(crm_id)
    if found is None:
        return [f"{context.deal_name(crm_id)}."]
    now = (
        "an amount not known yet"
        if found.amount_minor is None
        else words.amount(found.amount_minor, found.currency)
    )
    gone = ", and is deleted there" if found.is_deleted else ""
    name = context.deal_name(crm_id)
    sentences = [f"{name[:1].upper()}{name[1:]}: in the CRM {now}, in {found.stage}{gone}."]
    steps = [step for step in context.case.stages if step.opportunity_crm_id == crm_id]
    if steps:
        walked = (f"{context.day(step.changed_at)} {step.stage}" for step in steps)
        sentences.append(f"Its stages: {'; '.join(walked)}.")
    return sentences
