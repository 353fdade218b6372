"""Nights in processes of their own, killed for real at random moments of their length.

What a seed fixes here is the world and the moments that are aimed at; which statement a signal
hits, no seed can say. So a failure prints what was done, and is looked for by many more kills.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO

import psutil

from tests.crash.oracle import Fate, judge, unsettled
from tests.crash.servers import Server
from tests.crash.world import PEOPLE, START, Given, World

KILLS_A_WORLD = 4
LATENCY_SECONDS = 0.005
"""How long Stripe takes for a call here: long enough to be killed in the middle of one."""

_PATIENCE_SECONDS = 180
_UNEXPECTED = 2


@dataclass
class Nursery:
    """A process whose forks run nights (nursery.py)."""

    process: subprocess.Popen[str]
    errors: IO[str]

    def start(self, what: str, world: World, lock: str = "locked") -> list[psutil.Process]:
        """Start a night or a rerun; none is returned where it has ended before it is looked at."""
        assert self.process.stdin
        assert self.process.stdout
        now = world.stripe.clock.now()
        self.process.stdin.write(f"{what} {now.date()} {now.isoformat()} {lock}\n")
        self.process.stdin.flush()
        number = int(self.process.stdout.readline())
        with suppress(psutil.NoSuchProcess):
            return [psutil.Process(number)]
        return []

    def run(self, what: str, world: World) -> float:
        """Run a night to its end; returns the seconds that it took."""
        started = time.monotonic()
        _wait(self.start(what, world))
        return time.monotonic() - started

    def unexpected(self) -> str:
        """Return what the processes said of errors that nobody expected."""
        self.errors.seek(0)
        return self.errors.read()


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Run a nursery in the environment of this process."""
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield Nursery(process, errors)
        finally:
            assert process.stdin
            process.stdin.close()


@dataclass
class Survived:
    """What came of killing."""

    kills: int = 0
    servers_killed: int = 0
    twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong."""
        return [*self.twice, *self.lost, *self.broken]


class Killer:
    """Kills nights of one world, and looks at what is left when they are run to their end."""

    def __init__(self, world: World, kept: Nursery, seed: int) -> None:
        self.world = world
        self.kept = kept
        self.draw = random.Random(seed)  # noqa: S311 - a seed must be repeatable
        self.survived = Survived()
        self._length = self._measure()

    def kill(self, count: int, processes: tuple[str, ...], lock: str = "locked") -> Survived:
        """Kill so many processes that run alone or several at once.

        Args:
            count: how many kills must have hit a living process.
            processes: what is started at once: `night`, `rerun`. Of several, one is left alone.
            lock: `unlocked`: none of them respects the night's lock.
        """
        done = self.survived.kills + count
        while self.survived.kills < done:
            given = self._begin()
            for _ in range(KILLS_A_WORLD):
                started = [
                    one for what in processes for one in self.kept.start(what, self.world, lock)
                ]
                self._kill_some(list(started))
                _wait(started)
                self._pass_hours(self.draw.choice((0, 0, 14, 21, 27)))
            self._end(given)
        return self.survived

    def _kill_some(self, started: list[psutil.Process]) -> None:
        """Kill processes one after the other, and of several all but one."""
        self.draw.shuffle(started)
        for night in started[: max(1, len(started) - 1)]:
            time.sleep(self.draw.uniform(0, self._length))
            self.survived.kills += _killed(night)

    def kill_server(self, server: Server, count: int) -> Survived:
        """Kill the database below a night so often, and start it again."""
        for _ in range(count):
            given = self._begin()
            night = self.kept.start("night", self.world)
            time.sleep(self.draw.uniform(0, self._length))
            server.kill()
            _wait(night)
            server.restart()
            self.survived.servers_killed += 1
            self.world.reconnect()
            self._pass_hours(self.draw.choice((0, 27)))
            self._end(given)
        return self.survived

    def _measure(self) -> float:
        """Return how long a night takes that nobody disturbs."""
        seconds = []
        for _ in range(3):  # the first one also waits for the nursery, another perhaps for others
            self._begin()
            seconds.append(self.kept.run("night", self.world))
        return min(seconds)

    def _begin(self) -> list[Given]:
        """Give everybody two rewards: a night with a payout for each."""
        self.world.reset()
        self.world.stripe.state.latency_seconds = LATENCY_SECONDS
        given = []
        for number in range(2):
            amounts = [(p, self._amount(*p.usual, p.step), START.date()) for p in PEOPLE]
            given += self.world.give(amounts, number, START.date())
        return given

    def _amount(self, low: int, high: int, step: int) -> int:
        return self.draw.randint(low // step, high // step) * step

    def _pass_hours(self, hours: int) -> None:
        self.world.stripe.clock.advance(timedelta(hours=hours))

    def _end(self, given: list[Given]) -> None:
        """Let everything be settled, and judge."""
        for _ in range(3):
            self._pass_hours(49)
            self.kept.run("night", self.world)
            if not unsettled(self.world):
                break
            self.kept.run("rerun", self.world)
        judged = judge(self.world, [Fate(one, 0) for one in given])
        self.survived.twice += judged[0]
        self.survived.lost += judged[1]
        self.survived.broken += judged[2]
        if said := self.kept.unexpected():
            self.survived.broken.append(said)


def _killed(night: psutil.Process) -> int:
    """Kill a process; returns 1 when it was alive, 0 when it had ended before."""
    try:
        os.kill(night.pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def _wait(nights: list[psutil.Process]) -> None:
    """Wait until all of them have ended; whoever hangs is ended, and that is a failure."""
    _, alive = psutil.wait_procs(nights, _PATIENCE_SECONDS)
    for night in alive:
        with suppress(psutil.NoSuchProcess):
            night.kill()
    assert not alive, f"{len(alive)} processes hung"
