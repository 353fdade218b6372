"""Disputes in sentences: who contested what, what both sides said, and what was ruled."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.phrases import Quoted, Said, say, word
from goodword.rules.explanations import words
from goodword.rules.explanations.claim_facts import Dispute, DisputeRuling
from goodword.rules.explanations.context import Context


def tell(context: Context, dispute: Dispute) -> Iterator[str]:
    """Tell one dispute from its opening to where it stands."""
    opened = say(
        "Dispute {number}, opened on {on} by {who}: {about}",
        number=dispute.id,
        on=dispute.opened_on,
        who=dispute.opened_by,
        about=_about(context, dispute),
    )
    yield words.sentence(opened, Quoted(dispute.ground))
    for statement in context.case.statements:
        if statement.dispute_id == dispute.id:
            yield say(
                "{who} stated on {on}: “{words}”",
                who=statement.said_by,
                on=statement.said_on,
                words=statement.statement,
            )
    rulings = [ruling for ruling in context.case.rulings if ruling.dispute_id == dispute.id]
    for ruling in rulings:
        if ruling.instance > 1:
            yield _appealed(dispute)
        yield _ruled(context, dispute, ruling)
    if dispute.appealed_on and len(rulings) == 1:
        yield _appealed(dispute)
    yield _standing(dispute)


def _about(context: Context, dispute: Dispute) -> str:
    contested = _named(context, dispute.registration_id)
    if dispute.rival_id == dispute.registration_id:
        return say("the refusal of {claim} is contested", claim=contested)
    by = say("somebody without a claim")
    if dispute.rival_id:
        by = _named(context, dispute.rival_id)
    return say("{claim} is contested by {rival}", claim=contested, rival=by)


def _named(context: Context, registration_id: int) -> Said:
    claim = next(r for r in context.case.registrations if r.id == registration_id)
    who = context.name(claim.participant_id)
    return say("registration {registration} of {who}", registration=claim.id, who=who)


def _appealed(dispute: Dispute) -> str:
    told = say("Appealed on {on} by {who}", on=dispute.appealed_on, who=dispute.appealed_by)
    return words.sentence(told, Quoted(dispute.appeal_ground or ""))


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
    return words.sentence(ruled, share(ruling.share_bps), Quoted(ruling.reason))


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


def _standing(dispute: Dispute) -> Said:
    if dispute.state == "decided":
        return say(
            "Who lost may appeal through {until}; until then nothing is paid.",
            until=dispute.decide_by,
        )
    if dispute.closed_on:
        return say(
            "It is over since {on}: {state}.", on=dispute.closed_on, state=word(dispute.state)
        )
    who: str = dispute.decider or say("somebody of staff who is no party")
    waits = say("It is to be ruled on by {who} through {until}", who=who, until=dispute.decide_by)
    if dispute.escalated_on:
        on = dispute.escalated_on
        waits = say("{waits}, and is late: escalated on {on}", waits=waits, on=on)
    return say("{waits}; nothing is paid.", waits=waits)
