"""Detecting, attributing and rewarding a long history, and simulating it, against their floors.

    make bench-rules                          1,000,000 opportunities
    make bench-rules HISTORY=100000

Of the opportunities a twentieth is won and claimed, with five touches each; as many again are won
without a claim. The floor of the three stages is the same joins and the same inserts by set-based
SQL alone, in the same database, in the same run, rolled back. Both include the audit trail. The
stages are called as their tasks do, without the orchestrator. The simulation runs in a process of
its own, over all of the two years, with another attribution model. Times on a busy machine mean
little; ratios mean more.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import resource
import tempfile
import time
from datetime import date
from inspect import unwrap
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from benchmarks import history
from cli import setup
from goodword.db import embedded
from goodword.wiring import close, wiring

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = date(2026, 6, 30)
SINCE = date(2024, 7, 1)
PROGRAM = Path(__file__).parents[1] / "config" / "program.toml"
STAGES_TARGET, SIMULATION_TARGET, MEMORY_TARGET = 2, 60, 2048


def main() -> None:
    """Make the history in an empty home, measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--opportunities", type=int, default=1_000_000)
    parser.add_argument("--model", default="linear", help="the attribution model of the program")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="goodword-bench-") as folder:
        home = Path(folder)
        program = home / "program.toml"
        program.write_text(_with_model(given.model), encoding="utf-8")
        os.environ |= {"GOODWORD_HOME": folder, "GOODWORD_PROGRAM": str(program)}
        try:
            setup.prepare(wiring())
            history.make(wiring().database, given.opportunities, SINCE, TODAY)
            floor = _timed(lambda: history.floor(wiring().database, TODAY))
            stages = run_stages()
            close()
            show(given.opportunities, floor, stages, simulated(home))
        finally:
            close()
            embedded.stop(home)


def _with_model(model: str) -> str:
    source = PROGRAM.read_text(encoding="utf-8")
    return source.replace('model = "first_touch"', f'model = "{model}"', 1)


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def run_stages() -> dict[str, tuple[float, float]]:
    """Detect, attribute and reward everything; returns seconds and our CPU seconds by stage."""
    from tasks import conversions, rewards  # noqa: PLC0415 - imports Prefect

    detected, computed = unwrap(conversions.detect), unwrap(rewards.compute_conversions)

    def detect() -> None:
        detected(conversions.waiting(TODAY), TODAY)

    def compute() -> None:
        computed(rewards.unrewarded_conversions(), TODAY)

    gc.collect()
    gc.freeze()
    took = {}
    for name, stage in (("detect and attribute", detect), ("reward", compute)):
        spent = time.process_time()
        seconds = _timed(stage)
        took[name] = seconds, time.process_time() - spent
    return took


def simulated(home: Path) -> tuple[float, float, float]:
    """Simulate the history in a new process; returns seconds, its CPU seconds and its most MB."""
    other = home / "other.toml"
    other.write_text(_with_model("position_based"), encoding="utf-8")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    running = context.Process(target=_simulate, args=(other, theirs))
    running.start()
    theirs.close()  # a child that dies is an error here, and nothing to wait for
    try:
        seconds, spent, memory = ours.recv()
    finally:
        running.join()
    return seconds, spent, memory


def _simulate(file: Path, told: multiprocessing.connection.Connection) -> None:
    from cli import simulate, simulation_output  # noqa: PLC0415 - only in this process
    from goodword.program import load_program  # noqa: PLC0415 - as above
    from goodword.rules.histories import Days  # noqa: PLC0415 - as above

    program, _ = load_program(file)
    began = time.monotonic()
    with wiring().ready_database.transaction() as tx, simulate.uncollected():
        simulation_output.document(simulate.run(tx, program, Days(SINCE, TODAY)))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told.send((time.monotonic() - began, time.process_time(), memory))
    close()


def show(
    count: int,
    floor: float,
    stages: dict[str, tuple[float, float]],
    simulation: tuple[float, float, float],
) -> None:
    """Print what was measured, with the targets."""
    seconds, spent, memory = simulation
    with wiring().database.transaction() as tx:
        sizes = {
            name: tx.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in ("touches", "conversions", "shares", "rewards")
        }
    wrote = ", ".join(f"{rows:,} {name}" for name, rows in sizes.items())
    table = Table(
        title=f"{count:,} opportunities: {wrote}", title_justify="left", box=None, min_width=80
    )
    for column in ("", "seconds", "our CPU", "to floor", "target"):
        table.add_column(column, justify="left" if not column else "right")
    for name, (took, cpu) in stages.items():
        table.add_row(name, f"{took:.1f}", f"{cpu:.1f}", f"{took / floor:.2f}", "")
    whole = sum(took for took, _ in stages.values())
    cpu = sum(cpu for _, cpu in stages.values())
    ratio = f"{whole / floor:.2f}"
    table.add_row("in all", f"{whole:.1f}", f"{cpu:.1f}", ratio, f"{STAGES_TARGET} to floor")
    table.add_row("floor: the same joins and inserts in SQL", f"{floor:.1f}", "", "1.00", "")
    table.add_row(
        "simulation of two years", f"{seconds:.1f}", f"{spent:.1f}", "", f"{SIMULATION_TARGET} s"
    )
    table.add_row("its memory at its peak, MB", f"{memory:.0f}", "", "", f"{MEMORY_TARGET} MB")
    Console(highlight=False, width=120).print(table)


if __name__ == "__main__":
    main()
