"""Setting up: init, doctor, sandbox, sample, stop."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cli import local, nights
from cli.output import console, emit, table
from goodword.wiring import Wiring, wiring

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

DEFAULT_PORT = 8900


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(init)
    app.command()(doctor)
    app.command()(sandbox)
    app.command()(sample)
    app.command()(stop)


def init(as_json: AsJson = False) -> None:
    """Create and migrate the database, and publish the program file."""
    done = prepare(wiring())
    emit(as_json, done, lambda: console.print("\n".join(done.values())))


def prepare(wired: Wiring) -> dict[str, str]:
    """Bring the database up to date and publish the program file; returns what was done."""
    from goodword.actions import programs  # noqa: PLC0415 - only here
    from goodword.db import schema  # noqa: PLC0415 - only here
    from goodword.program import digest, load_program  # noqa: PLC0415 - only here

    program, source = load_program(wired.settings.program)
    schema.upgrade(wired.database)
    with wired.database.transaction() as tx:
        number = programs.publish(tx, source, digest(source), program.effective_on, "init")
    said = f"{program.name}, in force from {program.effective_on}"
    published = f"published as version {number}: {said}" if number else f"already published: {said}"
    return {"database": "the database is up to date", "program": published}


def doctor(as_json: AsJson = False) -> None:
    """Check the settings and reach every outside system; say what to set where."""
    from cli.doctor import examine  # noqa: PLC0415 - imports every adapter

    findings = examine(wiring())
    rows = [(finding.what, "ok" if finding.ok else "NOT OK", finding.said) for finding in findings]
    document = [{"what": f.what, "ok": f.ok, "said": f.said} for f in findings]
    emit(as_json, document, lambda: table("Doctor", ("what", "", "said"), rows))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def sandbox(
    data: Annotated[
        Path | None, typer.Option(help="A folder of CSV files; the sample company without.")
    ] = None,
    port: Annotated[int, typer.Option(help="The HTTP port; SMTP is the next one.")] = DEFAULT_PORT,
) -> None:
    """Run stand-ins for Salesforce, Stripe and a mail server on this machine, until Ctrl-C."""
    from sandbox.company import sample as sample_company  # noqa: PLC0415 - it needs a second
    from sandbox.data import load_company  # noqa: PLC0415 - as above
    from sandbox.server import Sandbox, run_forever  # noqa: PLC0415 - as above

    company = load_company(data) if data else sample_company()
    home = wiring().settings.home

    def up(running: Sandbox) -> None:
        local.record_sandbox(home, running.base_url, running.smtp_port)
        console.print(f"{company.name} at {running.base_url} (mail: {running.base_url}/mail)")
        console.print("Commands with the same GOODWORD_HOME use it while nothing else is set.")

    try:
        run_forever(Sandbox(company, port=port, smtp_port=port + 1), up)
    finally:
        (home / "sandbox.json").unlink(missing_ok=True)


def sample(
    on: Annotated[str | None, typer.Option("--date", help="Another business date.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run everything on the sample company: sandbox, database, imports, one night, a summary."""
    from cli.sample import run  # noqa: PLC0415 - it needs a second

    run(date.fromisoformat(on) if on else None, as_json=as_json)


def stop(as_json: AsJson = False) -> None:
    """Stop the local servers: Prefect, sandbox, embedded PostgreSQL. Nothing is lost."""
    stopped = local.stop_all(wiring().settings.home)
    said = f"stopped {', '.join(stopped)}" if stopped else "nothing was running"
    emit(as_json, {"stopped": stopped}, lambda: console.print(said))


__all__ = ["nights", "register"]
