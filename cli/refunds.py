"""Refunds: what customers got back; placing what names no deal, and recording what Stripe has not.

refunds list, record, link, events
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from cli.arguments import Actor, AsJson, acting, newest_program, read_date, show_list
from cli.output import emit, money, say
from goodword.money import Money
from goodword.rules.rights import Action
from goodword.wiring import wiring

refunds = typer.Typer(help="What customers got back or dispute, and which deals it is about.")

Day = Annotated[
    date, typer.Option("--on", parser=read_date, metavar="YYYY-MM-DD", help="The day it was made.")
]
Identifier = Annotated[
    str, typer.Argument(metavar="ID", help="Its id as `refunds list` shows it: re_…, du_…, sub_….")
]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(refunds, name="refunds", no_args_is_help=True)


@refunds.command("list")
def list_refunds(
    only_open: Annotated[
        bool, typer.Option("--open", help="Only those that a person must place.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List refunds, disputes and cancelled subscriptions, newest first."""
    from goodword.db.queries import lists
    from goodword.db.queries import refunds as queries

    with wiring().ready_database.transaction() as tx:
        rows = queries.listed(tx, only_open=only_open, most=lists.MOST)
    columns = ("id", "amount", "on", "dispute", "deal", "why", "what to do")
    title = "Refunds that a person must place" if only_open else "Refunds"
    shown = [_shown(row) for row in rows]
    emit(as_json, rows, lambda: show_list(title, columns, shown))


def _shown(row: dict[str, Any]) -> tuple[object, ...]:
    minor = row["disputed_minor"] if row["dispute"] else row["refunded_minor"]
    return (
        row["id"],
        "all of it" if row["is_whole"] else money(minor, row["currency"]),
        row["refunded_on"] or row["disputed_on"],
        row["dispute"],
        row["opportunity_crm_id"],
        row["reason"],
        _next_step(row) if row["is_open"] else "",
    )


def _next_step(row: dict[str, Any]) -> str:
    if row["opportunity_crm_id"] is None:
        return f"it names no deal: goodword refunds link {row['id']} OPPORTUNITY, or --none"
    if not row["deal_is_known"]:
        return (
            "its deal is not in the mirror of the CRM yet: wait for the next sync, or "
            f"goodword refunds link {row['id']} OPPORTUNITY"
        )
    return (
        f"the deal is in {row['deal_currency']}: goodword refunds record "
        f"{row['opportunity_crm_id']} --amount … --key {row['id']}"
    )


@refunds.command("events")
def list_events(as_json: AsJson = False) -> None:
    """List the events of the payment provider that could not be taken up, and why."""
    from goodword.db.queries import lists, provider_events

    with wiring().ready_database.transaction() as tx:
        rows = provider_events.failed(tx, lists.MOST)
    columns = ("id", "type", "of", "tried", "why")
    shown: list[tuple[object, ...]] = [
        (r["id"], r["type"], f"{r['created_at']:%Y-%m-%d %H:%M} UTC", r["attempts"], r["reason"])
        for r in rows
    ]
    emit(as_json, rows, lambda: show_list("Events that failed", columns, shown))


@refunds.command("link")
def link(
    refund_id: Identifier,
    actor: Actor,
    opportunity: Annotated[
        str | None, typer.Argument(help="The deal's id in the CRM, 15 or 18 characters.")
    ] = None,
    none: Annotated[
        bool, typer.Option("--none", help="It is about no deal of the program.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say which deal a refund is about; the next night takes back what follows from it."""
    from goodword.actions import refunds as actions

    if none == (opportunity is not None):
        raise typer.BadParameter("name the deal, or say --none")
    with acting(actor, Action.PLACE_REFUNDS) as tx:
        actions.link(tx, refund_id, opportunity, actor)
    said = f"is about {opportunity}" if opportunity else "is about no deal"
    document = {"id": refund_id, "opportunity": opportunity}
    emit(as_json, document, lambda: say(f"{refund_id} {said}."))


@refunds.command("record")
def record(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    opportunity: Annotated[str, typer.Argument(help="The deal's id in the CRM.")],
    actor: Actor,
    amount: Annotated[str, typer.Option(help='What the customer got back, such as "40.00 USD".')],
    on: Day,
    reason: Annotated[str, typer.Option(help="Why; kept in the audit trail.")],
    key: Annotated[
        str,
        typer.Option(
            help="Names it, so that it is recorded once; the id of one in a currency "
            "that is not the deal's settles that one."
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Record a refund that was made outside Stripe; the same one again changes nothing."""
    from goodword.actions import refunds as actions

    _, today = newest_program(None)
    manual = actions.Manual(opportunity, Money.parse(amount), on, reason, key)
    with acting(actor, Action.PLACE_REFUNDS) as tx:
        refund_id, is_new = actions.record_manual(tx, manual, actor, today)
    said = "is recorded" if is_new else "was recorded before: nothing was done"
    document = {"id": refund_id, "new": is_new}
    emit(as_json, document, lambda: say(f"The refund of {manual.money} ({refund_id}) {said}."))
