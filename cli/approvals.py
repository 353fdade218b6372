"""Who decides, and in whose place: approvals delegate, delegations, end, code."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from cli.arguments import Actor, AsJson, Date, Number, newest_program, read_date, show_list
from cli.output import emit, say
from goodword.wiring import wiring

approvals = typer.Typer(help="Who decides on rewards: in whose place, and by which code.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(approvals, name="approvals", no_args_is_help=True)


@approvals.command("delegate")
def delegate(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    actor: Actor,
    delegator: Annotated[str, typer.Option("--from", help="Who is away.")],
    delegate_: Annotated[str, typer.Option("--to", help="Who decides in their place.")],
    until: Annotated[
        date,
        typer.Option(parser=read_date, metavar="YYYY-MM-DD", help="The last day, whole."),
    ],
    since: Annotated[
        date | None,
        typer.Option(parser=read_date, metavar="YYYY-MM-DD", help="The first; today without."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "",
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Let somebody decide on rewards in another's place, for some days."""
    from goodword.actions import delegations as actions
    from goodword.rules.delegations import Delegation

    _, today = newest_program(on)
    given = Delegation(delegator, delegate_, since or today, until)
    with wiring().database.transaction() as tx:
        number = actions.delegate(tx, given, actions.Made(actor, reason), today)
    document = {"id": number, "from": delegator, "to": delegate_, "since": given.since}
    said = f"{delegate_} decides in the place of {delegator} from {given.since} through {until}"
    emit(as_json, {**document, "until": until}, lambda: say(f"Delegation {number}: {said}."))


@approvals.command("delegations")
def list_delegations(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """List who decides in whose place, now and later."""
    from goodword.db.queries import approvals as queries

    _, today = newest_program(on)
    with wiring().database.transaction() as tx:
        rows = queries.delegations(tx, today, everything=everything)
    columns = ("id", "from", "to", "since", "until", "now", "made by", "ended")
    shown: list[tuple[object, ...]] = [
        (
            row["id"],
            row["delegator"],
            row["delegate"],
            row["since"],
            row["until"],
            "yes" if row["in_force"] else "",
            row["made_by"],
            row["ended_on"],
        )
        for row in rows
    ]
    emit(as_json, rows, lambda: show_list("Delegations", columns, shown))


@approvals.command("end")
def end(
    number: Number,
    actor: Actor,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "",
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """End a delegation before its last day; what was decided by it stands."""
    from goodword.actions import delegations as actions

    _, today = newest_program(on)
    with wiring().database.transaction() as tx:
        actions.end(tx, number, actions.Made(actor, reason), today)
    emit(as_json, {"id": number}, lambda: say(f"Delegation {number} is over."))


@approvals.command("code")
def code(actor: Actor, as_json: AsJson = False) -> None:
    """Show a code that proves you, once and within 15 minutes, to the orchestrator's forms."""
    from goodword.actions import decision_codes as actions

    _, today = newest_program(None)
    with wiring().database.transaction() as tx:
        issued = actions.issue(tx, actor, today)
    document = {"code": issued.code, "approver": actor, "expires_at": issued.expires_at}
    until = f"{issued.expires_at:%H:%M} UTC"

    def show() -> None:
        say(issued.code, "bold")
        say(f"It decides once in the name of {actor}, until {until}. Give it to nobody.")

    emit(as_json, document, show)
