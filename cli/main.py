"""The entry point: which commands there are, and how a refusal reads."""

from __future__ import annotations

import sys
from http import HTTPStatus
from importlib import metadata
from typing import Annotated

import typer

from cli import (
    approvals,
    audit,
    bank_files,
    deployments,
    disputes,
    explain,
    imports,
    messages,
    nights,
    notices,
    participants,
    payouts,
    programs,
    quarantine,
    refunds,
    registrations,
    rewards,
    serve,
    setup,
    simulate,
    staff,
)
from cli.output import complain, say

EXIT_FAILED = 1

_NO_PREFECT = (
    "No Prefect server answers at PREFECT_API_URL: start it, correct the address, which begins "
    "with http:// or https:// and ends with /api, or unset it to have a local one started."
)
_PREFECT_REFUSES = (
    "The Prefect server refuses us: set PREFECT_API_AUTH_STRING to the same as its "
    "PREFECT_SERVER_API_AUTH_STRING."
)

app = typer.Typer(
    help="Runs a company's referral and partner program: claims, rewards, approvals, payouts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
setup.register(app)
nights.register(app)
quarantine.register(app)
programs.register(app)
imports.register(app)
registrations.register(app)
participants.register(app)
disputes.register(app)
rewards.register(app)
approvals.register(app)
notices.register(app)
messages.register(app)
bank_files.register(app)
payouts.register(app)
refunds.register(app)
explain.register(app)
simulate.register(app)
staff.register(app)
audit.register(app)
deployments.register(app)
serve.register(app)


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
) -> None:
    """Take what belongs to no command."""
    if version:
        say(f"goodword {metadata.version('goodword')}")
        raise typer.Exit


def main() -> None:
    """Run one command. Exit 0 done, 1 something failed (said what), 2 wrong use."""
    try:
        app()
    except Exception as error:
        sentence = _refusal(error)
        if sentence is None:
            raise
        complain(sentence)
        sys.exit(EXIT_FAILED)


def _refusal(error: Exception) -> str | None:
    """Return the sentence of a refusal; None for a mistake in the program, which has a trace."""
    module = type(error).__module__
    if module.startswith(("goodword.", "tasks.", "flows.", "cli.", "sandbox.")):
        return str(error)
    if module.startswith("sqlalchemy.") and type(error).__name__ == "OperationalError":
        said = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return f"The database cannot be used: {said}. Check GOODWORD_DATABASE_URL and the server."
    if type(error) is RuntimeError and str(error).startswith("Failed to reach API at "):
        return _NO_PREFECT
    if module == "prefect.exceptions" and _status(error) == HTTPStatus.UNAUTHORIZED:
        return _PREFECT_REFUSES
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}"
    return None


def _status(error: Exception) -> int | None:
    """Return what Prefect's server answered, where the error is one of its client's."""
    return getattr(getattr(error, "response", None), "status_code", None)
