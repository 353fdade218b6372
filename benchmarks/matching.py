"""Is it the same company? Precision and recall on hand-checked names; time and memory on many.

    python -m benchmarks.matching

The hand-checked names are in tests/companies/hand_checked.py, where it also stands what the two
halves are and are not. The floor is what a token-sort measure does once legal forms are removed.
Exit code 1: a gate was missed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from multiprocessing.connection import Connection

from rapidfuzz import fuzz
from rich.console import Console
from rich.table import Table

from benchmarks.company_names import accounts, questions
from goodword.companies import Answer, Index, match, name_key
from tests.companies.hand_checked import (
    ALL,
    REPORTED,
    TUNED,
    NoNamesError,
    Pairs,
    by_program,
    found_by,
    hand_checked,
)

LEAST_PRECISION = 0.99
LEAST_RECALL = 0.80
MOST_SECONDS = 60
MOST_MEGABYTES = 1000
_FLOORS = range(100, 60, -1)  # thresholds that are tried for the floor, in hundredths


def by_floor(truth: Mapping[str, str]) -> tuple[dict[str, Pairs], int]:
    """Say how a token-sort measure does once legal forms are removed.

    Returns:
        Its counts, and its threshold: the lowest that keeps the precision over all pairs.
    """
    keys = {text: name_key(text) for text in truth}
    scores = {
        pair: fuzz.token_sort_ratio(keys[pair[0]], keys[pair[1]])
        for pair in combinations(sorted(truth), 2)
    }
    right = [0] * 101
    found = [0] * 101
    for (one, other), score in scores.items():
        found[int(score)] += 1
        right[int(score)] += truth[one] == truth[other]
    kept = 100
    for threshold in _FLOORS:
        if sum(right[threshold:]) >= LEAST_PRECISION * sum(found[threshold:]):
            kept = threshold
    return found_by(lambda one, other: scores[one, other] >= kept, truth), kept


@dataclass(frozen=True, slots=True)
class Spent:
    """What it took to ask: seconds to arrange the accounts and to answer, megabytes at the peak."""

    arranging: float
    answering: float
    megabytes: float
    answers: Mapping[str, int]


def spend(known: int, asked: int) -> Spent:
    """Ask about made-up companies in a process of its own, so that its memory is counted alone."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_ask, args=(known, asked, theirs))
    process.start()
    theirs.close()
    spent: Spent = ours.recv()
    process.join()
    return spent


def _ask(known: int, asked: int, told: Connection) -> None:
    waiting = list(questions(asked, known))
    began = time.perf_counter()
    index = Index.of(accounts(known))
    arranged = time.perf_counter()
    answers = dict.fromkeys(map(str, Answer), 0)
    for each in waiting:
        answers[match(each, index).answer] += 1
    answered = time.perf_counter()
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told.send(Spent(arranged - began, answered - arranged, kilobytes / 1000, answers))


def main() -> None:
    """Measure, print, and say by the exit code whether every gate is kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--asked", type=int, default=10_000)
    parser.add_argument("--speed-only", action="store_true", help="without the hand-checked names")
    given = parser.parse_args()
    console = Console(highlight=False, width=100)
    kept = True
    if not given.speed_only:
        try:
            kept = _show_accuracy(console, hand_checked())
        except NoNamesError as missing:
            sys.exit(str(missing))
    kept &= _show_speed(console, given.accounts, given.asked)
    sys.exit(not kept)


def _show_accuracy(console: Console, truth: Mapping[str, str]) -> bool:
    ours, (floor, threshold) = by_program(truth), by_floor(truth)
    title = f"Pairs of {len(truth):,} spellings of {len(set(truth.values()))} companies"
    table = _table(title, ["companies", "true pairs", "precision", "recall", "floor", "floor's"])
    for where in (TUNED, REPORTED, ALL):
        mine, bare = ours[where], floor[where]
        table.add_row(
            where,
            f"{mine.true:,}",
            *(f"{each.precision:.4f}" for each in (mine,)),
            f"{mine.recall:.3f}",
            f"{bare.precision:.4f}",
            f"{bare.recall:.3f}",
        )
    console.print(table)
    reported = ours[REPORTED]
    kept = reported.precision >= LEAST_PRECISION and reported.recall >= LEAST_RECALL
    console.print(
        f"Floor: token-sort ratio of {threshold} or more once legal forms are removed.\n"
        f"Gate on the reported half, precision {LEAST_PRECISION} at recall {LEAST_RECALL}:"
        f" {_verdict(kept=kept)}\n"
    )
    return kept


def _show_speed(console: Console, known: int, asked: int) -> bool:
    spent = spend(known, asked)
    seconds = spent.arranging + spent.answering
    table = _table(f"{asked:,} names against {known:,} accounts", ["what", "measured", "gate", ""])
    for what, measured, gate, ok in (
        ("arranging the accounts", f"{spent.arranging:.1f} s", "", True),
        ("answering", f"{spent.answering:.1f} s", "", True),
        ("together", f"{seconds:.1f} s", f"under {MOST_SECONDS} s", seconds < MOST_SECONDS),
        (
            "memory at the peak",
            f"{spent.megabytes:.0f} MB",
            f"under {MOST_MEGABYTES} MB",
            spent.megabytes < MOST_MEGABYTES,
        ),
        ("answers", ", ".join(f"{n:,} {a}" for a, n in spent.answers.items()), "", True),
    ):
        table.add_row(what, measured, gate, _verdict(kept=ok) if gate else "")
    console.print(table)
    return seconds < MOST_SECONDS and spent.megabytes < MOST_MEGABYTES


def _table(title: str, columns: list[str]) -> Table:
    table = Table(title=title, title_justify="left", box=None)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _verdict(*, kept: bool) -> str:
    return "kept" if kept else "MISSED"


if __name__ == "__main__":
    main()
