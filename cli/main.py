"""The entry point: which commands there are, and how a refusal reads."""

from __future__ import annotations

import sys

import typer

from cli import claims, money, nights, programs, setup
from cli.output import progress_console

EXIT_FAILED = 1
EXIT_WRONG_USE = 2

app = typer.Typer(
    help="Runs a company's referral and partner program: claims, rewards, approvals, payouts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
setup.register(app)
nights.register(app)
programs.register(app)
claims.register(app)
money.register(app)


def main() -> None:
    """Run one command. Exit 0 done, 1 something failed (said what), 2 wrong use."""
    try:
        app()
    except Exception as error:
        if not _is_refusal(error):
            raise
        progress_console.print(str(error), style="red", markup=False)
        sys.exit(EXIT_FAILED)


def _is_refusal(error: Exception) -> bool:
    """Tell a refusal, which has its sentence, from a mistake in the program, which has a trace."""
    module = type(error).__module__
    return module.startswith(("goodword.", "tasks.", "flows.", "cli.", "sandbox."))
