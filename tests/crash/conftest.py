"""The crash suite's fixtures: one world a module, in a database of the session's server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.crash.engine import Engine, engine
from tests.crash.opening import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Template


@pytest.fixture(scope="module")
def crashing(template: Template) -> Iterator[Engine]:
    """The program joined to a world of its own; what fails in it is no news for the log."""
    log = logging.getLogger("goodword")
    before = log.level
    log.setLevel(logging.CRITICAL)
    with (
        template.clone() as database,
        opened(database.engine.url.render_as_string(hide_password=False)) as world,
        engine(world) as made,
    ):
        yield made
    log.setLevel(before)
