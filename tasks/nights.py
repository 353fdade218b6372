"""The frame of a night: its date and clock, its lock, its dry run, and what each stage reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from goodword.actions import nights
from goodword.db.queries import programs as queries
from goodword.rules.earnings import Rules
from goodword.rules.programs import Program
from goodword.wiring import wiring

CHUNK = 1000
"""Rows a task: few enough to be done again cheaply, many enough that a task costs nothing."""

LOCK = "night"

_T = TypeVar("_T")
_night: ContextVar[int | None] = ContextVar("night", default=None)


class NoProgram(Exception):  # noqa: N818 - it says what is missing
    """No program file has been published."""

    def __init__(self) -> None:
        super().__init__(
            "no program is published; run `goodword init` or `goodword program publish`"
        )


class StageFailed(Exception):  # noqa: N818 - it says what happened
    """Something in a stage failed; what could be done of it is done."""

    def __init__(self, stage: str, failures: Sequence[str]) -> None:
        self.stage = stage
        self.failures = tuple(failures)
        super().__init__(f"{stage}: " + "; ".join(failures))


@dataclass(frozen=True, slots=True)
class Clock:
    """The one instant (UTC) that a night goes by, and its date when it was told one."""

    now: datetime
    today: date | None = None


@dataclass(slots=True)
class Stage:
    """One stage while it runs: its date and instant, the program in force, and what it counts."""

    name: str
    today: date
    now: datetime
    program: Program
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def zone(self) -> str:
        """The name of the program's time zone."""
        return self.program.time_zone

    def count(self, outcomes: Mapping[str, int]) -> None:
        """Add what a task did."""
        self.outcomes.update(outcomes)

    def fail(self, sentence: str) -> None:
        """Note something that went wrong; the stage goes on and says so at its end."""
        self.failures.append(sentence)


@dataclass(frozen=True, slots=True)
class Tally:
    """What one stage did: counts by outcome, failures in sentences, seconds it took."""

    stage: str
    outcomes: Mapping[str, int]
    failures: tuple[str, ...]
    seconds: float = 0.0


def program_in_force(on: date | None, now: datetime) -> tuple[Program, date]:
    """Return the program in force on a date (today where none is given), and that date.

    Raises:
        NoProgram: none is published.
    """
    with wiring().ready_database.transaction() as tx:
        newest = queries.newest(tx)
        if newest is None:
            raise NoProgram
        today = on or wiring().program(newest.source).date_of(now)
        in_force = queries.in_force(tx, today)
    return wiring().program(in_force.source), today


def program(today: date) -> Program:
    """Return the program in force on a business date."""
    with wiring().database.transaction() as tx:
        version = queries.in_force(tx, today)
    return wiring().program(version.source)


def programs_by_version() -> dict[int, Program]:
    """Return every published program by the number of its version."""
    with wiring().database.transaction() as tx:
        return {v.number: wiring().program(v.source) for v in queries.versions(tx)}


def rules_by_version() -> dict[int, Rules]:
    """Return what each published version says about rewards, by its number."""
    return {
        number: Rules(program.incentives, program.rewards.hold_days)
        for number, program in programs_by_version().items()
    }


@contextmanager
def stage(name: str, clock: Clock) -> Iterator[Stage]:
    """Frame one stage: alone it takes the night's lock; its outcome is written down at the end.

    Raises:
        Busy: another process runs a night or a stage.
        StageFailed: something in it failed.
    """
    database = wiring().ready_database
    program, today = program_in_force(clock.today, clock.now)
    alone = _night.get() is None
    with database.exclusive(LOCK) if alone else nullcontext():
        running = Stage(name, today, clock.now, program)
        with database.transaction() as tx:
            started_at = nights.instant(tx)
        try:
            yield running
        except Exception as error:
            running.fail(f"{type(error).__name__}: {error}")
            raise
        finally:
            result = nights.StageResult(
                _night.get(), today, name, +running.outcomes, running.failures, started_at
            )
            with database.transaction() as tx:
                nights.record_stage(tx, result)
        if running.failures:
            raise StageFailed(name, running.failures)


@contextmanager
def night(clock: Clock, *, dry_run: bool) -> Iterator[date]:
    """Frame a night: one at a time, and in a dry run nothing is kept or sent.

    Raises:
        Busy: another process runs a night or a stage.
    """
    database = wiring().ready_database
    _, today = program_in_force(clock.today, clock.now)
    with database.exclusive(LOCK), database.rehearsal() if dry_run else nullcontext():
        wiring().rehearsing = dry_run
        with database.transaction() as tx:
            number = nights.begin(tx, today)
        token = _night.set(number)
        failed = True
        try:
            yield today
            failed = False
        finally:
            _night.reset(token)
            with database.transaction() as tx:
                nights.finish(tx, number, failed=failed)
            wiring().rehearsing = False


def chunks(items: Sequence[_T], size: int = CHUNK) -> Iterator[list[_T]]:
    """Cut a list into chunks, in order."""
    return (list(items[i : i + size]) for i in range(0, len(items), size))
