"""The night and how it stands: night, status, figures, check."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli import local
from cli.arguments import AsJson, Date
from cli.output import complain, console, counts, emit, progress_console, say, table
from goodword.rules.nights import StageName
from goodword.wiring import wiring


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(night)
    app.command()(status)
    app.command()(figures)
    app.command()(check)


def night(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    on: Date = None,
    only: Annotated[StageName | None, typer.Option(help="This stage only.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Go the same way, roll back, send nothing.")
    ] = False,
    stale: Annotated[
        bool, typer.Option("--stale", help="Decide and pay although the sync failed.")
    ] = False,
    replay: Annotated[
        bool,
        typer.Option("--replay", help="Take a past night's decisions again; write nothing."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run the night for a business date, or one stage of it; or replay one that has run."""
    if replay:
        replay_night(on, alone=not (only or dry_run or stale), as_json=as_json)
        return
    report = run_night(on, only=only, dry_run=dry_run, stale=stale)
    show_night(report, as_json=as_json)
    if report.failures:
        raise typer.Exit(1)


def replay_night(on: date | None, *, alone: bool, as_json: bool) -> None:
    """Replay a past night; nothing that would run one stands beside it."""
    from cli import replay

    if on is None or not alone:
        raise replay.ReplayAlone
    replay.replay(on, as_json=as_json)


def use_orchestrator() -> str:
    """Point this process at Prefect before anything imports it; returns the URL of its pages.

    What fails is told in a sentence; its trace is on the page of the run.
    """
    url = local.use_prefect(wiring().settings.home)
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    return url.removesuffix("/api")


def run_night(on: date | None, *, only: StageName | None, dry_run: bool, stale: bool) -> Any:
    """Run the night's flow on the local Prefect server; returns its report, failed or not."""
    use_orchestrator()
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=progress_console,
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as progress:
        progress.add_task("loading the orchestrator")
        from flows.nightly import nightly  # it imports Prefect: two seconds
        from tasks.nights import NightFailed

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
        rows = [(tally.stage, _did(tally), f"{tally.seconds:.1f} s") for tally in report.tallies]
        table(f"{kind} of {report.business_date}", ("stage", "did", "took"), rows)
        _show_waiting(waiting)

    emit(as_json, document, show)
    for sentence, stages in _by_sentence(report.tallies).items():
        complain(f"FAILED  {', '.join(stages)}: {sentence}")
    if report.failures:
        complain(
            f"The traces are at {use_orchestrator()}. Run the night again once it is repaired."
        )


def _did(tally: Any) -> str:
    if not tally.failures:
        return counts(tally.outcomes)
    return f"{counts(tally.outcomes)}; then it failed" if tally.outcomes else "failed"


def _by_sentence(tallies: Iterable[Any]) -> dict[str, list[str]]:
    """Return what went wrong, each thing once, with the stages that it stopped."""
    found: dict[str, list[str]] = {}
    for tally in tallies:
        for failure in tally.failures:
            found.setdefault(failure, []).append(tally.stage)
    return found


def _waiting(tx: Any) -> list[dict[str, Any]]:
    from goodword.db.queries import programs, waiting

    newest = programs.newest(tx)
    policy = wiring().program(newest.source).registrations if newest else None
    return [asdict(item) for item in waiting.waiting(tx, policy, datetime.now(UTC))]


def _show_waiting(waiting: Sequence[dict[str, Any]]) -> None:
    rows = [(item["rows"], item["what"], item["who"], item["command"]) for item in waiting]
    console.print()
    table("Waiting for a person", ("", "what", "of", "look at it with"), rows)


def status(as_json: AsJson = False) -> None:
    """Show how many of everything stand where, and what waits for a person."""
    from goodword.db.queries import status as queries

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
            say(f"The last night was that of {last.business_date}: {last.state}.\n")
        else:
            say("No night has run yet: `goodword night` runs one.\n")
        rows = [(noun, counts(by_state)) for noun, by_state in states.items()]
        table("How many stand where", ("", ""), rows)
        _show_waiting(waiting)

    emit(as_json, document, show)


def figures(on: Date = None, as_json: AsJson = False) -> None:
    """Show the program's figures of a date: rates, money, speed, sources."""
    from goodword.db.queries import figures as queries

    with wiring().ready_database.transaction() as tx:
        measured_on = queries.newest_date(tx) if on is None else on
        rows = queries.published(tx, measured_on) if measured_on else []
    document = [{"figure": r.name, "value": r.text, "made_from": r.made_from} for r in rows]
    shown = [(row.name, row.text, row.made_from) for row in rows]
    of = f" of {measured_on}" if measured_on else ""
    title = f"The program on {measured_on}" if rows else f"Figures{of}"
    emit(as_json, document, lambda: table(title, ("figure", "value", "made from"), shown))


def check(
    audit_too: Annotated[
        bool, typer.Option("--audit", help="Verify the chain of the audit trail as well.")
    ] = False,
    noted: Annotated[
        str,
        typer.Option(
            metavar="ID:HASH", help="With --audit: an event that must still be in it (audit head)."
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check the invariants; exit 1 with the violating rows."""
    from goodword.actions import audit
    from goodword.db import checks

    reads_trail = audit_too or bool(noted)
    with wiring().ready_database.transaction() as tx:
        sentences = [violation.sentence for violation in checks.violations(tx)]
        if reads_trail:
            sentences += audit.breaks(tx, noted)

    def show() -> None:
        for sentence in sentences:
            say(sentence, "red")
        if not sentences:
            also = " and the audit trail is whole" if reads_trail else ""
            say(f"All {len(checks.INVARIANTS)} invariants hold; the ledger balances{also}.")

    emit(as_json, {"holds": not sentences, "violations": sentences}, show)
    if sentences:
        raise typer.Exit(1)
