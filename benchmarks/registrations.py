"""The review of live claims, of which one in twenty changes tonight, against its floor.

    make bench-registrations                  200,000 live claims
    make bench-registrations CLAIMS=50000

The floor is the same review by hand, in set-based SQL for these data alone, in the same PostgreSQL,
in the same run: it finds the claims that change by their dates, their deals and the stage history,
UPDATEs them, INSERTs the audit events with their chain of hashes, and the letters, in one committed
transaction. It writes the same rows as the review, which is checked, trail included. What it leaves
out is what makes the program a program: rules that are tested by themselves and explained in words,
two deals or divisions of one account, merged, reopened and missed, requests, policies by kind.

The review finds the claims that tonight can mean anything for, reads what is known of them, decides
by the rules, and writes; it is called as the flow calls it, without Prefect, whose tasks `make
bench` measures. Each is run in a copy of its own; the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import date
from itertools import count as numbers
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy import make_url, text

from benchmarks import live_claims
from benchmarks import live_claims_floor as floor
from cli import setup
from goodword.actions import audit
from goodword.db import embedded
from goodword.db.session import Database
from goodword.wiring import close, wiring
from tasks import nights, registrations

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = date(2026, 6, 30)
GATE = 1.5


def main() -> None:
    """Review in an empty home, and leave with 1 when the gate is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--claims", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="goodword-bench-") as folder:
        home = Path(folder)
        os.environ |= {"GOODWORD_HOME": folder, "PREFECT_LOGGING_LEVEL": "CRITICAL"}
        try:
            setup.prepare(wiring())
            url = wiring().database.engine.url.render_as_string(hide_password=False)
            live_claims.make(wiring().database, asked.claims, TODAY)
            close()
            kept = Trial(url, asked.claims).run(asked.rounds)
        finally:
            close()
            embedded.stop(home)
    sys.exit(not kept)


class Trial:
    """Copies of one database, in which the review and its floor are run in turn."""

    def __init__(self, url: str, claims: int) -> None:
        self.url = make_url(url)
        self.claims = claims
        self.steps: dict[str, list[float]] = {}
        self._numbers = numbers(1)

    def run(self, rounds: int) -> bool:
        """Run both in turn and print; returns whether the gate is kept."""
        for _ in range(rounds):
            with self.copy() as reviewed:
                self.review(reviewed)
                with self.copy() as by_hand:
                    self.write(by_hand)
                    _compare(reviewed, by_hand)
                written = _written(reviewed)
        return self.show(written)

    @contextmanager
    def copy(self) -> Iterator[str]:
        """Make a copy of the database, and drop it at the end."""
        name = f"round_{next(self._numbers)}"
        server = {"host": str(self.url.query["host"]), "user": "postgres", "dbname": "postgres"}
        with psycopg.connect(**server, autocommit=True) as connection:  # type: ignore[arg-type]
            connection.execute(
                f"CREATE DATABASE {name} TEMPLATE {self.url.database} OWNER goodword".encode()
            )
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            with psycopg.connect(**server, autocommit=True) as connection:  # type: ignore[arg-type]
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Add what the block takes to a step."""
        started = time.perf_counter()
        yield
        self.steps.setdefault(step, []).append(time.perf_counter() - started)

    def review(self, url: str) -> None:
        """Review every live claim, as the flow does."""
        os.environ["GOODWORD_DATABASE_URL"] = url
        review: Any = registrations.review
        nights.program(TODAY)  # connected, and the program read, as in any night by then
        with self.timed("review"):
            with self.timed("  find the claims to review"):
                ids = registrations.to_review(TODAY)
            for chunk in nights.chunks(ids, registrations.REVIEWED):
                review.fn(chunk, TODAY)
        close()

    def write(self, url: str) -> None:
        """Review by hand, in SQL."""
        database = Database(url)
        try:
            with database.transaction() as tx:
                tx.execute(text("SELECT 1"))  # connected
            with self.timed("floor"), database.transaction() as tx:
                for step, statements in floor.STEPS.items():
                    with self.timed(f"  {step}"):
                        for statement in statements:
                            tx.execute(text(statement), {"today": TODAY})
        finally:
            database.dispose()

    def show(self, written: dict[str, int]) -> bool:
        """Print what each took and the ratio."""
        took = {step: statistics.median(seconds) for step, seconds in self.steps.items()}
        ratio = took["review"] / took["floor"]
        title = f"The review of {self.claims:,} live claims: " + ", ".join(
            f"{rows:,} {what}" for what, rows in written.items()
        )
        table = Table(title=title, title_justify="left", box=None)
        for column in ("step", "seconds", "to floor"):
            table.add_column(column, justify="left" if column == "step" else "right")
        for step in sorted(took, key=lambda step: "review" not in step):
            part = f"{took[step] / took['floor']:.2f}" if not step.startswith(" ") else ""
            table.add_row(step, f"{took[step]:.3f}", part)
        console = Console(highlight=False, width=100)
        console.print(table)
        console.print(f"{ratio:.2f} times its floor; allowed: {GATE}")
        return ratio <= GATE


def _compare(reviewed: str, by_hand: str) -> None:
    """Prove that both have written the same."""
    rows = []
    for url in (reviewed, by_hand):
        with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string()) as tx:
            rows.append([tx.execute(found.encode()).fetchall() for found in _WRITTEN])
    for reviewed_rows, written_rows in zip(*rows, strict=True):
        different = set(map(str, reviewed_rows)) ^ set(map(str, written_rows))
        assert not different, sorted(different)[:4]


_WRITTEN = (
    f"""SELECT id, state, reasons, expires_on, opportunity_crm_id, extensions_used, decided_by
        FROM registrations WHERE decided_on = '{TODAY}'""",
    """SELECT actor, action, subject_id, reason, facts::text FROM audit_events
       WHERE subject = 'registration'""",
    f"""SELECT fact, template, participant_id, recipient, locale, context FROM messages
        WHERE queued_on = '{TODAY}'""",
)


def _written(url: str) -> dict[str, int]:
    """Count what a review has written, by state, and prove that the audit trail is whole."""
    database = Database(url)
    try:
        with database.transaction() as tx:
            assert audit.first_broken(tx) is None
            counts: dict[str, int] = {
                row.state: row.rows
                for row in tx.execute(
                    text(
                        "SELECT state, count(*) AS rows FROM registrations"
                        " WHERE decided_on = :today GROUP BY state ORDER BY state"
                    ),
                    {"today": TODAY},
                )
            }
            warned = tx.execute(
                text("SELECT count(*) FROM messages WHERE template = 'registration_expiring'")
            ).scalar_one()
            return {**counts, "warned": warned}
    finally:
        database.dispose()


if __name__ == "__main__":
    main()
