"""Notices to a chat tool: notices list, send, resend, test."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from cli.arguments import Actor, AsJson, Number, acting, authorise, newest_program, show_list
from cli.output import counts, emit, say
from goodword.rules.rights import Action
from goodword.wiring import wiring


class NoChat(Exception):
    """No chat tool is set, and no stand-in takes its place."""


notices = typer.Typer(help="What a chat tool is told, and telling it again.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(notices, name="notices", no_args_is_help=True)


@notices.command("list")
def list_notices(as_json: AsJson = False) -> None:
    """List the newest notices."""
    from goodword.db.queries import notices as queries

    with wiring().ready_database.transaction() as tx:
        rows = queries.listed(tx, most=100)
    shown: list[tuple[object, ...]] = [
        (r["id"], r["title"], r["state"], r["attempts"], r["reason"]) for r in rows
    ]
    columns = ("id", "notice", "state", "attempts", "reason")
    emit(as_json, rows, lambda: show_list("Notices", columns, shown))


@notices.command("send")
def send(actor: Actor, as_json: AsJson = False) -> None:
    """Tell now what waits to be told."""
    authorise(actor, Action.RESEND_MESSAGES)
    _post(as_json=as_json)


@notices.command("resend")
def resend(number: Number, actor: Actor, as_json: AsJson = False) -> None:
    """Tell a notice that failed again."""
    from goodword.actions import notices as actions

    with acting(actor, Action.RESEND_MESSAGES) as tx:
        queued = actions.release(tx, number, actor)
    if not queued:
        emit(
            as_json,
            {"id": number, "queued": False},
            lambda: say(
                f"Notice {number} is none that failed: `goodword notices list` shows them."
            ),
        )
        raise typer.Exit(1)
    _post(as_json=as_json)


@notices.command("test")
def try_out(actor: Actor, as_json: AsJson = False) -> None:
    """Tell the chat tool that it is reached."""
    from goodword.actions import notices as actions

    _require()
    program, today = newest_program(None)
    now = datetime.now(UTC)
    with acting(actor, Action.RESEND_MESSAGES) as tx:
        actions.try_out(tx, program.name, actor, now, today)
    _post(as_json=as_json)


def _post(*, as_json: bool) -> None:
    """Post what waits; exit 1 where something did not arrive."""
    _require()
    from tasks.notices import post_queued  # Prefect

    posted = post_queued()
    emit(as_json, posted, lambda: say(f"Notices: {counts(posted)}."))
    if set(posted) - {"sent"}:
        raise typer.Exit(1)


def _require() -> None:
    from goodword.actions.notices import NOT_SET

    if wiring().chat is None:
        raise NoChat(NOT_SET)
