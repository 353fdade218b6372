"""The frame of a night: its date and clock, its lock, its dry run, and what each stage reports."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from sqlalchemy import Connection

from goodword.actions import nights
from goodword.db import checks
from goodword.db.queries import programs as queries
from goodword.db.queries import status as night_queries
from goodword.db.session import instant
from goodword.rules.earnings import Rules
from goodword.rules.programs import Program
from goodword.wiring import wiring

CHUNK = 1000
"""Rows a task: few enough to be done again cheaply, many enough that a task costs nothing."""

LOCK = "night"

_log = logging.getLogger("goodword")

_T = TypeVar("_T")
_night: ContextVar[int | None] = ContextVar("night", default=None)
_clock: ContextVar[Clock | None] = ContextVar("clock", default=None)
_in_stage: ContextVar[tuple[Program, date] | None] = ContextVar("in_stage", default=None)


class StageFailed(Exception):
    """Something in a stage failed; what could be done of it is done."""

    def __init__(self, tally: Tally) -> None:
        self.outcomes = tally.outcomes
        self.failures = tally.failures
        super().__init__(f"{tally.stage}: " + "; ".join(tally.failures))


@dataclass(frozen=True, slots=True)
class Clock:
    """The one instant (UTC) that a night goes by, and its date when it was told one.

    `read_at`: the ticks when it was read, from which on time passes.
    """

    now: datetime
    today: date | None = None
    read_at: float = field(default_factory=lambda: ticks())  # noqa: PLW0108 - asked for by name

    @property
    def instant(self) -> datetime:
        """The instant that it has come to: a night may take hours, and a machine may sleep."""
        return self.now + timedelta(seconds=ticks() - self.read_at)


@dataclass(frozen=True, slots=True)
class Tally:
    """What one stage did: counts by outcome, and its failures in sentences."""

    stage: str
    outcomes: Mapping[str, int]
    failures: tuple[str, ...] = ()
    seconds: float = 0.0


def ticks() -> float:
    """Return seconds that also pass while the machine sleeps, where it can say so."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(slots=True)
class Stage:
    """One stage while it runs: its date and instant, the program in force, and what it counts."""

    name: str
    today: date
    clock: Clock
    program: Program
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The one instant that the stage goes by."""
        return self.clock.now

    @property
    def zone(self) -> str:
        """The name of the program's time zone."""
        return self.program.time_zone

    @property
    def instant(self) -> datetime:
        """That instant and the time that has passed since: what a key's age goes by.

        A process may sleep for hours in the middle of a stage; the provider forgets meanwhile.
        """
        return self.clock.instant

    @property
    def is_asked_for(self) -> bool:
        """Whether an operator started this stage by itself, outside a night."""
        return _night.get() is None

    @property
    def tally(self) -> Tally:
        """What it has done so far."""
        return Tally(self.name, +self.outcomes, tuple(self.failures))

    def count(self, outcomes: Mapping[str, int]) -> None:
        """Add what a task did."""
        self.outcomes.update(outcomes)

    def fail(self, sentence: str) -> None:
        """Note something that went wrong; the stage goes on and says so at its end."""
        self.failures.append(sentence)


def program_in_force(on: date | None, now: datetime) -> tuple[Program, date]:
    """Return the program in force on a date (today where none is given), and that date.

    Raises:
        NoProgram: none is published.
    """
    with wiring().ready_database.transaction() as tx:
        return _in_force(tx, on, now)


def _in_force(tx: Connection, on: date | None, now: datetime) -> tuple[Program, date]:
    newest = queries.require_newest(tx)
    today = on or wiring().program(newest.source).date_of(now)
    in_force = queries.in_force(tx, today)
    return wiring().program(in_force.source), today


def tonights_instant() -> datetime | None:
    """Return the instant that the night around has come to; None: there is no night around.

    The stages before may have taken hours, or the machine may have slept: a payout that is sent now
    must not be dated back to when the night began, nor a key be taken for so much younger.
    """
    clock = _clock.get()
    return clock.instant if clock else None


def business_date(clock: Clock) -> date:
    """Return the date a clock stands for: the one it was told, or the program's own today."""
    return clock.today or program_in_force(None, clock.now)[1]


def program(today: date) -> Program:
    """Return the program in force on a business date; in a stage, the one that it began with."""
    in_force, on = _in_stage.get() or (None, None)
    if in_force and on == today:
        return in_force
    with wiring().database.transaction() as tx:
        version = queries.in_force(tx, today)
    return wiring().program(version.source)


def programs_by_version() -> dict[int, Program]:
    """Return every published program by the number of its version."""
    with wiring().database.transaction() as tx:
        return {v.number: wiring().program(v.source) for v in queries.versions(tx)}


def rules_by_version() -> dict[int, Rules]:
    """Return what each published version says about rewards, by its number."""
    return {number: Rules.of(program) for number, program in programs_by_version().items()}


@contextmanager
def stage(name: str, clock: Clock) -> Iterator[Stage]:
    """Frame one stage: alone it takes the night's lock; its outcome is written down at the end.

    Raises:
        Busy: another process runs a night or a stage.
        StageFailed: something in it failed.
    """
    database = wiring().ready_database
    alone = _night.get() is None
    with database.exclusive(LOCK) if alone else nullcontext():
        with database.transaction() as tx:
            program, today = _in_force(tx, clock.today, clock.now)
            started_at = instant(tx)
        running = Stage(name, today, clock, program)
        token = _in_stage.set((program, today))
        cause = None
        try:
            yield running
        except Exception as error:  # noqa: BLE001 - told below, with what was done before it
            cause = error
            running.fail(in_short(error))
            if not _is_ours(error):
                _log.exception("%s ended unexpectedly", name)
        finally:
            _in_stage.reset(token)
            result = nights.StageResult(
                _night.get(), today, name, +running.outcomes, running.failures, started_at
            )
            with database.transaction() as tx:
                nights.record_stage(tx, result)
        if running.failures:
            raise StageFailed(running.tally) from cause


@dataclass(frozen=True, slots=True)
class Report:
    """What a night did, stage by stage."""

    business_date: date
    is_rehearsal: bool
    tallies: tuple[Tally, ...]

    @property
    def failures(self) -> list[str]:
        """Every failure, each with its stage."""
        return [f"{tally.stage}: {failure}" for tally in self.tallies for failure in tally.failures]


class NightFailed(Exception):
    """Something in a night failed; `report` says what did not."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__("; ".join(report.failures))


NEEDS: Mapping[str, tuple[str, ...]] = {
    "review": ("sync",),
    "detect": ("sync",),
    "compute": ("sync", "detect"),
    "approve": ("sync", "detect", "compute"),
    "pay": ("sync", "detect", "compute"),
}
"""What must not have failed before a stage runs: it would decide or pay by what is out of date."""


@dataclass(slots=True)
class Tonight:
    """A night while it runs."""

    today: date
    dry_run: bool
    tallies: list[Tally] = field(default_factory=list)

    @property
    def report(self) -> Report:
        """What it has done so far."""
        return Report(self.today, self.dry_run, tuple(self.tallies))

    def check(self) -> None:
        """Look at every invariant; a violation fails the night and names its rows."""
        start = time.monotonic()
        with wiring().database.transaction() as tx:
            violations = checks.violations(tx)
        failures = tuple(violation.sentence for violation in violations)
        holding = {
            "invariants hold": len(checks.INVARIANTS) - len({v.invariant for v in violations})
        }
        self.tallies.append(Tally("check", holding, failures, time.monotonic() - start))

    def run(self, name: str, stage_flow: Callable[..., Tally], *, stale: bool) -> None:
        """Run one stage; when it fails, the stages that can do without it still run.

        A subflow's own heartbeat thread would cost it a second to end; the night's speaks for all.
        It is not told the night's instant as a parameter: Prefect keeps those, and a stage that is
        retried two days later would repeat a payout by a key that the provider has forgotten.
        """
        failed = {tally.stage for tally in self.tallies if tally.failures}
        missing = [stage for stage in NEEDS.get(name, ()) if stage in failed]
        if missing and not stale:
            self.tallies.append(Tally(name, {}, (_NOT_ON_STALE_DATA.format(missing[0]),)))
            return
        start = time.monotonic()
        try:
            with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
                tally = stage_flow(today=self.today)
        except StageFailed as error:
            tally = Tally(name, error.outcomes, error.failures)
        except Exception as error:  # noqa: BLE001 - the other stages still run, and it is told
            _log.exception("%s ended unexpectedly", name)
            tally = Tally(name, {}, (in_short(error),))
        self.tallies.append(replace(tally, seconds=time.monotonic() - start))


class NightGoesBack(Exception):
    """A night was asked for a date before the last one that ran."""

    def __init__(self, asked: date, last: date) -> None:
        super().__init__(
            f"the night of {last} has run, and a night never goes back to {asked}: claims would be "
            f"decided and mails dated in the past; run it for {last} or later, or with --dry-run"
        )


_NOT_ON_STALE_DATA = (
    "not run, since {} failed and the data may be stale; `--stale` runs it all the same"
)


@contextmanager
def night(clock: Clock, *, dry_run: bool) -> Iterator[Tonight]:
    """Frame a night: one at a time, and in a dry run nothing is kept or sent.

    Raises:
        Busy: another process runs a night or a stage.
        NightGoesBack: a later one has run.
        NightFailed: a stage failed; what the others did is done.
    """
    database = wiring().ready_database
    _, today = program_in_force(clock.today, clock.now)
    with database.exclusive(LOCK), rehearsal(dry_run=dry_run):
        with database.transaction() as tx:
            last = night_queries.newest_date(tx)
            if last is not None and today < last and not dry_run:
                raise NightGoesBack(today, last)
            number = nights.begin(tx, today)
        night_token, clock_token = _night.set(number), _clock.set(clock)
        tonight = Tonight(today, dry_run)
        done = False
        try:
            yield tonight
            done = not tonight.report.failures
        finally:
            _night.reset(night_token)
            _clock.reset(clock_token)
            with database.transaction() as tx:
                nights.finish(tx, number, failed=not done)
        if not done:
            raise NightFailed(tonight.report)


@contextmanager
def rehearsal(*, dry_run: bool) -> Iterator[None]:
    """Roll everything back in a dry run; whoever would reach outside asks `rehearsing` first."""
    if not dry_run:
        yield
        return
    with wiring().database.rehearsal():
        wiring().rehearsing = True
        try:
            yield
        finally:
            wiring().rehearsing = False


def in_short(error: Exception) -> str:
    """Return what happened on one line; the whole of it is in the log."""
    first = (str(error).strip() or "no words").splitlines()[0]
    return first if _is_ours(error) else f"{type(error).__name__}: {first}"


def _is_ours(error: Exception) -> bool:
    """Tell a refusal, whose sentence says everything, from what nobody expected."""
    return type(error).__module__.startswith("goodword")


def chunks(items: Sequence[_T], size: int = CHUNK) -> Iterator[list[_T]]:
    """Cut a list into chunks, in order."""
    return (list(items[i : i + size]) for i in range(0, len(items), size))
