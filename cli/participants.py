"""Participants: participants tiers."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.arguments import AsJson, show_list
from cli.output import emit
from goodword.wiring import wiring

participants = typer.Typer(help="Who takes part, and how their tiers changed.")


class Nobody(LookupError):
    """No participant has this key."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"No participant has the key {key!r}: it is what the column `key` of the imported file "
            "says, and `/console/participants` lists them."
        )


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(participants, name="participants", no_args_is_help=True)


@participants.command()
def tiers(
    key: Annotated[
        str | None, typer.Argument(help="A participant's key; everybody where none is given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List how tiers changed, newest first, each with its day and its reason."""
    from goodword.db.queries import participant_lists
    from goodword.db.queries import tiers as queries
    from goodword.db.queries.lists import MOST

    with wiring().ready_database.transaction() as tx:
        rows = queries.listed(tx, key, MOST)
        if key and not rows and not participant_lists.is_somebody(tx, key):
            raise Nobody(key)
    columns = ("participant", "kind", "from", "before", "after", "why")
    names = ("participant", "kind", "changed_on", "before", "after", "reason")
    shown = [tuple(row[name] for name in names) for row in rows]
    emit(as_json, rows, lambda: show_list("Changes of tiers", columns, shown))
