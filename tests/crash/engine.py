"""The program joined to a world: its own code, run so that nothing of it depends on real time.

Prefect's bookkeeping, threads and the pace of calls are left out: they take longer than a seed, and
would make each run of it another one. `kills.py` and `test_kills.py` run with threads and pace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from flows.approve_rewards import approve_rewards
from flows.compute_rewards import compute_rewards
from flows.pay_rewards import pay_rewards
from flows.reconcile_payouts import reconcile_payouts
from flows.rerun_payouts import rerun_payouts
from goodword.rules.paces import Lease
from goodword.wiring import wiring
from tasks import calls, nights, payouts
from tests.crash.faults import FragileDatabase, FragileProvider, Life
from tests.crash.world import World
from tests.plainly import without_prefect

NIGHT = (compute_rewards, approve_rewards, pay_rewards, reconcile_payouts)
"""The stages that move money, in the order of the night."""
EVENING = NIGHT[:-1]
"""A night that ends before it compares the books; the pay stage has a short look as well."""
PAY = (pay_rewards,)
"""What is run by itself when a night is taken up again."""
RERUN = rerun_payouts

CHUNK = 2
"""Payouts marked at once: so few that a night has several chunks."""


class Engine:
    """The program joined to a world, in which any number of lives can be led."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.life = Life(lambda _: None)
        self.database = FragileDatabase(world.url, self.life)
        first = wiring()
        first.database = first.ready_database = self.database
        self.provider = FragileProvider(first.provider, world.stripe.clock, self.life)
        self._programs: dict[str, Any] = {}

    def begin(self, life: Life) -> None:
        """Begin a process: nothing of the one before is known."""
        wiring.cache_clear()
        wired = wiring()
        wired._programs = self._programs  # it takes long to read, and is the same each time
        wired.database = wired.ready_database = self.database
        wired.provider = self.provider
        self.switch(life)

    def switch(self, life: Life) -> Life:
        """Let another process go on; returns the one that went before."""
        before, self.life = self.life, life
        self.database.life = self.provider.life = life
        return before

    def close(self) -> None:
        """Close its connections."""
        self.database.dispose()


class _InTurn:
    """Makes each call at once and in turn, in place of threads; test_kills.py has the threads."""

    def __init__(self, _at_once: int) -> None:
        pass

    def submit(self, call: Callable[..., Any], *given: Any) -> Future[Any]:
        """Make a call; nothing of it is put off, and nothing of it is kept when it is killed."""
        done: Future[Any] = Future()
        done.set_result(call(*given))
        return done

    def shutdown(self, **_: object) -> None:
        """Nothing is under way."""


class _AnyPace:
    """No pace: it would take real seconds. tests/adapters/test_pace_turnstile.py has the real."""

    def __init__(self, *_: object) -> None:
        pass

    def lease(self, _slots: int) -> Lease:
        """Give one slot, for now."""
        return Lease(1, 0.0, 0.0)

    def slow_down(self) -> None:
        """Go on."""


@contextmanager
def engine(world: World) -> Iterator[Engine]:
    """Join the program to a world: its tasks without the engine, its clocks on the virtual one."""
    with without_prefect(once=True) as ours:
        ours.setattr(calls, "ThreadPoolExecutor", _InTurn)
        ours.setattr(payouts, "CHUNK", CHUNK)
        ours.setattr("goodword.wiring.Pace", _AnyPace)
        ours.setattr(nights, "ticks", lambda: world.stripe.clock.now().timestamp())
        made = Engine(world)
        try:
            yield made
        finally:
            made.close()
