"""Companies of the shared data, on trial as in tests/flows; skipped where there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.flows.conftest import trial

__all__ = ["shared", "trial"]

DEFAULT = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data sets, beside the checkout unless GOODWORD_SHARED_DATA says where."""
    folder = Path(os.environ.get("GOODWORD_SHARED_DATA", DEFAULT))
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    return folder
