"""Payouts: list, show, rerun; settled, confirmed, taken back and explained by people."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

from cli.arguments import (
    Actor,
    AsJson,
    Date,
    Number,
    acting,
    authorise,
    newest_program,
    rows_of,
    show_list,
    show_one,
)
from cli.nights import use_orchestrator
from cli.output import complain, counts, emit, money, say
from goodword.rules.benefits import in_words
from goodword.rules.payouts import PayoutState
from goodword.rules.rights import Action

payouts = typer.Typer(help="What was sent: payouts, reruns, differences with the provider.")

Reason = Annotated[str, typer.Option(help="Why; kept in the audit trail.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(payouts, name="payouts", no_args_is_help=True)


@payouts.command("list")
def list_payouts(
    state: Annotated[PayoutState | None, typer.Option(help="Only those in this state.")] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Those that wait for somebody, with the next step.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List payouts."""
    rows = rows_of("payouts failed") if failed else rows_of("payouts", state=state)
    shown: list[tuple[object, ...]] = [
        (
            r["id"],
            r["participant"],
            _amount(r),
            r["rail"].replace("_", " "),
            r["state"].replace("_", " "),
            r["paid_on"],
            r["external_id"] or ". ".join(filter(None, (r["reason"], r["next_step"]))),
        )
        for r in rows
    ]
    columns = ("id", "participant", "amount", "by", "state", "paid", "provider's id, or what to do")
    title = "Payouts that wait" if failed else "Payouts"
    if state and not failed:
        title = f"Payouts, {state.value.replace('_', ' ')}"

    def show() -> None:
        show_list(title, columns, shown)
        if failed:
            _say_what_to_do({r["state"] for r in rows})

    emit(as_json, rows, show)


def _amount(row: dict[str, Any]) -> str:
    worth = money(row["amount_minor"], row["currency"])
    return f"{in_words(row['benefit'])} (worth {worth})" if row["benefit"] else worth


_WHAT_TO_DO = {
    frozenset({"planned", "refused", "submitting", "unknown"}): (
        "Repaired, topped up or without an answer: goodword payouts rerun --failed --as NAME. "
        "Nothing is paid twice."
    ),
    frozenset({"handed_over"}): (
        "Handed over, once it has arrived: goodword payouts confirm ID --reason ...; if it never "
        "will: the same with decline. Bank files: goodword bank-files list"
    ),
    frozenset({"held"}): (
        "Held, once you have looked at the provider: goodword payouts settle ID --paid THEIR-ID "
        "--reason ..., or --not-made"
    ),
}


def _say_what_to_do(states: set[str]) -> None:
    todo = [words for which, words in _WHAT_TO_DO.items() if which & states]
    if todo:
        say("\n" + "\n".join(todo))


@payouts.command("show")
def show_payout(number: Number, as_json: AsJson = False) -> None:
    """Show one payout."""
    show_one("payout", number, as_json=as_json)


@payouts.command("differences")
def differences(as_json: AsJson = False) -> None:
    """List what reconciliation found that does not agree with the provider."""
    rows = rows_of("differences")
    shown: list[tuple[object, ...]] = [
        (r["id"], r["found_on"], r["kind"], _size(r), r["sentence"]) for r in rows
    ]
    columns = ("id", "found", "what", "here / there", "in words")

    def show() -> None:
        show_list("Differences with the provider", columns, shown)
        if rows:
            say(
                "\nWhere rewards here were paid by it: goodword payouts adopt ID --rewards 12,13"
                " --reason ..."
                "\nWhere it is explained otherwise:   goodword payouts close ID --reason ..."
            )

    emit(as_json, rows, show)


def _size(row: dict[str, Any]) -> str:
    here = money(row["ledger_minor"], row["currency"])
    return f"{here} / {money(row['provider_minor'], row['currency'])}"


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
    _rerun(ids or None, actor, on, as_json=as_json)


def _rerun(ids: list[int] | None, actor: str, on: date | None, *, as_json: bool) -> None:
    outcomes, failures = _run_again(ids, actor, on)
    if outcomes or not failures:
        emit(as_json, outcomes, lambda: say(f"Rerun: {counts(outcomes)}"))
    if failures:
        complain("\n".join(failures))
        raise typer.Exit(1)


def _run_again(
    ids: list[int] | None, actor: str, on: date | None
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Run the flow; returns what became of how many, and the sentences of what failed."""
    authorise(actor, Action.RERUN_PAYOUTS)
    use_orchestrator()
    from flows.rerun_payouts import rerun_payouts as rerun  # it imports Prefect
    from tasks.nights import StageFailed

    try:
        return dict(rerun(ids=ids, actor=actor, today=on).outcomes), ()
    except StageFailed as stage:
        return dict(stage.outcomes), stage.failures


# What a person found or did ---------------------------------------------------------------------


@payouts.command("settle")
def settle_payout(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    number: Number,
    actor: Actor,
    reason: Annotated[str, typer.Option(help="What you found; kept in the audit trail.")],
    paid: Annotated[
        str | None, typer.Option(help="The provider's id of the movement, such as tr_1Abc.")
    ] = None,
    not_made: Annotated[
        bool, typer.Option("--not-made", help="You looked, and the provider never made it.")
    ] = False,
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Settle a payout that is held for a person, by what you found at the provider."""
    if bool(paid) == not_made:
        raise typer.BadParameter("say what you found: --paid ID, or --not-made")
    _settle([number], paid, (actor, reason), on, as_json=as_json)


_Handed = Annotated[list[int], typer.Argument(help="The payouts that were handed over.")]


@payouts.command("confirm")
def confirm_payouts(
    ids: _Handed,
    actor: Actor,
    reason: Annotated[str, typer.Option(help="By what you know it, such as the bank statement.")],
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Confirm that payouts of a bank file, or perks, have arrived; the participants are told."""
    _settle(ids, "by hand", (actor, reason), on, as_json=as_json)


@payouts.command("decline")
def decline_payouts(
    ids: _Handed,
    actor: Actor,
    reason: Annotated[str, typer.Option(help="Why it was not made; kept in the audit trail.")],
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Say that payouts that were handed over were not made, and never will be."""
    _settle(ids, None, (actor, reason), on, as_json=as_json)


def _settle(
    ids: list[int], paid: str | None, said: tuple[str, str], on: date | None, *, as_json: bool
) -> None:
    from goodword.actions import settlements

    _, today = newest_program(on)
    with acting(said[0], Action.SETTLE_PAYOUTS) as tx:
        findings = [settlements.Finding(number, paid, *said) for number in ids]
        settlements.settle_by_hand(tx, findings, today)
    document = {"ids": ids, "state": "paid" if paid else "refused"}
    emit(as_json, document, lambda: say(_settled(ids, is_paid=paid is not None)))


def _settled(ids: list[int], *, is_paid: bool) -> str:
    numbers = ", ".join(map(str, ids))
    name = f"Payout {numbers} is" if len(ids) == 1 else f"Payouts {numbers} are"
    if is_paid:
        return f"{name} paid. The next letters tell the participants."
    return (
        f"{name} not made, and the rewards are free. To pay them by a new payout: "
        f"goodword payouts rerun {' '.join(map(str, ids))} --as NAME"
    )


@payouts.command("reverse")
def reverse_payout(
    number: Number, actor: Actor, reason: Reason, on: Date = None, as_json: AsJson = False
) -> None:
    """Take a transfer back for what was clawed back of its rewards. Money comes back only so.

    Ends with 1 while it did not come back.
    """
    from goodword.actions import reversals

    _, today = newest_program(on)
    with acting(actor, Action.REVERSE_PAYOUTS) as tx:
        planned = reversals.ask(tx, reversals.Wanted(number, actor, reason), today)
    failures = _run_again([planned], actor, on)[1]
    (reversal,) = rows_of("payout", id=planned)
    came_back = reversal["state"] == "paid"
    tell = say if came_back else complain
    emit(as_json, reversal, lambda: tell(_reversed(number, reversal)))
    if failures:
        complain("\n".join(failures))
    if not came_back:
        raise typer.Exit(1)


def _reversed(number: int, reversal: dict[str, Any]) -> str:
    amount = money(-reversal["amount_minor"], reversal["currency"])
    name = f"payout {reversal['id']}"
    if reversal["state"] == "paid":
        return f"{amount} of payout {number} came back: {name}, {reversal['external_id']}."
    why = ". ".join(filter(None, (reversal["reason"], reversal["next_step"])))
    state = reversal["state"].replace("_", " ")
    return f"{amount} of payout {number} did not come back yet: {name} is {state}. {why}".rstrip()


@payouts.command("adopt")
def adopt_movement(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    number: Number,
    actor: Actor,
    rewards: Annotated[str, typer.Option(help="The rewards that it paid, as 12,13.")],
    reason: Reason,
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Close a difference: its movement was the payout of rewards that look unpaid here."""
    from goodword.actions import adoptions, reconciliations

    _, today = newest_program(on)
    closing = reconciliations.Closing(number, actor, reason)
    with acting(actor, Action.SETTLE_PAYOUTS) as tx:
        payout = adoptions.adopt(tx, closing, _numbers(rewards), datetime.now(UTC), today)
    document = {"difference": number, "payout": payout}
    said = f"Difference {number} is closed: its movement is payout {payout}, which is paid."
    emit(as_json, document, lambda: say(said))


def _numbers(given: str) -> list[int]:
    try:
        return [int(part) for part in given.split(",")]
    except ValueError:
        raise typer.BadParameter("rewards are numbers with commas, as 12,13") from None


@payouts.command("close")
def close_difference(
    number: Number, actor: Actor, reason: Reason, on: Date = None, as_json: AsJson = False
) -> None:
    """Close a difference that is explained outside Goodword; payouts go there again."""
    from goodword.actions import reconciliations

    _, today = newest_program(on)
    with acting(actor, Action.SETTLE_PAYOUTS) as tx:
        closed = reconciliations.close(tx, reconciliations.Closing(number, actor, reason), today)
    opens = f" It keeps nothing from {closed.destination} any more." if closed.destination else ""
    said = f"Difference {number} is closed.{opens}"
    emit(as_json, {"closed": number}, lambda: say(said))
