"""Registrations: registrations submit, list, show, approve, reject, extend, withdraw."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from cli import account_questions, extensions, routings, submissions
from cli.arguments import (
    Actor,
    AsJson,
    Date,
    Number,
    acting,
    newest_program,
    rows_of,
    show_list,
    show_one,
)
from cli.output import emit, say
from goodword.rules.registrations import RegistrationState
from goodword.rules.rights import Action

Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept in the audit trail.")]

registrations = typer.Typer(help="Partners' claims on accounts.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    submissions.register(registrations)
    extensions.register(registrations)
    account_questions.register(registrations)
    routings.register(registrations)
    app.add_typer(registrations, name="registrations", no_args_is_help=True)


@registrations.command("list")
def list_(
    state: Annotated[
        RegistrationState | None, typer.Option(help="Only those in this state.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List claims."""
    rows = rows_of("registrations", state=state)
    shown: list[tuple[object, ...]] = [
        (
            r["id"],
            r["partner"],
            r["company"],
            r["division"],
            r["state"],
            r["expires_on"],
            r["reasons"],
        )
        for r in rows
    ]
    columns = ("id", "partner", "company", "division", "state", "until", "reasons")
    title = f"Registrations, {state}" if state else "Registrations"
    emit(as_json, rows, lambda: show_list(title, columns, shown))


@registrations.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """Show one claim with everything that is known of it."""
    show_one("registration", number, as_json=as_json)


@registrations.command()
def approve(
    number: Number, reason: Reason, actor: Actor, on: Date = None, as_json: AsJson = False
) -> None:
    """Approve a claim that waits for staff."""
    _decide(number, "approved", reason, actor, on, as_json=as_json)


@registrations.command()
def reject(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    number: Number,
    reason: Reason,
    actor: Actor,
    note: Annotated[str, typer.Option("--note", help="For staff only, beside the reason.")] = "",
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Reject a claim, with a reason that the partner may read."""
    _decide(number, "rejected", reason, actor, on, as_json=as_json, note=note)


@registrations.command()
def extend(
    number: Number, reason: Reason, actor: Actor, on: Date = None, as_json: AsJson = False
) -> None:
    """Extend a live claim by the program's extension."""
    _decide(number, "extended", reason, actor, on, as_json=as_json)


@registrations.command()
def withdraw(
    number: Number, reason: Reason, actor: Actor, on: Date = None, as_json: AsJson = False
) -> None:
    """Withdraw a claim."""
    _decide(number, "withdrawn", reason, actor, on, as_json=as_json)


def _decide(  # noqa: PLR0913 - one for each word of the command line
    number: int,
    state: str,
    reason: str,
    actor: str,
    on: date | None,
    *,
    as_json: bool,
    note: str = "",
) -> None:
    from goodword.actions import registrations as actions

    program, today = newest_program(on)
    ruling = actions.StaffRuling(number, actions.State(state), reason, actor, note)
    with acting(actor, Action.DECIDE_CLAIMS) as tx:
        actions.decide(tx, ruling, program.registrations, program.time_zone, today)
    document = {"id": number, "state": state}
    emit(as_json, document, lambda: say(f"Registration {number} is {state}."))
