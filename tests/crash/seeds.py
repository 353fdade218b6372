"""How tests live through a range of seeds: the first that fails says how to see it again."""

from __future__ import annotations

from collections.abc import Iterable

from tests.crash.engine import Engine
from tests.crash.simulation import EVERY, simulate

AGAIN = "python -m tests.crash.simulate --seed {seed} --trace"


LONG = 6 * EVERY
TRIED = tuple(seed for seed in range(2_200) if seed % EVERY or seed % LONG == 0)[:2_000]
"""A long life costs as much as twenty short ones: five of six are left to `make crash`."""


def live_through(engine: Engine, seeds: Iterable[int]) -> None:
    """Live through seeds; fail with the problems of the first that has any."""
    for seed in seeds:
        result = simulate(engine, seed)
        listed = "\n  ".join(result.problems)
        assert not listed, f"seed {seed}:\n  {listed}\nagain: {AGAIN.format(seed=seed)}"
