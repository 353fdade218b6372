"""Claims in sentences: who claimed what and when, what each is credited, and what earns nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from goodword.phrases import Said, Stored, joined, say, word
from goodword.rules.explanations import grants, words
from goodword.rules.explanations.checks import attribution_of, recompute_shares
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Conversion, Referral, Registration, Share, Touch
from goodword.rules.registrations import LIVE

Claim = Registration | Referral | Touch


def describe(context: Context, claim: Claim) -> str:
    """Say what one claim is, with its date and the version in force then."""
    if isinstance(claim, Touch):
        campaign = say("campaign {name}", name=claim.campaign) if claim.campaign else None
        told = say("{claim} on {on}", claim=_named(context, claim), on=context.day(claim.at))
        return words.sentence(told, campaign)
    return _referral(context, claim) if isinstance(claim, Referral) else _claim(context, claim)


def _referral(context: Context, claim: Referral) -> str:
    on = context.day(claim.submitted_at)
    told = say(
        "Referral {referral}: {who} introduced {company} on {on} by {channel}",
        referral=claim.id,
        who=context.name(claim.participant_id),
        company=claim.company,
        on=on,
        channel=word(claim.channel),
    )
    qualified = say("qualified on {on}", on=claim.qualified_on) if claim.qualified_on else None
    return words.sentence(_under(context, told, on), qualified)


def _claim(context: Context, claim: Registration) -> str:
    on = context.day(claim.submitted_at)
    company: str = claim.company
    if claim.division:
        company = say("{company}, division {name},", company=company, name=claim.division)
    told = say(
        "Registration {registration}: {who} claimed {company} on {on} with {evidence}",
        registration=claim.id,
        who=context.name(claim.participant_id),
        company=company,
        on=on,
        evidence=words.evidence(claim.evidence),
    )
    return words.sentence(_under(context, told, on), _standing(claim))


def _under(context: Context, told: Said, on: date) -> Said:
    version = context.version_on(on)
    if version is None:
        return told
    return say("{claim}, under {version}", claim=told, version=context.version(version.number))


def _standing(claim: Registration) -> str:
    state = say("it is {state}", state=word(claim.state))
    if claim.expires_on and claim.state in LIVE:
        state = say("{state}, protected through {until}", state=state, until=claim.expires_on)
    return decided(state, claim)


def decided(state: Said, claim: Registration) -> Said:
    """Add to a claim's state when and by whom it was last decided, where it was."""
    if claim.decided_on is None:
        return state
    by = say("the rules") if claim.decided_by == "night" else claim.decided_by
    return say("{state} (decided on {on} by {who})", state=state, on=claim.decided_on, who=by)


def _named(context: Context, claim: Claim) -> str:
    who = context.name(claim.participant_id)
    if isinstance(claim, Registration):
        return say("Registration {registration} of {who}", registration=claim.id, who=who)
    if isinstance(claim, Referral):
        return say("Referral {referral} of {who}", referral=claim.id, who=who)
    source = word(claim.source)
    if not claim.participant_id:
        return say("Touch {touch}, {source}", touch=claim.id, source=source)
    return say("Touch {touch}, {source} of {who}", touch=claim.id, source=source, who=who)


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
    divided = say(
        "The value of {value} is divided by {model}, as {version} says",
        value=words.amount(conversion.value_minor, conversion.currency),
        model=word(policy.model.value),
        version=context.version(conversion.program_version_id),
    )
    checked: str = say("Divided again from the recorded claims, the shares come out the same.")
    differences = recompute_shares(context, conversion)
    if differences:
        checked = say("THE RECORD DIFFERS: {differences}.", differences=joined(differences))
    return [
        words.sentence(divided, _counts(context, conversion)),
        *_credited(context, conversion),
        checked,
    ]


def _counts(context: Context, conversion: Conversion) -> str:
    """Say which claims count: those of some days, or one registration before all others."""
    policy = attribution_of(context, conversion)
    wins = _winner(context, conversion)
    if not (policy.registration_wins and wins):
        return say(
            "claims count when they are of the {days} up to the win",
            days=words.days(policy.lookback_days),
        )
    takes = say(
        "registration {registration} comes before any other claim and takes all of it",
        registration=wins,
    )
    if grants.of(context, conversion):
        return say("{takes}, but for what rulings grant of it", takes=takes)
    return takes


def _credited(context: Context, conversion: Conversion) -> Iterator[str]:
    for share, claim in claims(context, conversion):
        on = context.day(_at(claim))
        name = say("{claim} ({on})", claim=_named(context, claim), on=on)
        if share is None:
            why = not_credited(context, conversion, claim)
            yield say("{claim}: nothing; {why}.", claim=name, why=why)
            continue
        told = say(
            "{claim}: {part}, {amount}",
            claim=name,
            part=words.weight(share.weight),
            amount=words.amount(share.value_minor, conversion.currency),
        )
        no_one = say("it earns nobody anything") if share.participant_id is None else None
        yield words.sentence(told, Stored(share.reason), no_one)


def not_credited(context: Context, conversion: Conversion, claim: Claim) -> Said:
    """Say why a claim that concerns a conversion's deal has no share of it."""
    if not isinstance(claim, Touch):
        elsewhere = _elsewhere(conversion, claim)
        if elsewhere:
            return elsewhere
    if isinstance(claim, Registration):
        if claim.state in LIVE or claim.state == "won":
            return say("it is not the claim that this deal was won under")
        return say("it is {state}", state=word(claim.state))
    if _at(claim) > conversion.won_at:
        return say("it came after the deal was won")
    policy = attribution_of(context, conversion)
    lookback = timedelta(days=policy.lookback_days)
    if context.day(_at(claim)) <= conversion.won_on - lookback:
        return say("it is older than the {days} that count", days=words.days(policy.lookback_days))
    wins = _winner(context, conversion)
    if wins and policy.registration_wins:
        return say(
            "registration {registration} takes the whole value before any other claim",
            registration=wins,
        )
    return say(
        "it was not known when the conversion was detected on {on}", on=conversion.detected_on
    )


def _winner(context: Context, conversion: Conversion) -> int | None:
    """Return the registration that is credited with a conversion, if one is."""
    shares = (share for share in context.case.shares if share.conversion_id == conversion.id)
    return next((share.claim_id for share in shares if share.claim == "registration"), None)


def _elsewhere(conversion: Conversion, claim: Referral | Registration) -> Said | None:
    if claim.conversion_id not in {None, conversion.id}:
        return say("it became conversion {conversion}", conversion=claim.conversion_id)
    if claim.opportunity_crm_id not in {None, conversion.opportunity_crm_id}:
        return say("it is about another deal ({deal})", deal=claim.opportunity_crm_id)
    return None


def deal(context: Context, crm_id: str) -> list[str]:
    """Say which deal it is, what the CRM says of it now, and how it came through its stages."""
    found = context.deals.get(crm_id)
    if found is None:
        return [say("Deal {deal}, which is not in the mirror of the CRM.", deal=crm_id)]
    now: object = say("an amount not known yet")
    if found.amount_minor is not None:
        now = words.amount(found.amount_minor, found.currency)
    in_crm = say(
        "{deal}: in the CRM {amount}, in {stage}",
        deal=context.deal_name(crm_id),
        amount=now,
        stage=found.stage,
    )
    if found.is_deleted:
        in_crm = say("{deal}, and is deleted there", deal=in_crm)
    sentences = [words.sentence(in_crm)]
    steps = [step for step in context.case.stages if step.opportunity_crm_id == crm_id]
    if steps:
        walked = joined(
            say("{on} {stage}", on=context.day(step.changed_at), stage=step.stage) for step in steps
        )
        sentences.append(say("Its stages: {stages}.", stages=walked))
    return sentences
