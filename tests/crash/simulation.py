"""One seed: a few days of a small company, in which everything goes wrong that can.

Every decision is drawn from the seed, every clock is virtual and calls are made one at a time, so
that a seed is the same life every time. Nights and reruns are the flows' own code, run without the
engine. Whatever happened, after some quiet nights all must be settled.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from prefect import Flow

from goodword.actions.payouts import PlanOvertaken, RerunRefused
from goodword.adapters.payments import ProviderUnreachable
from goodword.db.session import Busy
from tasks import nights
from tests.crash.engine import EVENING, NIGHT, PAY, RERUN, Engine
from tests.crash.faults import (
    GAPS_HOURS,
    SET_BACK,
    Killed,
    Life,
    Weather,
    weather,
)
from tests.crash.oracle import Fate, judge, unsettled
from tests.crash.world import DEAL_MINOR, OUTCOMES, PEOPLE, START, Given, Person

QUIET_HOURS = 49
"""After these every key is forgotten, every look-up is allowed, and every hold is over."""
EVERY = 12
"""Of so many seeds one lives long: days in which everything meets. The others live one day among
few people, with its nights and reruns, which costs a third: more places at which one fault falls.
"""
MOST_QUIET_NIGHTS = 4
"""A refusal of the first is rerun before the second, and so on: more must not be needed."""

_EXPECTED = (ProviderUnreachable, PlanOvertaken, RerunRefused, Busy)
"""What may end a stage while faults last, or another process works; the next night goes on."""


@dataclass
class Result:
    """What came of one seed: all three lists must be empty."""

    seed: int
    twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    kills: int = 0
    calls: int = 0
    story: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong, in sentences."""
        return [
            *(f"PAID TWICE: {found}" for found in self.twice),
            *(f"LOST: {found}" for found in self.lost),
            *(f"BROKEN: {found}" for found in self.broken),
        ]


class Simulation:
    """The life of one company, as a seed has it."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.engine = engine
        self.world = engine.world
        self.draw = random.Random(seed)  # noqa: S311 - a seed must be repeatable
        self.result = Result(seed)
        self.is_long = seed % EVERY == 0
        people = self.draw.randint(3, 5) if self.is_long else self.draw.randint(1, 3)
        self.people = self.draw.sample(PEOPLE, people)
        self.given: list[Given] = []
        self.lost: dict[int, int] = {}
        self.today: date = START.date()
        self._rounds = 0
        self._names: dict[str, str] = {}

    def run(self) -> Result:
        """Live through it, and look at what came of it."""
        self.world.reset()
        self.engine.provider.begin(self._name)
        for _ in range(self.draw.randint(2, 3) if self.is_long else 1):
            self._day()
        self._quiet()
        fates = [Fate(given, self.lost.get(given.reward_id, 0)) for given in self.given]
        judged = judge(self.world, fates)
        self.result.twice, self.result.lost = judged[0], judged[1]
        self.result.broken += judged[2]
        for problem in self.result.problems:
            self.say(problem)
        return self.result

    def say(self, what: str) -> None:
        """Write a line of the story."""
        self.result.story.append(f"{self.world.stripe.clock.now():%d %H:%M:%S} {what}")

    # A day --------------------------------------------------------------------------------------

    def _day(self) -> None:
        self._give()
        self._take()
        for number in range(self.draw.choice((0, 1, 1, 1, 2, 2))):  # missed, or doubled
            stages = PAY if number else self.draw.choice((NIGHT, EVENING))
            self._night(self._troubled_life(), weather(self.draw), stages)
            if self.draw.random() < 0.3:
                self._rerun(self._troubled_life(), weather(self.draw))
        self._pass_time(self.draw.choice(GAPS_HOURS))

    def _give(self) -> None:
        if self._rounds == OUTCOMES:
            return
        chosen = self.draw.sample(self.people, self.draw.randint(1, len(self.people)))
        wanted = [(person, self._amount(person), self._payable_on()) for person in chosen]
        self.given += self.world.give(wanted, self._rounds, self.today)
        self._rounds += 1
        told = ", ".join(f"{person.key} {minor} from {on:%d}" for person, minor, on in wanted)
        self.say(f"given: {told}")

    def _amount(self, person: Person) -> int:
        low, high = person.usual
        return self.draw.randint(low // person.step, high // person.step) * person.step

    def _payable_on(self) -> date:
        return self.today + timedelta(days=self.draw.choice((0, 0, 0, 1, 2)))

    def _take(self) -> None:
        """Let a customer leave, or have some money back."""
        if not self.given or self.draw.random() < 0.6:
            return
        given = self.draw.choice(self.given)
        lost = self.lost.get(given.reward_id, 0)
        if lost >= DEAL_MINOR:
            return
        if self.draw.random() < (0.5 if given.person.step == 1 else 0.9):
            self.world.cancel(given, self.today)
            self.lost[given.reward_id] = DEAL_MINOR
        else:
            # A part of the commission must stay payable: see Person.step.
            part = DEAL_MINOR // 2 if given.person.step > 1 else self.draw.randint(1, DEAL_MINOR)
            part = min(part, DEAL_MINOR - lost)
            self.world.refund(given, part, f"refund-{len(self.result.story)}", self.today)
            self.lost[given.reward_id] = lost + part
        self.say(f"{given.person.key} loses {self.lost[given.reward_id]} of {DEAL_MINOR}")

    def _pass_time(self, hours: int) -> None:
        if hours:
            for _ in range(12):  # so that what is executed late is not executed later still
                self.world.stripe.clock.advance(timedelta(minutes=5))
            self.world.stripe.clock.advance(timedelta(hours=hours - 1))
        self.today = max(self.today, self.world.stripe.clock.now().date())
        self.say(f"{hours} hours pass")

    # A process ----------------------------------------------------------------------------------

    def _troubled_life(self) -> Life:
        life = Life(self.say)
        if self.draw.random() < 0.6:
            life.ends_at = self.draw.randint(1, 60)
        if self.draw.random() < 0.25:
            life.meets_at = self.draw.randint(1, 60)
            life.meets = self._meet
        return life

    def _meet(self, may_sleep: bool) -> None:  # noqa: FBT001 - Life.meets
        """In the middle of a process another one works, perhaps after hours of sleep."""
        if self.draw.random() < 0.5 and may_sleep:
            self._pass_time(self.draw.choice(GAPS_HOURS))
        life = Life(self.say)
        if self.draw.random() < 0.3:
            life.ends_at = self.draw.randint(1, 60)
        before = self.engine.switch(life)
        with self.engine.database.unlocked():
            # In a context of its own: it is not in the night of the process that it meets.
            if self.draw.random() < 0.6:
                Context().run(self._night, life, None, PAY)
            else:
                Context().run(self._rerun, life, None)
        self.engine.switch(before)

    def _night(self, life: Life, sky: Weather | None, stages: Sequence[Flow[..., Any]]) -> None:
        name = "pay stage" if stages is PAY else f"night of {self.today}"
        with self._process(name, life, sky):
            clock = nights.Clock(self._now(), self.today)
            if stages is PAY:  # by itself, as an operator runs it
                self._run(PAY[0], clock.now)
                return
            with self._stage("night"), nights.night(clock, dry_run=False):
                for flow in stages:
                    self._run(flow)

    def _run(self, flow: Flow[..., Any], now: datetime | None = None, **more: str) -> None:
        with self._stage(flow.name):
            self._tell(flow.fn(today=self.today, now=now, **more))

    def _rerun(self, life: Life, sky: Weather | None) -> None:
        with self._process("rerun", life, sky):
            self._run(RERUN, self._now(), actor="operator")

    def _tell(self, tally: nights.Tally) -> None:
        if tally.outcomes:
            self.say(f"  {tally.stage}: {dict(sorted(tally.outcomes.items()))}")

    def _now(self) -> datetime:
        """Read this machine's clock, which may have been set back."""
        skew = SET_BACK if self.draw.random() < 0.1 else timedelta()
        return self.world.stripe.clock.now() + skew

    @contextmanager
    def _process(self, name: str, life: Life, sky: Weather | None) -> Iterator[None]:
        """Run a process to its end, under a sky of its own or (None) the one that stands."""
        self.say(f"{name}{f', {sky.story}' if sky else ''}")
        if sky:
            self.engine.begin(life)
            for fault in sky.faults:
                self.world.stripe.faults.add(fault)
            self.engine.provider.deaf = sky.deaf
        try:
            yield
        except Killed:
            self.result.kills += 1
        finally:
            if sky:
                self.world.stripe.faults.clear()
                self.engine.provider.deaf = 0

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        try:
            yield
        except nights.StageFailed as failed:
            self.say(f"  {name} failed: {type(failed.__cause__).__name__}")
            if not isinstance(failed.__cause__, _EXPECTED):
                self.result.broken.append(f"{name} ended unexpectedly: {failed}")
        except Busy:
            self.say(f"  {name}: another process is at work")

    # The end ------------------------------------------------------------------------------------

    def _quiet(self) -> None:
        """Let everything be settled: nights without a fault, and an operator who sees to it."""
        self.say("from here on nothing goes wrong")
        for number in range(MOST_QUIET_NIGHTS):
            self._pass_time(QUIET_HOURS)
            if number == 0 and self.draw.random() < 0.3:
                self._stray()
            self._night(Life(self.say), Weather(), NIGHT)
            if not unsettled(self.world):
                break
            self._rerun(Life(self.say), Weather())
        self.result.calls = sum(self.world.stripe.world.calls.values())

    def _stray(self) -> None:
        """Let a person pay by hand what is unknown here: under its name, but not as much of it."""
        if found := self.world.unmade():
            self.world.pay_by_hand(found)
            self.say(f"somebody pays {found.minor} by hand to {found.destination}")

    def _name(self, key: str) -> str:
        """Name a payout by the order of its first call, as its reference is different each time."""
        reference, _, attempt = key.rpartition(":")
        return f"{self._names.setdefault(reference, f'#{len(self._names) + 1}')}:{attempt}"


def simulate(engine: Engine, seed: int) -> Result:
    """Live through one seed."""
    return Simulation(engine, seed).run()


def without_ids(story: list[str]) -> list[str]:
    """Return a story as it must be the second time: without what PostgreSQL and Stripe number."""
    return [re.sub(r"goodword-\S+|(tr|cbtxn|req)_\w+", "…", line) for line in story]
