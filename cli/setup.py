"""Setting up: init, doctor, sandbox, sample, stop."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from cli import local
from cli.arguments import AsJson, Date
from cli.output import emit, say, table
from goodword.wiring import Wiring, wiring

_LAST_PORT = 65534  # the one after it is for mail


class PortTaken(Exception):
    """Another program listens where the sandbox should."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port {port} or {port + 1} is taken on this machine: choose another with --port, "
            "or `goodword stop` a sandbox that runs already."
        )


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
    emit(as_json, done, lambda: say_all(done.values()))


def prepare(wired: Wiring) -> dict[str, str]:
    """Bring the database up to date and publish the program file; returns what was done."""
    from cli.programs import publish_rules
    from goodword.db import schema
    from goodword.program import load_program

    program, source = load_program(wired.settings.program)
    schema.upgrade(wired.database)
    with wired.database.transaction() as tx:
        number = publish_rules(tx, program, source, "init")
    said = f"{program.name}, in force from {program.effective_on}"
    published = f"published as version {number}: {said}" if number else f"already published: {said}"
    return {"database": "the database is up to date", "program": published}


def say_all(sentences: Iterable[str]) -> None:
    """Print some sentences, one a line."""
    for sentence in sentences:
        say(sentence)


Metadata = Annotated[
    Path | None,
    typer.Option(
        "--metadata",
        metavar="DIR",
        file_okay=False,
        help="Write what Salesforce needs into this folder, ready to be deployed; check nothing.",
    ),
]


def doctor(metadata: Metadata = None, as_json: AsJson = False) -> None:
    """Check the settings and reach every outside system; say what to set where."""
    from cli.doctor import examine, write_metadata  # imports every adapter

    if metadata is not None:
        written = [str(path) for path in write_metadata(wiring(), metadata)]
        emit(as_json, {"written": written}, lambda: say_all(f"wrote {path}" for path in written))
        return
    findings = examine(wiring())
    rows = [(finding.what, finding.state, finding.said) for finding in findings]
    document = [{"what": f.what, "ok": f.ok, "said": f.said} for f in findings]

    def show() -> None:
        table("Doctor", ("what", "", "said"), rows)
        if wiring().settings.missing():
            say(
                "\nOr start the stand-ins with `goodword sandbox`: without these settings the "
                "commands use them."
            )

    emit(as_json, document, show)
    if any(finding.ok is False for finding in findings):
        raise typer.Exit(1)


def sandbox(
    data: Annotated[
        Path | None, typer.Option(help="A folder of CSV files; the sample company without.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=1, max=_LAST_PORT, help="The HTTP port; SMTP is the next one.")
    ] = local.SANDBOX_PORT,
    as_json: AsJson = False,
) -> None:
    """Run stand-ins for Salesforce, Stripe and a mail server on this machine, until Ctrl-C."""
    from sandbox.company import sample as sample_company  # it needs a second
    from sandbox.data import load_company
    from sandbox.server import Sandbox, run_forever

    company = load_company(data) if data else sample_company()
    home = wiring().settings.home

    def up(running: Sandbox) -> None:
        local.record_sandbox(home, running.base_url, running.smtp_port)
        url = running.base_url
        document = {"company": company.name, "base_url": url, "smtp_port": running.smtp_port}
        emit(as_json, document, lambda: _welcome(company.name, url))

    try:
        run_forever(Sandbox(company, port=port, smtp_port=port + 1), up)
    except OSError as error:
        raise PortTaken(port) if error.errno == errno.EADDRINUSE else error from None
    finally:
        local.forget_sandbox(home)


def _welcome(company: str, url: str) -> None:
    say(f"{company} is at {url} (its mail: {url}/mail), until Ctrl-C.")
    say("Commands with the same GOODWORD_HOME use it while no other system is set.")


def sample(on: Date = None, as_json: AsJson = False) -> None:
    """Run everything on the sample company: sandbox, database, imports, one night, a summary."""
    from cli.sample import run  # it needs a second

    run(on, as_json=as_json)


def stop(as_json: AsJson = False) -> None:
    """Stop the local servers: Prefect, sandbox, embedded PostgreSQL. Nothing is lost."""
    stopped = local.stop_all(wiring().settings.home)
    said = f"stopped {', '.join(stopped)}" if stopped else "nothing was running"
    emit(as_json, {"stopped": stopped}, lambda: say(said))
