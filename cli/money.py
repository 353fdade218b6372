"""Money and letters: rewards, approvals, notices; messages list, resend."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli import approvals, notices, rewards
from cli.arguments import AsJson, Number, rows_of, show_list
from cli.output import emit, say
from goodword.wiring import wiring


class MessageState(StrEnum):
    """What `messages list` can be asked for."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"


messages = typer.Typer(help="The outbox: what was not sent, and sending it again.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    rewards.register(app)
    approvals.register(app)
    notices.register(app)
    app.add_typer(messages, name="messages", no_args_is_help=True)


@messages.command("list")
def list_messages(
    state: Annotated[MessageState | None, typer.Option(help="Only those in this state.")] = None,
    as_json: AsJson = False,
) -> None:
    """List messages: those that failed or may have been sent, unless told otherwise."""
    rows = rows_of("messages", states=[state] if state else ["failed", "unconfirmed"])
    shown: list[tuple[object, ...]] = [
        (r["id"], r["template"], r["recipient"], r["state"], r["reason"]) for r in rows
    ]
    columns = ("id", "message", "to", "state", "reason")
    title = f"Messages, {state}" if state else "Messages that failed or may not have arrived"

    def show() -> None:
        show_list(title, columns, shown)
        if rows and state is None:
            say("\nSend one again with: goodword messages resend ID")

    emit(as_json, rows, show)


@messages.command("resend")
def resend(number: Number, as_json: AsJson = False) -> None:
    """Queue a failed or unconfirmed message again; the next night sends it."""
    from goodword.actions import messages as actions  # noqa: PLC0415 - only here

    with wiring().ready_database.transaction() as tx:
        queued = actions.release(tx, number)
    said = "is queued again" if queued else "is neither failed nor unconfirmed: nothing was done"
    document = {"id": number, "queued": queued}
    emit(as_json, document, lambda: say(f"Message {number} {said}."))
    if not queued:
        raise typer.Exit(1)
