"""The review of live claims, of which one in twenty changes tonight, against its floor.

    make bench-registrations                  200,000 live claims
    make bench-registrations CLAIMS=50000

The floor is what a set-based UPDATE of the same claims needs, with the same rows of the audit trail
and the same letters, in the same PostgreSQL, in the same run, committed: the rows that the review
has written are put into a copy of the database as it was, three statements in one transaction. It
finds nothing out: what changes, why, what is written to whom and the trail's chain of hashes lie
beside it in tables.

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
    parser.add_argument("--rounds", type=int, default=3)
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
                with self.copy() as bare:
                    _bring(reviewed, bare)
                    self.write(bare)
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
        """Write what the review wrote, as plainly as it can be written."""
        database = Database(url)
        try:
            with database.transaction() as tx:
                tx.execute(text("SELECT 1"))
            with self.timed("floor"), database.transaction() as tx:
                for step, statement in _FLOOR.items():
                    with self.timed(f"  {step}"):
                        tx.execute(text(statement))
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


def _bring(reviewed: str, bare: str) -> None:
    """Put the rows that a review has written beside the tables of a copy as it was before."""
    with psycopg.connect(_plain(reviewed)) as source, psycopg.connect(_plain(bare)) as target:
        for table, rows in _OUTCOME.items():
            target.execute(f"CREATE TABLE outcome_{table} (LIKE {table})".encode())
            with (
                source.cursor().copy(f"COPY ({rows}) TO STDOUT".encode()) as given,
                target.cursor().copy(f"COPY outcome_{table} FROM STDIN".encode()) as taken,
            ):
                for part in given:
                    taken.write(part)
            target.execute(f"ANALYZE outcome_{table}".encode())


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


_OUTCOME = {
    "registrations": f"SELECT * FROM registrations WHERE decided_on = '{TODAY}'",
    "audit_events": "SELECT * FROM audit_events WHERE subject = 'registration'",
    "messages": f"SELECT * FROM messages WHERE queued_on = '{TODAY}'",
}

_FLOOR = {
    "UPDATE the claims": """
        UPDATE registrations r
        SET state = o.state, reasons = o.reasons, expires_on = o.expires_on,
            opportunity_crm_id = o.opportunity_crm_id, extensions_used = o.extensions_used,
            decided_on = o.decided_on, decided_by = o.decided_by
        FROM outcome_registrations o WHERE r.id = o.id""",
    "INSERT the audit events": "INSERT INTO audit_events SELECT * FROM outcome_audit_events",
    "INSERT the letters": """
        INSERT INTO messages (fact, template, participant_id, recipient, locale, context, queued_on)
        SELECT fact, template, participant_id, recipient, locale, context, queued_on
        FROM outcome_messages""",
}


def _written(url: str) -> dict[str, int]:
    """Count what a review has written, by state, and prove that its audit trail is whole."""
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
