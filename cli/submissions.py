"""A claim that staff takes down for a partner: registrations submit."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.arguments import Actor, AsJson, Date, acting, newest_program
from cli.output import emit, say
from goodword.rules.rights import Action

Partner = Annotated[str, typer.Option("--participant", help="The partner's key, as imported.")]
Company = Annotated[str, typer.Option("--company", help="The company that is claimed.")]
Domain = Annotated[str, typer.Option("--domain", help="Its domain or web address.")]
Division = Annotated[str, typer.Option("--division", help="A division of it; without, all of it.")]
Deal = Annotated[str, typer.Option("--deal", help="The CRM's id of the deal, where there is one.")]
Evidence = Annotated[
    list[str] | None,
    typer.Option(
        "--evidence",
        metavar="KIND [DAY] [NOTE]",
        help=(
            "What it rests on, as \"meeting 2026-06-01 'met the CIO'\"; once for each piece. "
            "Kinds: meeting, discovery_call, budget, authority, need, timeline."
        ),
    ),
]
Amount = Annotated[
    str, typer.Option("--amount", help='What the partner expects, as "50000.00 USD".')
]
Close = Annotated[str, typer.Option("--close", help="When, as 2026-12-31.")]
At = Annotated[
    str,
    typer.Option(
        "--submitted-at", help="When the partner said so, as 2026-06-30T14:00; now without."
    ),
]
Key = Annotated[
    str,
    typer.Option("--key", help="Its name for good; without, the same words of one day are one."),
]


def register(registrations: typer.Typer) -> None:
    """Add this command to those about registrations."""
    registrations.command("submit")(submit)


def submit(  # noqa: PLR0913, PLR0917 - one for each word of the command line
    participant: Partner,
    company: Company,
    actor: Actor,
    domain: Domain = "",
    division: Division = "",
    deal: Deal = "",
    evidence: Evidence = None,
    amount: Amount = "",
    close: Close = "",
    submitted_at: At = "",
    key: Key = "",
    on: Date = None,
    as_json: AsJson = False,
) -> None:
    """Take down a partner's claim; the next night decides it."""
    from goodword.actions import new_claims as actions

    program, today = newest_program(on)
    expected, _, currency = amount.strip().partition(" ")
    said = (participant, company, domain, division, deal)
    submission = actions.Submission(
        key or actions.staff_key(*said, today.isoformat()),
        *said,
        submitted_at=submitted_at,
        evidence=";".join(evidence or ()),
        expected_amount=expected,
        currency=currency.strip(),
        expected_close_on=close,
    )
    door = actions.Door("staff", actor, today, program.zone)
    with acting(actor, Action.DECIDE_CLAIMS) as tx:
        answer = actions.submit(tx, submission, door)
    if isinstance(answer, actions.SubmissionRefused):
        document: dict[str, object] = {"id": None, "key": submission.key}
        emit(as_json, document | {"refused": answer.problems}, lambda: _refuse(answer.problems))
        raise typer.Exit(1)
    number, is_new = answer.registration_id, answer.is_new
    document = {"id": number, "key": submission.key, "new": is_new}
    news = "is submitted: the next night decides it" if is_new else "was submitted before"
    emit(as_json, document, lambda: say(f"Registration {number} {news}."))


def _refuse(problems: tuple[str, ...]) -> None:
    say("The claim was not taken down:")
    for problem in problems:
        say(f"- {problem}")
