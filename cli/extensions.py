"""Requests for more days: registrations requests, ask-extension, refuse-extension.

To grant one: `registrations extend`.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.arguments import Actor, AsJson, Date, Number, acting, newest_program, show_list
from cli.output import emit, say
from goodword.rules.rights import Action
from goodword.wiring import wiring

Partner = Annotated[str, typer.Option("--as", help="The partner who asks: the key of the import.")]
Why = Annotated[str, typer.Option("--reason", help="Why more days are needed; staff reads it.")]
WhyNot = Annotated[
    str, typer.Option("--reason", help="Why not, in words that the partner may read.")
]


def register(registrations: typer.Typer) -> None:
    """Add these commands to those about registrations."""
    registrations.command("requests")(requests)
    registrations.command("ask-extension")(ask_extension)
    registrations.command("refuse-extension")(refuse_extension)


def requests(as_json: AsJson = False) -> None:
    """List the requests for more days that wait for an answer, the first to end first."""
    from goodword.db.queries import extensions as queries
    from goodword.db.queries import lists

    with wiring().ready_database.transaction() as tx:
        rows = queries.listed(tx, lists.MOST)
    columns = ("registration", "partner", "company", "until", "asked on", "why")

    def show() -> None:
        show_list("Requests for more days", columns, [_shown(row) for row in rows])
        if rows:
            say(
                "\nAnswer one with `goodword registrations extend ID --reason ...` or"
                " `goodword registrations refuse-extension ID --reason ...`, before its last day is"
                " over."
            )

    emit(as_json, rows, show)


def _shown(row: dict[str, Any]) -> tuple[object, ...]:
    return tuple(
        row[name]
        for name in ("registration_id", "partner", "company", "expires_on", "asked_on", "reason")
    )


def ask_extension(
    number: Number, reason: Why, partner: Partner, on: Date = None, as_json: AsJson = False
) -> None:
    """Ask for more days of a claim before it ends, as its partner."""
    from goodword.actions import extensions as actions

    program, today = newest_program(on)
    wish = actions.Wish(number, partner, reason)
    with wiring().database.transaction() as tx:
        request = actions.ask(tx, wish, program.registrations, today)
    document = {"id": number, "request": request}
    emit(as_json, document, lambda: say(f"More days are asked for for registration {number}."))


def refuse_extension(
    number: Number, reason: WhyNot, actor: Actor, on: Date = None, as_json: AsJson = False
) -> None:
    """Refuse the request for more days that is open; the claim stands through its last day."""
    from goodword.actions import extensions as actions

    _, today = newest_program(on)
    with acting(actor, Action.DECIDE_CLAIMS) as tx:
        actions.refuse(tx, actions.Refusal(number, reason, actor), today)
    document = {"id": number, "state": "refused"}
    said = f"More days are refused for registration {number}; it stands through its last day."
    emit(as_json, document, lambda: say(said))
