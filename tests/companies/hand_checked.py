"""Hand-checked names of companies, and how the program does on them.

They are those of `dedupe-patstat` in the shared data: 1,200 spellings of 102 companies. A pair of
spellings counts as found when `compare` says SAME of the two names alone. A digest of its id puts
each company into the half for tuning or the half that is reported. The reported half is not blind:
its names were read, and some of its misses led to rules (docs/decisions/0017-who-is-it.md).
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from goodword.companies.comparing import Answer, Rarity, compare
from goodword.companies.names import read

SHARED = Path(__file__).parents[3] / "shared" / "data"
TUNED, REPORTED = "tuned on", "reported"
ALL = "all pairs"


class NoNamesError(Exception):
    """The hand-checked names are not on this machine."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"No hand-checked names: {path} does not exist. Set GOODWORD_SHARED_DATA to the folder"
            " that has dedupe-patstat/patstat_reference.csv."
        )


@dataclass(frozen=True, slots=True)
class Pairs:
    """How many pairs were found, how many of them rightly, and how many there are to find."""

    right: int
    found: int
    true: int

    @property
    def precision(self) -> float:
        """Of the pairs found, the share that is right."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Of the pairs there are, the share that was found."""
        return self.right / self.true


def hand_checked() -> dict[str, str]:
    """Return every distinct spelling with the id of the company that it is of.

    Raises:
        NoNamesError: the shared data is absent.
    """
    folder = Path(os.environ.get("GOODWORD_SHARED_DATA", SHARED))
    path = folder / "dedupe-patstat" / "patstat_reference.csv"
    if not path.exists():
        raise NoNamesError(path)
    with path.open(encoding="utf-8", newline="") as file:
        return {row["person_name"]: row["leuven_id"] for row in csv.DictReader(file)}


def half(company: str) -> str:
    """Return which half a company belongs to, by a digest of its id: for ever the same."""
    digest = hashlib.sha256(company.encode()).digest()
    return REPORTED if digest[-1] % 2 else TUNED


def found_by(same: Callable[[str, str], bool], truth: Mapping[str, str]) -> dict[str, Pairs]:
    """Try every pair of spellings; returns the counts of each half and of all.

    A pair of two companies that are in different halves counts in "all pairs" alone.
    """
    counts = {where: [0, 0, 0] for where in (TUNED, REPORTED, ALL)}
    for one, other in combinations(sorted(truth), 2):
        true = truth[one] == truth[other]
        said = same(one, other)
        if not (true or said):
            continue
        halves = {half(truth[one]), half(truth[other])}
        for where in (ALL, *(halves if len(halves) == 1 else ())):
            counts[where][0] += true and said
            counts[where][1] += said
            counts[where][2] += true
    return {where: Pairs(*each) for where, each in counts.items()}


def by_program(truth: Mapping[str, str]) -> dict[str, Pairs]:
    """Say how the program does; every name is compared with every other, none is left out."""
    names = {text: read(text) for text in truth}
    rarity = Rarity(names.values())
    return found_by(
        lambda one, other: compare(names[one], names[other], rarity).answer is Answer.SAME, truth
    )
