"""Do the tests notice when a rule is broken? Mutants of the rules and of money, killed by tests.

    python -m benchmarks.mutants                 # every mutant: half an hour and more of one core
    python -m benchmarks.mutants amounts caps    # those of some modules

mutmut breaks one expression at a time ([tool.mutmut] in pyproject.toml says where) and runs the
tests that reach it, without a database. It keeps what it found in mutants/, and tries again only
what has changed since; `mutmut show NAME` prints a mutant. Exit code 1: too few were killed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

KEPT = Path("mutants")
LEAST_KILLED = 0.90
# What the process that tried a mutant ended with, as mutmut 3.8 writes it down.
_KILLED = {1, 3}
_TIMED_OUT = {24, 36, 152, 255, -24}
_NO_TEST = {5, 33}
_NOT_TRIED = {None, 34}
_SURVIVED = 0
_WIDE = 110
COLUMNS = ("killed", "timed out", "crashed", "survived", "no test")


def main(words: Sequence[str]) -> int:
    """Try the mutants and print what became of them; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants")
    parser.add_argument("modules", nargs="*", help="modules of goodword.rules, or money; all")
    parser.add_argument("--told", action="store_true", help="tell what is known; try none")
    asked = parser.parse_args(words)
    if not asked.told:
        names = [f"goodword.*{module}.*" for module in asked.modules]
        mutmut = [sys.executable, "-m", "mutmut", "run", "--max-children", "1", *names]
        subprocess.run(mutmut, check=True)  # noqa: S603 - the arguments are ours
    found = {name: counts for name, counts in counted(KEPT).items() if counts.total()}
    show(found)
    return 0 if share_killed(sum(found.values(), Counter())) >= LEAST_KILLED else 1


def counted(kept: Path) -> dict[str, Counter[str]]:
    """Return by module how many mutants ended how; those that nobody has tried are not there."""
    found = {}
    for path in sorted(kept.rglob("*.meta")):
        ends = json.loads(path.read_text())["exit_code_by_key"].values()
        module = str(path.relative_to(kept)).removesuffix(".py.meta").replace("/", ".")
        found[module] = Counter(_became(end) for end in ends if end not in _NOT_TRIED)
    return found


def _became(end: int) -> str:
    if end in _KILLED:
        return "killed"
    if end in _TIMED_OUT:
        return "timed out"
    if end in _NO_TEST:
        return "no test"
    return "survived" if end == _SURVIVED else "crashed"


def share_killed(counts: Counter[str]) -> float:
    """Return the part that tests noticed; one that never ends is noticed, one that crashes too."""
    noticed = counts["killed"] + counts["timed out"] + counts["crashed"]
    return noticed / counts.total() if counts else 0.0


def show(found: dict[str, Counter[str]]) -> None:
    """Print a line a module, and the sum."""
    table = Table("module", *COLUMNS, "%")
    every = {**found, "all": sum(found.values(), Counter[str]())}
    for module, counts in every.items():
        share = f"{100 * share_killed(counts):.1f}"
        table.add_row(module, *(str(counts[column]) for column in COLUMNS), share)
    # Wide enough for every name, also where there is no terminal to ask.
    Console(width=_WIDE).print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
