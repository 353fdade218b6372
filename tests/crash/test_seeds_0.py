"""An eighth of the seeds; the eighths are files, which are what the workers share out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.seeds import TRIED, live_through

if TYPE_CHECKING:
    from tests.crash.engine import Engine


@pytest.mark.parametrize("first", range(0, 250, 50))
def test_each_cent_moves_once_whatever_goes_wrong(crashing: Engine, first: int) -> None:
    live_through(crashing, TRIED[first : first + 50])
