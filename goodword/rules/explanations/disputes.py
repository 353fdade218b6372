"""Disputes in sentences: who contested what, what both sides said, and what was ruled."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.phrases import Said, say, word
from goodword.rules.explanations import words
from goodword.rules.explanations.claim_facts import Dispute, DisputeRuling
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Registration
from goodword.rules.explanations.grants import parted
from goodword.rules.registrations import LIVE


def tell(context: Context, dispute: Dispute) -> Iterator[str]:
    """Tell one dispute from its opening to where it stands."""
    opened = say(
        "Dispute {number}, opened on {on} by {who}: {about}",
        number=dispute.id,
        on=dispute.opened_on,
        who=context.person(dispute.opened_by),
        about=_about(context, dispute),
    )
    yield words.sentence(opened, words.quoted(dispute.ground))
    for statement in context.case.statements:
        if statement.dispute_id == dispute.id:
            yield say(
                "{who} stated on {on}: “{words}”",
                who=context.person(statement.said_by),
                on=statement.said_on,
                words=statement.statement,
            )
    if dispute.rival_id and dispute.rival_id != dispute.registration_id:
        yield _on_record(context, dispute.registration_id, dispute.rival_id)
    rulings = [ruling for ruling in context.case.rulings if ruling.dispute_id == dispute.id]
    for ruling in rulings:
        if ruling.instance > 1:
            yield _appealed(context, dispute)
        yield _ruled(context, dispute, ruling)
    if dispute.appealed_on and len(rulings) == 1:
        yield _appealed(context, dispute)
    last = rulings[-1] if rulings else None
    yield _standing(context, dispute, last)
    if last and dispute.state != "appealed":
        yield from _meant(context, dispute, last)


def _about(context: Context, dispute: Dispute) -> str:
    contested = _named(context, dispute.registration_id)
    if dispute.rival_id == dispute.registration_id:
        return say("the refusal of {claim} is contested", claim=contested)
    by = say("somebody without a claim")
    if dispute.rival_id:
        by = _named(context, dispute.rival_id)
    return say("{claim} is contested by {rival}", claim=contested, rival=by)


def _on_record(context: Context, *claims: int) -> str:
    """Say what each claim has on record, the one that was submitted first in front."""
    found = sorted((_claim(context, each) for each in claims), key=lambda one: one.submitted_at)
    first, second = (
        say(
            "{claim}, submitted on {on} with {evidence}",
            claim=_named(context, claim.id),
            on=context.day(claim.submitted_at),
            evidence=words.evidence(claim.evidence),
        )
        for claim in found
    )
    return say("On record: first {first}; then {second}.", first=first, second=second)


def _claim(context: Context, registration_id: int) -> Registration:
    return next(r for r in context.case.registrations if r.id == registration_id)


def _named(context: Context, registration_id: int) -> Said:
    claim = _claim(context, registration_id)
    who = context.name(claim.participant_id)
    return say("registration {registration} of {who}", registration=claim.id, who=who)


def _appealed(context: Context, dispute: Dispute) -> str:
    who = context.person(dispute.appealed_by or "")
    told = say("Appealed on {on} by {who}", on=dispute.appealed_on, who=who)
    return words.sentence(told, words.quoted(dispute.appeal_ground))


def _ruled(context: Context, dispute: Dispute, ruling: DisputeRuling) -> str:
    outcome = say(
        "{outcome}, {meaning}",
        outcome=word(ruling.outcome),
        meaning=_says(context, dispute, ruling),
    )
    on, who = ruling.ruled_on, ruling.ruled_by
    ruled = say("Ruled on {on} by {who}: {outcome}", on=on, who=who, outcome=outcome)
    if ruling.instance > 1:
        ruled = say("On appeal on {on} by {who}: {outcome}", on=on, who=who, outcome=outcome)
    return words.sentence(ruled, share(ruling.share_bps), words.quoted(ruling.reason))


def _says(context: Context, dispute: Dispute, ruling: DisputeRuling) -> Said:
    if ruling.outcome == "upheld":
        if dispute.rival_id == dispute.registration_id:
            return say("the refusal stands")
        return say("the claim stays where it was")
    if dispute.rival_id is None:
        return say("the claim gives the account up")
    return say("the account goes to {claim}", claim=_named(context, dispute.rival_id))


def share(bps: int) -> Said | None:
    """Say what a ruling grants the claim that loses; None: nothing."""
    if not bps:
        return None
    return say(
        "the claim that lost gets {part} of what the other is credited", part=words.percent(bps)
    )


def _standing(context: Context, dispute: Dispute, last: DisputeRuling | None) -> Said:
    if dispute.state == "decided":
        _, loser = _sides(dispute, last)
        who = say("who lost")
        if loser:
            who = say("{claim}, which lost,", claim=_named(context, loser))
        return say(
            "An appeal for {who} is possible through {until}; until then nothing is paid.",
            who=who,
            until=dispute.decide_by,
        )
    if dispute.state == "withdrawn":
        on = dispute.closed_on
        return say("It was withdrawn on {on}; nothing was ruled, and nothing changes.", on=on)
    if dispute.closed_on:
        return say("The ruling is final since {on}.", on=dispute.closed_on)
    decider = dispute.decider or say("somebody of staff who is no party")
    until = dispute.decide_by
    waits = say("It is to be ruled on by {who} through {until}", who=decider, until=until)
    if dispute.escalated_on:
        on = dispute.escalated_on
        waits = say("{waits}, and is late: escalated on {on}", waits=waits, on=on)
    return say("{waits}; nothing is paid.", waits=waits)


def _sides(dispute: Dispute, ruling: DisputeRuling | None) -> tuple[int | None, int | None]:
    """Return the claim that wins by a ruling, and the one that loses; None: there is none.

    Who contests the refusal of their own claim stands against nobody's.
    """
    if ruling is None:
        return None, None
    if dispute.rival_id != dispute.registration_id:
        return parted(dispute, ruling)
    mine = dispute.registration_id
    return (None, mine) if ruling.outcome == "upheld" else (mine, None)


def _meant(context: Context, dispute: Dispute, last: DisputeRuling) -> Iterator[Said]:
    """Say what follows for both sides: whose the account is, and what the other one gets."""
    winner, loser = _sides(dispute, last)
    if winner:
        yield _won(context, _claim(context, winner))
    if loser:
        name = _named(context, loser)
        part = words.percent(last.share_bps)
        yield (
            say(
                "By that ruling {claim} protects nothing, and gets {part} of what the other is "
                "credited.",
                claim=name,
                part=part,
            )
            if last.share_bps
            else say("By that ruling {claim} protects nothing, and earns nothing.", claim=name)
        )


def _won(context: Context, claim: Registration) -> Said:
    name = _named(context, claim.id)
    if claim.state in LIVE:
        return say(
            "By that ruling {claim} protects the account, through {until}.",
            claim=name,
            until=claim.expires_on,
        )
    return say(
        "By that ruling the account is for {claim}, which is {state} by now.",
        claim=name,
        state=word(claim.state),
    )
