"""A seed is the same life every time: what it found can be looked at again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.simulation import simulate, without_ids

if TYPE_CHECKING:
    from tests.crash.engine import Engine


@pytest.mark.parametrize("seed", [3, 19, 1234])
def test_a_seed_tells_the_same_story_again(crashing: Engine, seed: int) -> None:
    first = simulate(crashing, seed)
    simulate(crashing, seed + 1)
    again = simulate(crashing, seed)
    assert without_ids(again.story) == without_ids(first.story)
    assert (again.kills, again.calls) == (first.kills, first.calls)
