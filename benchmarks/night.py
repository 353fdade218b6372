"""The night over a company of any size, against the floor that its sync cannot go below.

    make bench                      20,000 opportunities
    make bench OPPORTUNITIES=100000

The floor of the sync is COPY of the same rows into tables of the same shape, in the same
PostgreSQL, in the same run. Times on a busy machine mean little; ratios mean more.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import resource
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from cli import local, setup
from cli.imports import take_in
from goodword.db import embedded
from goodword.rules.imports import Kind
from goodword.wiring import wiring

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from goodword.db.session import Database

MIRRORED = ("crm_users", "accounts", "opportunities", "stage_changes")


def main() -> None:
    """Run one night in an empty home and print what each stage took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--opportunities", type=int, default=20_000)
    count = parser.parse_args().opportunities
    with tempfile.TemporaryDirectory(prefix="goodword-bench-") as folder:
        home = Path(folder)
        os.environ |= {"GOODWORD_HOME": folder, "PREFECT_LOGGING_LEVEL": "CRITICAL"}
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        serving = multiprocessing.get_context("spawn").Process(target=serve, args=(count, theirs))
        serving.start()
        try:
            measure(home, count, ours)
        finally:
            serving.terminate()
            wiring().database.dispose()
            local.stop_all(home)
            embedded.stop(home)


def serve(count: int, told: Connection) -> None:
    """Run the stand-ins in a process of their own, so that they do not share our interpreter."""
    from sandbox.company import sample  # noqa: PLC0415 - only in this process
    from sandbox.server import Sandbox  # noqa: PLC0415 - as above

    company = sample(opportunities=count)
    with Sandbox(company) as sandbox:
        told.send((sandbox.base_url, sandbox.smtp_port, company.business_date, company.imports))
        told.recv()


def measure(home: Path, count: int, told: Connection) -> None:
    """Prepare, run the night, and compare it with its floor."""
    base_url, smtp_port, today, imports = told.recv()
    os.environ |= {
        "GOODWORD_SALESFORCE_DOMAIN": "bench.my",
        "GOODWORD_SALESFORCE_API_BASE": base_url,
        "GOODWORD_SALESFORCE_CONSUMER_KEY": "bench",
        "GOODWORD_SALESFORCE_CONSUMER_SECRET": "bench",
        "GOODWORD_STRIPE_API_BASE": base_url,
        "GOODWORD_STRIPE_API_KEY": "sk_test_bench",
        "GOODWORD_STRIPE_MAX_PER_SECOND": "1000",
        "GOODWORD_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "GOODWORD_MAIL_FROM": "Bench <bench@goodword.example>",
    }
    local.use_prefect(home)
    setup.prepare(wiring())
    for kind in Kind:
        take_in(kind, io.BytesIO(imports[kind].encode()), today)
    show(count, *run_night(today), floor(wiring().database))


def run_night(today: date) -> tuple[list[tuple[str, float]], float, float]:
    """Run the night; returns seconds by stage, seconds in all, and CPU seconds of this process."""
    from flows.nightly import nightly  # noqa: PLC0415 - imports Prefect

    started, cpu = time.monotonic(), time.process_time()
    report = nightly(today=today)
    took, spent = time.monotonic() - started, time.process_time() - cpu
    return [(tally.stage, tally.seconds) for tally in report.tallies], took, spent


def floor(database: Database) -> float:
    """Return the seconds that COPY needs for the rows that the sync brought."""
    copies: list[tuple[str, bytes]] = []
    with database.transaction() as tx:
        driver = tx.connection.driver_connection
        assert driver is not None
        for table in MIRRORED:
            with driver.cursor().copy(f"COPY {table} TO STDOUT") as copy:
                copies.append((table, b"".join(bytes(part) for part in copy)))
            tx.execute(text(f"CREATE TEMP TABLE floor_{table} (LIKE {table} INCLUDING INDEXES)"))
        started = time.monotonic()
        for table, rows in copies:
            with driver.cursor().copy(f"COPY floor_{table} FROM STDIN") as copy:
                copy.write(rows)
        return time.monotonic() - started


def show(
    count: int, stages: list[tuple[str, float]], took: float, spent: float, least: float
) -> None:
    """Print the stages, the whole, and the ratio to the floor."""
    table = Table(title=f"The night over {count:,} opportunities", title_justify="left", box=None)
    for column in ("stage", "seconds", "to floor"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for stage, seconds in stages:
        ratio = f"{seconds / least:.1f}" if stage == "sync" else ""
        table.add_row(stage, f"{seconds:.1f}", ratio)
    table.add_row("in all", f"{took:.1f}", "")
    table.add_row("CPU of this process", f"{spent:.1f}", "")
    table.add_row("floor: COPY of the synced rows", f"{least:.2f}", "1.0")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table.add_row("memory at its peak, MB", f"{memory:.0f}", "")
    Console(highlight=False, width=100).print(table)


if __name__ == "__main__":
    main()
