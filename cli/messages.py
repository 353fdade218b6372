"""Messages: messages list, resend."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.arguments import Actor, AsJson, Number, acting, rows_of, show_list
from cli.output import emit, say
from goodword.rules.messages import FOR_A_PERSON, MessageState
from goodword.rules.rights import Action

messages = typer.Typer(help="The outbox: what was not sent, and sending it again.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(messages, name="messages", no_args_is_help=True)


@messages.command("list")
def list_messages(
    state: Annotated[MessageState | None, typer.Option(help="Only those in this state.")] = None,
    as_json: AsJson = False,
) -> None:
    """List messages: those that failed or may have been sent, unless told otherwise."""
    rows = rows_of("messages", states=[state] if state else list(FOR_A_PERSON))
    shown: list[tuple[object, ...]] = [
        (r["id"], r["template"], r["recipient"], r["state"], r["reason"]) for r in rows
    ]
    columns = ("id", "message", "to", "state", "reason")
    title = f"Messages, {state}" if state else "Messages that failed or may not have arrived"

    def show() -> None:
        show_list(title, columns, shown)
        if rows and state is None:
            say("\nSend one again with: goodword messages resend ID --as NAME")

    emit(as_json, rows, show)


@messages.command("resend")
def resend(number: Number, actor: Actor, as_json: AsJson = False) -> None:
    """Queue a failed or unconfirmed message again; the next night sends it."""
    from goodword.actions import messages as actions

    with acting(actor, Action.RESEND_MESSAGES) as tx:
        queued = actions.release(tx, number, actor)
    none = "is none that failed or is unconfirmed (`goodword messages list`): nothing was done"
    said = "is queued again" if queued else none
    document = {"id": number, "queued": queued}
    emit(as_json, document, lambda: say(f"Message {number} {said}."))
    if not queued:
        raise typer.Exit(1)
