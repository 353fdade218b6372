"""Whose account a claim means: registrations questions, match."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.arguments import Actor, AsJson, Date, Number, acting, newest_program, show_list
from cli.output import emit, say
from goodword.rules.rights import Action
from goodword.wiring import wiring

Account = Annotated[
    str, typer.Option("--account", help="The account's id in the CRM, 18 characters.")
]
IsSame = Annotated[
    bool | None, typer.Option("--same/--different", help="Whether it is that company.")
]
Why = Annotated[str, typer.Option("--reason", help="How you know; it is kept in the audit trail.")]


def register(registrations: typer.Typer) -> None:
    """Add these commands to those about registrations."""
    registrations.command("questions")(questions)
    registrations.command("match")(match)


def questions(as_json: AsJson = False) -> None:
    """List the claims of which matching cannot tell whether an account is meant."""
    from goodword.db.queries import account_questions as queries

    with wiring().ready_database.transaction() as tx:
        rows = queries.unanswered(tx)
    columns = ("registration", "partner", "company", "account", "why", "asked on")

    def show() -> None:
        show_list("Which account is it?", columns, [_shown(row) for row in rows])
        if rows:
            say(
                "\nAnswer with `goodword registrations match ID --account ACCOUNT --same"
                " --reason ...`, or with `--different`."
            )

    emit(as_json, rows, show)


def _shown(row: dict[str, Any]) -> tuple[object, ...]:
    return tuple(
        row[name]
        for name in (
            "registration_id",
            "partner",
            "company",
            "account_crm_id",
            "reason",
            "asked_on",
        )
    )


def match(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    number: Number,
    account: Account,
    reason: Why,
    actor: Actor,
    is_same: IsSame = None,
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a claim's company is an account of the CRM; it is not asked again."""
    from goodword.actions import account_questions as actions

    if is_same is None:
        raise typer.BadParameter("say whether it is that company: --same or --different")
    _, today = newest_program(on)
    answered = actions.Answered(number, account, is_same, reason, actor)
    with acting(actor, Action.DECIDE_CLAIMS) as tx:
        actions.answer(tx, answered, today)
    document = {"id": number, "account": account, "answer": "same" if is_same else "different"}
    said = f"Registration {number} is {'' if is_same else 'not '}about account {account}."
    emit(as_json, document, lambda: say(said))
