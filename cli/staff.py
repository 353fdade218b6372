"""The staff: staff add, list, roles, language, disable, enable, reset."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.arguments import Actor, AsJson, acting
from cli.output import emit, say, table
from goodword.rules.rights import Action, Role
from goodword.wiring import wiring

Name = Annotated[str, typer.Argument(help="Who: a name such as ann, as the audit trail has it.")]
Roles = Annotated[
    list[Role], typer.Option("--role", help="What they are there for; may be given several times.")
]

staff = typer.Typer(help="Who works with the program, and what each of them may do.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(staff, name="staff", no_args_is_help=True)


@staff.command()
def add(
    name: Name,
    roles: Roles,
    email: Annotated[str, typer.Option(help="Where the program writes to them.")],
    actor: Actor,
    as_json: AsJson = False,
) -> None:
    """Add somebody and print their first password: good for 24 hours, and once."""
    from goodword.actions import staff as actions

    new = actions.NewMember(name, email, frozenset(roles))
    with acting(actor, Action.MANAGE_STAFF) as tx:
        password = actions.add(tx, new, actor, datetime.now(UTC))
    _show_password(name, password, "is on the staff", as_json=as_json)


def _show_password(name: str, password: str, did: str, *, as_json: bool) -> None:
    def show() -> None:
        say(f"{name} {did}. First password, for 24 hours: {password}")
        say("It is shown this once: tell it to them, and nobody else.")

    emit(as_json, {"name": name, "first_password": password}, show)


@staff.command("list")
def list_staff(as_json: AsJson = False) -> None:
    """List the staff, those who were disabled as well."""
    from goodword.db.queries import staff as queries

    with wiring().ready_database.transaction() as tx:
        members = queries.everyone(tx)
    document = [
        {
            "name": member.name,
            "email": member.email,
            "roles": sorted(member.roles),
            "state": member.state,
            "second_factor": member.has_factor,
            "must_change_password": member.has_first_password,
            "by_provider": member.identity is not None,
        }
        for member in members
    ]
    rows = [
        (m.name, m.email, ", ".join(sorted(m.roles)), m.state, _how(m.has_factor, m.identity))
        for m in members
    ]
    columns = ("name", "e-mail", "roles", "state", "signs in with")
    emit(as_json, document, lambda: table("Staff", columns, rows))


def _how(has_factor: bool, identity: str | None) -> str:
    if identity:
        return "the identity provider"
    return "password and second factor" if has_factor else "password"


@staff.command()
def roles(name: Name, roles: Roles, actor: Actor, as_json: AsJson = False) -> None:
    """Give somebody these roles in place of those they have; a letter tells them."""
    from goodword.actions import staff as actions

    with acting(actor, Action.MANAGE_STAFF) as tx:
        actions.give_roles(tx, name, roles, actor)
    given = sorted(roles)
    emit(as_json, {"name": name, "roles": given}, lambda: say(f"{name}: {', '.join(given)}."))


@staff.command()
def disable(
    name: Name,
    actor: Actor,
    reason: Annotated[str, typer.Option(help="Why; kept in the audit trail.")] = "",
    as_json: AsJson = False,
) -> None:
    """Let somebody in no more, from this moment on; what they did stays theirs."""
    from goodword.actions import staff as actions

    with acting(actor, Action.MANAGE_STAFF) as tx:
        actions.disable(tx, name, actor, reason)
    emit(as_json, {"name": name, "state": "disabled"}, lambda: say(f"{name} is disabled."))


@staff.command()
def enable(name: Name, actor: Actor, as_json: AsJson = False) -> None:
    """Let somebody in again, with what they signed in with before."""
    from goodword.actions import staff as actions

    with acting(actor, Action.MANAGE_STAFF) as tx:
        actions.enable(tx, name, actor)
    emit(as_json, {"name": name, "state": "active"}, lambda: say(f"{name} may sign in again."))


@staff.command()
def language(
    name: Name,
    locale: Annotated[str, typer.Argument(help="en, ja or ms; others are written to in English.")],
    actor: Actor,
    as_json: AsJson = False,
) -> None:
    """Write to somebody in their own language."""
    from goodword.actions import staff as actions

    with wiring().ready_database.transaction() as tx:
        actions.write_in(tx, name, locale, actor)
    emit(as_json, {"name": name, "locale": locale}, lambda: say(f"{name} reads {locale}."))


@staff.command()
def reset(
    name: Name,
    actor: Actor,
    factor: Annotated[
        bool, typer.Option("--second-factor", help="Forget the second factor too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print a new first password, sign its owner out everywhere, and tell them by a letter."""
    from goodword.actions import staff as actions

    with acting(actor, Action.MANAGE_STAFF) as tx:
        password = actions.reset(tx, name, actor, datetime.now(UTC), factor=factor)
    _show_password(
        name, password, "was signed out everywhere, and a letter tells them", as_json=as_json
    )
