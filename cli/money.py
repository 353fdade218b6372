"""Money: rewards list, show, approve, reject; payouts list, show, rerun; messages."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.arguments import (
    Actor,
    AsJson,
    Date,
    Number,
    newest_program,
    rows_of,
    show_list,
    show_one,
)
from cli.output import emit, money, say
from goodword.money import Money
from goodword.wiring import wiring


class RewardState(StrEnum):
    """What `rewards list` can be asked for."""

    WAITING = "waiting"
    COMPUTED = "computed"
    APPROVED = "approved"
    REJECTED = "rejected"
    RESERVED = "reserved"
    PAID = "paid"
    VOID = "void"
    ALL = "all"


class MessageState(StrEnum):
    """What `messages list` can be asked for."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"


rewards = typer.Typer(help="What is owed: the approval queue and every reward.")
messages = typer.Typer(help="The outbox: what was not sent, and sending it again.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(rewards, name="rewards", no_args_is_help=True)
    app.add_typer(messages, name="messages", no_args_is_help=True)


@rewards.command("list")
def list_rewards(
    state: Annotated[
        RewardState, typer.Option(help="Only those in this state.")
    ] = RewardState.WAITING,
    carried: Annotated[
        bool, typer.Option("--carried", help="Those due that cannot be paid, and why.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List rewards: those that wait for approval, unless told otherwise."""
    given = None if state is RewardState.ALL else state
    rows = rows_of("rewards carried") if carried else rows_of("rewards", state=given)
    last = ("why not paid",) if carried else ("incentive", "state", "approvals", "asked")
    columns = ("id", "participant", "company", "amount", *last)
    shown = [_shown(r, carried=carried) for r in rows]
    title = "Rewards that are due and cannot be paid" if carried else f"Rewards, {state}"

    def show() -> None:
        show_list(title, columns, shown)
        if rows and not carried and state is RewardState.WAITING:
            say("")
            for row in rows:
                say(f"{row['id']}: {row['asked_because']}")
            say('\nDecide with: goodword rewards approve ID, or reject ID --reason "..."')

    emit(as_json, rows, show)


def _shown(row: dict[str, Any], *, carried: bool) -> tuple[object, ...]:
    amount = money(row["amount_minor"], row["currency"])
    common = (row["id"], row["participant"], row["company"], amount)
    if carried:
        return (*common, row["carried_because"])
    return (*common, row["incentive"], row["state"], _approvals(row), row["asked_on"])


def _approvals(row: dict[str, Any]) -> str:
    who = ", ".join(row["decided_by"])
    needed = row["approvals_needed"]
    if row["state"] != "waiting" or not needed:
        return who
    given = f"{len(row['decided_by'])} of {needed}"
    return f"{given}: {who}" if who else given


@rewards.command("show")
def show_reward(number: Number, as_json: AsJson = False) -> None:
    """Show one reward; `goodword explain reward` tells its story."""
    show_one("reward", number, as_json=as_json)


@rewards.command("approve")
def approve_reward(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    number: Number,
    actor: Actor,
    amount: Annotated[
        str | None, typer.Option(help='The amount you saw, such as "750.00 USD"; it must match.')
    ] = None,
    reason: Annotated[str, typer.Option(help="A note for the audit trail.")] = "",
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Approve a waiting reward."""
    _rule(number, actor, amount, reason, on, approve=True, as_json=as_json)


@rewards.command("reject")
def reject_reward(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    number: Number,
    actor: Actor,
    reason: Annotated[str, typer.Option(help="Why; the participant may read it.")],
    amount: Annotated[str | None, typer.Option(help="The amount you saw.")] = None,
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a waiting reward."""
    _rule(number, actor, amount, reason, on, approve=False, as_json=as_json)


def _rule(  # noqa: PLR0913 - one for each word of the command line
    number: int,
    actor: str,
    amount: str | None,
    reason: str,
    on: date | None,
    *,
    approve: bool,
    as_json: bool,
) -> None:
    from goodword.actions import approvals  # noqa: PLC0415 - only here

    found = rows_of("reward", id=number)
    if not found:
        raise approvals.NoSuchReward(number)
    seen = Money.parse(amount) if amount else Money(found[0]["amount_minor"], found[0]["currency"])
    _, today = newest_program(on)
    with wiring().database.transaction() as tx:
        state = approvals.decide(tx, approvals.Ruling(number, actor, approve, seen, reason), today)
    said = {"waiting": "is approved by you and waits for a second person"}.get(state, f"is {state}")
    document = {"id": number, "state": state, "amount": seen}
    emit(as_json, document, lambda: say(f"Reward {number} ({seen}) {said}."))


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
