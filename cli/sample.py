"""The sample company from end to end: what `make night` runs."""

from __future__ import annotations

import io
import json
import shutil
import sys
from datetime import date
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from cli import imports, local, nights, sample_week, setup
from cli.arguments import newest_program
from cli.output import progress_console, say, table
from goodword.db.queries import status
from goodword.rules.imports import Kind
from goodword.wiring import close, wiring


class NotTheSandbox(Exception):
    """The sample company was asked for while real systems are configured."""

    def __init__(self) -> None:
        super().__init__(
            "the sample company never runs against real systems, and GOODWORD_SALESFORCE_…, "
            "GOODWORD_STRIPE_… or GOODWORD_SMTP_URL is set; unset them, or run `goodword night`"
        )


def run(on: date | None, *, as_json: bool) -> None:
    """Start what is missing, import the company's claims, run one night, and say where to look."""
    home = wiring().settings.home
    if wiring().settings.sandbox is None:
        if not wiring().settings.missing() or _is_configured():
            raise NotTheSandbox
        local.ensure_sandbox(home)
        close()
    sandbox = wiring().settings.sandbox
    assert sandbox is not None
    for said in setup.prepare(wiring()).values():
        _tell(said, as_json=as_json)
    company = json.load(_open(f"{sandbox.base_url}/sandbox/company"))
    today = on or _next_date(date.fromisoformat(company["business_date"]))
    for kind in Kind:
        text = _open(f"{sandbox.base_url}/sandbox/imports/{kind}.csv").read()
        report = imports.take_in(kind, io.BytesIO(text), today)
        refused = f", {len(report.refused)} refused" if report.refused else ""
        said = f"imported {kind}: {report.new} new, {report.same} the same{refused}"
        _tell(said, as_json=as_json)
    program, _ = newest_program(today)
    for said in sample_week.live_through(wiring().database, program, today):
        _tell(f"in the week before: {said}", as_json=as_json)
    night = nights.run_night(today, only=None, dry_run=False, stale=False)
    _tell("", as_json=as_json)
    nights.show_night(night, as_json=as_json)
    if not as_json:
        _steps_of_claims()
        _links(sandbox.base_url, nights.use_orchestrator())
    if night.failures:
        sys.exit(1)


def _steps_of_claims() -> None:
    """Show every step that a claim can take, with one that took it."""
    with wiring().database.transaction() as tx:
        steps = status.steps_of_claims(tx)
    rows = [
        (step.subject, step.action, step.times, f"goodword explain registration {step.example}")
        for step in steps
    ]
    say("")
    table("What became of partners' claims", ("of a", "step", "times", "one of them"), rows)


def _next_date(business_date: date) -> date:
    """Return the company's own date, or the last one that a night has run for: none goes back."""
    with wiring().database.transaction() as tx:
        return max(business_date, status.newest_date(tx) or business_date)


def _is_configured() -> bool:
    settings = wiring().settings
    return bool(settings.salesforce.domain or settings.stripe.api_key or settings.mail.smtp_url)


def _open(url: str) -> Any:
    return urlopen(url, timeout=30)  # noqa: S310 - the sandbox on loopback


def _tell(sentence: str, *, as_json: bool) -> None:
    if as_json:
        progress_console.print(sentence)
    else:
        say(sentence)


def _links(sandbox_url: str, orchestrator: str) -> None:
    say("")
    for what, where in (
        ("the night in the orchestrator", orchestrator),
        ("the mails that went out", f"{sandbox_url}/mail"),
        ("the transfers that were made", f"{sandbox_url}/"),
        ("one reward from beginning to end", "goodword explain reward 1"),
        ("who contests whose claim", "goodword disputes list --all"),
        ("how everything stands", "goodword status"),
        ("the program in figures", "goodword figures"),
        ("whether the books balance", "goodword check"),
    ):
        say(f"{what:34} {where}")
    if shutil.which("goodword") is None:
        activate = Path(sys.prefix) / "bin" / "activate"
        shown = (
            activate.relative_to(Path.cwd()) if activate.is_relative_to(Path.cwd()) else activate
        )
        say(f"\nThe shell finds `goodword` after: . {shown}")
