"""Disputes in sentences: who contested what, what both sides said, and what was ruled."""

from __future__ import annotations

from collections.abc import Iterator

from goodword.rules.explanations import words
from goodword.rules.explanations.claim_facts import Dispute, DisputeRuling
from goodword.rules.explanations.context import Context


def tell(context: Context, dispute: Dispute) -> Iterator[str]:
    """Tell one dispute from its opening to where it stands."""
    yield words.sentence(
        f"Dispute {dispute.id}, opened on {dispute.opened_on} by {dispute.opened_by}: "
        f"{_about(context, dispute)}",
        dispute.ground,
    )
    for statement in context.case.statements:
        if statement.dispute_id == dispute.id:
            yield f"{statement.said_by} stated on {statement.said_on}: “{statement.statement}”"
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
        return f"the refusal of {contested} is contested"
    by = _named(context, dispute.rival_id) if dispute.rival_id else "somebody without a claim"
    return f"{contested} is contested by {by}"


def _named(context: Context, registration_id: int) -> str:
    claim = next(r for r in context.case.registrations if r.id == registration_id)
    return f"registration {claim.id} of {context.name(claim.participant_id)}"


def _appealed(dispute: Dispute) -> str:
    who = f"Appealed on {dispute.appealed_on} by {dispute.appealed_by}"
    return words.sentence(who, dispute.appeal_ground)


def _ruled(context: Context, dispute: Dispute, ruling: DisputeRuling) -> str:
    which = "On appeal" if ruling.instance > 1 else "Ruled"
    return words.sentence(
        f"{which} on {ruling.ruled_on} by {ruling.ruled_by}: {ruling.outcome}, "
        f"{_says(context, dispute, ruling)}",
        share(ruling.share_bps),
        ruling.reason,
    )


def _says(context: Context, dispute: Dispute, ruling: DisputeRuling) -> str:
    is_refusal = dispute.rival_id == dispute.registration_id
    if ruling.outcome == "upheld":
        return "the refusal stands" if is_refusal else "the claim stays where it was"
    if dispute.rival_id is None:
        return "the claim gives the account up"
    return f"the account goes to {_named(context, dispute.rival_id)}"


def share(bps: int) -> str | None:
    """Say what a ruling grants the claim that loses; None: nothing."""
    if not bps:
        return None
    return f"the claim that lost gets {words.percent(bps)} of what the other is credited"


def _standing(dispute: Dispute) -> str:
    if dispute.state == "decided":
        return f"Who lost may appeal through {dispute.decide_by}; until then nothing is paid."
    if dispute.closed_on:
        return f"It is over since {dispute.closed_on}: {dispute.state}."
    who = dispute.decider or "somebody of staff who is no party"
    late = f", and is late: escalated on {dispute.escalated_on}" if dispute.escalated_on else ""
    return f"It is to be ruled on by {who} through {dispute.decide_by}{late}; nothing is paid."
