"""Explanations: why something is as it is, in sentences, worked out again from what is recorded.

case = queries.explanations.read(tx, Kind.REWARD, 17)
story = explanations.tell(case, versions)
document = explanations.as_document(case, versions, story)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

from goodword.rules.explanations import conversions, payouts, referrals, registrations, rewards
from goodword.rules.explanations.context import Context
from goodword.rules.explanations.facts import Case, Kind, Version
from goodword.rules.explanations.stories import Section, Story

_TELL: Mapping[Kind, Callable[[Context], Story]] = {
    Kind.REWARD: rewards.tell,
    Kind.CONVERSION: conversions.tell,
    Kind.REGISTRATION: registrations.tell,
    Kind.REFERRAL: referrals.tell,
    Kind.PAYOUT: payouts.tell,
}


def tell(case: Case, versions: Mapping[int, Version]) -> Story:
    """Tell the story of what the case is about; `versions` are all published programs."""
    return _TELL[case.kind](Context(case, versions))


def as_document(case: Case, versions: Mapping[int, Version], story: Story) -> dict[str, object]:
    """Return a story as one document for JSON: its sentences, the facts, what was recomputed.

    Amounts are integers in minor units beside their `currency`; dates and instants are ISO 8601
    once written.
    """
    facts = asdict(case)
    head = {"kind": facts.pop("kind"), "id": facts.pop("number"), "title": story.title}
    return {
        **head,
        "sections": [asdict(section) for section in story.sections],
        "versions": [
            {"number": version.number, "effective_on": version.effective_on}
            for version in versions.values()
        ],
        "recomputed": dict(story.recomputed),
        "facts": facts,
    }


__all__ = ["Case", "Kind", "Section", "Story", "Version", "as_document", "tell"]
