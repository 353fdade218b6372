"""Two programs side by side: what one says, and what the other says in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from goodword.program.sentences import by_heading
from goodword.rules.programs import Program


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule that is not the same; None: that program has no such rule."""

    heading: str
    before: str | None
    after: str | None


def differences(before: Program, after: Program) -> list[Difference]:
    """Return the rules that two programs do not share, under their headings, in file order."""
    old, new = by_heading(before), by_heading(after)
    return [
        Difference(heading, *pair)
        for heading in (*new, *(gone for gone in old if gone not in new))
        for pair in _pairs(old.get(heading, []), new.get(heading, []))
    ]


def _pairs(old: list[str], new: list[str]) -> Iterator[tuple[str | None, str | None]]:
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for what, since, until, start, end in matcher.get_opcodes():
        if what != "equal":
            yield from zip_longest(old[since:until], new[start:end])
