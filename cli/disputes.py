"""Disputes about who holds a claim: disputes list, show, open, state, rule, appeal, withdraw."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.arguments import (
    Actor,
    AsJson,
    Date,
    NoSuchThing,
    Number,
    acting,
    newest_program,
    show_list,
)
from cli.output import emit, say, table
from goodword.money import in_percent
from goodword.rules.disputes import NoShare, Outcome, next_step, read_share
from goodword.rules.rights import Action
from goodword.wiring import wiring

disputes = typer.Typer(help="Who contests whose claim, and what was ruled.")

By = Annotated[
    str,
    typer.Option(help="Who: a participant's key, e-mail or name; or of staff or direct sales."),
]
Ground = Annotated[str, typer.Option(help="Why; staff reads it, the other partner does not.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(disputes, name="disputes", no_args_is_help=True)


@disputes.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the disputes that are not over, the first due first."""
    from goodword.db.queries import dispute_lists as queries
    from goodword.db.queries import lists

    with wiring().ready_database.transaction() as tx:
        rows = queries.listed(tx, only_pending=not everything, most=lists.MOST)
    columns = (
        "id",
        "company",
        "claim",
        "held by",
        "rival",
        "contested by",
        "state",
        "due",
        "what to do",
    )
    title = "Disputes" if everything else "Disputes that are not over"
    emit(as_json, rows, lambda: show_list(title, columns, [_shown(row) for row in rows]))


def _shown(row: dict[str, Any]) -> tuple[object, ...]:
    return (
        row["id"],
        row["company"],
        row["registration_id"],
        None if row["is_about_a_refusal"] else row["partner"],
        row["partner"] if row["is_about_a_refusal"] else row["rival"],
        row["opened_by"],
        row["state"],
        row["decide_by"],
        _next_step(row),
    )


def _next_step(row: dict[str, Any]) -> str:
    return next_step(row, f": goodword disputes rule {row['id']}")


@disputes.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """Show one dispute with everything that was said and ruled in it."""
    from goodword.db.queries import dispute_lists as queries

    with wiring().ready_database.transaction() as tx:
        found = queries.one(tx, number)
    if found is None:
        raise NoSuchThing("dispute", number)
    emit(as_json, found, lambda: _show(found))


def _show(found: dict[str, Any]) -> None:
    facts = [
        (name.replace("_", " "), value)
        for name, value in found.items()
        if name not in {"id", "statements", "rulings", "is_about_a_refusal"} and value is not None
    ]
    table(f"Dispute {found['id']}", ("", ""), facts)
    say("")
    statements = [(s["said_on"], s["said_by"], s["statement"]) for s in found["statements"]]
    table("Statements", ("on", "by", "statement"), statements)
    say("")
    rulings = [
        (r["ruled_on"], r["ruled_by"], r["outcome"], in_percent(r["share_bps"]), r["reason"])
        for r in found["rulings"]
    ]
    table("Rulings", ("on", "by", "outcome", "share", "reason"), rulings)
    if step := _next_step(found):
        say(f"\nNext: {step}")


@disputes.command("open")
def open_(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    number: Annotated[
        int,
        typer.Argument(
            metavar="REGISTRATION", min=1, help="The claim that is contested, or that was refused."
        ),
    ],
    by: By,
    ground: Ground,
    rival: Annotated[
        int | None,
        typer.Option(min=1, help="The claim that contests it, where staff opens it for a partner."),
    ] = None,
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Contest who holds a claim; both partners are told, neither of the other's name."""
    from goodword.actions import disputes as actions
    from goodword.db.queries import dispute_lists as queries

    program, today = newest_program(on)
    contest = actions.Contest(number, by, ground, rival)
    with wiring().database.transaction() as tx:
        opened = actions.open_(tx, contest, program.disputes, today)
        found = queries.one(tx, opened)
    assert found is not None  # it was opened in this transaction
    said = f"Dispute {opened} is open; it is to be ruled on by {found['decide_by']}."
    if program.disputes.deciders and not found["decider"]:
        said += " None of the program's deciders may rule in it: name another in [disputes]."
    emit(as_json, found, lambda: say(said))


@disputes.command()
def state(
    number: Number,
    by: By,
    text: Annotated[str, typer.Option(help="What they say; it is never changed.")],
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Keep what a party or staff says in a dispute."""
    from goodword.actions import disputes as actions

    _, today = newest_program(on)
    with wiring().database.transaction() as tx:
        actions.state(tx, actions.Said(number, by, text), today)
    document = {"id": number, "by": by}
    emit(as_json, document, lambda: say(f"What {by} says is kept in dispute {number}."))


@disputes.command()
def rule(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    number: Number,
    actor: Actor,
    outcome: Annotated[
        Outcome,
        typer.Option(help="upheld: it stays as it was decided; transferred: the rival gets it."),
    ],
    reason: Annotated[str, typer.Option(help="Why; both partners read it: name neither.")],
    share: Annotated[
        str, typer.Option(help='What the claim that loses gets of the other\'s share, as "20%".')
    ] = "0%",
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Rule on a dispute; who lost may appeal once, to another person."""
    from goodword.actions import rulings as actions

    program, today = newest_program(on)
    decision = actions.Decision(number, actor, outcome, reason, _share(share))
    with acting(actor, Action.RULE_DISPUTES) as tx:
        after = actions.rule(tx, decision, program, today)
    document = {"id": number, "state": after.value, "outcome": outcome.value}
    emit(as_json, document, lambda: say(f"Dispute {number} is {after}: {outcome}."))


def _share(given: str) -> int:
    try:
        return read_share(given)
    except NoShare as error:
        raise typer.BadParameter(str(error)) from None


@disputes.command()
def appeal(
    number: Number, by: By, ground: Ground, on: Date = None, as_json: AsJson = False
) -> None:
    """Appeal against a ruling, as who lost; another person rules, and that is the last."""
    from goodword.actions import disputes as actions

    program, today = newest_program(on)
    with wiring().database.transaction() as tx:
        actions.appeal(tx, actions.Appeal(number, by, ground), program.disputes, today)
    document = {"id": number, "state": "appealed"}
    emit(as_json, document, lambda: say(f"Dispute {number} is appealed: another person rules."))


@disputes.command()
def withdraw(
    number: Number,
    by: Annotated[
        str, typer.Option(envvar="USER", help="Who opened it, or appealed; you without.")
    ],
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Withdraw a dispute, as who opened it; or an appeal, as who appealed."""
    from goodword.actions import disputes as actions

    _, today = newest_program(on)
    with wiring().database.transaction() as tx:
        after = actions.withdraw(tx, number, by, today)
    document = {"id": number, "state": after.value}
    emit(as_json, document, lambda: say(f"Dispute {number} is {after}."))
