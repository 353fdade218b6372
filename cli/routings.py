"""What was given to partners: registrations routed, decline."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.arguments import AsJson, Date, newest_program, show_list
from cli.output import emit, say
from goodword.wiring import wiring

Record = Annotated[
    str, typer.Argument(metavar="RECORD", help="The lead's or deal's id in the CRM.")
]
Partner = Annotated[str, typer.Option("--as", help="The partner: the key of the import.")]
Why = Annotated[str, typer.Option("--reason", help="Why not; staff reads it.")]


def register(registrations: typer.Typer) -> None:
    """Add these commands to those about registrations."""
    registrations.command("routed")(routed)
    registrations.command("decline")(decline)


def routed(as_json: AsJson = False) -> None:
    """List the leads and deals that are with partners, and what the CRM refused of them."""
    from goodword.db.queries import routings as queries

    with wiring().ready_database.transaction() as tx:
        rows = queries.open_(tx)
    columns = ("record", "name", "partner", "registration", "routed on", "owner", "state")
    emit(as_json, rows, lambda: show_list("Routed", columns, [_shown(row) for row in rows]))


def _shown(row: dict[str, Any]) -> tuple[object, ...]:
    owner = row["owner_after"] or "as before"
    state = "written" if row["written_on"] else "to be written"
    if row["declined_on"]:
        state = "declined, to be given back"
    if row["refused"]:
        state = f"refused: {row['refused']}"
    record = f"{row['crm_object']} {row['crm_id']}"
    shown = (row["name"], row["partner"], row["registration_id"], row["routed_on"])
    return (record, *shown, owner, state)


def decline(
    record: Record, partner: Partner, reason: Why, on: Date = None, as_json: AsJson = False
) -> None:
    """Decline a lead or deal as its partner: the next night takes it back, for good."""
    from goodword.actions import routings as actions

    _, today = newest_program(on)
    declined = actions.Declined(record, partner, reason, partner)
    with wiring().database.transaction() as tx:
        number = actions.decline(tx, declined, today)
    document = {"record": record, "registration": number, "state": "declined"}
    said = f"{record} is declined; the next night gives it back. It is not offered again."
    emit(as_json, document, lambda: say(said))
