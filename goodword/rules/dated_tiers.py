"""The tier of a reward: that of the day its claim was made, or of the win, as the program says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from goodword.rules.earnings import Earning, Rules
from goodword.rules.tiers import Applies, TierChange, tier_on


def dated(
    earnings: Sequence[Earning],
    changes: Mapping[int, Sequence[TierChange]],
    versions: Mapping[int, Rules],
) -> list[Earning]:
    """Let each outcome have the tier of the day that its program version names.

    Args:
        earnings: outcomes with the tiers that their participants had when they were rewarded.
        changes: those of participants whom a night moved, by number, in the order made.
        versions: what each version says.
    """
    return [
        _dated(each, changes[each.participant_id], versions[each.program_version_id])
        if each.participant_id in changes
        else each
        for each in earnings
    ]


def _dated(earning: Earning, changes: Sequence[TierChange], rules: Rules) -> Earning:
    day, facts = earning.outcome_on, earning.facts
    if earning.claimed_at and rules.tiers.applies is Applies.AT_CLAIM:
        day = earning.claimed_at.astimezone(rules.zone).date()
    tier = tier_on(day, changes, facts.participant_tier)
    return replace(earning, facts=replace(facts, participant_tier=tier, tier_on=day))
