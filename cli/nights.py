"""The night and how it stands: night, status, check, quarantine, deploy."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli import local
from cli.output import console, counts, emit, progress_console, table
from goodword.wiring import wiring

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Date = Annotated[str | None, typer.Option("--date", help="The business date, YYYY-MM-DD.")]


class BadDate(ValueError):  # noqa: N818 - it says what was given
    """A date that is none."""

    def __init__(self, given: str) -> None:
        super().__init__(f"{given!r} is no date; write it as YYYY-MM-DD, for example 2026-06-30")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(night)
    app.command()(status)
    app.command()(figures)
    app.command()(check)
    app.command()(quarantine)
    app.command()(deploy)


def read_date(given: str | None) -> date | None:
    """Read a date option.

    Raises:
        BadDate: it is none.
    """
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise BadDate(given or "") from None


def night(
    on: Date = None,
    only: Annotated[str | None, typer.Option(help="One stage only, by its name.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Go the same way, roll back, send nothing.")
    ] = False,
    stale: Annotated[
        bool, typer.Option("--stale", help="Decide and pay although the sync failed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run the night for a business date, or one stage of it."""
    report = run_night(read_date(on), only=only, dry_run=dry_run, stale=stale)
    show_night(report, as_json=as_json)
    if report.failures:
        raise typer.Exit(1)


def run_night(on: date | None, *, only: str | None, dry_run: bool, stale: bool) -> Any:
    """Run the night's flow on the local Prefect server; returns its report, failed or not."""
    local.use_prefect(wiring().settings.home)
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=progress_console,
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as progress:
        progress.add_task("loading the orchestrator")
        from flows.nightly import nightly  # noqa: PLC0415 - it imports Prefect: two seconds
        from tasks.nights import NightFailed  # noqa: PLC0415 - as above

        progress.update(progress.task_ids[0], description="running the night")
        try:
            return nightly(today=on, only=only, dry_run=dry_run, stale=stale)
        except NightFailed as failed:
            return failed.report


def show_night(report: Any, *, as_json: bool) -> None:
    """Show what a night did, and what it left for people."""
    with wiring().database.transaction() as tx:
        waiting = _waiting(tx)
    document = {
        "business_date": report.business_date,
        "dry_run": report.is_rehearsal,
        "stages": [
            {
                "stage": tally.stage,
                "outcomes": dict(tally.outcomes),
                "failures": list(tally.failures),
                "seconds": round(tally.seconds, 2),
            }
            for tally in report.tallies
        ],
        "waiting": waiting,
    }

    def show() -> None:
        kind = "Dry run of the night" if report.is_rehearsal else "The night"
        rows = [
            (tally.stage, counts(tally.outcomes), f"{tally.seconds:.1f} s")
            for tally in report.tallies
        ]
        table(f"{kind} of {report.business_date}", ("stage", "did", "took"), rows)
        for failure in report.failures:
            console.print(f"FAILED  {failure}", style="red", markup=False)
        _show_waiting(waiting)

    emit(as_json, document, show)


def _waiting(tx: Any) -> list[dict[str, Any]]:
    from goodword.db.queries import status as queries  # noqa: PLC0415 - only with a database

    return [dict(row._mapping) for row in queries.waiting_for_people(tx)]  # noqa: SLF001 - a row's own


def _show_waiting(waiting: Sequence[dict[str, Any]]) -> None:
    rows = [(item["rows"], item["what"], item["command"]) for item in waiting]
    console.print()
    table("Waiting for a person", ("", "what", "look at it with"), rows)


def status(as_json: AsJson = False) -> None:
    """Show how many of everything stand where, and what waits for a person."""
    from goodword.db.queries import status as queries  # noqa: PLC0415 - only here

    with wiring().ready_database.transaction() as tx:
        last = queries.last_night(tx)
        states = queries.by_state(tx)
        waiting = _waiting(tx)
    document = {
        "last_night": dict(last._mapping) if last else None,  # noqa: SLF001 - a row's own
        "states": states,
        "waiting": waiting,
    }

    def show() -> None:
        if last:
            console.print(f"Last night: {last.business_date}, {last.state}")
        else:
            console.print("No night has run yet: `goodword night`")
        rows = [(noun, counts(by_state)) for noun, by_state in states.items()]
        table("States", ("", ""), rows)
        _show_waiting(waiting)

    emit(as_json, document, show)


def figures(on: Date = None, as_json: AsJson = False) -> None:
    """Show the program's figures of a date: rates, money, speed, sources."""
    from goodword.db.queries import figures as queries  # noqa: PLC0415 - only here

    given = read_date(on)
    with wiring().ready_database.transaction() as tx:
        measured_on = queries.newest_date(tx) if given is None else given
        rows = queries.published(tx, measured_on) if measured_on else []
    document = [{"figure": r.name, "value": r.text, "made_from": r.made_from} for r in rows]
    shown = [(row.name, row.text, row.made_from) for row in rows]
    title = f"The program on {measured_on}" if rows else "Figures"
    emit(as_json, document, lambda: table(title, ("figure", "value", "made from"), shown))


def check(
    audit_too: Annotated[
        bool, typer.Option("--audit", help="Verify the chain of the audit trail as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the invariants; exit 1 with the violating rows."""
    from goodword.actions import audit  # noqa: PLC0415 - only here
    from goodword.db import checks  # noqa: PLC0415 - only here

    with wiring().ready_database.transaction() as tx:
        sentences = [violation.sentence for violation in checks.violations(tx)]
        broken = audit.first_broken(tx) if audit_too else None
    if broken is not None:
        sentences.append(f"the audit trail is broken at event {broken}")

    def show() -> None:
        for sentence in sentences:
            console.print(sentence, style="red", markup=False)
        if not sentences:
            console.print(f"All {len(checks.INVARIANTS)} invariants hold; the ledger balances.")

    emit(as_json, {"holds": not sentences, "violations": sentences}, show)
    if sentences:
        raise typer.Exit(1)


def quarantine(as_json: AsJson = False) -> None:
    """List the records that were set aside, each with its reason."""
    from goodword.db.queries.lists import rows_of  # noqa: PLC0415 - only here

    with wiring().ready_database.transaction() as tx:
        rows = rows_of(tx, "quarantine")
    shown = [(row["source"], row["external_id"], row["reason"]) for row in rows]
    emit(as_json, rows, lambda: table("Quarantine", ("source", "record", "reason"), shown))


def deploy() -> None:
    """Register the Prefect deployments and schedules of prefect.yaml."""
    local.use_prefect(wiring().settings.home)
    for words in (
        ("work-pool", "create", "goodword", "--type", "process", "--overwrite"),
        ("--no-prompt", "deploy", "--all"),
    ):
        local.run_prefect(words)
    console.print("Start a worker with: prefect worker start --pool goodword")
