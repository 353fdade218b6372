"""What is owed: rewards list, show, approve, reject, withdraw; one, or a list after a preview."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
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
from cli.output import emit, money, say, table
from goodword.money import Money
from goodword.rules.approval_filters import FilterRefused, Wanted
from goodword.rules.counts import counted
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


OneOrList = Annotated[
    int | None,
    typer.Argument(
        metavar="ID", min=1, max=2**63 - 1, help="One reward; without, a list by its options."
    ),
]
Seen = Annotated[
    str | None, typer.Option(help='The amount you saw, such as "750.00 USD"; it must match.')
]
Note = Annotated[str, typer.Option(help="What staff alone reads.")]
For = Annotated[str, typer.Option("--for", help="In whose place you decide, by a delegation.")]
Kind = Annotated[str, typer.Option(help="A list: of this kind of participants, as reseller.")]
Participant = Annotated[str, typer.Option(help="A list: of the participant with this key.")]
Incentive = Annotated[str, typer.Option(help="A list: by the rule of this name.")]
Currency = Annotated[str, typer.Option(help="A list: in this currency, as USD.")]
From = Annotated[str, typer.Option("--from", help="A list: of this amount or more.")]
Below = Annotated[str, typer.Option(help="A list: of less than this amount.")]
Name = Annotated[
    str, typer.Option(help="A list: with this in the participant's or company's name.")
]
Days = Annotated[str, typer.Option(help="A list: of those that wait for so many days or more.")]
Preview = Annotated[bool, typer.Option("--preview", help="Show the list and its total.")]
Confirm = Annotated[str, typer.Option(help="Decide the list that was shown with this word.")]

rewards = typer.Typer(help="What is owed: the approval queue and every reward.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(rewards, name="rewards", no_args_is_help=True)


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
    last = ("why not paid",) if carried else ("incentive", "approvals", "asked")
    states = ("state",) if state is RewardState.ALL and not carried else ()
    columns = ("id", "participant", "company", "amount", *states, *last)
    shown = [_shown(r, states, carried=carried) for r in rows]
    title = "Rewards that are due and cannot be paid" if carried else f"Rewards, {state}"

    def show() -> None:
        show_list(title, columns, shown)
        if rows and not carried and state is RewardState.WAITING:
            say("")
            for row in rows:
                say(f"{row['id']}: {row['asked_because']}")
            say('\nDecide with: goodword rewards approve ID, or reject ID --reason "..."')

    emit(as_json, rows, show)


def _shown(row: dict[str, Any], states: Sequence[str], *, carried: bool) -> tuple[object, ...]:
    amount = money(row["amount_minor"], row["currency"])
    common = (row["id"], row["participant"], row["company"], amount, *(row[key] for key in states))
    if carried:
        return (*common, row["carried_because"])
    return (*common, row["incentive"], _approvals(row), row["asked_on"])


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
    actor: Actor,
    number: OneOrList = None,
    amount: Seen = None,
    reason: Annotated[str, typer.Option(help="Why; the participant may read it.")] = "",
    note: Note = "",
    acting_for: For = "",
    kind: Kind = "",
    participant: Participant = "",
    incentive: Incentive = "",
    currency: Currency = "",
    from_: From = "",
    below: Below = "",
    name: Name = "",
    days: Days = "",
    preview: Preview = False,
    confirm: Confirm = "",
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Approve a waiting reward; or, after a preview, a list of them."""
    wanted = Wanted(kind, participant, incentive, currency, from_, below, name, days)
    how = _How(actor, True, reason, note, acting_for)
    _rule(_Which(number, wanted), how, _Shown(amount, preview, confirm), on, as_json=as_json)


@rewards.command("reject")
def reject_reward(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    actor: Actor,
    reason: Annotated[str, typer.Option(help="Why; the participant reads it.")],
    number: OneOrList = None,
    amount: Seen = None,
    note: Note = "",
    acting_for: For = "",
    kind: Kind = "",
    participant: Participant = "",
    incentive: Incentive = "",
    currency: Currency = "",
    from_: From = "",
    below: Below = "",
    name: Name = "",
    days: Days = "",
    preview: Preview = False,
    confirm: Confirm = "",
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a waiting reward; or, after a preview, a list of them."""
    wanted = Wanted(kind, participant, incentive, currency, from_, below, name, days)
    how = _How(actor, False, reason, note, acting_for)
    _rule(_Which(number, wanted), how, _Shown(amount, preview, confirm), on, as_json=as_json)


@rewards.command("withdraw")
def withdraw_decision(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    number: Number,
    actor: Actor,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")],
    acting_for: For = "",
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Take your own decision on a reward back, before its payout is planned."""
    from goodword.actions import withdrawals

    _, today = newest_program(on)
    withdrawal = withdrawals.Withdrawal(number, actor, reason, acting_for)
    with wiring().database.transaction() as tx:
        withdrawals.withdraw(tx, withdrawal, today)
    document = {"id": number, "state": "waiting"}
    emit(as_json, document, lambda: say(f"Reward {number} waits again: your decision is no more."))


# One, or a list ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _How:
    """Who decides what, and why."""

    actor: str
    approve: bool
    reason: str
    note: str
    acting_for: str


@dataclass(frozen=True, slots=True)
class _Shown:
    """What was seen before: the amount of one reward, or the digest of a list."""

    amount: str | None
    preview: bool
    confirm: str


@dataclass(frozen=True, slots=True)
class _Which:
    """The reward that is meant, or what all of them have that are."""

    number: int | None
    wanted: Wanted


def _rule(which: _Which, how: _How, shown: _Shown, on: date | None, *, as_json: bool) -> None:
    if (which.number is None) == (which.wanted == Wanted()):
        raise typer.BadParameter("name one reward by its ID, or a list by --kind, --currency, …")
    if which.number is not None:
        if shown.preview or shown.confirm:
            raise typer.BadParameter("--preview and --confirm are for a list of rewards")
        _rule_one(which.number, how, shown.amount, on, as_json=as_json)
    elif shown.amount:
        raise typer.BadParameter("--amount is for one reward; a list has --below and --confirm")
    elif shown.preview == bool(shown.confirm):
        raise typer.BadParameter("a list is shown with --preview first, and decided by --confirm")
    else:
        _rule_list(which.wanted, how, shown.confirm, on, as_json=as_json)


def _rule_one(
    number: int, how: _How, amount: str | None, on: date | None, *, as_json: bool
) -> None:
    from goodword.actions import approvals

    found = rows_of("reward", id=number)
    if not found:
        raise approvals.NoSuchReward(number)
    seen = Money.parse(amount) if amount else Money(found[0]["amount_minor"], found[0]["currency"])
    _, today = newest_program(on)
    ruling = approvals.Ruling(
        number, how.actor, how.approve, seen, how.reason, how.note, how.acting_for
    )
    with wiring().database.transaction() as tx:
        state = approvals.decide(tx, ruling, today)
    document = {"id": number, "state": state, "amount": seen}
    emit(as_json, document, lambda: say(approvals.said(ruling, state)))


def _rule_list(wanted: Wanted, how: _How, confirm: str, on: date | None, *, as_json: bool) -> None:
    from goodword.actions import bulk_decisions as actions
    from goodword.db.queries import approval_queue

    _, today = newest_program(on)
    try:
        which = wanted.read(today)
    except FilterRefused as refused:
        raise typer.BadParameter(str(refused)) from None
    bulk = actions.Bulk(which, how.actor, how.approve, how.reason, how.note, how.acting_for)
    with wiring().database.transaction() as tx:
        if not confirm:
            shown = actions.preview(tx, bulk, today)
            rows = approval_queue.these(tx, shown.numbers)
            title = "To approve" if how.approve else "To reject"
            emit(as_json, _document(shown, rows), lambda: _show_preview(title, shown, rows))
            return
        outcomes = actions.decide(tx, bulk, confirm, today)
    states = Counter(one.state for one in outcomes)
    emit(as_json, {"states": states}, lambda: say(actions.said(outcomes)))


def _document(shown: Any, rows: Any) -> dict[str, object]:
    return {
        "rewards": [dict(row._mapping) for row in rows],  # noqa: SLF001 - a row as a mapping
        "left_out": shown.left_out,
        "found": shown.found,
        "later": shown.later,
        "totals": shown.totals,
        "completes": shown.completes,
        "confirm": shown.digest,
    }


def _show_preview(title: str, shown: Any, rows: Any) -> None:
    columns = ("id", "participant", "company", "amount", "incentive", "asked", "approved by")
    cells = [
        (
            row.id,
            row.name,
            row.company,
            money(row.amount_minor, row.currency),
            row.incentive,
            row.asked_on,
            ", ".join(row.approved_by),
        )
        for row in rows
    ]
    table(title, columns, cells)
    for number, why in shown.left_out.items():
        say(f"Left out: {number}: {why}")
    if not rows:
        return
    totals = ", ".join(str(total) for total in shown.totals)
    say(f"\n{counted(len(rows), 'reward')}, {totals} in all.")
    if shown.bound:
        say(shown.bound)
    if waits := len(rows) - shown.completes:
        say(f"{waits:,} of them then wait{'s' * (waits == 1)} for a second person.")
    say(f"The same command with --confirm {shown.digest} in place of --preview decides them.")
