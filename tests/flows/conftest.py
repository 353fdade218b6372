"""A company on trial: a database, a sandbox and the environment that joins them to the program.

Nights run for real: on PostgreSQL, over HTTP and SMTP to the sandbox; on a Prefect server where a
module asks for it, else without its bookkeeping, which takes longer than the rest. `trial` opens
one; it is a context manager, so that a module can run its night once for many tests.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from cli import imports, setup
from goodword.actions import audit
from goodword.db import checks
from goodword.wiring import close, wiring
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.plainly import without_prefect

if TYPE_CHECKING:
    from goodword.actions.imports import ImportReport
    from goodword.db.session import Database
    from sandbox.world import Company, World
    from tasks.nights import Report
    from tests.conftest import Template

PROGRAM = Path(__file__).parents[2] / "config" / "program.toml"
NEW_YORK = ZoneInfo("America/New_York")
IMPORTS = ("participants", "referrals", "registrations", "touches", "events")

# What one night differs in from the night before it, even when nothing has changed.
DIARY = frozenset(
    {"nights", "stage_runs", "watermarks", "installation", "paces", "alembic_version"}
)


@dataclass(frozen=True)
class Trial:
    """One company while it is tried."""

    database: Database
    sandbox: Sandbox
    by_prefect: bool = False
    imported: dict[str, ImportReport] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.sandbox.world

    def take_in(self, kind: str, csv: str, today: date) -> None:
        """Import a file as `goodword import` does; `imported` keeps what came of it."""
        self.imported[kind] = imports.take_in(kind, io.BytesIO(csv.encode()), today)

    def night(self, today: date, **options: Any) -> Report:
        """Run the night of a business date at 02:00 of the day after; its report, failed or not.

        Both clocks, the program's and the outside systems', stand on that instant and run on.
        """
        from flows.nightly import nightly  # noqa: PLC0415 - Prefect, once its server is up
        from tasks.nights import NightFailed  # noqa: PLC0415 - as above

        now = self.go_to(today)
        night = nightly if self.by_prefect else nightly.fn
        try:
            with without_heartbeat() if self.by_prefect else without_prefect():
                report: Report = night(today=today, now=now, **options)
        except NightFailed as failed:
            report = failed.report
        return report

    def go_to(self, today: date) -> datetime:
        """Put the outside systems' clock on the instant of a date's night, and let it run on."""
        now = datetime.combine(today + timedelta(days=1), time(2), NEW_YORK).astimezone(UTC)
        self.world.clock.set(now)
        self.world.clock.resume()
        return now

    def fail(self, api: str, kind: str, **how: Any) -> None:
        """Have an outside system fail from now on (sandbox/faults.py)."""
        self.world.faults.add(Fault(api, kind, **how))

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """Return what a query finds."""
        with self.database.transaction() as tx:
            return list(tx.execute(text(statement), values))

    def value(self, statement: str, **values: Any) -> Any:
        """Return the one value that a query finds."""
        [[value]] = self.rows(statement, **values)
        return value

    def counts(self, statement: str, **values: Any) -> dict[Any, int]:
        """Return what a query of (what, how many) finds."""
        return dict(tuple(row) for row in self.rows(statement, **values))

    def states(self, table: str) -> dict[str, int]:
        """Return how many rows of a table stand where."""
        return self.counts(f"SELECT state, count(*) FROM {table} GROUP BY state")

    def balances(self) -> dict[tuple[str, str], int]:
        """Return the sum of every account of the ledger, by account and currency."""
        found = self.rows(
            "SELECT account, currency, sum(amount_minor)::bigint AS sum FROM entries"
            " GROUP BY account, currency"
        )
        return {(row.account, row.currency): row.sum for row in found}

    def dump(self) -> dict[str, list[str]]:
        """Return every row of the business, as text, by table."""
        named = self.rows(
            "SELECT relname FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"
        )
        return {
            table: sorted(row for [row] in self.rows(f"SELECT t::text FROM {table} t"))
            for [table] in named
            if table not in DIARY
        }

    def sent(self) -> dict[str, int]:
        """Return how much has reached the outside: what Stripe moved, and letters."""
        with self.world.stripe.lock:
            return {
                "transfers": len(self.world.stripe.transfers),
                "credits": len(self.world.stripe.credits),
                "letters": len(self.world.mailbox.messages),
            }

    def moved(self) -> list[dict[str, Any]]:
        """Return every transfer and credit at Stripe."""
        with self.world.stripe.lock:
            return [
                *self.world.stripe.transfers.newest_first(),
                *self.world.stripe.credits.newest_first(),
            ]

    def writes(self) -> dict[tuple[str, str, str], int]:
        """Return how often each call was made that could change something outside."""
        return {
            call: count
            for call, count in self.world.calls.items()
            if call[1] != "GET" and "oauth2" not in call[2] and "/jobs/query" not in call[2]
        }

    def broken(self) -> list[str]:
        """Return what is wrong with the books, in sentences."""
        with self.database.transaction() as tx:
            found = [violation.sentence for violation in checks.violations(tx)]
            event = audit.first_broken(tx)
        return found if event is None else [*found, f"the audit trail breaks at event {event}"]


@contextmanager
def without_heartbeat() -> Iterator[None]:
    """Spare a flow the second that its heartbeat's thread takes to end."""
    from prefect.settings import (  # noqa: PLC0415 - Prefect, once its server is up
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        temporary_settings,
    )

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


@dataclass(frozen=True)
class Trials:
    """Opens trials. The program works on the one that was opened last: it knows one environment."""

    template: Template

    @contextmanager
    def __call__(
        self, company: Company, *, by_prefect: bool = False, **environment: str
    ) -> Iterator[Trial]:
        """Load a sandbox, publish the program, and import what the company has."""
        with (
            self.template.clone() as database,
            Sandbox(company) as sandbox,
            joined(database, sandbox, environment),
        ):
            setup.prepare(wiring())
            trial = Trial(database, sandbox, by_prefect)
            for kind in IMPORTS:
                if company.business_date and kind in company.imports:
                    trial.take_in(kind, company.imports[kind], company.business_date)
            yield trial


@contextmanager
def joined(database: Database, sandbox: Sandbox, more: Mapping[str, str]) -> Iterator[None]:
    """Point the program at a database and a sandbox, through its environment."""
    given = {
        "GOODWORD_DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
        "GOODWORD_PROGRAM": str(PROGRAM),
        "GOODWORD_SALESFORCE_DOMAIN": "sandbox.my",
        "GOODWORD_SALESFORCE_API_BASE": sandbox.base_url,
        "GOODWORD_SALESFORCE_CONSUMER_KEY": "sandbox",
        "GOODWORD_SALESFORCE_CONSUMER_SECRET": "sandbox",
        "GOODWORD_STRIPE_API_BASE": sandbox.base_url,
        "GOODWORD_STRIPE_API_KEY": "sk_test_sandbox",
        "GOODWORD_STRIPE_MAX_PER_SECOND": "1000",
        "GOODWORD_SMTP_URL": f"smtp://127.0.0.1:{sandbox.smtp_port}",
        "GOODWORD_MAIL_FROM": "Harbour Software <partners@harbour-software.example>",
        **more,
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in given.items():
            environment.setenv(name, value)
        close()
        try:
            yield
        finally:
            close()


@pytest.fixture(scope="session")
def trial(template: Template, prefect_server: str) -> Iterator[Trials]:
    assert prefect_server
    with pytest.MonkeyPatch.context() as environment:
        # Read when tasks and Prefect are imported: what is tried again is tried at once.
        environment.setenv("GOODWORD_FIRST_WAIT", "0")
        environment.setenv("PREFECT_LOGGING_LEVEL", "CRITICAL")
        yield Trials(template)
