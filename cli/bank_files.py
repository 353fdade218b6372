"""Bank files: list, show, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.arguments import Actor, AsJson, NoSuchThing, Number, acting, show_list
from cli.output import emit, money, say, table
from goodword.rules.rights import Action
from goodword.wiring import wiring

bank_files = typer.Typer(help="Files of SEPA transfers that a person hands to the bank.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(bank_files, name="bank-files", no_args_is_help=True)


@bank_files.command("list")
def list_files(as_json: AsJson = False) -> None:
    """List bank files, the newest first."""
    from goodword.db.queries import bank_files as queries
    from goodword.db.queries.lists import MOST

    with wiring().ready_database.transaction() as tx:
        rows = queries.newest(tx, MOST)
    shown: list[tuple[object, ...]] = [
        (
            r["id"],
            r["message_id"],
            r["made_on"],
            r["payouts"],
            money(r["total_minor"], r["currency"]),
            f"{r['exported_at']:%Y-%m-%d %H:%M} UTC" if r["exported_at"] else "not yet",
            r["exported_by"],
            r["unconfirmed"],
        )
        for r in rows
    ]
    columns = ("id", "name", "made", "payouts", "total", "exported", "by", "not confirmed yet")

    def show() -> None:
        show_list("Bank files", columns, shown)
        if any(r["exported_at"] is None and r["unconfirmed"] == r["payouts"] for r in rows):
            say("\nTake one to the bank with: goodword bank-files export ID --to PATH")

    emit(as_json, rows, show)


@bank_files.command("show")
def show_file(number: Number, as_json: AsJson = False) -> None:
    """Show one bank file and what it pays; --json has its bytes as well."""
    from goodword.db.queries import bank_files as queries

    with wiring().ready_database.transaction() as tx:
        found = queries.one(tx, number)
    if found is None:
        raise NoSuchThing("bank-file", number)
    lines = [
        (
            line["id"],
            line["participant"],
            line["destination"],
            money(line["amount_minor"], line["currency"]),
            line["state"],
        )
        for line in found["lines"]
    ]

    def show() -> None:
        total = money(found["total_minor"], found["currency"])
        say(f"Bank file {number} ({found['message_id']}), made on {found['made_on']}: {total}")
        say(f"SHA-256 {found['digest']}")
        table("It pays", ("payout", "participant", "IBAN", "amount", "state"), lines)

    emit(as_json, found, show)


@bank_files.command("export")
def export_file(
    number: Number,
    to: Annotated[Path, typer.Option(help="A path, or a folder.")],
    actor: Actor,
    as_json: AsJson = False,
) -> None:
    """Write a bank file to a path, to be handed to the bank once; another file is left alone."""
    from goodword.actions import bank_files as actions

    with acting(actor, Action.EXPORT_BANK_FILES) as tx:
        exported = actions.export(tx, number, actor)
        path = actions.write(exported, to)
    made, before = exported.made, exported.before
    document = {
        "id": number,
        "message_id": made.message_id,
        "path": str(path),
        "payouts": made.payouts,
        "total": made.total,
        "digest": exported.digest,
        "exported_before_at": before[0] if before else None,
        "exported_before_by": before[1] if before else None,
    }

    def show() -> None:
        payouts = "1 payout" if made.payouts == 1 else f"{made.payouts:,} payouts"
        say(f"{path} is bank file {number}: {payouts}, {made.total}, SHA-256 {exported.digest}.")
        if before:
            at, who = before
            say(
                f"It was exported before, by {who} on {at:%Y-%m-%d %H:%M} UTC, and is the same. "
                "If it is at the bank already, do not hand it in again: it would pay again.",
                "yellow",
            )
        say("When the bank has paid: goodword payouts confirm ID --reason ...")

    emit(as_json, document, show)
