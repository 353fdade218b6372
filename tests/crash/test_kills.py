"""Nights that are killed for real: a few of them here, hundreds by `make crash`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.kills import Killer, nursery
from tests.crash.opening import opened
from tests.crash.servers import KILLABLE, server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Template

TOGETHER = ("night", "night", "rerun")


@pytest.fixture(scope="module")
def killer(template: Template) -> Iterator[Killer]:
    with (
        template.clone() as database,
        opened(database.engine.url.render_as_string(hide_password=False)) as world,
        nursery() as kept,
    ):
        yield Killer(world, kept, seed=1)


@pytest.mark.parametrize(
    ("count", "processes", "lock"),
    [(6, ("night",), "locked"), (4, TOGETHER, "locked"), (4, TOGETHER, "unlocked")],
    ids=["alone", "together", "together without the lock"],
)
def test_each_cent_moves_once_when_nights_are_killed(
    killer: Killer, count: int, processes: tuple[str, ...], lock: str
) -> None:
    assert killer.kill(count, processes, lock).problems == []


def test_each_cent_moves_once_when_postgresql_is_killed_below_the_night() -> None:
    with server(KILLABLE) as made, opened(made.url) as world, nursery() as kept:
        survived = Killer(world, kept, seed=2).kill_server(made, 2)
    assert survived.problems == []
    assert survived.servers_killed == 2
