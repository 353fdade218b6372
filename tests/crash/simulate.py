"""Try to make money move twice, or not at all; `tests/crash/__init__.py` says how.

python -m tests.crash.simulate --seeds 2000 --kills 200     what `make crash` runs
python -m tests.crash.simulate --seed 1234 --trace          one seed again, with its story
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from rich.console import Console
from sqlalchemy import make_url

from tests.crash.engine import Engine, engine
from tests.crash.kills import Killer, Survived, nursery
from tests.crash.opening import opened
from tests.crash.servers import FORGETFUL, KILLABLE, Server, server
from tests.crash.simulation import Result, simulate

_say = Console(highlight=False, markup=False, soft_wrap=True).print

_SERVER_KILLS_IN = 20
"""Of so many kills one more is of PostgreSQL."""
_CHUNK = 50


def main() -> int:
    """Simulate, kill, print what came of it; 1 when money moved twice, was lost or is in doubt."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seed", type=int, help="one seed only")
    parser.add_argument("--trace", action="store_true", help="tell the story of each seed")
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--kills", type=int, default=200, help="by SIGKILL")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    _be_quiet()
    if given.seed is not None:
        return _one(given.seed, trace=given.trace)
    started = time.monotonic()
    seeds = range(given.first, given.first + given.seeds)
    results = _simulated(seeds, given.workers, trace=given.trace)
    simulated = time.monotonic() - started
    survived = _killed(given.kills) if given.kills else Survived()
    return _report(results, survived, simulated, time.monotonic() - started - simulated)


def _be_quiet() -> None:
    """Leave out what the program and the stand-in say of failures: they are made on purpose."""
    for name in ("goodword", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _one(seed: int, *, trace: bool) -> int:
    with server(FORGETFUL) as made, _joined(made.url) as joined:
        result = simulate(joined, seed)
    _say("\n".join(result.story if trace else result.problems) or "nothing is wrong")
    return 1 if result.problems else 0


@contextmanager
def _joined(url: str) -> Iterator[Engine]:
    with opened(url) as world, engine(world) as made:
        yield made


def _simulated(seeds: range, workers: int, *, trace: bool) -> list[Result]:
    """Simulate seeds in several processes, each with a database of its own."""
    results: list[Result] = []
    if not seeds:
        return results
    chunks = [seeds[at : at + _CHUNK] for at in range(0, len(seeds), _CHUNK)]
    context = multiprocessing.get_context("spawn")
    with server(FORGETFUL) as made:
        numbers = context.Queue()
        for number in range(workers):
            _copy(made, _name(number))
            numbers.put(number)
        with context.Pool(workers, _begin, (made.url, numbers)) as pool:
            for done in pool.imap(_chunk, chunks):
                results += done
                for result in done:
                    _show(result, trace=trace)
            pool.close()
            pool.join()
    return results


def _name(number: int) -> str:
    return f"crash_{number}"


def _copy(made: Server, name: str) -> None:
    with psycopg.connect(
        host=str(make_url(made.url).query["host"]),
        user="postgres",
        dbname="postgres",
        autocommit=True,
    ) as administrator:
        administrator.execute(f"CREATE DATABASE {name} TEMPLATE goodword OWNER goodword")


_engines: list[Engine] = []
_kept: list[object] = []


def _begin(url: str, numbers: multiprocessing.Queue[int]) -> None:
    """Open this process's world, which stays open until the process ends."""
    _be_quiet()
    joined = _joined(make_url(url).set(database=_name(numbers.get())).render_as_string())
    _kept.append(joined)
    _engines.append(joined.__enter__())


def _chunk(seeds: range) -> list[Result]:
    return [simulate(_engines[0], seed) for seed in seeds]


def _show(result: Result, *, trace: bool) -> None:
    for problem in result.problems:
        _say(f"seed {result.seed}: {problem}")
    if result.problems:
        _say(f"  again: {sys.executable} -m tests.crash.simulate --seed {result.seed} --trace")
    if trace:
        _say("\n".join(result.story))


def _killed(kills: int) -> Survived:
    """Kill nights alone and together, and the database below them."""
    with server(KILLABLE) as made, opened(made.url) as world, nursery() as kept:
        killer = Killer(world, kept, seed=kills)
        killer.kill(kills - 2 * (kills // 3), ("night",))
        killer.kill(kills // 3, ("night", "night", "rerun"))
        killer.kill(kills // 3, ("night", "night", "rerun"), "unlocked")
        return killer.kill_server(made, kills // _SERVER_KILLS_IN)


def _report(results: list[Result], survived: Survived, simulated: float, killed: float) -> int:
    for problem in survived.problems:
        _say(f"killed for real: {problem}")
    twice = sum(len(result.twice) for result in results) + len(survived.twice)
    lost = sum(len(result.lost) for result in results) + len(survived.lost)
    broken = sum(len(result.broken) for result in results) + len(survived.broken)
    ended = sum(result.kills for result in results)
    calls = sum(result.calls for result in results)
    _say(f"seeds tried       {len(results):>8,}   {calls:,} calls to Stripe in {simulated:.0f} s")
    _say(
        f"kills survived    {ended + survived.kills + survived.servers_killed:>8,}"
        f"   {ended:,} in the seeds; {survived.kills:,} by SIGKILL, of PostgreSQL"
        f" {survived.servers_killed:,}, in {killed:.0f} s"
    )
    _say(f"double payments   {twice:>8,}")
    _say(f"losses            {lost:>8,}")
    _say(f"books in doubt    {broken:>8,}")
    return 1 if twice or lost or broken else 0


if __name__ == "__main__":
    sys.exit(main())
