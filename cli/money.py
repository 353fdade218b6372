"""Money: rewards list, show, approve, reject; payouts list, show, rerun; messages."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli import local
from cli.claims import show_one
from cli.nights import Date, read_date
from cli.output import console, counts, emit, money, table
from goodword.money import Money
from goodword.wiring import wiring

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Number = Annotated[int, typer.Argument(help="The number of it.")]
Actor = Annotated[str, typer.Option("--as", envvar="USER", help="Who decides.")]

rewards = typer.Typer(help="What is owed: the approval queue and every reward.")
payouts = typer.Typer(help="What was sent: payouts, reruns, differences with the provider.")
messages = typer.Typer(help="The outbox: what was not sent, and sending it again.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(rewards, name="rewards", no_args_is_help=True)
    app.add_typer(payouts, name="payouts", no_args_is_help=True)
    app.add_typer(messages, name="messages", no_args_is_help=True)


def _rows(name: str, **filters: object) -> list[dict[str, Any]]:
    from goodword.db.queries.lists import rows_of  # noqa: PLC0415 - only here

    with wiring().ready_database.transaction() as tx:
        return rows_of(tx, name, **filters)


@rewards.command("list")
def list_rewards(
    state: Annotated[str, typer.Option(help="A state, or all.")] = "waiting",
    carried: Annotated[
        bool, typer.Option("--carried", help="Those due that cannot be paid, and why.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List rewards: those that wait for approval, unless told otherwise."""
    given = None if state == "all" else state
    rows = _rows("rewards carried") if carried else _rows("rewards", state=given)
    shown = [
        (
            r["id"],
            r["participant"],
            r["company"],
            r["incentive"],
            money(r["amount_minor"], r["currency"]),
            r["state"],
            r["carried_because"] if carried else r["asked_on"],
            r["decided_by"],
        )
        for r in rows
    ]
    last = "why not paid" if carried else "since"
    columns = ("id", "participant", "company", "incentive", "amount", "state", last, "approved by")
    title = f"Rewards ({'due, not payable' if carried else state})"
    emit(as_json, rows, lambda: table(title, columns, shown))


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
    on: str | None,
    *,
    approve: bool,
    as_json: bool,
) -> None:
    from goodword.actions import approvals  # noqa: PLC0415 - only here
    from goodword.db.queries import programs as queries  # noqa: PLC0415 - only here

    found = _rows("reward", id=number)
    if not found:
        raise approvals.NoSuchReward(number)
    seen = Money.parse(amount) if amount else Money(found[0]["amount_minor"], found[0]["currency"])
    with wiring().ready_database.transaction() as tx:
        newest = queries.newest(tx)
        assert newest is not None, "there is a reward, so there is a program"
        today = read_date(on) or wiring().program(newest.source).date_of(datetime.now(UTC))
        ruling = approvals.Ruling(number, actor, approve, seen, reason)
        state = approvals.decide(tx, ruling, today)
    said = {"waiting": "is approved by you and waits for a second person"}.get(state, f"is {state}")
    document = {"id": number, "state": state, "amount": seen}
    emit(as_json, document, lambda: console.print(f"Reward {number} ({seen}) {said}."))


@payouts.command("list")
def list_payouts(
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Refused, held or unknown, with the next step.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List payouts."""
    rows = _rows("payouts failed") if failed else _rows("payouts", state=state)
    shown = [
        (
            r["id"],
            r["participant"],
            money(r["amount_minor"], r["currency"]),
            r["rail"],
            r["state"],
            r["paid_on"],
            r["external_id"] or ". ".join(filter(None, (r["reason"], r["next_step"]))),
        )
        for r in rows
    ]
    columns = ("id", "participant", "amount", "by", "state", "paid", "provider's id, or what to do")
    emit(as_json, rows, lambda: table("Payouts", columns, shown))


@payouts.command("show")
def show_payout(number: Number, as_json: AsJson = False) -> None:
    """Show one payout."""
    show_one("payout", number, as_json=as_json)


@payouts.command("differences")
def differences(as_json: AsJson = False) -> None:
    """List what reconciliation found that does not agree with the provider."""
    rows = _rows("differences")
    shown = [(r["found_on"], r["kind"], r["sentence"]) for r in rows]
    emit(as_json, rows, lambda: table("Differences", ("found", "what", "in words"), shown))


@payouts.command("rerun")
def rerun_payouts(
    actor: Actor,
    ids: Annotated[list[int] | None, typer.Argument(help="The payouts to rerun.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Every payout that failed.")] = False,
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Settle, plan again and send payouts that failed; nothing is ever paid twice."""
    if bool(ids) == failed:
        raise typer.BadParameter("name the payouts to rerun, or say --failed")
    local.use_prefect(wiring().settings.home)
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
    from flows.rerun_payouts import rerun_payouts as rerun  # noqa: PLC0415 - it imports Prefect

    tally = rerun(ids=ids or None, actor=actor, today=read_date(on))
    emit(as_json, dict(tally.outcomes), lambda: console.print(counts(tally.outcomes)))


@messages.command("list")
def list_messages(
    state: Annotated[str, typer.Option(help="A state: queued, sent …")] = "",
    as_json: AsJson = False,
) -> None:
    """List messages: those that failed or may have been sent, unless told otherwise."""
    rows = _rows("messages", states=[state] if state else ["failed", "unconfirmed"])
    shown = [(r["id"], r["template"], r["recipient"], r["state"], r["reason"]) for r in rows]
    columns = ("id", "message", "to", "state", "reason")
    emit(as_json, rows, lambda: table("Messages", columns, shown))


@messages.command("resend")
def resend(number: Number, as_json: AsJson = False) -> None:
    """Queue a failed or unconfirmed message again; the next night sends it."""
    from goodword.actions import messages as actions  # noqa: PLC0415 - only here

    with wiring().ready_database.transaction() as tx:
        queued = actions.release(tx, number)
    said = "is queued again" if queued else "is neither failed nor unconfirmed: nothing was done"
    document = {"id": number, "queued": queued}
    emit(as_json, document, lambda: console.print(f"Message {number} {said}."))
    if not queued:
        raise typer.Exit(1)
