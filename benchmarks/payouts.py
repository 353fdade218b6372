"""The pay stage over many payouts, against bare calls of the Stripe library at the same pace.

    make bench-payouts                 5,000 payouts
    make bench-payouts PAYOUTS=500

Stripe's stand-in runs in a process of its own, takes 150 ms for each call, and counts the calls of
every second. Whether each account can be paid is asked first, one call each: that is a row of its
own. CPU is this process's, by the clocks of its threads: what passes in the library's own methods,
without the wait for a slot inside them, is "inside the library", everything else is outside it.
The floor has the same limit, threads and library, and nothing else.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil
import requests
import stripe
from rich.console import Console
from rich.table import Table

from benchmarks import due_rewards
from benchmarks.meter import Meter, Reading
from cli import local, setup
from goodword.actions import payouts, settlements
from goodword.adapters.pace import Turnstile
from goodword.adapters.stripe_client import StripeAccess, connect
from goodword.db import checks, embedded
from goodword.wiring import Pace, wiring
from tasks import calls

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection

    from stripe.params import TransferCreateParams

PER_SECOND = 80
LATENCY_SECONDS = 0.15
FLOOR_CALLS = 2000
STEPS = ("ask", "reserve", "mark", "record", "commit")
KEPT_SHARE, MOST_OF_A_CORE = 0.90, 0.25
KEY = "sk_test_bench"


def main() -> None:
    """Pay in an empty home, and leave with 1 when a gate is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--payouts", type=int, default=5000)
    count = parser.parse_args().payouts
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="goodword-bench-") as folder:
        home = Path(folder)
        os.environ |= {"GOODWORD_HOME": folder, "PREFECT_LOGGING_LEVEL": "CRITICAL"}
        ours, theirs = spawn.Pipe()
        serving = spawn.Process(target=serve, args=(count, theirs))
        serving.start()
        try:
            kept = measure(home, count, ours.recv())
        finally:
            serving.terminate()
            wiring().database.dispose()
            local.stop_all(home)
            embedded.stop(home)
    sys.exit(not kept)


def serve(count: int, told: Connection) -> None:
    """Run the stand-in in a process of its own, so that it does not share our interpreter."""
    from sandbox.server import Sandbox  # noqa: PLC0415 - only in this process
    from sandbox.world import Company  # noqa: PLC0415 - as above

    accounts = [{"id": due_rewards.account(n), "default_currency": "usd"} for n in range(count)]
    company = Company("Bench", "00D000000000001AAA", {}, stripe_accounts=accounts)
    gc.disable()  # while it collects it takes no calls, and then many at once
    with Sandbox(company, latency_seconds=LATENCY_SECONDS) as sandbox:
        told.send(sandbox.base_url)
        told.recv()


def measure(home: Path, count: int, base_url: str) -> bool:
    """Prepare, pay, call without the program, and print; returns whether every gate is kept."""
    os.environ |= {
        "GOODWORD_STRIPE_API_BASE": base_url,
        "GOODWORD_STRIPE_API_KEY": KEY,
        "GOODWORD_STRIPE_MAX_PER_SECOND": str(PER_SECOND),
    }
    now = datetime.now(UTC)
    local.use_prefect(home)
    setup.prepare(wiring())
    due_rewards.earn(count, now.date())
    rate = f"{base_url}/sandbox/stripe/rate"
    requests.post(rate, json={"per_second": PER_SECOND}, timeout=10)
    meter = Meter()
    paid = pay(meter, home, now)
    readings = meter.take()
    counted = requests.get(rate, timeout=10).json()
    prove(count, base_url)
    return Report(count, readings, paid, counted, floor(meter, base_url)).show()


@dataclass(frozen=True, slots=True)
class Spent:
    """What something took: seconds by the wall, and CPU of this process and of PostgreSQL."""

    seconds: float
    cpu: float
    database_cpu: float = 0


def pay(meter: Meter, home: Path, now: datetime) -> Spent:
    """Run the pay stage as the night does."""
    from flows.pay_rewards import pay_rewards  # noqa: PLC0415 - imports Prefect

    for owner, name, label in (
        (wiring().provider, "readiness", "ask"),
        (stripe.AccountService, "retrieve", "library: ask"),
        (stripe.TransferService, "create", "library: pay"),
        (Turnstile, "wait", "slot"),
        (payouts, "reserve", "reserve"),
        (payouts, "submit", "mark"),
        (settlements, "record", "record"),
        (wiring().database.engine.dialect, "do_commit", "commit"),
    ):
        meter.watch(owner, name, label)
    served = database_cpu(home)
    began, spent = time.monotonic(), time.process_time()
    pay_rewards(today=now.date(), now=now)
    took, spent = time.monotonic() - began, time.process_time() - spent
    return Spent(took, spent, database_cpu(home) - served)


def database_cpu(home: Path) -> float:
    """Return the CPU seconds of PostgreSQL so far, its sessions included."""
    number = next(home.rglob("postmaster.pid")).read_text().split()[0]
    postmaster = psutil.Process(int(number))
    times = [process.cpu_times() for process in (postmaster, *postmaster.children())]
    ended = times[0].children_user + times[0].children_system
    return float(ended + sum(each.user + each.system for each in times))


def prove(count: int, base_url: str) -> None:
    """Every payout was made once, and every invariant holds: else the figures mean nothing."""
    made = requests.get(f"{base_url}/sandbox/stripe/transfers", timeout=60).json()
    assert len({transfer["destination"] for transfer in made}) == len(made) == count
    with wiring().database.transaction() as tx:
        assert checks.violations(tx) == []


def floor(meter: Meter, base_url: str) -> tuple[float, float]:
    """Call the library alone, at the same pace and from as many threads.

    Returns:
        Calls a second, and CPU seconds of this process a call.
    """
    pace = Pace(wiring().database, "stripe", PER_SECOND)
    client = connect(StripeAccess(KEY, pace, base_url))

    def one(number: int) -> None:
        params: TransferCreateParams = {
            "amount": 10_000,
            "currency": "usd",
            "destination": due_rewards.account(0),
            "transfer_group": f"floor-{number}",
            "metadata": {"floor": str(number)},
        }
        with suppress(stripe.RateLimitError):  # a call all the same
            client.v1.transfers.create(params, {"idempotency_key": f"floor-{number}"})

    spent = time.process_time()
    with ThreadPoolExecutor(calls.AT_ONCE) as pool:
        list(pool.map(one, range(FLOOR_CALLS)))
    spent = time.process_time() - spent
    return meter.take()["library: pay"].per_second, spent / FLOOR_CALLS


class Row(NamedTuple):
    """One line of the table; one that has a gate keeps it or not."""

    what: str
    measured: str
    gate: str = ""
    kept: bool = True


@dataclass(frozen=True)
class Report:
    """The figures of one run."""

    count: int
    readings: Mapping[str, Reading]
    paid: Spent
    counted: dict[str, Any]
    bare: tuple[float, float]

    def show(self) -> bool:
        """Print them; returns whether every gate is kept."""
        table = Table(
            title=f"The pay stage: {self.count:,} payouts", title_justify="left", box=None
        )
        for column in ("what", "measured", "gate", ""):
            table.add_column(column, justify="left" if column == "what" else "right")
        rows = [*self._rates(), *self._cpu(), *self._steps(), *self._floor()]
        for row in rows:
            verdict = ("kept" if row.kept else "MISSED") if row.gate else ""
            table.add_row(row.what, row.measured, row.gate, verdict)
        Console(highlight=False, width=100).print(table)
        return all(row.kept for row in rows)

    def _rates(self) -> list[Row]:
        most, refused = self.counted["most_in_a_second"], self.counted["refused"]
        asked, paid = (self.readings[f"library: {what}"].per_second for what in ("ask", "pay"))
        enough = paid >= KEPT_SHARE * PER_SECOND
        return [
            Row("allowed calls a second", str(PER_SECOND)),
            Row("reached while paying", _share(paid), f"at least {KEPT_SHARE:.0%}", enough),
            Row("reached while asking", _share(asked)),
            Row("most in any second", str(most), f"at most {PER_SECOND}", most <= PER_SECOND),
            Row("refused by the limit", str(refused), "0", refused == 0),
        ]

    def _cpu(self) -> list[Row]:
        waiting = self.readings["slot"].cpu
        inside = sum(self.readings[f"library: {what}"].cpu for what in ("ask", "pay")) - waiting
        outside = self.paid.cpu - inside
        little = outside < MOST_OF_A_CORE * self.paid.seconds
        return [
            Row("the stage, seconds", f"{self.paid.seconds:.1f}"),
            Row("CPU inside the library", self._core(inside)),
            Row("CPU outside it", self._core(outside), f"under {MOST_OF_A_CORE:.0%}", little),
            Row("  of it waiting for slots", self._core(waiting)),
            Row("CPU of PostgreSQL", self._core(self.paid.database_cpu)),
        ]

    def _core(self, cpu: float) -> str:
        return f"{cpu:.1f} s = {cpu / self.paid.seconds:.1%} of a core"

    def _steps(self) -> list[Row]:
        each = 1000 / self.count
        calls_made = [self.readings[f"library: {what}"] for what in ("ask", "pay")]
        calling = sum(made.seconds for made in calls_made) - self.readings["slot"].seconds
        one = 1000 * calling / sum(made.calls for made in calls_made)
        return [
            Row("one call, from its slot on", f"{one:.1f} ms"),
            *(
                Row(
                    f"{step}, {self.readings[step].calls:,} times",
                    f"{self.readings[step].seconds:.2f} s = "
                    f"{each * self.readings[step].seconds:.2f} ms a payout",
                )
                for step in STEPS
            ),
        ]

    def _floor(self) -> list[Row]:
        per_second, bare_cpu = self.bare
        cpu = self.paid.cpu / sum(
            self.readings[f"library: {what}"].calls for what in ("ask", "pay")
        )
        slower = per_second / self.readings["library: pay"].per_second
        return [
            Row(f"floor: {FLOOR_CALLS:,} bare calls", f"{_share(per_second)}"),
            Row("time of a payment to its floor", f"{slower:.2f}"),
            Row("CPU of a call to its floor", f"{1000 * cpu:.2f} ms = {cpu / bare_cpu:.2f}"),
        ]


def _share(per_second: float) -> str:
    return f"{per_second:.1f} = {per_second / PER_SECOND:.1%}"


if __name__ == "__main__":
    main()
