"""What is left of English in a story that is written in another language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from goodword.rules.explanations import Case, Story, Version

_ANYBODYS = re.compile(r"「[^」]*」|“[^”]*”|`[^`]*`|'[^']*'|\S+@\S+")
"""Somebody's own words, the name of a deal or a company, commands, and addresses."""

_ENGLISH = re.compile(
    r"\b(an|and|are|at|by|for|from|has|in|is|it|not|of|on|or|that|the|to|was|what|who|with)\b",
    re.IGNORECASE,
)
"""Words that no English sentence does without, and that Malay does not have."""


def english_left(case: Case, story: Story, versions: Mapping[int, Version]) -> list[str]:
    """Return the sentences of a story in which English stands that is nobody's name or words."""
    names = sorted(_names(case, versions), key=len, reverse=True)
    left = []
    for sentence in (each for section in story.sections for each in section.sentences):
        bare = _ANYBODYS.sub("", sentence)
        for name in names:
            bare = bare.replace(name, "")
        if _ENGLISH.search(bare):
            left.append(sentence)
    return left


def _names(case: Case, versions: Mapping[int, Version]) -> Iterator[str]:
    yield from (person.name for person in case.people)
    for deal in case.deals:
        yield from (deal.name, deal.company or deal.name, deal.stage)
    yield from (step.stage for step in case.stages)
    yield from (claim.company for claim in (*case.referrals, *case.registrations))
    yield from (claim.division for claim in case.registrations if claim.division)
    for version in versions.values():
        yield from (rule.name for rule in version.program.incentives)
