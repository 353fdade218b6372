"""Grants: what rulings in disputes gave of a conversion to the claims that lost."""

from __future__ import annotations

from goodword.rules.conversions import Claim, ClaimKind, Grant
from goodword.rules.explanations.claim_facts import Dispute, DisputeRuling
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Conversion, Share


def of(context: Context, conversion: Conversion) -> tuple[Grant, ...]:
    """Return the grants that a conversion was divided by, in the order of their disputes.

    A claim that a ruling made lose stands among the shares by its grant only. Where it was ruled
    twice, the last ruling counts that was made when the conversion was detected.
    """
    shares = {
        share.claim_id: share
        for share in context.case.shares
        if share.conversion_id == conversion.id and share.claim == "registration"
    }
    found = []
    for dispute in context.case.disputes:
        ruling = _in_force(context, dispute, conversion)
        if ruling is None or not ruling.share_bps:
            continue
        winner, loser = parted(dispute, ruling)
        if winner in shares and loser in shares:
            lost = claim(context, shares[loser])
            found.append(Grant(lost, winner, ruling.share_bps, dispute.id))
    return tuple(found)


def _in_force(context: Context, dispute: Dispute, conversion: Conversion) -> DisputeRuling | None:
    made = [
        ruling
        for ruling in context.case.rulings
        if ruling.dispute_id == dispute.id and ruling.ruled_on <= conversion.detected_on
    ]
    return made[-1] if made else None


def parted(dispute: Dispute, ruling: DisputeRuling) -> tuple[int | None, int | None]:
    """Return the claim that wins by a ruling, and the one that loses."""
    sides = (dispute.registration_id, dispute.rival_id)
    return sides if ruling.outcome == "upheld" else sides[::-1]


def claim(context: Context, share: Share) -> Claim:
    """Return a recorded share's claim as the rules take it."""
    return Claim(
        ClaimKind(share.claim),
        share.claim_id,
        share.at,
        context.day(share.at),
        share.source,
        share.participant_id,
        share.program_version_id,
    )
